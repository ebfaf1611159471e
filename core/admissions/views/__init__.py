"""The pages of Joining Q."""

from core.admissions import models

__all__ = ["models"]
