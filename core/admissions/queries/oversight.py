"""Reading for whoever runs a panel: declared interests that wait, and one application as its assessors have it.

Everything goes through `sight.clear_of`: a lead in conflict sees a site that does not have the application.
"""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.admissions.models import (
    Application,
    Assessment,
    Assessor,
    Assignment,
    Redaction,
    Submission,
    Translation,
    Window,
    WindowRules,
)
from core.admissions.queries.sight import clear_of
from core.admissions.states import DECLARED
from core.data.listing import contains_words, ordered
from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account


class Declared(NamedTuple):
    """A minor conflict of interest that waits for the lead."""

    id: str
    reference: str
    window: str
    assessor: str
    applicant: str
    declaration: str
    declared_at: datetime | None
    version: int


def declarations(session: ScopedSession, account_id: str | None, assignment_id: str | None = None) -> list[Declared]:
    """What assessors declared and nobody has decided yet, the oldest first, or one of them; without the reader's own."""
    applicant, assessor = aliased(Account), aliased(Account)
    query = (
        sa.select(
            Assignment.id, Application.reference, Window.name, assessor.name, applicant.name, Assignment.declaration,
            Assignment.declared_at, Assignment.version,
        )
        .join(Assessor, (Assessor.tenant_id == Assignment.tenant_id) & (Assessor.id == Assignment.assessor_id))
        .join(Application, (Application.tenant_id == Assignment.tenant_id) & (Application.id == Assignment.application_id))
        .join(Window, (Window.tenant_id == Application.tenant_id) & (Window.id == Application.window_id))
        .join(assessor, assessor.id == Assessor.account_id)
        .join(applicant, applicant.id == Application.account_id)
        .where(Assignment.state == DECLARED, Assessor.account_id != account_id, clear_of(account_id))
        .order_by(Assignment.declared_at, Assignment.id)
    )  # fmt: skip
    if assignment_id is not None:
        query = query.where(Assignment.id == assignment_id)
    return [Declared(*row) for row in session.execute(query)]


class Case(NamedTuple):
    """One application with what its window says about assessing it."""

    id: str
    reference: str
    name: str
    state: str
    window_id: str
    window_name: str
    blindness: str


def case(session: ScopedSession, account_id: str | None, application_id: str) -> Case:
    """One submitted application. Raises NotFound: missing, another tenant's, never submitted, or in conflict with the reader."""
    query = (
        sa.select(
            Application.id, Application.reference, Account.name, Application.state, Application.window_id, Window.name,
            sa.func.coalesce(WindowRules.blindness, "none"),
        )
        .join(Account, Account.id == Application.account_id)
        .join(Window, (Window.tenant_id == Application.tenant_id) & (Window.id == Application.window_id))
        .outerjoin(WindowRules, (WindowRules.tenant_id == Window.tenant_id) & (WindowRules.window_id == Window.id))
        .where(Application.id == application_id, Application.submitted_at.is_not(None), clear_of(account_id))
    )  # fmt: skip
    row = session.execute(query).one_or_none() if is_id(application_id) else None
    if row is None:
        raise NotFound
    return Case(*row)


class Given(NamedTuple):
    """One application with one assessor, and how many times they have sealed scores."""

    id: str
    assessor: str
    own: bool
    state: str
    due_at: datetime
    version: int
    sealed: int
    level: str | None
    resolution: str


def given(session: ScopedSession, account_id: str | None, application_id: str) -> list[Given]:
    """Who has an application to assess, oldest first. The caller has asked whether it may be seen."""
    sealed = (
        sa.select(sa.func.count(Assessment.id))
        .where(
            Assessment.assignment_id == Assignment.id, Assessment.phase == "independent", Assessment.sealed_at.is_not(None)
        )
        .scalar_subquery()
    )  # fmt: skip
    query = (
        sa.select(
            Assignment.id, Account.name, Account.id == account_id, Assignment.state, Assignment.due_at, Assignment.version, sealed,
            Assignment.level, Assignment.resolution,
        )
        .join(Assessor, (Assessor.tenant_id == Assignment.tenant_id) & (Assessor.id == Assignment.assessor_id))
        .join(Account, Account.id == Assessor.account_id)
        .where(Assignment.application_id == application_id)
        .order_by(Assignment.created_at, Assignment.id)
    )  # fmt: skip
    return [Given(*row) for row in session.execute(query)]


class Removed(NamedTuple):
    """One redaction that stands: `id` is of one of its places."""

    id: str
    question: str
    replacement: str
    places: int
    by: str
    at: datetime


def redactions(session: ScopedSession, application_id: str) -> list[Removed]:
    """What is hidden from assessors in an application, first to last."""
    query = (
        sa.select(
            sa.func.min(Redaction.id), Redaction.question, Redaction.replacement, sa.func.count(),
            sa.func.coalesce(sa.func.max(Account.name), ""), Redaction.at,
        )
        .join(Submission, (Submission.tenant_id == Redaction.tenant_id) & (Submission.id == Redaction.submission_id))
        .outerjoin(Account, Account.id == Redaction.by)
        .where(Submission.application_id == application_id, Redaction.ended_at.is_(None))
        .group_by(Redaction.question, Redaction.replacement, Redaction.at)
        .order_by(Redaction.at)
    )  # fmt: skip
    return [Removed(*row) for row in session.execute(query)]


class Translated(NamedTuple):
    """A translation that was logged."""

    submission_id: str
    locale: str
    by: str
    at: datetime


def translations(session: ScopedSession, application_id: str) -> dict[str, Translated]:
    """The translations of an application's versions, by version."""
    query = (
        sa.select(Translation.submission_id, Translation.locale, sa.func.coalesce(Account.name, ""), Translation.at)
        .join(Submission, (Submission.tenant_id == Translation.tenant_id) & (Submission.id == Translation.submission_id))
        .outerjoin(Account, Account.id == Translation.by)
        .where(Submission.application_id == application_id)
    )  # fmt: skip
    return {row.submission_id: Translated(*row) for row in session.execute(query)}


class Prepared(NamedTuple):
    """One submitted application in the list that is gone through before assessors get it."""

    id: str
    reference: str
    name: str
    locale: str
    state: str
    submitted_at: datetime
    versions: int
    redacted: int
    translated: int


def prepared(
    session: ScopedSession, account_id: str | None, window_id: str, sort: str, search: str, limit: int | None, offset: int
) -> tuple[list[Prepared], int]:  # fmt: skip
    """(a window's submitted applications, how many there are) with what was hidden and translated, in one statement. `search`
    is a part of the reference or of the name."""

    def count(of: type[Any], *more: sa.ColumnElement[bool]) -> Any:
        return (
            sa.select(sa.func.count(of.id))
            .join(Submission, (Submission.tenant_id == of.tenant_id) & (Submission.id == of.submission_id))
            .where(Submission.application_id == Application.id, *more)
            .scalar_subquery()
        )

    versions = (
        sa.select(sa.func.count(Submission.id)).where(Submission.application_id == Application.id).scalar_subquery()
    )
    columns = {
        "submitted": Application.submitted_at, "reference": Application.reference, "language": Application.locale,
    }  # fmt: skip
    query = (
        sa.select(
            Application.id, Application.reference, Account.name, Application.locale, Application.state, Application.submitted_at,
            versions, count(Redaction, Redaction.ended_at.is_(None)), count(Translation), sa.func.count().over(),
        )
        .join(Account, Account.id == Application.account_id)
        .where(
            Application.window_id == window_id, Application.submitted_at.is_not(None), clear_of(account_id),
            *contains_words(search, Application.reference, Account.name),
        )
        .order_by(*ordered(columns, sort, Application.id))
        .limit(limit)
        .offset(offset)
    )  # fmt: skip
    rows = session.execute(query).all()
    return [Prepared(*tuple(row)[:-1]) for row in rows], int(rows[0][-1]) if rows else 0
