"""The pages of Joining Q: the applicant's (`/apply/`), the partner's (`/manage/admissions/`), the central team's
(`/console/admissions/`)."""

from flask import Blueprint

from core.admissions import joining_jobs, models, personal, personal_joining, reminders
from core.admissions.views import (
    applying,
    compact,
    compact_central,
    equality,
    form_edit,
    form_publish,
    form_questions,
    form_versions,
    offers,
    portal,
    windows,
)
from core.admissions.views.blueprints import central

BLUEPRINTS: tuple[Blueprint, ...] = (
    central,
    windows.blueprint,
    portal.blueprint,
    applying.blueprint,
    compact.blueprint,
)
"""What the application registers."""

__all__ = [
    "BLUEPRINTS",
    "compact_central",
    "equality",
    "form_edit",
    "form_publish",
    "form_questions",
    "form_versions",
    "joining_jobs",
    "models",
    "offers",
    "personal",
    "personal_joining",
    "reminders",
]
