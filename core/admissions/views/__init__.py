"""The pages of Joining Q: the applicant's (`/apply/`), the partner's (`/manage/admissions/`), the central team's
(`/console/admissions/`)."""

from flask import Blueprint

from core.admissions import models, personal
from core.admissions.views.blueprints import central

BLUEPRINTS: tuple[Blueprint, ...] = (central,)
"""What the application registers."""

__all__ = ["BLUEPRINTS", "models", "personal"]
