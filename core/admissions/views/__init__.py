"""The pages of Joining Q: the applicant's (`/apply/`), the partner's (`/manage/admissions/`), the central team's
(`/console/admissions/`)."""

from flask import Blueprint

from core.admissions import models, panel_jobs, personal, personal_panels, reminders
from core.admissions.views import (
    applying,
    assessors,
    conflicts,
    form_edit,
    form_publish,
    form_questions,
    form_versions,
    panels,
    plans,
    portal,
    windows,
)
from core.admissions.views.blueprints import central

BLUEPRINTS: tuple[Blueprint, ...] = (
    central,
    windows.blueprint,
    portal.blueprint,
    applying.blueprint,
    assessors.blueprint,
    assessors.own,
    panels.blueprint,
    plans.blueprint,
    conflicts.blueprint,
)
"""What the application registers."""

__all__ = [
    "BLUEPRINTS",
    "form_edit",
    "form_publish",
    "form_questions",
    "form_versions",
    "models",
    "panel_jobs",
    "personal",
    "personal_panels",
    "reminders",
]
