"""Reading events by date: for calendars and feeds. One statement each, whatever the number of events."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession, calendars, clock
from plugins.local_events.models import Event
from plugins.local_events.queries.looking import ANY, Wanted
from plugins.local_events.queries.shapes import columns
from plugins.local_events.states import CANCELLED, COMPLETED, PUBLISHED
from plugins.local_events.words import LONGEST_DAYS

SHOWN_BACK = timedelta(days=90)
"""How far back a feed goes."""
MOST = 1000
"""The most events of one feed, or of one month: whoever has more is asked to narrow down."""


class Dated(NamedTuple):
    """An event as calendars and feeds show it. Instants are UTC."""

    id: str
    uid: str
    sequence: int
    kind: str
    title: str
    summary: str
    mode: str
    place: str
    starts_at: datetime
    ends_at: datetime
    audience: str
    state: str
    modified_at: datetime
    published_at: datetime | None


_DATED = columns(Dated, Event)


def dated(event: object) -> Dated:
    """An event's `Details` as calendars show it."""
    return Dated(*(getattr(event, name) for name in Dated._fields))


def programme(session: ScopedSession, allowed: Sequence[str]) -> list[Dated]:
    """What a feed holds for the given audiences: published events from three months back on, and what was cancelled within
    thirty days after it had been published."""
    now = clock.now()
    since = now - SHOWN_BACK
    on = sa.and_(Event.state.in_((PUBLISHED, COMPLETED)), Event.starts_at >= since - timedelta(days=LONGEST_DAYS))
    off = sa.and_(
        Event.state == CANCELLED, Event.published_at.is_not(None),
        Event.cancelled_at >= now - calendars.KEPT_CANCELLED,
    )  # fmt: skip
    query = (
        sa.select(*_DATED)
        .where(sa.or_(on, off), Event.ends_at >= since, Event.audience.in_(allowed))
        .order_by(Event.starts_at, Event.id)
        .limit(MOST)
    )
    return [Dated(*row) for row in session.execute(query)]


def between(
    session: ScopedSession, allowed: Sequence[str], starts_at: datetime, ends_at: datetime, wanted: Wanted = ANY
) -> list[Dated]:
    """What is on between two instants, the earliest first, at most MOST and one more."""
    query = (
        sa.select(*_DATED)
        .where(
            Event.state.in_((PUBLISHED, COMPLETED)), Event.starts_at >= starts_at - timedelta(days=LONGEST_DAYS),
            Event.starts_at < ends_at, Event.ends_at > starts_at, Event.audience.in_(allowed), *wanted.where(),
        )
        .order_by(Event.starts_at, Event.id)
        .limit(MOST + 1)
    )  # fmt: skip
    return [Dated(*row) for row in session.execute(query)]
