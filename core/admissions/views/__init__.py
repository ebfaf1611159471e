"""The pages of Joining Q: the applicant's (`/apply/`), the partner's (`/manage/admissions/`), the central team's
(`/console/admissions/`)."""

from flask import Blueprint

from core.admissions import calibration_personal, joining_jobs, models, personal, personal_joining, quality_jobs, reminders, rule_jobs
from core.admissions.views import (appeals, applications, applying, asking, batches, calibration, calibration_console, compact, compact_central, decided, deciding, enclosures, equality, form_edit, form_publish, form_questions, form_versions, moderation, moving, offers, policy, portal, proposals, quality, quality_console, time_spent, window_rules, windows,)
from core.admissions.views.blueprints import central

BLUEPRINTS: tuple[Blueprint, ...] = (
    central,
    windows.blueprint,
    portal.blueprint,
    applying.blueprint,
    deciding.blueprint,
    compact.blueprint,
    applications.blueprint,
    asking.blueprint,
    enclosures.blueprint,
    moving.blueprint,
    quality.blueprint,
    calibration.blueprint,
)
"""What the application registers."""

__all__ = [
    "BLUEPRINTS",
    "appeals",
    "batches",
    "calibration_console",
    "calibration_personal",
    "compact_central",
    "decided",
    "equality",
    "form_edit",
    "form_publish",
    "form_questions",
    "form_versions",
    "joining_jobs",
    "models",
    "moderation",
    "offers",
    "personal",
    "personal_joining",
    "policy",
    "proposals",
    "quality_console",
    "quality_jobs",
    "reminders",
    "rule_jobs",
    "time_spent",
    "window_rules",
]
