"""Rows of panels, assessments and decisions, written as they stand: for tests that begin in the middle of a window's life.

A test of a step uses the service that makes the step; what comes before it can be had from here.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.admissions.models import (
    Answer,
    Application,
    Assessment,
    Assessor,
    Assignment,
    Decision,
    PanelItem,
    PanelMeeting,
    PolicyVersion,
    RuleProposal,
    Score,
    Submission,
    WindowRules,
)
from core.admissions.rules import CRITERIA, NationalPolicy, Outcome, Proposal, Reason, canonical, sha256
from core.admissions.service.submitting import canonical as canonical_answers
from core.admissions.service.submitting import digest
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from tests.factories.admissions import make_application

ANSWERS: Mapping[str, Any] = {"job": "Nurse", "story": "We made the ward safer.", "learnt": ["work"], "again": True}
"""Answers that fit `factories.admissions.small_form`."""


def make_policy(session: ScopedSession, number: int = 101, **changes: Any) -> str:
    """A published national policy; its id."""
    policy, policy_id = NationalPolicy(version=str(number), **changes), new_id()
    row = {
        "id": policy_id, "number": number, "content": policy.model_dump(mode="json"), "sha256": sha256(canonical(policy)),
        "note": "test", "published_by": None, "published_at": clock.now(),
    }  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(PolicyVersion), [row])
    return policy_id


def make_rules(
    session: ScopedSession, window_id: str, policy_id: str, rule: str = "standard@1.0.0", **changes: Any
) -> str:
    """What a window pins; its id. `changes` are columns of WindowRules."""
    rules_id = new_id()
    row = {
        "id": rules_id, "tenant_id": session.scope.tenant_id, "window_id": window_id, "rule": rule, "config": {},
        "policy_id": policy_id, "blindness": "none", "assess_days": 42, "appeal_days": 28, "secret": new_token(), "version": 1,
        "pinned_by": None, "pinned_at": clock.now(), **changes,
    }  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(WindowRules), [row])
    return rules_id


def make_submitted(
    session: ScopedSession, window_id: str, form_id: str, account_id: str, answers: Mapping[str, Any] = ANSWERS, **changes: Any
) -> str:  # fmt: skip
    """A submitted application with its answers and its first submission; its id. `changes` are columns of Application."""
    at = changes.pop("submitted_at", clock.now())
    application_id = make_application(
        session, window_id, form_id, account_id, state="submitted", submitted_at=at, lateness="on_time", **changes
    )
    text = canonical_answers(answers)
    with transaction(session):
        session.execute(
            sa.insert(Answer),
            [
                {
                    "id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": application_id, "question": question,
                    "value": value, "revision": 1, "changed_at": at,
                }
                for question, value in answers.items()
            ],
        )  # fmt: skip
        session.execute(
            sa.insert(Submission),
            [
                {
                    "id": new_id(), "tenant_id": session.scope.tenant_id, "application_id": application_id, "number": 1,
                    "form_version_id": form_id, "locale": changes.get("locale", "en"), "answers": text, "sha256": digest(text),
                    "lateness": "on_time", "at": at,
                }
            ],
        )  # fmt: skip
    return application_id


def make_assessor(session: ScopedSession, account_id: str, roles: Sequence[str] = (), **changes: Any) -> str:
    """A member of the panel of the session's tenant; its id. The account's role is the caller's to give."""
    assessor_id = new_id()
    row = {
        "id": assessor_id, "tenant_id": session.scope.tenant_id, "account_id": account_id, "roles": list(roles),
        "capacity": 20, "workplace": "", "workplace_norm": "", "trained_on": clock.today(), "state": "active", "version": 1,
        "created_by": None, "created_at": clock.now(), **changes,
    }  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(Assessor), [row])
    return assessor_id


def make_assignment(
    session: ScopedSession, application_id: str, assessor_id: str, state: str = "offered", **changes: Any
) -> str:
    """An assignment in `state`; its id. From `assessing` on it counts as declared without a conflict."""
    now, assignment_id = clock.now(), new_id()
    declared = state in {"assessing", "sealed"}
    row = {
        "id": assignment_id, "tenant_id": session.scope.tenant_id, "application_id": application_id, "assessor_id": assessor_id,
        "state": state, "source": "manual", "run_id": None, "reasons": [], "due_at": now + timedelta(days=14),
        "level": "none" if declared else None, "declaration": "", "declared_at": now if declared else None, "resolved_by": None,
        "resolution": "", "state_why": "", "told_at": None, "reminded_at": None, "version": 1, "created_by": None,
        "created_at": now, "changed_at": now, **changes,
    }  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(Assignment), [row])
    return str(row["id"])


def make_assessment(
    session: ScopedSession, assignment_id: str, values: Mapping[str, int | None] | int = 3, *, sealed: bool = True, **changes: Any
) -> str:  # fmt: skip
    """An assessment of what an assignment is about, scored (one number for every criterion, or by criterion), and sealed
    unless told otherwise; its id. The assignment moves to `sealed` with it."""
    now, assessment_id, tenant_id = clock.now(), new_id(), session.scope.tenant_id
    given = dict.fromkeys(CRITERIA, values) if isinstance(values, int) else values
    with transaction(session):
        of = session.execute(
            sa.select(Assignment.application_id, Assignment.assessor_id).where(Assignment.id == assignment_id)
        ).one()
        newest = (
            sa.select(Submission.id)
            .where(Submission.application_id == of.application_id)
            .order_by(Submission.number.desc())
        )
        row = {
            "id": assessment_id, "tenant_id": tenant_id, "assignment_id": assignment_id, "application_id": of.application_id,
            "assessor_id": of.assessor_id, "submission_id": session.scalar(newest.limit(1)), "phase": "independent", "number": 1,
            "recommendation": None, "sha256": "", "version": 1, "started_at": now, "changed_at": now, "sealed_at": None, **changes,
        }  # fmt: skip
        session.execute(sa.insert(Assessment), [row])
        scores = [
            {
                "id": new_id(), "tenant_id": tenant_id, "assessment_id": assessment_id, "criterion": criterion, "value": value,
                "not_scored": "" if value is not None else "Nothing about it is said.", "words": "As the answer shows.",
            }
            for criterion, value in given.items()
        ]  # fmt: skip
        session.execute(sa.insert(Score), scores)
        if sealed:
            session.execute(
                sa.update(Assessment)
                .where(Assessment.id == assessment_id)
                .values(sealed_at=changes.get("sealed_at") or now, sha256="0" * 64)
            )
            session.execute(
                sa.update(Assignment).where(Assignment.id == assignment_id).values(state="sealed", changed_at=now)
            )
    return assessment_id


def make_decision(
    session: ScopedSession, application_id: str, outcome: str = "accept", state: str = "signed", *, signed_by: str, **changes: Any
) -> str:  # fmt: skip
    """A decision in `state`; its id. From `moderated` on `moderated_by` has to be given, for `held` a `batch_id`."""
    now, decision_id = clock.now(), new_id()
    moderated = state in {"moderated", "held", "released", "superseded"}
    released = state in {"released", "superseded"}
    row = {
        "id": decision_id, "tenant_id": session.scope.tenant_id, "application_id": application_id, "number": 1, "state": state,
        "outcome": outcome, "proposal_id": None, "override_code": "", "override_text": "", "comments": {},
        "signed_by": signed_by, "signed_at": now, "moderated_by": None, "moderated_at": now if moderated else None,
        "moderation_why": "", "batch_id": None, "released_at": now if released else None, "supersedes_id": None, "version": 1,
        **changes,
    }  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(Decision), [row])
        if released:
            session.execute(
                sa.update(Application)
                .where(Application.id == application_id)
                .values(state="accepted" if outcome == "accept" else "declined")
            )
    return str(row["id"])


def make_proposal(session: ScopedSession, application_id: str, outcome: str = "accept", **changes: Any) -> str:
    """What a rule proposed for an application, after what it proposed before; its id. `changes` are columns of RuleProposal."""
    proposal_id = new_id()
    before = sa.select(sa.func.count()).select_from(RuleProposal).where(RuleProposal.application_id == application_id)
    told = canonical(
        Proposal(outcome=Outcome(outcome), reasons=(Reason(code="test"),), sign_off=("partner_lead", "central_team"))
    )
    row = {
        "id": proposal_id, "tenant_id": session.scope.tenant_id, "application_id": application_id,
        "number": (session.scalar(before) or 0) + 1, "rule": "standard@1.0.0",
        "config": "{}", "policy": "{}", "snapshot": "{}", "proposal": told, "config_sha": sha256("{}"),
        "policy_sha": sha256("{}"), "snapshot_sha": sha256("{}"), "proposal_sha": sha256(told), "outcome": outcome,
        "incident": None, "at": clock.now(), **changes,
    }  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(RuleProposal), [row])
    return proposal_id


def make_panel(session: ScopedSession, window_id: str, outcomes: Mapping[str, str], **changes: Any) -> str:
    """A meeting that is over, with what it agreed on for each application; its id. `changes` are columns of PanelMeeting."""
    meeting_id, now, tenant_id = new_id(), clock.now(), session.scope.tenant_id
    row = {
        "id": meeting_id, "tenant_id": tenant_id, "window_id": window_id, "held_at": now, "place": "", "quorum": 2,
        "present": [], "state": "closed", "version": 1, "created_by": None, "created_at": now, "closed_at": now, **changes,
    }  # fmt: skip
    items: list[dict[str, Any]] = [
        {
            "id": new_id(), "tenant_id": tenant_id, "meeting_id": meeting_id, "application_id": application_id,
            "position": number, "state": "done", "outcome": outcome, "out": [], "minutes": "", "version": 1, "ended_at": now,
        }
        for number, (application_id, outcome) in enumerate(outcomes.items())
    ]  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(PanelMeeting), [row])
        session.execute(sa.insert(PanelItem), items)
    return meeting_id
