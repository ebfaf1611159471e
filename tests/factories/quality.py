"""Rounds of scored and decided applications, written as they stand: what figures of quality are made from."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask

from core.admissions.models import (
    Answer,
    Application,
    Assessment,
    Assessor,
    Assignment,
    Decision,
    DecisionFeedback,
    Score,
    Submission,
)
from core.admissions.rules import CRITERIA
from core.data.db import tenant_session
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id
from core.people.service import accounts

SECTORS = ("hospital", "primary_care", "community")
WAYS = ("taught_short", "job_projects")


@dataclass
class Round:
    """What a round left: its applications and its assessors, and every row that is to be written, by table."""

    applications: list[str] = field(default_factory=list)
    assessors: list[str] = field(default_factory=list)
    rows: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, model: Any, **values: Any) -> str:
        """One more row; its id."""
        row = {"id": new_id(), **values}
        self.rows.setdefault(model, []).append(row)
        return str(row["id"])


def make_accounts(app: Flask, count: int, prefix: str) -> list[str]:
    """So many accounts, in one transaction."""
    with app.app_context(), tenant_session(1) as session, transaction(session):
        return [
            accounts.create_confirmed(
                session, email=f"{prefix}{number}@example.org", name=f"{prefix.title()} {number}", password_hash=None
            )
            for number in range(count)
        ]


def make_round(
    session: ScopedSession, window_id: str, form_id: str, people: Sequence[str], signed_by: str, *,
    applications: int, assessors: int, each: int = 2, accept: float = 0.6, decided: bool = True, seed: int = 1,
) -> Round:  # fmt: skip
    """A round of the session's tenant: `people` are accounts, the first `assessors` of them its panel, the others apply.

    Each application is sealed by `each` assessors, in turn; levels and severity are drawn from `seed`. Where `decided`, each
    has a released decision a month later, and half of the applicants said what they think of it.
    """
    source, now, made = random.Random(seed), clock.now(), Round()
    tenant = {"tenant_id": session.scope.tenant_id}
    severity = {}
    for account in people[:assessors]:
        found = made.add(
            Assessor, **tenant, account_id=account, roles=[], capacity=500, workplace="", workplace_norm="", trained_on=None,
            state="active", version=1, created_by=None, created_at=now,
        )  # fmt: skip
        severity[found] = source.gauss(0, 0.4)
    made.assessors = list(severity)
    for number in range(applications):
        accepted = source.random() < accept
        state = ("accepted" if accepted else "declined") if decided else "submitted"
        applied = _apply(made, tenant, people[assessors + number], window_id, form_id, state, number, now)
        level = source.gauss(2.6, 0.8)
        for place in range(each):
            seat = (number + place * (1 + number // assessors % (assessors - 1))) % assessors
            _score(made, tenant, applied, made.assessors[seat], level, severity, source, now)
        if decided:
            made.add(
                Decision, **tenant, application_id=applied, number=1, state="released",
                outcome="accept" if accepted else "decline", proposal_id=None, override_code="", override_text="", comments={},
                signed_by=signed_by, signed_at=now, moderated_by=None, moderated_at=now, moderation_why="", batch_id=None,
                released_at=now + timedelta(days=30 + number % 20), supersedes_id=None, version=1,
            )  # fmt: skip
            if number % 2:
                made.add(
                    DecisionFeedback, **tenant, application_id=applied, understood=1 + number % 5, would_reapply=number % 3 > 0,
                    words="", at=now,
                )  # fmt: skip
    with transaction(session):
        for model, rows in made.rows.items():
            session.execute(sa.insert(model), rows)
        # Sealed last: nothing can be written under a sealed assessment.
        session.execute(
            sa.update(Assessment).where(Assessment.sealed_at.is_(None)).values(sealed_at=now, sha256="0" * 64)
        )
    return made


def _apply(
    made: Round, tenant: dict[str, Any], account: str, window_id: str, form_id: str, state: str, number: int, now: Any
) -> str:
    applied = made.add(
        Application, **tenant, reference=new_id()[-12:], account_id=account, window_id=window_id, form_version_id=form_id,
        state=state, locale="cy" if number % 5 == 0 else "en", previous_id=None, organisation_norm="", seconds=0, version=1,
        reminded_at=None, created_at=now, changed_at=now, submitted_at=now, lateness="on_time", state_why="",
    )  # fmt: skip
    made.applications.append(applied)
    answers = {"sector": SECTORS[number % 3], "ways_learnt": [WAYS[number % 2]]}
    for question, value in answers.items():
        made.add(Answer, **tenant, application_id=applied, question=question, value=value, revision=1, changed_at=now)
    made.add(
        Submission, **tenant, application_id=applied, number=1, form_version_id=form_id, locale="en", answers="{}",
        sha256="0" * 64, lateness="on_time", at=now,
    )  # fmt: skip
    return applied


def _score(
    made: Round, tenant: dict[str, Any], applied: str, assessor: str, level: float, severity: dict[str, float],
    source: random.Random, now: Any,
) -> None:  # fmt: skip
    assignment = made.add(
        Assignment, **tenant, application_id=applied, assessor_id=assessor, state="sealed", source="manual", run_id=None,
        reasons=[], due_at=now, level="none", declaration="", declared_at=now, resolved_by=None, resolution="", state_why="",
        told_at=None, reminded_at=None, version=1, created_by=None, created_at=now, changed_at=now,
    )  # fmt: skip
    assessment = made.add(
        Assessment, **tenant, assignment_id=assignment, application_id=applied, assessor_id=assessor, submission_id=None,
        phase="independent", number=1, recommendation=None, sha256="", version=1, started_at=now, changed_at=now, sealed_at=None,
    )  # fmt: skip
    for criterion in CRITERIA:
        value = min(4, max(1, round(level + severity[assessor] + source.gauss(0, 0.6))))
        made.add(
            Score,
            **tenant,
            assessment_id=assessment,
            criterion=criterion,
            value=value,
            not_scored="",
            words="As it says.",
        )
