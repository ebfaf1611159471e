"""A row in every tenant-owned table of a site, in which every text that may hold any words is a marked word.

A new table is seeded by itself. One whose constraints refuse what is written here fails, until `CLOSED` says what its column
may hold: nothing is left out.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask

from core.admissions.models import CalibrationCase, PolicyVersion
from core.data.base import Base, UtcDateTime, tenant_tables
from core.data.db import tenant_session
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import ID_LENGTH, new_id
from tests.factories.admissions import make_form
from tests.factories.assessing import make_policy
from tests.factories.people import make_person

CANARY = re.compile(r"canary-[a-z_0-9]+-[a-z0-9]+")
ELSEWHERE = {"data_audit_entry", "data_audit_head"}
"""Seeded through their own service: the rows of the audit trail hang together."""
NAMED = {
    "event_id": "local_events_event",
    "window_id": "admissions_window", "application_id": "admissions_application", "attachment_id": "admissions_attachment",
    "assessor_id": "admissions_assessor", "interest_id": "admissions_assessor_interest", "run_id": "admissions_shadow_run",
    "conflict_id": "admissions_conflict", "assignment_id": "admissions_assignment", "redaction_id": "admissions_redaction",
    "meeting_id": "admissions_panel_meeting", "item_id": "admissions_panel_item", "batch_id": "admissions_release_batch",
    "decision_id": "admissions_decision", "appeal_id": "admissions_appeal", "offer_id": "admissions_membership_offer",
    "mark_id": "admissions_calibration_mark", "registration_id": "local_events_registration",
    "invitation_id": "local_events_invitation", "question_id": "local_events_question",
    "attendee_id": "local_events_registration", "certificate_id": "local_events_certificate", "message_id": "local_events_message",
    "series_id": "local_events_series", "organiser_id": "local_events_organiser",
    "action_id": "local_events_feedback_action", "visit_offer_id": "local_events_visit_offer", "visit_id": "local_events_visit",
    "activity_id": "expense_approvals_activity", "budget_id": "expense_approvals_budget",
    "preapproval_id": "expense_approvals_preapproval", "claim_id": "expense_approvals_claim",
    "line_id": "expense_approvals_claim_line", "receipt_id": "expense_approvals_receipt",
    "payment_batch_id": "expense_approvals_payment_batch", "delegation_id": "expense_approvals_delegation",
    "adjustment_id": "expense_approvals_adjustment",
}  # fmt: skip
"""What parameters of addresses name."""
CLOSED: dict[str, dict[str, Any]] = {
    "": {"locale": "en"},
    "people_profile": {"sector": ""},
    "admissions_window": {"state": "published"},
    "admissions_interest": {"state": "confirmed"},
    "admissions_application": {"state": "submitted", "previous_id": None, "moved_tenant_id": None, "moved_id": None},
    "admissions_info_request": {"state": "answered"},
    "admissions_attachment": {"removed_at": None, "stored_at": datetime(2026, 1, 1, tzinfo=UTC)},
    "admissions_assessor": {"state": "active"},
    "admissions_assessor_interest": {"kind": "employer", "ended_at": None},
    "admissions_conflict": {"source": "set", "kind": "other", "ended_at": None},
    "admissions_assignment_run": {"state": "ready"},
    "admissions_assignment": {"state": "assessing", "source": "manual", "level": "none"},
    "admissions_assessment": {"phase": "independent", "recommendation": None, "sealed_at": None, "sha256": ""},
    "admissions_score": {"value": None},
    "admissions_redaction": {"starts": 0, "ends": 1, "ended_at": None},
    "admissions_panel_meeting": {"state": "planned"},
    "admissions_panel_item": {"state": "now", "outcome": None},
    "admissions_window_rules": {"blindness": "none"},
    "admissions_shadow_run": {"state": "ready"},
    "admissions_rule_proposal": {"outcome": "accept"},
    "admissions_release_batch": {"state": "open", "released_at": None},
    "admissions_decision": {
        "state": "signed", "outcome": "accept", "moderated_by": None, "moderated_at": None, "released_at": None,
        "supersedes_id": None,
    },
    "admissions_appeal": {"state": "received", "reviewer_id": None},
    "admissions_membership_offer": {"state": "offered"},
    "admissions_calibration_mark": {"recommendation": None},
    "admissions_quality_report": {"state": "ready"},
    "local_events_event": {
        "kind": "workshop", "mode": "both", "audience": "area", "state": "published", "registration_opens_at": None,
        "registration_closes_at": None, "ends_at": clock.now() + timedelta(days=4), "origin": "partner",
        "reminders": [7],
    },
    "local_events_kind": {
        "kind": "workshop", "mode": "both", "minutes": 60, "current": True, "reminders": [7],
        "questions": [{"kind": "short", "text": "canary-questions-a"}],
    },
    "local_events_series": {"rule": "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU;COUNT=3", "first_start": "2031-05-06T10:00", "tzid": "Europe/London"},
    "local_events_occurrence": {"original_start": "2031-05-06T10:00"},
    "local_events_tag": {"kind": "topic"},
    "local_events_proposal_step": {"step": "reject"},
    "local_events_pool": {"kind": "in_person", "eligibility": "area"},
    "local_events_registration": {"state": "confirmed", "source": "self", "notice": "", "offer_expires_at": None},
    "local_events_question": {"kind": "short"},
    "local_events_check_in": {"direction": "in", "undoes": "", "walk_in_id": None},
    "local_events_correction": {"attendance": "attended", "minutes": None, "walk_in_id": None},
    "local_events_certificate": {"walk_in_id": None},
    "local_events_delivery": {"kind": "message", "state": "waiting"},
    "local_events_feedback": {"closes_at": clock.now() + timedelta(days=3), "steps": {}},
    "local_events_feedback_action": {"state": "dropped"},
    "local_events_visit_offer": {"kind": "site_visit", "audience": "area", "state": "offered"},
    "local_events_visit": {"state": "asked"},
    "local_events_visit_learning": {"side": "host"},
    "expense_approvals_budget": {"committed_p": 0},
    "expense_approvals_budget_entry": {"move": "commit"},
    "expense_approvals_preapproval": {"state": "submitted"},
    "expense_approvals_step": {"state": "submitted"},
    "expense_approvals_claim": {"state": "submitted"},
    "expense_approvals_claim_step": {"state": "submitted"},
    "expense_approvals_receipt": {"kind": "receipt", "removed_at": None},
    "expense_approvals_bank_details": {"sealed": "", "last": "0000", "fingerprint": ""},
    "expense_approvals_delegation": {"ended_at": None},
    "expense_approvals_payer_account": {"sealed": "", "last": "0000", "replaced_at": None},
    "expense_approvals_payment_batch": {"state": "prepared", "released_by": None, "released_at": None, "payer_last": "0000", "sealed": "", "hashes": {}},
    "expense_approvals_payment": {"state": "waiting"},
    "expense_approvals_adjustment": {"state": "proposed", "decided_by": None, "decided_at": None},
    "expense_approvals_site_rules": {
        "content": {"rules": [{
            "key": "site_a", "kind": "prohibited", "category": "lunch", "words": {"en": "canary-en-a", "cy": "canary-cy-a"},
        }]},
    },
}  # fmt: skip
"""By table ("" for all): what stands in columns that take no words, because a constraint or another row says so."""


def _shared(app: Flask, session: ScopedSession, slug: str, number: int) -> dict[str, str]:
    """Rows of shared tables that others point at: {table: id}."""
    form = make_form(session, number=number)
    case = {
        "id": new_id(), "name": "Case", "state": "draft", "source": "invented", "form_version_id": form, "locale": "en",
        "answers": "{}", "sha256": "0" * 64, "due_at": None, "version": 1, "created_by": None, "created_at": clock.now(),
        "sent_at": None,
    }  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(CalibrationCase), [case])
    return {
        "people_account": make_person(app, f"marked.{slug}@example.org"),
        "admissions_form_version": form,
        PolicyVersion.__tablename__: make_policy(session, number=number),
        CalibrationCase.__tablename__: str(case["id"]),
    }


def _value(column: sa.Column[Any], ids: dict[str, str]) -> Any:
    """What stands in a column that nothing is said about."""
    for key in column.foreign_keys:
        table = key.column.table.name
        if key.column.name == "id" and table in ids:
            return ids[table]
    later = timedelta(days=3 if column.name in {"closes_at", "lapses_at", "due_at", "held_at"} else 0)
    if isinstance(column.type, UtcDateTime):
        return clock.now() + later
    if isinstance(column.type, sa.String):
        length = column.type.length or 100
        if length == ID_LENGTH:
            return None if column.nullable else new_id()
        return f"canary-{column.name[: length - 9]}-a"
    if isinstance(column.type, sa.Date):
        return clock.today()
    if isinstance(column.type, sa.Boolean):
        return False
    if isinstance(column.type, sa.JSON):
        return {"words": f"canary-{column.name}-a"}
    return 1


def seed(app: Flask, slug: str, number: int = 1001) -> dict[str, str]:
    """Mark every table of a site, parents first; the id of each one's row. `number` is of the versions that it makes for all sites."""
    tenant = app.extensions["q.directory"].by_slug(slug)
    models: dict[Any, Any] = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    with app.app_context(), tenant_session(tenant.id) as session:
        shared, ids = _shared(app, session, slug, number), dict[str, str]()
        with transaction(session):
            for table in tenant_tables():
                if table.name in ELSEWHERE:
                    continue
                own = new_id()
                said = {"id": own, "tenant_id": tenant.id, **CLOSED[""], **CLOSED.get(table.name, {})}
                row = {
                    column.name: said[column.name] if column.name in said else _value(column, {**shared, **ids})
                    for column in table.columns
                }
                session.execute(sa.insert(models[table]), [row])
                ids[table.name] = own
    return ids
