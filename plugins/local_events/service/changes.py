"""Telling people that an event is at another time or place."""

from typing import Any

import sqlalchemy as sa

from core.sdk import ScopedSession, TenantRef
from plugins.local_events.models import Delivery
from plugins.local_events.queries.events import Details
from plugins.local_events.queries.messages import with_a_place
from plugins.local_events.service import deliveries


def facts_of(event: Details) -> dict[str, Any]:
    """What a letter about a change needs to know of an event as it was before."""
    return {
        "starts_at": event.starts_at.isoformat(), "ends_at": event.ends_at.isoformat(), "mode": event.mode,
        "place": event.place, "online_url": event.online_url,
    }  # fmt: skip


def tell(session: ScopedSession, tenant: TenantRef, before: Details) -> None:
    """Ask, in the caller's transaction, that everybody registered be told how an event changed from `before`.

    A change that nobody has heard of yet (it is night) becomes one letter with this one: what was before the first of them
    is what people knew. Needs the event's lock.
    """
    accounts = with_a_place(session, before.id)
    unheard = session.execute(
        sa.update(Delivery)
        .where(Delivery.event_id == before.id, Delivery.kind == deliveries.CHANGE, Delivery.state == deliveries.WAITING)
        .values(state=deliveries.DROPPED)
        .returning(Delivery.account_id, Delivery.facts)
    ).all()
    usual, earlier = facts_of(before), {row.account_id: row.facts for row in unheard}
    facts = {account: earlier.get(account, usual) for account in accounts}
    deliveries.ask(
        session, tenant, before.id, deliveries.CHANGE, dict.fromkeys(accounts, str(before.sequence + 1)), facts
    )
