"""Reminders: so many hours before an event, each once, made up for when they were missed, and never once it has begun."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.sdk import ScopedSession, TenantRef, clock, transaction
from plugins.local_events.models import Event, Registration
from plugins.local_events.service import deliveries
from plugins.local_events.service.counting import take_turn_to_come
from plugins.local_events.states import CONFIRMED, PUBLISHED
from plugins.local_events.words import REMINDERS

EARLIEST = timedelta(hours=max(REMINDERS))


def due(starts_at: datetime, reminders: Iterable[int], now: datetime) -> int | None:
    """Which of the reminders (hours before the start) an event is due for at `now`: the latest whose time has come, so that
    after a pause nobody gets two at once. None before the first, and once the event has begun."""
    if starts_at <= now:
        return None
    return min((before for before in reminders if starts_at - timedelta(hours=before) <= now), default=None)


def slot_of(starts_at: datetime, before: int) -> str:
    """The name of one reminder: an event that is moved is another occasion to be reminded of."""
    return f"{before}@{starts_at:%Y%m%dT%H%M}"


def remind(session: ScopedSession, tenant: TenantRef) -> int:
    """Ask for what reminders are due, each event in a transaction of its own; how many events there were.

    Who got the place after a reminder's time is not reminded by it: they have only just heard. Twice is as good as once.
    """
    now = clock.now()
    soon = session.execute(
        sa.select(Event.id, Event.starts_at, Event.reminders)
        .where(Event.state == PUBLISHED, Event.starts_at > now, Event.starts_at <= now + EARLIEST)
        .order_by(Event.starts_at, Event.id)
    ).all()
    found = [event for event in soon if due(event.starts_at, event.reminders, now) is not None]
    for event in found:
        with transaction(session):
            turn = take_turn_to_come(session, event.id, now)
            before = due(turn.starts_at, event.reminders, now) if turn is not None else None
            if turn is None or before is None:
                continue
            coming = session.scalars(
                sa.select(Registration.account_id).where(
                    Registration.event_id == turn.id,
                    Registration.state == CONFIRMED,
                    Registration.changed_at <= turn.starts_at - timedelta(hours=before),
                )
            ).all()
            slot = slot_of(turn.starts_at, before)
            deliveries.ask(session, tenant, turn.id, deliveries.REMINDER, dict.fromkeys(coming, slot), {})
    return len(found)
