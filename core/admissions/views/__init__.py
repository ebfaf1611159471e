"""The pages of Joining Q: the applicant's (`/apply/`), the partner's (`/manage/admissions/`), the central team's
(`/console/admissions/`)."""

from flask import Blueprint

from core.admissions import models, personal, reminders
from core.admissions.views import (
    applications,
    applying,
    asking,
    enclosures,
    form_edit,
    form_publish,
    form_questions,
    form_versions,
    moving,
    portal,
    time_spent,
    windows,
)
from core.admissions.views.blueprints import central

BLUEPRINTS: tuple[Blueprint, ...] = (
    central,
    windows.blueprint,
    applications.blueprint,
    asking.blueprint,
    enclosures.blueprint,
    moving.blueprint,
    portal.blueprint,
    applying.blueprint,
)
"""What the application registers."""

__all__ = [
    "BLUEPRINTS",
    "form_edit",
    "form_publish",
    "form_questions",
    "form_versions",
    "models",
    "personal",
    "reminders",
    "time_spent",
]
