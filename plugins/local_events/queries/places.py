"""Reading places: what is held, what is free, who waits where, always counted from the rows.

A place is held by who has it and by who is offered it until the offer lapses: the moment its time is over, an offer holds
nothing, whether or not anybody has written that down yet.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from core.sdk import ScopedSession, clock
from plugins.local_events.models import Pool, Registration
from plugins.local_events.queries.shapes import fixed, here, table
from plugins.local_events.states import CONFIRMED, OFFERED, WAITLISTED


class Own(NamedTuple):
    """A person's own active registration."""

    id: str
    pool_id: str
    state: str
    queued_at: datetime
    guests: int
    or_online: bool
    accepts_offers: bool
    offer_expires_at: datetime | None
    secret: str


class PoolNow(NamedTuple):
    """A pool with what is held of it and how many wait in it. `capacity` None is no limit."""

    id: str
    event_id: str
    kind: str
    capacity: int | None
    waiting_limit: int | None
    eligibility: str
    opens_at: datetime | None
    version: int
    held: int
    waiting: int
    lapsed: int

    @property
    def left(self) -> int | None:
        """Free places; None without a limit."""
        return None if self.capacity is None else max(0, self.capacity - self.held)


class Places(NamedTuple):
    """An event's pools together, as everybody may see them: reserved places are not offered to everybody."""

    pools: tuple[PoolNow, ...]

    @property
    def held(self) -> int:
        """Places held, in all pools."""
        return self.fill().held

    @property
    def capacity(self) -> int | None:
        """Places there are in all pools; None where one has no limit."""
        return self.fill().capacity

    @property
    def waiting(self) -> int:
        """How many people wait."""
        return self.fill().waiting

    @property
    def left(self) -> int | None:
        """Free places for everybody: none in a pool in which somebody waits; None without a limit."""
        return self.fill().left

    def fill(self) -> "Fill":
        """What a list shows of them, in one pass: a list asks fifty events."""
        held, waiting = 0, 0
        capacity: int | None = 0
        left: int | None = 0
        for pool in self.pools:
            held += pool.held
            waiting += pool.waiting
            capacity = None if capacity is None or pool.capacity is None else capacity + pool.capacity
            if pool.kind != "reserved" and not pool.waiting:
                free = pool.left
                left = None if left is None or free is None else left + free
        return Fill(held, capacity, left, waiting)


class Fill(NamedTuple):
    """How full an event is, as lists say it; `capacity` and `left` None are no limit."""

    held: int
    capacity: int | None
    left: int | None
    waiting: int


def holds(now: Any, registration: Any = Registration) -> sa.ColumnElement[bool]:
    """The condition of a registration (the model, or its table's columns) that holds places at `now`."""
    offered = sa.and_(registration.state == fixed(OFFERED), registration.offer_expires_at > now)
    return sa.or_(registration.state == fixed(CONFIRMED), offered)


POOL, _REGISTRATION = table(Pool), table(Registration)


def counting(among: sa.ColumnElement[bool]) -> Any:
    """The pools `among` (a condition on `POOL`) of the parameter `tenant` as rows of `PoolNow`, counted at the parameter `now`;
    in no order."""
    pool, held = POOL.c, _REGISTRATION.c
    lapsed = sa.and_(held.state == fixed(OFFERED), held.offer_expires_at <= sa.bindparam("now"))
    return (
        sa.select(
            pool.id, pool.event_id, pool.kind, pool.capacity, pool.waiting_limit, pool.eligibility, pool.opens_at,
            pool.version,
            sa.func.coalesce(
                sa.func.sum(fixed(1) + held.guests).filter(holds(sa.bindparam("now"), held)), fixed(0)
            ).label("held"),
            sa.func.count(held.id).filter(held.state == fixed(WAITLISTED)).label("waiting"),
            sa.func.count(held.id).filter(lapsed).label("lapsed"),
        )
        .outerjoin_from(
            POOL, _REGISTRATION,
            sa.and_(
                held.tenant_id == pool.tenant_id, held.event_id == pool.event_id, held.pool_id == pool.id,
                held.state.in_([fixed(state) for state in (CONFIRMED, OFFERED, WAITLISTED)]),
            ),
        )
        .where(pool.tenant_id == here(), among)
        .group_by(pool.event_id, pool.kind, pool.id)  # in this order SQLite finds them by their event, not one by one
    )  # fmt: skip


def _counting(among: sa.ColumnElement[bool]) -> Any:
    return counting(among).order_by(POOL.c.event_id, POOL.c.kind, POOL.c.id)


_COUNTS = {
    "postgresql": _counting(POOL.c.event_id == sa.any_(sa.bindparam("event_ids", type_=postgresql.ARRAY(sa.String())))),
    "sqlite": _counting(POOL.c.event_id.in_(sa.bindparam("event_ids", expanding=True))),
}
"""PostgreSQL takes the ids as one value: the statement is the same for every number of events, so it is prepared once, and the
driver need not take fifty places apart at every page."""


def counts(session: ScopedSession, event_ids: Sequence[str]) -> dict[str, Places]:
    """The places of each of the events, in one statement (none for no event)."""
    if not event_ids:
        return {}
    found: dict[str, list[PoolNow]] = {event_id: [] for event_id in event_ids}
    statement = _COUNTS[session.get_bind().dialect.name]
    asked = {"tenant": session.tenant_id, "event_ids": list(event_ids), "now": clock.now()}
    for row in session.execute(statement, asked).all():
        found[row[1]].append(PoolNow._make(row))
    return {event_id: Places(tuple(pools)) for event_id, pools in found.items()}


def of_event(session: ScopedSession, event_id: str) -> Places:
    """One event's places."""
    return counts(session, [event_id])[event_id]


ORDER = (Registration.queued_at, Registration.id)
"""The order in which people wait: who asked first. An organiser who gives a place beside it says why (`deciding.force`)."""


class Standing(NamedTuple):
    """Where somebody stands on the waiting list: `position` from 1, `offered` places that others are thinking about, and how
    many places the pool has."""

    position: int
    offered: int
    capacity: int | None


def standing_of(session: ScopedSession, event: Any, own: Own | None) -> Standing | None:
    """Where the person of `own` stands at `event`; None for who does not wait. One statement."""
    if own is None or own.state != WAITLISTED:
        return None
    before = sa.or_(
        Registration.queued_at < own.queued_at,
        sa.and_(Registration.queued_at == own.queued_at, Registration.id < own.id),
    )
    row = session.execute(
        sa.select(
            sa.func.count(Registration.id).filter(Registration.state == WAITLISTED, before),
            sa.func.count(Registration.id).filter(Registration.state == OFFERED, holds(clock.now())),
            Pool.capacity,
        )
        .select_from(Pool)
        .outerjoin(
            Registration,
            sa.and_(
                Registration.tenant_id == Pool.tenant_id, Registration.event_id == Pool.event_id,
                Registration.pool_id == Pool.id, Registration.state.in_((OFFERED, WAITLISTED)),
            ),
        )
        .where(Pool.event_id == event.id, Pool.id == own.pool_id)
        .group_by(Pool.id)
    ).one()  # fmt: skip
    return Standing(row[0] + 1, row[1], row[2])
