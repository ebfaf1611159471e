"""Places are counted from the rows, under the event's lock, and given out in order.

Whatever changes an event's places begins with `take_turn`: one conditional update of the event's own row, which on both
engines makes everybody else wait. What is read after it is what is there, so nothing needs a counter of its own, and what
is decided on it still holds when it is written. `settle` then puts right what time has changed: offers that lapsed, and
free places that somebody waits for.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import (
    N_,
    SYSTEM,
    NotFound,
    Refused,
    ScopedSession,
    clock,
    is_closed,
    is_id,
    people_by_id,
    record_audit,
    shelf,
)
from plugins.local_events.calendars.entries import status_of
from plugins.local_events.models import Event, Invitation, Registration
from plugins.local_events.queries import hosting, places
from plugins.local_events.queries.places import ORDER, PoolNow
from plugins.local_events.queries.shapes import columns, fixed, here, table
from plugins.local_events.rules import Person, eligible, is_of_area
from plugins.local_events.service.changing import PLUGIN, path_of
from plugins.local_events.states import ACTIVE, EDITABLE, OFFER_LAPSED, OFFERED, PUBLISHED, REGISTRATION, WAITLISTED
from plugins.local_events.words import REGISTRATION_STATES

CONFIRM_AT_ONCE = timedelta(hours=24)
"""So near its event a place is given to who waits without asking: an offer would lapse on the doorstep."""


class Turn(NamedTuple):
    """The event whose lock this transaction holds, as it is now."""

    id: str
    uid: str
    turn: int
    title: str
    place: str
    online_url: str
    starts_at: datetime
    ends_at: datetime
    audience: str
    state: str
    registration_opens_at: datetime | None
    registration_closes_at: datetime | None
    withdraw_until: datetime | None
    wants_approval: bool
    guests_allowed: int
    offer_hours: int
    asks: bool
    created_by: str | None


@dataclass(slots=True)
class Standing:
    """An event's pools after settling: what is free of each (None: no limit), and in which ones somebody eligible waits."""

    pools: Sequence[PoolNow]
    free: dict[str, int | None] = field(default_factory=dict)
    queued: set[str] = field(default_factory=set)

    def of_kind(self, kind: str) -> PoolNow | None:
        """The event's pool of one kind."""
        return next((pool for pool in self.pools if pool.kind == kind), None)

    def has_room(self, pool_id: str, wanted: int) -> bool:
        """Whether `wanted` places can be taken by somebody whom nobody eligible waits before."""
        return pool_id not in self.queued and self.fits(pool_id, wanted)

    def fits(self, pool_id: str, wanted: int) -> bool:
        """Whether `wanted` places are free, whoever waits for them."""
        free = self.free[pool_id]
        return free is None or free >= wanted

    def take(self, pool_id: str, wanted: int) -> None:
        """Note that `wanted` places have been given out in this transaction, or are kept for somebody who waits."""
        free = self.free[pool_id]
        if free is not None:
            self.free[pool_id] = free - wanted


_LOCK = (
    sa.update(Event)
    .where(Event.id == sa.bindparam("wanted"))
    .values(turn=Event.turn + fixed(1))
    .returning(*columns(Turn, Event))
)


def take_turn(session: ScopedSession, event_id: str, *where: sa.ColumnElement[bool]) -> Turn | None:
    """Lock the event's places for the rest of the transaction; None where the event is not as `where` says.

    The first statement of every use case that changes places. On PostgreSQL the update waits for whoever else has the
    row and looks at `where` again afterwards; on SQLite the transaction has the database's one write lock already.
    """
    row = session.execute(_LOCK.where(*where) if where else _LOCK, {"wanted": event_id}).one_or_none()
    return Turn(*row) if row is not None else None


_EVENT = table(Event)
_TO_COME = (
    sa.update(_EVENT)
    .where(
        _EVENT.c.tenant_id == here(), _EVENT.c.id == sa.bindparam("event_id"),
        _EVENT.c.state == fixed(PUBLISHED), _EVENT.c.starts_at > sa.bindparam("now"),
    )
    .values(turn=_EVENT.c.turn + fixed(1))
    .returning(*columns(Turn, _EVENT.c))
)  # fmt: skip
"""Made once: every registration begins with it."""


def take_turn_to_come(session: ScopedSession, event_id: str, now: datetime) -> Turn | None:
    """`take_turn` for an event that is published and has not begun at `now`: one whose places people can still change."""
    asked = {"event_id": event_id, "tenant": session.tenant_id, "now": now}
    row = session.execute(_TO_COME, asked).one_or_none()
    return Turn(*row) if row is not None else None


def lock_editable(session: ScopedSession, event_id: str) -> Turn:
    """The lock of an event that can still be changed. Raises NotFound for no such event, Refused for one that is closed."""
    turn = take_turn(session, event_id, Event.state.in_(EDITABLE)) if is_id(event_id) else None
    if turn is not None:
        return turn
    if not is_id(event_id) or session.scalar(sa.select(Event.id).where(Event.id == event_id)) is None:
        raise NotFound
    raise Refused(N_("This event is closed and cannot be changed."))


class Waiter(NamedTuple):
    """Somebody on the waiting list."""

    id: str
    pool_id: str
    account_id: str
    email: str
    guests: int
    or_online: bool
    accepts_offers: bool


def settle(session: ScopedSession, turn: Turn) -> Standing:
    """Write down which offers have lapsed and give free places to who waits for them, in order; how things stand then.

    Once the event has begun nobody is given a place by it, and what they would be given counts as taken: it is nobody else's.
    One statement where nobody waits and nothing lapsed. Needs the event's lock.
    """
    now = clock.now()
    pools = places.of_event(session, turn.id).pools
    if any(pool.lapsed for pool in pools):
        lapse(session, turn, now)
    standing = Standing(pools, {pool.id: pool.left for pool in pools})
    if any(pool.waiting for pool in pools):
        _go_through(session, turn, standing, now)
    return standing


def lapse(session: ScopedSession, turn: Turn, now: datetime) -> None:
    """Write down which offers have lapsed: those whose time is over, and all of them once the event has begun, of which nobody
    needs to hear any more. Needs the event's lock."""
    begun = turn.starts_at <= now
    over = () if begun else (Registration.offer_expires_at <= now,)
    rows = session.execute(
        sa.update(Registration)
        .where(Registration.event_id == turn.id, Registration.state.in_(REGISTRATION.sources("lapse")), *over)
        .values(state=OFFER_LAPSED, offer_expires_at=None, notice="" if begun else "lapsed", changed_at=now)
        .returning(Registration.id, Registration.account_id)
    ).all()
    for row in rows:
        shelf.remove(session, account_id=row.account_id, plugin=PLUGIN, ref=turn.id)
        _note(session, "lapse", row.id, OFFERED, OFFER_LAPSED)


def _go_through(session: ScopedSession, turn: Turn, standing: Standing, now: datetime) -> None:
    """Go through the waiting list in order, and give what is free while the event is to come. Who cannot have what is free because more is wanted keeps it from those behind:
    nobody is overtaken (a party of three is not passed by one). Whose account is closed is passed over."""
    waiters = [
        Waiter(*row)
        for row in session.execute(
            sa.select(*columns(Waiter, Registration))
            .where(
                Registration.event_id == turn.id,
                Registration.state == WAITLISTED,
                ~is_closed(Registration.account_id),
            )
            .order_by(*ORDER)
        )
    ]
    people = _people(session, turn, standing.pools, waiters)
    served: Counter[str] = Counter()
    for waiter in waiters:
        wanted = 1 + waiter.guests
        would_do = [
            pool
            for pool in wanted_pools(standing, waiter.pool_id, waiter.or_online)
            if _is_open(pool, now) and eligible(pool.eligibility, people[waiter.id]) and could_hold(pool, wanted)
        ]
        given = next((pool for pool in would_do if standing.has_room(pool.id, wanted)), None)
        if given is None:
            standing.queued.update(pool.id for pool in would_do)
            continue
        if turn.starts_at > now:
            _give(session, turn, waiter, given.id, now)
            served[waiter.pool_id] += 1
        standing.take(given.id, wanted)
    standing.pools = [pool._replace(waiting=pool.waiting - served[pool.id]) for pool in standing.pools]


def _is_open(pool: PoolNow, now: datetime) -> bool:
    """Whether the pool's places can be had yet: before that nobody is given one, and nobody waits for one before others."""
    return pool.opens_at is None or pool.opens_at <= now


def could_hold(pool: PoolNow, wanted: int) -> bool:
    """Whether the pool is large enough for so many at all: a party that never fits keeps nobody waiting."""
    return pool.capacity is None or pool.capacity >= wanted


def wanted_pools(standing: Standing, pool_id: str, or_online: bool) -> list[PoolNow]:
    """The pools that would do for somebody who asked for one: reserved places for who waits for one in person, then the pool
    itself, then online where the person said so."""
    own = next(pool for pool in standing.pools if pool.id == pool_id)
    found: list[PoolNow | None] = [standing.of_kind("reserved"), own] if own.kind == "in_person" else [own]
    if or_online:
        found.append(standing.of_kind("online"))
    return list({pool.id: pool for pool in found if pool is not None}.values())


def _people(
    session: ScopedSession, turn: Turn, pools: Sequence[PoolNow], waiters: Sequence[Waiter]
) -> dict[str, Person]:
    """What decides whether each of them is eligible today, in at most three statements."""
    asked = {pool.eligibility for pool in pools}
    known = people_by_id(session, {one.account_id for one in waiters}) if asked & {"area", "members"} else {}
    invited = invited_to(session, turn.id) if "invited" in asked else frozenset()
    here = session.scope.tenant_id or 0
    hosts = hosting.hosts_of(session, here, turn.id) if "area" in asked else frozenset()
    found = {}
    for one in waiters:
        person = known.get(one.account_id)
        local = person is not None and is_of_area(person.home_tenant_id, here, hosts)
        found[one.id] = Person(person is not None and person.is_member, local, one.email.lower() in invited)
    return found


def invited_to(session: ScopedSession, event_id: str) -> frozenset[str]:
    """The addresses on an event's invitation list."""
    rows = session.scalars(
        sa.select(Invitation.email).where(Invitation.event_id == event_id, Invitation.withdrawn_at.is_(None))
    )
    return frozenset(rows)


def _give(session: ScopedSession, turn: Turn, waiter: Waiter, pool_id: str, now: datetime) -> None:
    """Offer a place, or confirm it at once where the person wanted that or the event is near."""
    at_once = waiter.accepts_offers or turn.starts_at - now < CONFIRM_AT_ONCE
    step = "promote" if at_once else "offer"
    target = REGISTRATION.target(step, WAITLISTED)
    until = None if at_once else expiry(turn, now)
    set_state(
        session, turn, waiter.id, waiter.account_id, REGISTRATION.sources(step), target, notice=target, pool_id=pool_id, offer_expires_at=until
    )  # fmt: skip
    _note(session, step, waiter.id, WAITLISTED, target)


def expiry(turn: Turn, now: datetime) -> datetime:
    """Until when an offer made now stands: its hours, but not past the event's beginning."""
    return min(now + timedelta(hours=turn.offer_hours), turn.starts_at)


def _note(session: ScopedSession, step: str, registration_id: str, before: str, after: str) -> None:
    record_audit(
        session, actor=SYSTEM, action=f"{PLUGIN}.{step}", subject=registration_id, before={"state": before}, after={"state": after}
    )  # fmt: skip


def set_state(
    session: ScopedSession, turn: Turn, registration_id: str, account_id: str, sources: Sequence[str], target: str, *,
    notice: str = "", **values: Any,
) -> bool:  # fmt: skip
    """Move one registration on, if it is in one of `sources`, and bring the person's shelf in step. Needs the event's lock."""
    changed = session.execute(
        sa.update(Registration)
        .where(Registration.id == registration_id, Registration.state.in_(tuple(sources)))
        .values(**{"offer_expires_at": None, **values, "state": target, "notice": notice, "changed_at": clock.now()})
        .returning(Registration.id)
    ).all()
    if not changed:
        return False
    put_on_shelf(session, turn, account_id, target)
    return True


def put_on_shelf(session: ScopedSession, turn: Turn, account_id: str, state: str, *, new: bool = False) -> None:
    """What a person's own list says of the event: the registration's state while it is active, nothing afterwards."""
    if state not in ACTIVE:
        shelf.remove(session, account_id=account_id, plugin=PLUGIN, ref=turn.id)
        return
    shelf.put(
        session, account_id=account_id, plugin=PLUGIN, ref=turn.id, kind="event", title=turn.title,
        status=REGISTRATION_STATES[state], when=turn.starts_at, path=path_of(turn.id), needs_action=state == OFFERED, new=new,
        calendar=_in_calendar(turn, state),
    )  # fmt: skip


def _in_calendar(turn: Turn, state: str) -> shelf.InCalendar | None:
    """How an event stands in the calendar of somebody whose registration is in `state`: fixed with a place, possible while
    waiting for one or for an answer, not at all otherwise.

    Its revision is the event's `turn`, which rises with every step of anybody's: for one person it rises with each of theirs.
    """
    if state not in ACTIVE:
        return None
    return shelf.InCalendar(turn.uid, turn.turn, turn.ends_at, turn.place, turn.online_url, status_of(state))
