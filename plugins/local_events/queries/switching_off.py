"""What people count on: published events that are not over, for whoever thinks of switching the plugin off."""

from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession, clock
from plugins.local_events.models import Event, Registration
from plugins.local_events.queries import places
from plugins.local_events.states import PENDING, PUBLISHED, WAITLISTED
from plugins.local_events.words import LONGEST_DAYS


class Ahead(NamedTuple):
    """An event to come at one site, with how many people have a place or an offer of one, or wait. Guests come with somebody and are
    not counted."""

    tenant_id: int
    id: str
    title: str
    starts_at: datetime
    people: int


class AllAhead(NamedTuple):
    """The soonest events to come; how many there are in all; how many different people count on them."""

    first: list[Ahead]
    events: int
    people: int


def ahead(session: ScopedSession, limit: int) -> AllAhead:
    """The events to come at the session's site or sites, in two statements whatever their number."""
    now = clock.now()
    counting_on = sa.and_(
        Registration.tenant_id == Event.tenant_id,
        Registration.event_id == Event.id,
        sa.or_(places.holds(now), Registration.state.in_((WAITLISTED, PENDING))),
    )
    to_come = (
        Event.state == PUBLISHED, Event.starts_at >= now - timedelta(days=LONGEST_DAYS), Event.ends_at >= now,
    )  # fmt: skip
    events, people = session.execute(
        sa.select(sa.func.count(Event.id.distinct()), sa.func.count(Registration.account_id.distinct()))
        .outerjoin(Registration, counting_on)
        .where(*to_come)
    ).one()
    rows = session.execute(
        sa.select(Event.tenant_id, Event.id, Event.title, Event.starts_at, sa.func.count(Registration.id))
        .outerjoin(Registration, counting_on)
        .where(*to_come)
        .group_by(Event.tenant_id, Event.id, Event.title, Event.starts_at)
        .order_by(Event.starts_at, Event.id)
        .limit(limit)
    )
    return AllAhead([Ahead(*row) for row in rows], events, people)
