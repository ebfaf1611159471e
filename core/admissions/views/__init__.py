"""The pages of Joining Q: the applicant's (`/apply/`), the partner's (`/manage/admissions/`), the central team's
(`/console/admissions/`)."""

from flask import Blueprint

from core.admissions import models, personal

BLUEPRINTS: tuple[Blueprint, ...] = ()
"""What the application registers."""

__all__ = ["BLUEPRINTS", "models", "personal"]
