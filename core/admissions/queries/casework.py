"""Reading what proposals are made from: sealed facts of a window's applications, and nothing about who anybody is.

For the service that asks rules, which acts for nobody: no reader's conflicts apply here, assessors' own do.
"""

from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.models import (
    Application,
    Assessment,
    Assessor,
    Assignment,
    Conflict,
    Decision,
    FormVersion,
    RuleProposal,
    Score,
    Submission,
    Translation,
    Window,
    WindowRules,
)
from core.admissions.queries.rules import last_numbers
from core.admissions.rules import Case, Mark
from core.admissions.states import (
    ACCEPTED,
    DECLINED,
    HELD_BY_ASSESSOR,
    INFO_REQUESTED,
    RETURNED,
    SUBMITTED,
    SUPERSEDED,
    WITHDRAWN,
)
from core.data.session import ScopedSession
from core.kernel import clock

UNDECIDED = (SUBMITTED, INFO_REQUESTED)
"""States in which a proposal is still of use."""


class Found(NamedTuple):
    """A case with how it stands: whether it is still undecided, and its newest proposal (number 0 is none)."""

    case: Case
    undecided: bool
    number: int
    basis: str
    failed: bool


def windows_under_way(session: ScopedSession) -> list[str]:
    """The site's windows that have opened, pin rules, and whose decisions are not out."""
    return list(
        session.scalars(
            sa.select(Window.id)
            .join(WindowRules, WindowRules.window_id == Window.id)
            .where(Window.state == "published", Window.opens_at <= clock.now(), Window.released_at.is_(None))
            .order_by(Window.opens_at)
        )
    )


def _newest() -> sa.Subquery:
    """(application_id, number) of each application's newest submission."""
    return (
        sa.select(Submission.application_id, sa.func.max(Submission.number).label("number"))
        .group_by(Submission.application_id)
        .subquery()
    )


def cases(session: ScopedSession, window_id: str) -> list[Found]:
    """Every submitted application of a window with its sealed marks, in three statements."""
    newest, last = _newest(), last_numbers()
    proposal = sa.orm.aliased(RuleProposal)
    translated = (
        sa.select(sa.func.min(Translation.at))
        .where(Translation.submission_id == Submission.id, Translation.locale != Submission.locale)
        .correlate(Submission)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(
            Application.id, Application.state, Submission.id.label("submission_id"), Submission.locale, FormVersion.number,
            translated.label("translated_at"), sa.func.coalesce(proposal.number, 0), sa.func.coalesce(proposal.basis, ""),
            proposal.incident,
        )
        .join(newest, newest.c.application_id == Application.id)
        .join(
            Submission,
            sa.and_(Submission.application_id == newest.c.application_id, Submission.number == newest.c.number),
        )
        .join(FormVersion, FormVersion.id == Submission.form_version_id)
        .outerjoin(last, last.c.application_id == Application.id)
        .outerjoin(
            proposal, sa.and_(proposal.application_id == Application.id, proposal.number == last.c.number)
        )
        .where(Application.window_id == window_id, Application.state.in_((*UNDECIDED, ACCEPTED, DECLINED)))
        .order_by(Application.id)
    ).all()  # fmt: skip
    marks = _marks(session, window_id)
    found = []
    for application_id, state, submission_id, locale, form_version, translated_at, number, basis, incident in rows:
        of_newest = tuple(mark for on, mark in marks.get(application_id, ()) if on == submission_id)
        case = Case(
            application_id, "cy" if locale == "cy" else "en", form_version, translated_at, of_newest
        )  # fmt: skip
        found.append(Found(case, state in UNDECIDED, number, basis, incident is not None))
    return found


def _marks(session: ScopedSession, window_id: str) -> dict[str, list[tuple[str | None, Mark]]]:
    """{application: its sealed assessments, each with the submission it is of} of a window, in two statements. Whoever gave
    an application back, or is in conflict with it since, does not count."""
    standing = (
        sa.select(Conflict.id)
        .where(
            Conflict.application_id == Assessment.application_id, Conflict.account_id == Assessor.account_id,
            Conflict.ended_at.is_(None),
        )
        .exists()
    )  # fmt: skip
    counts: tuple[Any, ...] = (
        Application.window_id == window_id, Assessment.sealed_at.is_not(None), Assignment.state.in_(HELD_BY_ASSESSOR), ~standing
    )  # fmt: skip

    def of(*columns: Any) -> sa.Select[Any]:
        return (
            sa.select(*columns)
            .select_from(Assessment)
            .join(Application, Application.id == Assessment.application_id)
            .join(Assignment, Assignment.id == Assessment.assignment_id)
            .join(Assessor, Assessor.id == Assessment.assessor_id)
            .where(*counts)
        )

    scores: dict[str, list[tuple[str, int | None]]] = {}
    query = of(Score.assessment_id, Score.criterion, Score.value).join(Score, Score.assessment_id == Assessment.id)
    for assessment_id, criterion, value in session.execute(query):
        scores.setdefault(assessment_id, []).append((criterion, value))
    found: dict[str, list[tuple[str | None, Mark]]] = {}
    for row in session.execute(
        of(
            Assessment.id, Assessment.application_id, Assessment.submission_id, Assessment.assessor_id, Assessment.phase,
            Assessment.number, Assessment.sealed_at, Assignment.created_at, Assessor.roles, Assessment.recommendation,
        )
    ):  # fmt: skip
        mark = Mark(
            row.id, row.assessor_id, row.phase, row.number, row.sealed_at, row.created_at, tuple(row.roles),
            row.recommendation, tuple(sorted(scores.get(row.id, ()))),
        )  # fmt: skip
        found.setdefault(row.application_id, []).append((row.submission_id, mark))
    return found


def waits(session: ScopedSession, window_id: str) -> list[tuple[str, int]]:
    """(language, whole days from submission to the signed decision) of each decided application of a window."""
    rows = session.execute(
        sa.select(Application.locale, Application.submitted_at, Decision.signed_at)
        .join(Decision, Decision.application_id == Application.id)
        .where(
            Application.window_id == window_id, Application.submitted_at.is_not(None),
            Decision.state.not_in((RETURNED, SUPERSEDED, WITHDRAWN)),
        )
    )  # fmt: skip
    return [
        ("cy" if locale == "cy" else "en", (signed - submitted).days) for locale, submitted, signed in rows if submitted
    ]
