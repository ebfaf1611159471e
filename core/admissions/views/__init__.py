"""The pages of Joining Q: the applicant's (`/apply/`), the partner's (`/manage/admissions/`), the central team's
(`/console/admissions/`)."""

from flask import Blueprint

from core.admissions import models, personal
from core.admissions.jobs import applications as application_jobs
from core.admissions.jobs import joining as joining_jobs
from core.admissions.jobs import panels as panel_jobs
from core.admissions.jobs import quality as quality_jobs
from core.admissions.jobs import rules as rule_jobs
from core.admissions.views import (
    appeals,
    applications,
    applying,
    assessing,
    assessors,
    batches,
    calibration,
    calibration_console,
    compact,
    compact_central,
    conflicts,
    deciding,
    equality,
    form_edit,
    form_publish,
    form_questions,
    form_versions,
    info_requests,
    meetings,
    moderation,
    my_decision,
    offers,
    oversight,
    overview,
    overview_central,
    panels,
    plans,
    policy,
    portal,
    proposals,
    quality,
    quality_console,
    scoring,
    submitted_files,
    time_spent,
    transfers,
    window_rules,
    windows,
)
from core.admissions.views.blueprints import central

BLUEPRINTS: tuple[Blueprint, ...] = (
    central,
    windows.blueprint,
    portal.blueprint,
    applying.blueprint,
    deciding.blueprint,
    compact.blueprint,
    applications.blueprint,
    info_requests.blueprint,
    submitted_files.blueprint,
    transfers.blueprint,
    quality.blueprint,
    calibration.blueprint,
    assessors.blueprint,
    assessors.own,
    panels.blueprint,
    plans.blueprint,
    conflicts.blueprint,
    assessing.blueprint,
    oversight.blueprint,
    meetings.blueprint,
    overview.blueprint,
)
"""What the application registers."""

__all__ = [
    "BLUEPRINTS",
    "appeals",
    "application_jobs",
    "batches",
    "calibration_console",
    "compact_central",
    "equality",
    "form_edit",
    "form_publish",
    "form_questions",
    "form_versions",
    "joining_jobs",
    "models",
    "moderation",
    "my_decision",
    "offers",
    "overview_central",
    "panel_jobs",
    "personal",
    "policy",
    "proposals",
    "quality_console",
    "quality_jobs",
    "rule_jobs",
    "scoring",
    "time_spent",
    "window_rules",
]
