"""The pages of Joining Q: the applicant's (`/apply/`), the partner's (`/manage/admissions/`), the central team's
(`/console/admissions/`)."""

from flask import Blueprint

from core.admissions import models, personal, reminders
from core.admissions.views import (
    appeals,
    applying,
    batches,
    decided,
    deciding,
    form_edit,
    form_publish,
    form_questions,
    form_versions,
    moderation,
    portal,
    windows,
)
from core.admissions.views.blueprints import central

BLUEPRINTS: tuple[Blueprint, ...] = (
    central, windows.blueprint, deciding.blueprint, portal.blueprint, applying.blueprint
)  # fmt: skip
"""What the application registers."""

__all__ = [
    "BLUEPRINTS",
    "appeals",
    "batches",
    "decided",
    "form_edit",
    "form_publish",
    "form_questions",
    "form_versions",
    "models",
    "moderation",
    "personal",
    "reminders",
]
