"""How many places of which kind there are, for whom, and how long the waiting list may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.sdk import (
    N_,
    Conflict,
    Forbidden,
    Invalid,
    ScopedSession,
    TenantRef,
    Visitor,
    new_id,
    record_audit,
    transaction,
)
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import Event, Pool
from plugins.local_events.queries import places
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.counting import lock_editable, settle
from plugins.local_events.states import PUBLISHED
from plugins.local_events.words import ELIGIBILITIES, MOST_PLACES, POOL_KINDS


@dataclass(frozen=True, slots=True)
class Size:
    """A pool as typed. `capacity` None is no limit; `waiting_limit` None neither, 0 is no waiting list. `version` is that of
    the pool the form was made from, 0 for one that is new."""

    capacity: int | None
    waiting_limit: int | None
    eligibility: str
    opens_at: datetime | None
    version: int


def check(sizes: Mapping[str, Size]) -> None:
    """Raise Invalid, by field `<kind>-<name>`, for what no pool can be."""
    wrong: dict[str, str] = {}
    for kind, size in sizes.items():
        if kind not in POOL_KINDS:
            wrong["kind"] = N_("Choose one of the list")
        if size.capacity is not None and not 0 <= size.capacity <= MOST_PLACES:
            wrong[f"{kind}-capacity"] = N_("Enter a number of places from 0 to 5,000")
        if size.waiting_limit is not None and not 0 <= size.waiting_limit <= MOST_PLACES:
            wrong[f"{kind}-waiting_limit"] = N_("Enter a number from 0 to 5,000")
        if size.eligibility not in ELIGIBILITIES:
            wrong[f"{kind}-eligibility"] = N_("Choose one of the list")
    if "reserved" in sizes and sizes["reserved"].capacity is None:
        wrong["reserved-capacity"] = N_("Reserved places have a number")
    if wrong:
        raise Invalid(wrong)


def change(
    session: ScopedSession, tenant: TenantRef, event_id: str, sizes: Mapping[str, Size], visitor: Visitor
) -> None:
    """Give an event's pools other sizes and rules; reserved places come about with their first number. Nobody loses a place
    by it: fewer than are held only stop more from being given. What becomes free goes to who waits, in the same transaction.

    Raises Forbidden, Invalid by field, NotFound, Refused for a closed event, Conflict when somebody changed a pool meanwhile.
    """
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    check(sizes)
    with transaction(session):
        turn = lock_editable(session, event_id)
        there = {pool.kind: pool for pool in places.of_event(session, event_id).pools}
        for kind, size in sizes.items():
            if kind in there:
                _resize(session, there[kind], size)
            elif kind == "reserved" and size.capacity:
                _reserve(session, tenant, event_id, size)
        if any(
            kind in there and kind != "reserved" and size.capacity != there[kind].capacity
            for kind, size in sizes.items()
        ):
            # the event's own form shows these numbers: one that was opened before must not write the old ones back
            session.execute(sa.update(Event).where(Event.id == event_id).values(version=Event.version + 1))
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.places", subject=event_id,
            before={kind: pool.capacity for kind, pool in there.items()},
            after={kind: size.capacity for kind, size in sizes.items()},
        )  # fmt: skip
        if turn.state == PUBLISHED:
            settle(session, turn)


def _resize(session: ScopedSession, pool: places.PoolNow, size: Size) -> None:
    if size.version != pool.version:
        raise Conflict
    session.execute(
        sa.update(Pool)
        .where(Pool.id == pool.id)
        .values(
            capacity=size.capacity, waiting_limit=size.waiting_limit, eligibility=size.eligibility, opens_at=size.opens_at,
            version=Pool.version + 1,
        )
    )  # fmt: skip


def _reserve(session: ScopedSession, tenant: TenantRef, event_id: str, size: Size) -> None:
    row = {
        "id": new_id(), "tenant_id": tenant.id, "event_id": event_id, "kind": "reserved", "capacity": size.capacity,
        "waiting_limit": size.waiting_limit, "eligibility": size.eligibility, "opens_at": size.opens_at, "version": 1,
    }  # fmt: skip
    session.execute(sa.insert(Pool), [row])
