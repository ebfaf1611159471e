"""Reading who has which application of a window: one or two statements, however many there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.admissions.models import Application, Assessor, Assignment, Conflict, Window, WindowRules
from core.admissions.panel_needs import Needs, lacking
from core.admissions.queries.sight import clear_of
from core.admissions.states import HELD_BY_ASSESSOR, INFO_REQUESTED, RECUSED, SEALED, SUBMITTED, TAKEN_BACK, TURNED_DOWN
from core.data.listing import caseless
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.people.models import Account

TO_ASSESS = (SUBMITTED, INFO_REQUESTED)
"""States in which an application is in its panel's hands."""
GONE_BACK = (RECUSED, TURNED_DOWN, TAKEN_BACK)
"""Ends of an assignment of which the panel's page tells: whoever assigns should know."""


class Seat(NamedTuple):
    """One assignment, with the name and the panel roles of whoever has it."""

    id: str
    application_id: str
    assessor_id: str
    name: str
    roles: list[str]
    state: str
    due_at: datetime
    told_at: datetime | None
    reminded_at: datetime | None
    state_why: str
    version: int

    @property
    def held(self) -> bool:
        """Whether the assessor has it, sealed or not."""
        return self.state in HELD_BY_ASSESSOR

    @property
    def open(self) -> bool:
        """Whether something is still to be done."""
        return self.held and self.state != SEALED

    @property
    def overdue(self) -> bool:
        """Whether it should have been sealed by now."""
        return self.open and self.due_at < clock.now()


@dataclass(frozen=True, slots=True)
class OnPanel:
    """An application in its panel's hands, with who has it and what it lacks: so many people, so many of each role."""

    id: str
    reference: str
    name: str
    locale: str
    state: str
    submitted_at: datetime | None
    seats: tuple[Seat, ...]
    missing: int
    missing_roles: Mapping[str, int] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether it has all that it needs."""
        return not self.missing and not self.missing_roles

    @property
    def overdue(self) -> int:
        """How many of its assignments are overdue."""
        return sum(seat.overdue for seat in self.seats)


class Pinned(NamedTuple):
    """What a window pins, as far as a panel is concerned."""

    rule: str | None
    config: dict[str, Any]
    assess_days: int | None


_SEATS = (
    sa.select(
        Assignment.id, Assignment.application_id, Assignment.assessor_id, Account.name, Assessor.roles, Assignment.state,
        Assignment.due_at, Assignment.told_at, Assignment.reminded_at, Assignment.state_why, Assignment.version,
    )
    .join(Assessor, (Assessor.tenant_id == Assignment.tenant_id) & (Assessor.id == Assignment.assessor_id))
    .join(Account, Account.id == Assessor.account_id)
    .join(Application, (Application.tenant_id == Assignment.tenant_id) & (Application.id == Assignment.application_id))
)  # fmt: skip


_PINNED = sa.select(WindowRules.rule, WindowRules.config, WindowRules.assess_days).where(
    WindowRules.window_id == sa.bindparam("window")
)


def pinned(session: ScopedSession, window_id: str) -> Pinned:
    """The rules of a window, None where it pins none. One statement."""
    row = session.execute(_PINNED, {"window": window_id}).one_or_none()
    return Pinned(*row) if row is not None else Pinned(None, {}, None)


def on_panel(
    session: ScopedSession, account_id: str | None, window_id: str, needs: Needs, application_id: str | None = None
) -> list[OnPanel]:
    """The applications of a window (or one of them) that are in the panel's hands and that this account may see, the first
    submitted first."""
    where = [Application.window_id == window_id, Application.state.in_(TO_ASSESS), clear_of(account_id)]
    if application_id is not None:
        where.append(Application.id == application_id)
    seats: dict[str, list[Seat]] = {}
    shown = (*HELD_BY_ASSESSOR, *GONE_BACK)
    for row in session.execute(
        _SEATS.where(*where, Assignment.state.in_(shown)).order_by(
            caseless(Account.name), Assignment.created_at, Assignment.id
        )
    ):
        seats.setdefault(row.application_id, []).append(Seat(*row))
    applications = session.execute(
        sa.select(
            Application.id, Application.reference, Account.name, Application.locale, Application.state, Application.submitted_at
        )
        .join(Account, Account.id == Application.account_id)
        .where(*where)
        .order_by(Application.submitted_at, Application.id)
    )  # fmt: skip
    found = []
    for one in applications:
        of = seats.get(one.id, [])
        lacks = lacking(needs.wanted, needs.roles_for(one.locale), [seat.roles for seat in of if seat.held])
        found.append(OnPanel(*one, tuple(of), *lacks))
    return found


def one_on_panel(
    session: ScopedSession, account_id: str | None, window_id: str, needs: Needs, application_id: str
) -> OnPanel:
    """One of them. Raises NotFound."""
    found = on_panel(session, account_id, window_id, needs, application_id) if is_id(application_id) else []
    if not found:
        raise NotFound
    return found[0]


class Candidate(NamedTuple):
    """Somebody on the panel who could take an application, and how many of the window's they have, as far as one may see."""

    id: str
    name: str
    roles: list[str]
    capacity: int
    held: int


def candidates(session: ScopedSession, account_id: str | None, window_id: str, application_id: str) -> list[Candidate]:
    """Who is active, has no conflict of interest with the application and does not have it: those who have room, the
    least loaded first, then those at their limit."""
    held = (
        sa.select(Assignment.assessor_id, sa.func.count().label("held"))
        .join(Application, (Application.tenant_id == Assignment.tenant_id) & (Application.id == Assignment.application_id))
        .where(Application.window_id == window_id, Assignment.state.in_(HELD_BY_ASSESSOR), clear_of(account_id))
        .group_by(Assignment.assessor_id)
        .subquery()
    )  # fmt: skip
    has_it = (
        sa.select(Assignment.id)
        .where(
            Assignment.application_id == application_id, Assignment.assessor_id == Assessor.id,
            Assignment.state.in_(HELD_BY_ASSESSOR),
        )
        .exists()
    )  # fmt: skip
    in_conflict = (
        sa.select(Conflict.id)
        .where(
            Conflict.application_id == application_id, Conflict.account_id == Assessor.account_id, Conflict.ended_at.is_(None)
        )
        .exists()
    )  # fmt: skip
    load = sa.func.coalesce(held.c.held, 0)
    query = (
        sa.select(Assessor.id, Account.name, Assessor.roles, Assessor.capacity, load)
        .join(Account, Account.id == Assessor.account_id)
        .outerjoin(held, held.c.assessor_id == Assessor.id)
        .where(Assessor.state == "active", ~has_it, ~in_conflict)
        .order_by(sa.case((load < Assessor.capacity, 0), else_=1), load, caseless(Account.name), Assessor.id)
    )
    return [Candidate(*row) for row in session.execute(query)]


def seat(session: ScopedSession, account_id: str | None, assignment_id: str) -> tuple[Seat, str, str]:
    """(an assignment, its application's reference, its window), for somebody who may see it. Raises NotFound."""
    query = _SEATS.add_columns(Application.reference, Application.window_id)
    row = None
    if is_id(assignment_id):
        row = session.execute(query.where(Assignment.id == assignment_id, clear_of(account_id))).one_or_none()
    if row is None:
        raise NotFound
    return Seat(*row[:-2]), row[-2], row[-1]


class Due(NamedTuple):
    """Somebody to be written to about their assignments, how many, and until when (UTC) the first is due."""

    assessor_id: str
    account_id: str
    email: str
    locale: str
    number: int
    due_at: datetime


def due(session: ScopedSession, *where: sa.ColumnElement[bool]) -> tuple[list[str], list[Due]]:
    """(the assignments that fulfil `where` and of which nothing forbids to tell, who has them, by assessor). An assignment
    against which a conflict stands is nobody's to hear of."""
    query = (
        sa.select(
            Assignment.id, Assessor.id.label("assessor_id"), Account.id.label("account_id"), Account.email, Account.locale,
            Assignment.due_at,
        )
        .join(Assessor, (Assessor.tenant_id == Assignment.tenant_id) & (Assessor.id == Assignment.assessor_id))
        .join(Account, Account.id == Assessor.account_id)
        .join(Application, (Application.tenant_id == Assignment.tenant_id) & (Application.id == Assignment.application_id))
        .where(Application.state.in_(TO_ASSESS), clear_of_holder(), Account.disabled_at.is_(None), *where)
        .order_by(Assessor.id, Assignment.due_at)
    )  # fmt: skip
    rows = session.execute(query).all()
    people: dict[str, list[Any]] = {}
    for row in rows:
        people.setdefault(row.assessor_id, []).append(row)
    return [row.id for row in rows], [
        Due(one.assessor_id, one.account_id, one.email, one.locale, len(rows_of), one.due_at)
        for rows_of in people.values()
        for one in rows_of[:1]
    ]


def clear_of_holder() -> sa.ColumnElement[bool]:
    """The condition that whoever an assignment belongs to has no standing conflict with its application."""
    standing = (
        sa.select(Conflict.id)
        .where(
            Conflict.application_id == Assignment.application_id, Conflict.account_id == Assessor.account_id,
            Conflict.ended_at.is_(None),
        )
        .exists()
    )  # fmt: skip
    return sa.and_(~standing, Application.account_id != Assessor.account_id)


def closes_at(session: ScopedSession, window_id: str) -> datetime | None:
    """When a window closes (UTC)."""
    return session.scalar(sa.select(Window.closes_at).where(Window.id == window_id))


def missing_in(rows: Iterable[OnPanel]) -> int:
    """How many applications lack somebody."""
    return sum(not row.complete for row in rows)
