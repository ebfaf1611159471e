"""The pages of Joining Q: the applicant's (`/apply/`), the partner's (`/manage/admissions/`), the central team's
(`/console/admissions/`)."""

from flask import Blueprint

from core.admissions import calibration_personal, models, personal, quality_jobs, reminders
from core.admissions.views import (
    applying,
    calibration,
    calibration_console,
    form_edit,
    form_publish,
    form_questions,
    form_versions,
    portal,
    quality,
    quality_console,
    windows,
)
from core.admissions.views.blueprints import central

BLUEPRINTS: tuple[Blueprint, ...] = (
    central,
    windows.blueprint,
    portal.blueprint,
    applying.blueprint,
    quality.blueprint,
    calibration.blueprint,
)
"""What the application registers."""

__all__ = [
    "BLUEPRINTS",
    "calibration_console",
    "calibration_personal",
    "form_edit",
    "form_publish",
    "form_questions",
    "form_versions",
    "models",
    "personal",
    "quality_console",
    "quality_jobs",
    "reminders",
]
