"""The pages of Joining Q: the applicant's (`/apply/`), the partner's (`/manage/admissions/`), the central team's
(`/console/admissions/`)."""

from flask import Blueprint

from core.admissions import models, personal, reminders
from core.admissions.views import (
    applying,
    assessing,
    form_edit,
    form_publish,
    form_questions,
    form_versions,
    meetings,
    oversight,
    portal,
    scoring,
    windows,
)
from core.admissions.views.blueprints import central

BLUEPRINTS: tuple[Blueprint, ...] = (
    central,
    windows.blueprint,
    portal.blueprint,
    applying.blueprint,
    assessing.blueprint,
    oversight.blueprint,
    meetings.blueprint,
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
    "scoring",
]
