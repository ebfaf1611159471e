"""What others scored and noted: never before one's own scores are sealed.

Turning an assessment down, leaving it or having it taken back unlocks nothing: only sealed scores of one's own do. Whoever
leads the panel may read what is sealed, unless they are an assessor of the application who has not sealed.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.measure.spread import Spread, spread
from core.admissions.models import Application, Assessment, Assessor, Assignment, DiscussionNote, Score
from core.admissions.queries.assessing import INDEPENDENT
from core.admissions.queries.sight import READER, clear_of
from core.admissions.scoring import Verdict
from core.admissions.states import SEALED
from core.data.session import ScopedSession


def unlocked(
    account_id: str | sa.SQLColumnExpression[str] | None, application_id: sa.SQLColumnExpression[str], *, leads: bool = False
) -> sa.ColumnElement[bool]:  # fmt: skip
    """The condition that an account may read what others scored in an application: no conflict of interest, and their own
    scores sealed; with `leads` also where they never were its assessor."""
    scored = independent(account_id, application_id) if leads else _own(account_id, application_id, SEALED).exists()
    return sa.and_(clear_of(account_id, application_id), scored)


def independent(
    account_id: str | sa.SQLColumnExpression[str] | None, application_id: sa.SQLColumnExpression[str]
) -> sa.ColumnElement[bool]:
    """The condition that what others scored, or what follows from it, sways no score of this account's own: theirs are sealed,
    or they never were an assessor of the application. Turning it down is not enough."""
    own, sealed = _own(account_id, application_id), _own(account_id, application_id, SEALED)
    return sa.or_(sealed.exists(), ~own.exists())


def _own(
    account_id: str | sa.SQLColumnExpression[str] | None, application_id: sa.SQLColumnExpression[str], *states: str
) -> sa.Select[Any]:
    query = (
        sa.select(Assignment.id)
        .join(Assessor, (Assessor.tenant_id == Assignment.tenant_id) & (Assessor.id == Assignment.assessor_id))
        .where(Assessor.account_id == account_id, Assignment.application_id == application_id)
    )
    return query.where(Assignment.state.in_(states)) if states else query


_READABLE = sa.select(Application.id).where(Application.id == sa.bindparam("wanted"))
_MAY_READ = {leads: _READABLE.where(unlocked(READER, Application.id, leads=leads)) for leads in (False, True)}


def may_read(session: ScopedSession, account_id: str | None, application_id: str, *, leads: bool = False) -> bool:
    """Whether an account may read what others scored in one application."""
    found = session.scalar(_MAY_READ[leads], {"wanted": application_id, "reader": account_id or ""})
    return found is not None


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one assessor sealed, by criterion. `letter` stands for them, the same for everybody; `mine` is the reader's own."""

    assessor_id: str
    letter: str
    mine: bool
    phase: str
    number: int
    recommendation: str | None
    sealed_at: datetime
    scores: Mapping[str, Verdict]


_LATEST = (
    sa.select(sa.func.max(Assessment.number))
    .where(
        Assessment.assignment_id == Assignment.id, Assessment.phase == sa.bindparam("phase"), Assessment.sealed_at.is_not(None)
    )
    .correlate(Assignment)
    .scalar_subquery()
)  # fmt: skip
_ALL_SEALED = (
    sa.select(
        Assessment.id, Assessment.application_id, Assessment.assessor_id, Assessor.account_id, Assessment.phase, Assessment.number,
        Assessment.recommendation, Assessment.sealed_at, Score.criterion, Score.value, Score.words, Score.not_scored,
    )
    .join(Assignment, (Assignment.tenant_id == Assessment.tenant_id) & (Assignment.id == Assessment.assignment_id))
    .join(Assessor, (Assessor.tenant_id == Assessment.tenant_id) & (Assessor.id == Assessment.assessor_id))
    .join(Score, (Score.tenant_id == Assessment.tenant_id) & (Score.assessment_id == Assessment.id))
    .where(
        Assessment.application_id.in_(sa.bindparam("wanted", expanding=True)), Assessment.phase == sa.bindparam("phase"),
        Assessment.sealed_at.is_not(None), Assignment.state == SEALED, Assessment.number == _LATEST,
    )
)  # fmt: skip
_SEALED = {
    leads: _ALL_SEALED.where(unlocked(READER, Assessment.application_id, leads=leads)) for leads in (False, True)
}


def sealed(
    session: ScopedSession, account_id: str | None, application_ids: Iterable[str], phase: str = INDEPENDENT, *, leads: bool = False
) -> dict[str, list[Sealed]]:  # fmt: skip
    """The sealed scores of applications that an account may read, in one statement, by application.

    Of each assessor the last number counts, and none while the central team has it open again.
    """
    asked = {"wanted": list(application_ids), "phase": phase, "reader": account_id or ""}
    found: dict[str, list[Any]] = {}
    scores: dict[str, dict[str, Verdict]] = {}
    for row in session.execute(_SEALED[leads], asked):
        if row.id not in scores:
            found.setdefault(row.application_id, []).append(row)
        scores.setdefault(row.id, {})[row.criterion] = Verdict(row.criterion, row.value, row.words, row.not_scored)
    return {
        application_id: [
            Sealed(
                row.assessor_id, letter_of(number), row.account_id == account_id, row.phase, row.number, row.recommendation,
                row.sealed_at, scores[row.id],
            )
            for number, row in enumerate(sorted(rows, key=lambda row: pseudonym(application_id, row.assessor_id)))
        ]
        for application_id, rows in found.items()
    }  # fmt: skip


def pseudonym(application_id: str, assessor_id: str) -> str:
    """What assessors of an application are ordered by, so that their letters tell nothing: another order for each application."""
    return hashlib.sha256(f"{application_id}:{assessor_id}".encode()).hexdigest()


def letter_of(number: int) -> str:
    """A, B … Z, A2, B2 …: what an assessor is called to the others."""
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number % 26] + (str(number // 26 + 1) if number > 25 else "")


def spreads(found: Iterable[Sealed], criteria: Iterable[str]) -> dict[str, Spread]:
    """Mean, range and coverage of each criterion. Who was not able to score is asked and gives nothing: never a zero."""
    found = list(found)
    return {
        key: spread([one.scores[key].value if key in one.scores else None for one in found]) for key in criteria
    }  # fmt: skip


class Note(NamedTuple):
    """Something said about an application beside the scores. `letter` is the assessor's, "" for the panel's lead."""

    letter: str
    mine: bool
    body: str
    at: datetime


_ALL_NOTES = (
    sa.select(DiscussionNote.account_id, Assessor.id, DiscussionNote.body, DiscussionNote.at)
    .outerjoin(
        Assessor, (Assessor.tenant_id == DiscussionNote.tenant_id) & (Assessor.account_id == DiscussionNote.account_id)
    )
    .where(DiscussionNote.application_id == sa.bindparam("wanted"))
    .order_by(DiscussionNote.at, DiscussionNote.id)
)  # fmt: skip
_NOTES = {
    leads: _ALL_NOTES.where(unlocked(READER, DiscussionNote.application_id, leads=leads)) for leads in (False, True)
}


def notes(
    session: ScopedSession, account_id: str | None, application_id: str, found: Iterable[Sealed], *, leads: bool = False
) -> list[Note]:  # fmt: skip
    """What was said about an application, first to last, to whom may read what others scored."""
    letters = {one.assessor_id: one.letter for one in found}
    return [
        Note(letters.get(row[1] or "", ""), row.account_id == account_id, row.body, row.at)
        for row in session.execute(_NOTES[leads], {"wanted": application_id, "reader": account_id or ""})
    ]
