"""An event's pools: made with the event, and kept in step with what the event says."""

from typing import Any

import sqlalchemy as sa

from core.sdk import N_, Invalid, ScopedSession, TenantRef, new_id
from plugins.local_events.models import Pool, Registration
from plugins.local_events.queries import events, places
from plugins.local_events.queries.shapes import table
from plugins.local_events.service.counting import settle, take_turn
from plugins.local_events.states import PUBLISHED
from plugins.local_events.words import ELIGIBILITY_OF, POOLS_OF

_INSERT = sa.insert(table(Pool))
_CHANGE = (
    sa.update(Pool)
    .where(Pool.id == sa.bindparam("wanted"))
    .values(capacity=sa.bindparam("places"), eligibility=sa.bindparam("whom"), version=Pool.version + 1)
)


def _capacity(draft: Any, kind: str) -> int | None:
    """How many places a draft wants of one kind: None is no limit."""
    size: int | None = draft.online_capacity if draft.mode == "both" and kind == "online" else draft.capacity
    return size


def make(session: ScopedSession, tenant: TenantRef, event_id: str, draft: Any) -> None:
    """The pools of a new event (`drafts.Draft`), in the caller's transaction."""
    session.execute(_INSERT, [_row(tenant, event_id, draft, kind) for kind in POOLS_OF[draft.mode]])


def _row(tenant: TenantRef, event_id: str, draft: Any, kind: str) -> dict[str, Any]:
    return {
        "id": new_id(), "tenant_id": tenant.id, "event_id": event_id, "kind": kind, "capacity": _capacity(draft, kind),
        "waiting_limit": None, "eligibility": ELIGIBILITY_OF[draft.audience], "opens_at": None, "version": 1,
    }  # fmt: skip


def follow(session: ScopedSession, tenant: TenantRef, before: events.Details, draft: Any) -> None:
    """Bring the pools in step with a changed event, and give out what became free. Needs the event's lock.

    Raises Invalid for a mode that leaves out a way of taking part for which people have registered.
    """
    there = {pool.kind: pool for pool in places.of_event(session, before.id).pools}
    wanted = POOLS_OF[draft.mode]
    for kind, pool in there.items():
        if kind not in (*wanted, "reserved"):
            _drop(session, pool.id)
    usual = ELIGIBILITY_OF[before.audience]
    for kind in wanted:
        if kind not in there:
            session.execute(_INSERT, _row(tenant, before.id, draft, kind))
            continue
        eligibility = ELIGIBILITY_OF[draft.audience] if there[kind].eligibility == usual else there[kind].eligibility
        session.execute(_CHANGE, {"wanted": there[kind].id, "places": _capacity(draft, kind), "whom": eligibility})
    if before.state == PUBLISHED and (turn := take_turn(session, before.id)) is not None:
        settle(session, turn)


def _drop(session: ScopedSession, pool_id: str) -> None:
    if session.scalar(sa.select(Registration.id).where(Registration.pool_id == pool_id).limit(1)) is not None:
        raise Invalid({"mode": N_("People have registered for the way of taking part that you would leave out.")})
    session.execute(sa.delete(Pool).where(Pool.id == pool_id))
