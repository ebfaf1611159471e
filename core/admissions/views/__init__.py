"""The pages of Joining Q: the applicant's (`/apply/`), the partner's (`/manage/admissions/`), the central team's
(`/console/admissions/`)."""

from flask import Blueprint

from core.admissions import models, personal, reminders, rule_jobs
from core.admissions.views import (appeals, applying, batches, decided, deciding, form_edit, form_publish, form_questions, form_versions, moderation, policy, portal, proposals, window_rules, windows,)
from core.admissions.views.blueprints import central

BLUEPRINTS: tuple[Blueprint, ...] = (
    central,
    windows.blueprint,
    portal.blueprint,
    applying.blueprint,
    deciding.blueprint,
)
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
    "policy",
    "proposals",
    "reminders",
    "rule_jobs",
    "window_rules",
]
