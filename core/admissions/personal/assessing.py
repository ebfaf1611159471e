"""What assessing holds about a person: of an applicant what was thought, of an assessor what they wrote.

An applicant's file does not hold what assessors scored: it would tell a decision before its release. Erasing an applicant
empties every word about them; numbers stay, which name nobody. What an assessor sealed stays too: somebody was decided about by it.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.admissions.models import Assessment, Assessor, Assignment, DiscussionNote, PanelItem, Score, ScoreDraft
from core.admissions.personal.whose import APPLICATIONS
from core.admissions.queries.sight import clear_of
from core.admissions.service.ending_assignments import expire_in, take_back_in
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.text import N_
from core.people.personal.registry import Part, contribute
from core.people.personal.rows import WHO, change, listed, rows

ERASED = "-"
"""What stands for the reason of a score that was not given, once the applicant is erased: the database takes nothing else."""
TABLES = (Assignment, Assessment, Score, ScoreDraft, DiscussionNote, PanelItem)


_ASSESSMENTS = sa.select(Assessment.id).where(Assessment.application_id.in_(APPLICATIONS))
_ERASE_APPLICANT = (
    sa.delete(DiscussionNote).where(DiscussionNote.application_id.in_(APPLICATIONS)),
    sa.delete(ScoreDraft).where(ScoreDraft.assessment_id.in_(_ASSESSMENTS)),
    sa.update(Score)
    .where(Score.assessment_id.in_(_ASSESSMENTS))
    .values(words="", not_scored=sa.case((Score.value.is_(None), ERASED), else_="")),
    sa.update(Assessment)
    .where(Assessment.application_id.in_(APPLICATIONS), Assessment.submission_id.is_not(None))
    .values(submission_id=None),
    sa.update(PanelItem).where(PanelItem.application_id.in_(APPLICATIONS), PanelItem.minutes != "").values(minutes=""),
    sa.update(Assignment)
    .where(Assignment.application_id.in_(APPLICATIONS))
    .values(declaration="", resolution="", state_why=""),
)


def erase_applicant(session: ScopedSession, account_id: str) -> int:
    """Take the words about an applicant out, in the caller's transaction; how many rows that concerned. What is not sealed is
    nobody's to assess any more."""
    expire_in(
        session, session.scope.tenant_id, session.scalars(APPLICATIONS, {"who": account_id}).all(), "", clock.now()
    )
    return change(session, *_ERASE_APPLICANT, who=account_id)


def export(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """What somebody had to assess and declared about it, and what they wrote: reasons that they sealed or are typing, notes.

    An assignment that ended by a conflict which others put down, or which follows from what is known, is left out: that
    somebody close has applied is the applicant's to tell.
    """
    mine = sa.select(Assessor.id).where(Assessor.account_id == account_id)
    parts: tuple[tuple[str, Any], ...] = (
        (
            N_("Applications to assess"),
            sa.select(
                Assignment.state, Assignment.level, Assignment.declaration, Assignment.declared_at, Assignment.due_at,
                Assignment.created_at,
            )
            .where(Assignment.assessor_id.in_(mine), Assignment.declared_at.is_not(None) | clear_of(account_id, Assignment.application_id))
            .order_by(Assignment.created_at),
        ),
        (
            N_("Scores you sealed"),
            sa.select(
                Assessment.sealed_at, Assessment.phase, Score.criterion, Score.value, Score.words, Score.not_scored
            )
            .join(Score, (Score.tenant_id == Assessment.tenant_id) & (Score.assessment_id == Assessment.id))
            .where(Assessment.assessor_id.in_(mine))
            .order_by(Assessment.sealed_at, Score.criterion),
        ),
        (
            N_("Scores you have not sealed"),
            sa.select(ScoreDraft.field, ScoreDraft.value, ScoreDraft.at)
            .where(ScoreDraft.assessment_id.in_(sa.select(Assessment.id).where(Assessment.assessor_id.in_(mine))))
            .order_by(ScoreDraft.at),
        ),
        (
            N_("Notes about applications"),
            sa.select(DiscussionNote.at, DiscussionNote.body)
            .where(DiscussionNote.account_id == account_id)
            .order_by(DiscussionNote.at),
        ),
    )  # fmt: skip
    for heading, query in parts:
        yield from listed(heading, rows(session, query))


_PLACES = sa.select(Assessor.id).where(Assessor.account_id == WHO)
_ERASE = (
    sa.delete(ScoreDraft).where(
        ScoreDraft.assessment_id.in_(sa.select(Assessment.id).where(Assessment.assessor_id.in_(_PLACES)))
    ),
    sa.update(Assignment)
    .where(Assignment.assessor_id.in_(_PLACES))
    .values(declaration="", resolution="", state_why=""),
)


def erase(session: ScopedSession, account_id: str) -> int:
    """Take what an assessor wrote about themselves out, and their unfinished words; what they sealed stays without a name, and what
    they did not seal is to be given to others."""
    take_back_in(session, session.scalars(_PLACES, {"who": account_id}).all(), "", clock.now())
    return change(session, *_ERASE, who=account_id)


contribute(
    Part(
        "admissions_assessing",
        tuple(model.__tablename__ for model in TABLES),
        export,
        erase,
        N_("What you sealed and noted as an assessor, without your name: applications were decided by it."),
        per_tenant=True,
        about=lambda who: [
            sa.select(Assessor.id).where(Assessor.account_id == who),
            sa.select(DiscussionNote.id).where(DiscussionNote.account_id == who),
        ],
    )
)
