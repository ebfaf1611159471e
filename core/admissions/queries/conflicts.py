"""Reading conflicts of interest: for people who are not in conflict with the application themselves."""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.admissions.models import Application, Assessor, Conflict
from core.admissions.queries.sight import READER, clear_of
from core.data.listing import caseless
from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account


class Named(NamedTuple):
    """A submitted application as a heading says it."""

    id: str
    reference: str
    name: str
    window_id: str
    state: str
    locale: str


class Row(NamedTuple):
    """One conflict, standing or ended."""

    id: str
    application_id: str
    account_id: str
    name: str
    source: str
    kind: str
    why: str
    by: str
    at: datetime
    ended_at: datetime | None
    ended_by: str
    end_why: str


_APPLICATION = (
    sa.select(
        Application.id, Application.reference, Account.name, Application.window_id, Application.state, Application.locale
    )
    .join(Account, Account.id == Application.account_id)
    .where(Application.id == sa.bindparam("wanted"), Application.submitted_at.is_not(None), clear_of(READER))
)  # fmt: skip


def application(session: ScopedSession, account_id: str | None, application_id: str) -> Named:
    """A submitted application that this account may see. Raises NotFound: missing, another tenant's, or in conflict."""
    asked = {"wanted": application_id, "reader": account_id or ""}
    row = session.execute(_APPLICATION, asked).one_or_none() if is_id(application_id) else None
    if row is None:
        raise NotFound
    return Named(*row)


def _rows() -> Any:
    person, by, ended_by = aliased(Account), aliased(Account), aliased(Account)
    return (
        sa.select(
            Conflict.id, Conflict.application_id, Conflict.account_id, person.name, Conflict.source, Conflict.kind, Conflict.why,
            sa.func.coalesce(by.name, ""), Conflict.at, Conflict.ended_at, sa.func.coalesce(ended_by.name, ""), Conflict.end_why,
        )
        .join(person, person.id == Conflict.account_id)
        .outerjoin(by, by.id == Conflict.by)
        .outerjoin(ended_by, ended_by.id == Conflict.ended_by)
    )  # fmt: skip


def of(session: ScopedSession, application_id: str) -> list[Row]:
    """Every conflict of an application, those that stand first, then the newest."""
    query = _rows().where(Conflict.application_id == application_id)
    found = [Row(*row) for row in session.execute(query.order_by(Conflict.at.desc(), Conflict.id.desc()))]
    return sorted(found, key=lambda row: row.ended_at is not None)


def one(session: ScopedSession, account_id: str | None, conflict_id: str) -> Row:
    """One standing conflict, for somebody who may see its application. Raises NotFound."""
    query = (
        _rows()
        .join(Application, (Application.tenant_id == Conflict.tenant_id) & (Application.id == Conflict.application_id))
        .where(Conflict.id == conflict_id, Conflict.ended_at.is_(None), clear_of(account_id))
    )
    row = session.execute(query).one_or_none() if is_id(conflict_id) else None
    if row is None:
        raise NotFound
    return Row(*row)


def panel(session: ScopedSession) -> list[tuple[str, str]]:
    """(account, name) of everybody on the panel, by name: of whom a conflict can be put down."""
    query = (
        sa.select(Assessor.account_id, Account.name)
        .join(Account, Account.id == Assessor.account_id)
        .where(Assessor.state != "ended")
        .order_by(caseless(Account.name), Assessor.account_id)
    )
    return [(row[0], row[1]) for row in session.execute(query)]
