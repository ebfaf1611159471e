"""What assessing holds about a person: of an applicant what was thought and hidden, of an assessor what they wrote.

An applicant's file does not hold what assessors scored: it would tell a decision before its release. Erasing an applicant
empties every word about them; numbers stay, which name nobody. What an assessor sealed stays too: somebody was decided about by it.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.admissions.models import (
    Assessment,
    Assessor,
    Assignment,
    DiscussionNote,
    PanelItem,
    Redaction,
    Score,
    ScoreDraft,
    Submission,
    Translation,
)
from core.admissions.models import Conflict as OfInterest
from core.data.session import ScopedSession
from core.kernel.text import N_
from core.people.personal.parts import plain
from core.people.personal.registry import Part, contribute

ERASED = "-"
"""What stands for the reason of a score that was not given, once the applicant is erased: the database takes nothing else."""
QUIET: dict[str, Any] = {"synchronize_session": False}


def erase_applicant(session: ScopedSession, applications: Any) -> int:
    """Take the words about an applicant out, in the caller's transaction; how many rows that concerned. `applications` is a
    statement that gives the ids of theirs."""
    assessments = sa.select(Assessment.id).where(Assessment.application_id.in_(applications))
    submissions = sa.select(Submission.id).where(Submission.application_id.in_(applications))
    statements: tuple[Any, ...] = (
        sa.delete(Redaction).where(Redaction.submission_id.in_(submissions)),
        sa.delete(Translation).where(Translation.submission_id.in_(submissions)),
        sa.delete(DiscussionNote).where(DiscussionNote.application_id.in_(applications)),
        sa.delete(ScoreDraft).where(ScoreDraft.assessment_id.in_(assessments)),
        sa.update(Score)
        .where(Score.assessment_id.in_(assessments))
        .values(words="", not_scored=sa.case((Score.value.is_(None), ERASED), else_="")),
        sa.update(Assessment)
        .where(Assessment.application_id.in_(applications), Assessment.submission_id.is_not(None))
        .values(submission_id=None),
        sa.update(PanelItem)
        .where(PanelItem.application_id.in_(applications), PanelItem.minutes != "")
        .values(minutes=""),
        sa.update(Assignment)
        .where(Assignment.application_id.in_(applications))
        .values(declaration="", resolution="", state_why=""),
        sa.update(OfInterest).where(OfInterest.application_id.in_(applications)).values(why="", end_why=""),
    )
    ids = [statement.table.c.id for statement in statements]
    return sum(
        len(session.execute(statement.returning(id_).execution_options(**QUIET)).all())
        for statement, id_ in zip(statements, ids, strict=True)
    )


def export(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """What somebody wrote as an assessor: reasons that they sealed or are typing, notes, interests that they declared."""
    mine = sa.select(Assessor.id).where(Assessor.account_id == account_id)
    own = sa.select(Assessment.id).where(Assessment.assessor_id.in_(mine))
    parts: tuple[tuple[str, Any], ...] = (
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
            .where(ScoreDraft.assessment_id.in_(own))
            .order_by(ScoreDraft.at),
        ),
        (
            N_("Notes about applications"),
            sa.select(DiscussionNote.at, DiscussionNote.body)
            .where(DiscussionNote.account_id == account_id)
            .order_by(DiscussionNote.at),
        ),
        (
            N_("Interests you declared about applications"),
            sa.select(Assignment.declared_at, Assignment.level, Assignment.declaration)
            .where(Assignment.assessor_id.in_(mine), Assignment.level.is_not(None))
            .order_by(Assignment.declared_at),
        ),
    )
    for heading, query in parts:
        rows = [{key: plain(value) for key, value in row._mapping.items()} for row in session.execute(query)]
        if rows:
            yield heading, rows


def erase(session: ScopedSession, account_id: str) -> int:
    """Take what an assessor wrote about themselves out, and their unfinished words; what they sealed stays without a name."""
    mine = sa.select(Assessor.id).where(Assessor.account_id == account_id)
    own = sa.select(Assessment.id).where(Assessment.assessor_id.in_(mine))
    gone = sa.delete(ScoreDraft).where(ScoreDraft.assessment_id.in_(own)).returning(ScoreDraft.id)
    emptied = (
        sa.update(Assignment)
        .where(Assignment.assessor_id.in_(mine), Assignment.declaration != "")
        .values(declaration="")
        .returning(Assignment.id)
    )
    return sum(len(session.execute(one.execution_options(**QUIET)).all()) for one in (gone, emptied))


contribute(
    Part(
        "admissions_assessing",
        (
            Score.__tablename__, ScoreDraft.__tablename__, DiscussionNote.__tablename__, Assessment.__tablename__,
            Assignment.__tablename__,
        ),
        export,
        erase,
        N_("What you sealed and noted as an assessor, without your name: applications were decided by it."),
        per_tenant=True,
    )
)  # fmt: skip
