"""What an organiser decides about one registration: approve, refuse, give a place beside the order, take one away."""

from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import (
    N_,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    is_id,
    person_by_email,
    record_audit,
    transaction,
)
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import Event, Registration, SealedAnswer
from plugins.local_events.queries.places import PoolNow
from plugins.local_events.queries.shapes import columns
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.counting import (
    Standing,
    Turn,
    put_on_shelf,
    set_state,
    settle,
    take_turn,
    wanted_pools,
)
from plugins.local_events.service.ending import forget_answers
from plugins.local_events.service.places import Holder, insert
from plugins.local_events.states import CONFIRMED, NEW, PUBLISHED, REGISTRATION

LONGEST_WHY = 500
_NONE_FREE = N_("No place is free, and this event has begun: nobody can wait for a place any more.")
_WAITED_FOR = N_(
    "Others wait for the places that are free, and this event has begun. Where this person should have one nevertheless, give a place "
    "beside the order, with a reason."
)


class Row(NamedTuple):
    """A registration as it is under the lock."""

    id: str
    account_id: str
    pool_id: str
    state: str
    guests: int
    or_online: bool


def _begin(session: ScopedSession, event_id: str, registration_id: str) -> tuple[Turn, Row]:
    """The event's lock and the registration. Raises NotFound, and Refused for an event that is over or not published."""
    if not (is_id(event_id) and is_id(registration_id)):
        raise NotFound
    turn = take_turn(session, event_id, Event.state == PUBLISHED, Event.ends_at > clock.now())
    row = session.execute(
        sa.select(*columns(Row, Registration)).where(
            Registration.id == registration_id, Registration.event_id == event_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    if turn is None:
        raise Refused(N_("This event is over or not published: its places can no longer be changed."))
    return turn, Row(*row)


def _reason(why: str) -> str:
    """Raise Invalid without a reason, or with too long a one."""
    if not 0 < len(why.strip()) <= LONGEST_WHY:
        raise Invalid({"why": N_("Say why, in at most 500 characters")})
    return why.strip()


def _record(session: ScopedSession, visitor: Visitor, step: str, row: Row, target: str, why: str = "") -> None:
    record_audit(
        session, actor=visitor.actor(), action=f"{PLUGIN}.{step}", subject=row.id, before={"state": row.state},
        after={"state": target}, why=why,
    )  # fmt: skip


def approve(session: ScopedSession, event_id: str, registration_id: str, visitor: Visitor) -> str:
    """Say yes to who asked: confirmed where a place is free and nobody waits for it, else on the waiting list, in the order in
    which they asked. Returns the new state. Raises Forbidden, NotFound, and Refused, also where no place is free of an event that has
    begun, or only such as others wait for: nobody new waits for one any more."""
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    with transaction(session):
        turn, row = _begin(session, event_id, registration_id)
        standing = settle(session, turn)
        pool_id = _room(standing, row)
        if not pool_id and turn.starts_at <= clock.now():
            raise Refused(_WAITED_FOR if _some_free(standing, row) else _NONE_FREE)
        step = "approve" if pool_id else "approve_to_wait"
        target = REGISTRATION.target(step, row.state)
        set_state(
            session, turn, row.id, row.account_id, (row.state,), target, notice=target, pool_id=pool_id or row.pool_id
        )
        _record(session, visitor, "approve", row, target)
    return target


def _pools(standing: Standing, row: Row) -> list[PoolNow]:
    """The pools that would do for the person, reserved places aside."""
    would_do = wanted_pools(standing, row.pool_id, row.or_online)
    return [pool for pool in would_do if pool.kind != "reserved" or pool.id == row.pool_id]


def _room(standing: Standing, row: Row) -> str:
    """The pool with room for the person; "" for none."""
    return next((pool.id for pool in _pools(standing, row) if standing.has_room(pool.id, 1 + row.guests)), "")


def _some_free(standing: Standing, row: Row) -> bool:
    """Whether a pool would have room for the person if nobody waited."""
    return any(pool.left is None or pool.left > row.guests for pool in _pools(standing, row))


def refuse(session: ScopedSession, event_id: str, registration_id: str, why: str, visitor: Visitor) -> None:
    """Say no to who asked, for a reason that the person reads. Raises Forbidden, Invalid, NotFound, Refused."""
    _end(session, "refuse", event_id, registration_id, why, visitor, notice="refused")


def remove(session: ScopedSession, event_id: str, registration_id: str, why: str, visitor: Visitor) -> None:
    """Take somebody's place or request away, for a reason that the person reads; the place goes to who waits. Raises
    Forbidden, Invalid, NotFound, Refused."""
    _end(session, "remove", event_id, registration_id, why, visitor, notice="removed")


def _end(
    session: ScopedSession, step: str, event_id: str, registration_id: str, why: str, visitor: Visitor, notice: str
) -> None:
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    reason = _reason(why)
    with transaction(session):
        turn, row = _begin(session, event_id, registration_id)
        target = REGISTRATION.target(step, row.state)
        set_state(session, turn, row.id, row.account_id, (row.state,), target, notice=notice, ended_why=reason)
        forget_answers(session, SealedAnswer.registration_id == row.id)
        _record(session, visitor, step, row, target)
        settle(session, turn)


def force(session: ScopedSession, event_id: str, registration_id: str, why: str, visitor: Visitor) -> None:
    """Give somebody a place whether or not one is free and whoever waits, for a stated reason. Raises Forbidden, Invalid,
    NotFound, Refused."""
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    reason = _reason(why)
    with transaction(session):
        turn, row = _begin(session, event_id, registration_id)
        target = REGISTRATION.target("force", row.state)
        set_state(session, turn, row.id, row.account_id, (row.state,), target, notice=target, override_reason=reason)
        _record(session, visitor, "force", row, target)
        settle(session, turn)


def add(session: ScopedSession, tenant: TenantRef, event_id: str, email: str, why: str, visitor: Visitor) -> None:
    """Give a place to somebody who has not registered, by address, for a stated reason. Who has registered is confirmed.

    Raises Forbidden, NotFound, Refused, and Invalid by field: no reason, or nobody with that address.
    """
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    reason = _reason(why)
    person = person_by_email(session, email)
    if person is None:
        raise Invalid({"email": N_("Nobody with an account has this address")})
    with transaction(session):
        turn = take_turn(session, event_id, Event.state == PUBLISHED, Event.ends_at > clock.now())
        if turn is None:
            raise Refused(N_("This event is over or not published: its places can no longer be changed."))
        standing = settle(session, turn)
        pool = standing.of_kind("in_person") or standing.pools[0]
        holder = Holder(person.account_id, person.name, person.email)
        target = REGISTRATION.target("force", NEW)
        written = insert(
            session, tenant, turn, holder, pool.id, target, source="organiser", override_reason=reason, notice=CONFIRMED
        )
        if written is None:
            raise Invalid({"email": N_("This person is registered already: decide about the registration itself")})
        put_on_shelf(session, turn, person.account_id, target, new=True)
        record_audit(session, actor=visitor.actor(), action=f"{PLUGIN}.force", subject=written, after={"state": target})
