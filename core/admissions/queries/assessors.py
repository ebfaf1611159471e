"""Reading a partner's panel: who assesses, what they are tied to, how much each has."""

from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.models import Application, Assessor, AssessorInterest, Assignment, Window
from core.admissions.queries.sight import clear_of
from core.admissions.states import HELD_BY_ASSESSOR, SEALED
from core.data.listing import caseless
from core.data.session import ScopedSession
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account


class Row(NamedTuple):
    """One assessor. `held` and `sealed` count the applications of windows that are not released, as far as the reader may
    see them."""

    id: str
    account_id: str
    name: str
    email: str
    roles: list[str]
    capacity: int
    workplace: str
    trained_on: date | None
    state: str
    version: int
    held: int
    sealed: int


class Interest(NamedTuple):
    """What an assessor is, or was, tied to."""

    id: str
    kind: str
    target: str
    at: datetime
    ended_at: datetime | None


_COLUMNS: list[Any] = [
    Assessor.id, Assessor.account_id, Account.name, Account.email, Assessor.roles, Assessor.capacity, Assessor.workplace,
    Assessor.trained_on, Assessor.state, Assessor.version,
]  # fmt: skip


def listed(session: ScopedSession, account_id: str | None) -> list[Row]:
    """Everybody who is or was on the panel, by name, with what each has: in one statement. Applications with which the
    reader (`account_id`) is in conflict are not counted."""
    loads = (
        sa.select(
            Assignment.assessor_id, sa.func.count().label("held"),
            sa.func.count(sa.case((Assignment.state == SEALED, 1))).label("sealed"),
        )
        .join(Application, (Application.tenant_id == Assignment.tenant_id) & (Application.id == Assignment.application_id))
        .join(Window, (Window.tenant_id == Application.tenant_id) & (Window.id == Application.window_id))
        .where(Assignment.state.in_(HELD_BY_ASSESSOR), Window.released_at.is_(None), clear_of(account_id))
        .group_by(Assignment.assessor_id)
        .subquery()
    )  # fmt: skip
    query: Any = (
        sa.select(*_COLUMNS, sa.func.coalesce(loads.c.held, 0), sa.func.coalesce(loads.c.sealed, 0))
        .join(Account, Account.id == Assessor.account_id)
        .outerjoin(loads, loads.c.assessor_id == Assessor.id)
        .order_by(caseless(Account.name), Assessor.id)
    )
    return [Row(*row) for row in session.execute(query)]


def one(session: ScopedSession, account_id: str | None, assessor_id: str) -> Row:
    """One of them. Raises NotFound."""
    for row in listed(session, account_id) if is_id(assessor_id) else ():
        if row.id == assessor_id:
            return row
    raise NotFound


def own(session: ScopedSession, account_id: str | None) -> str:
    """The id of this account's place on the panel. Raises NotFound where it has none."""
    found = session.scalar(sa.select(Assessor.id).where(Assessor.account_id == account_id, Assessor.state != "ended"))
    if found is None:
        raise NotFound
    return found


def workplace(session: ScopedSession, assessor_id: str) -> str:
    """Where an assessor works, as the partner has it."""
    return session.scalar(sa.select(Assessor.workplace).where(Assessor.id == assessor_id)) or ""


def interests(session: ScopedSession, assessor_id: str) -> list[Interest]:
    """What they are tied to, what stands first, then the newest."""
    query = (
        sa.select(
            AssessorInterest.id, AssessorInterest.kind, AssessorInterest.target, AssessorInterest.at, AssessorInterest.ended_at
        )
        .where(AssessorInterest.assessor_id == assessor_id)
        .order_by(AssessorInterest.at.desc(), AssessorInterest.id.desc())
    )  # fmt: skip
    return sorted((Interest(*row) for row in session.execute(query)), key=lambda row: row.ended_at is not None)
