"""Reading applications for a partner's lead and the central team: what was submitted, never what is still a draft.

Every statement carries `clear_of`: whoever is in conflict with an application reads lists and counts of a site without it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.form.answers import words_in
from core.admissions.form.canonical import digest
from core.admissions.form.schema import FormSchema, Kind
from core.admissions.models import Application, Assessor, Assignment, FormVersion, InfoRequest, Submission, Window
from core.admissions.queries.applying import schema_of
from core.admissions.queries.sight import READER, clear_of
from core.admissions.states import ASSESSING, DRAFT, HELD_BY_ASSESSOR, SEALED
from core.data.audit import AuditEntry
from core.data.listing import caseless, contains_words, ordered
from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account

SORTS: Mapping[str, Any] = {
    "submitted": Application.submitted_at,
    "reference": Application.reference,
    "name": caseless(Account.name),
    "state": Application.state,
    "minutes": Application.seconds,
}
"""What the list can be sorted by."""


class Row(NamedTuple):
    """One submitted application in a list. `words` are those of its newest version's texts."""

    id: str
    reference: str
    name: str
    state: str
    submitted_at: datetime
    lateness: str
    seconds: int
    words: int


def listed(
    session: ScopedSession, account_id: str | None, window_id: str, *,
    search: str = "", state: str = "", sort: str = "-submitted", limit: int | None = None, offset: int = 0,
) -> tuple[list[Row], int]:  # fmt: skip
    """(one page of a window's submitted applications, how many there are in all), for `account_id`'s eyes. Two statements."""
    newest = (
        sa.select(sa.func.max(Submission.number))
        .where(Submission.application_id == Application.id)
        .correlate(Application)
        .scalar_subquery()
    )
    order = ordered(SORTS, sort, Application.id)
    query = (
        sa.select(
            Application.id, Application.reference, Account.name, Application.state, Application.submitted_at,
            Application.lateness, Application.seconds, newest.label("number"), sa.func.count().over().label("total"),
            sa.func.row_number().over(order_by=order).label("place"),
        )
        .join(Account, Account.id == Application.account_id)
        .where(
            Application.window_id == window_id, Application.submitted_at.is_not(None), clear_of(account_id),
            *contains_words(search, Account.name, Application.reference),
        )
        .order_by(*order)
        .limit(limit)
        .offset(offset)
    )  # fmt: skip
    if state:
        query = query.where(Application.state == state)
    page = query.subquery()
    whole = (
        sa.select(page, Submission.answers, Submission.form_version_id)
        .outerjoin(Submission, (Submission.application_id == page.c.id) & (Submission.number == page.c.number))
        .order_by(page.c.place)
    )
    rows = session.execute(whole).all()
    schemas = _schemas(session, {row.form_version_id for row in rows if row.form_version_id})
    found = [
        Row(
            row.id,
            row.reference,
            row.name,
            row.state,
            row.submitted_at,
            row.lateness,
            row.seconds,
            _words(schemas.get(row.form_version_id), row.answers),
        )
        for row in rows
    ]
    return found, int(rows[0].total) if rows else 0


_VERSIONS = sa.select(FormVersion.id, FormVersion.sha256, FormVersion.content).where(
    FormVersion.id.in_(sa.bindparam("wanted", expanding=True))
)


def _schemas(session: ScopedSession, wanted: set[str]) -> dict[str, FormSchema]:
    """Form versions by id."""
    rows = session.execute(_VERSIONS, {"wanted": sorted(wanted)})
    return {row.id: schema_of(row.sha256, row.content) for row in rows}


def _words(schema: FormSchema | None, answers: str | None) -> int:
    """How many words the texts of a submission have."""
    if schema is None or not answers:
        return 0
    given = json.loads(answers)
    return sum(
        words_in(str(given[one.key])) for one in schema.questions() if one.kind is Kind.TEXT and one.key in given
    )


def drafts(session: ScopedSession, account_id: str | None, window_id: str) -> int:
    """How many applications of a window are begun and not submitted. Nobody but their writers reads them."""
    counted = sa.select(sa.func.count(Application.id)).where(
        Application.window_id == window_id, Application.state == DRAFT, clear_of(account_id)
    )
    return int(session.scalar(counted) or 0)


class One(NamedTuple):
    """A submitted application, with whose it is and its window."""

    id: str
    reference: str
    account_id: str
    name: str
    email: str
    state: str
    state_why: str
    locale: str
    version: int
    window_id: str
    window_name: str
    form_version_id: str
    created_at: datetime
    submitted_at: datetime
    lateness: str
    seconds: int
    previous_id: str | None
    moved_tenant_id: int | None
    moved_id: str | None


_COLUMNS: list[Any] = [
    Application.id, Application.reference, Application.account_id, Account.name, Account.email, Application.state,
    Application.state_why, Application.locale, Application.version, Application.window_id, Window.name.label("window_name"),
    Application.form_version_id, Application.created_at, Application.submitted_at, Application.lateness, Application.seconds,
    Application.previous_id, Application.moved_tenant_id, Application.moved_id,
]  # fmt: skip
_ONE = (
    sa.select(*_COLUMNS)
    .join(Account, Account.id == Application.account_id)
    .join(Window, (Window.tenant_id == Application.tenant_id) & (Window.id == Application.window_id))
    .where(Application.id == sa.bindparam("wanted"), Application.submitted_at.is_not(None), clear_of(READER))
)


def one(session: ScopedSession, account_id: str | None, application_id: str) -> One:
    """One submitted application. Raises NotFound: missing, another site's, never submitted, or in conflict with the reader."""
    asked = {"wanted": application_id, "reader": account_id or ""}
    row = session.execute(_ONE, asked).one_or_none() if is_id(application_id) else None
    if row is None:
        raise NotFound
    return One(*row)


@dataclass(frozen=True, slots=True)
class Version:
    """One submitted version as it is read back. `whole` says that its text still has the hash it was submitted with."""

    number: int
    at: datetime
    lateness: str
    locale: str
    sha256: str
    schema: FormSchema
    answers: Mapping[str, Any]
    whole: bool


def versions(session: ScopedSession, account_id: str | None, application_id: str) -> list[Version]:
    """Every submitted version, first to last, each compared with its hash. One statement."""
    query = (
        sa.select(Submission, FormVersion.sha256.label("form_sha256"), FormVersion.content)
        .join(FormVersion, FormVersion.id == Submission.form_version_id)
        .where(Submission.application_id == application_id, clear_of(account_id, Submission.application_id))
        .order_by(Submission.number)
    )
    return [
        Version(
            sent.number, sent.at, sent.lateness, sent.locale, sent.sha256, schema_of(form_sha256, content),
            json.loads(sent.answers), digest(sent.answers) == sent.sha256,
        )
        for sent, form_sha256, content in session.execute(query)
    ]  # fmt: skip


class Asked(NamedTuple):
    """One time that more was asked."""

    at: datetime
    by: str
    sections: list[str]
    question: str
    due_at: datetime
    state: str
    ended_at: datetime | None


def asked(session: ScopedSession, account_id: str | None, application_id: str) -> list[Asked]:
    """Whenever more was asked about an application, first to last."""
    query = (
        sa.select(
            InfoRequest.at, sa.func.coalesce(Account.name, ""), InfoRequest.sections, InfoRequest.question, InfoRequest.due_at,
            InfoRequest.state, InfoRequest.ended_at,
        )
        .outerjoin(Account, Account.id == InfoRequest.by)
        .where(InfoRequest.application_id == application_id, clear_of(account_id, InfoRequest.application_id))
        .order_by(InfoRequest.at, InfoRequest.id)
    )  # fmt: skip
    return [Asked(*row) for row in session.execute(query)]


class Step(NamedTuple):
    """One entry of the audit trail about an application."""

    at: datetime
    by: str
    by_person: bool
    action: str
    after: dict[str, Any]
    why: str


def history(session: ScopedSession, account_id: str | None, found: One) -> list[Step]:
    """What the site's audit trail says of an application's own steps, first to last.

    Entries from before it began are not looked at: the trail is found by time, not by subject.
    """
    query = (
        sa.select(
            AuditEntry.at, sa.func.coalesce(Account.name, ""), AuditEntry.actor_id.is_not(None), AuditEntry.action,
            AuditEntry.after, AuditEntry.why,
        )
        .outerjoin(Account, Account.id == AuditEntry.actor_id)
        .where(
            AuditEntry.at >= found.created_at, AuditEntry.subject == found.id, AuditEntry.action.like("application.%"),
            clear_of(account_id, AuditEntry.subject),
        )
        .order_by(AuditEntry.seq)
    )  # fmt: skip
    return [
        Step(at, by, bool(person), action, after or {}, why)
        for at, by, person, action, after, why in session.execute(query)
    ]


class Held(NamedTuple):
    """How many assessors have an application, and how many of them have sealed their scores."""

    held: int
    sealed: int


def held(session: ScopedSession, account_id: str | None, application_id: str) -> Held:
    """Who has an application, as counts alone."""

    def of(states: Sequence[str]) -> Any:
        return sa.func.coalesce(sa.func.sum(sa.case((Assignment.state.in_(states), 1), else_=0)), 0)

    row = session.execute(
        sa.select(of(sorted(HELD_BY_ASSESSOR)), of([SEALED])).where(
            Assignment.application_id == application_id, clear_of(account_id, Assignment.application_id)
        )
    ).one()
    return Held(int(row[0]), int(row[1]))


def writer(session: ScopedSession, account_id: str) -> str | None:
    """The address of whoever wrote an application; None where the account is closed."""
    return session.scalar(sa.select(Account.email).where(Account.id == account_id, Account.disabled_at.is_(None)))


class Reader(NamedTuple):
    """An assessor who reads an application, and where to write to."""

    account_id: str
    email: str
    locale: str


def assessors_with(session: ScopedSession, application_id: str) -> list[Reader]:
    """The assessors who have an application and have declared, without those in conflict with it."""
    query = (
        sa.select(Account.id, Account.email, Account.locale)
        .join(Assessor, Assessor.account_id == Account.id)
        .join(Assignment, (Assignment.tenant_id == Assessor.tenant_id) & (Assignment.assessor_id == Assessor.id))
        .where(
            Assignment.application_id == application_id, Assignment.state.in_((ASSESSING, SEALED)),
            Account.disabled_at.is_(None), clear_of(Assessor.account_id, Assignment.application_id),
        )
        .order_by(Account.id)
    )  # fmt: skip
    return [Reader(*row) for row in session.execute(query)]
