"""Reading series: their dates, and where in one an event stands."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import NotFound, ScopedSession, is_id
from plugins.local_events.models import Event, Occurrence, Registration, Series
from plugins.local_events.queries.shapes import columns


class Whole(NamedTuple):
    """A series. `rule` is "" for the visits of an exchange."""

    id: str
    rule: str
    first_start: str
    tzid: str
    version: int
    split_from: str | None


class Date(NamedTuple):
    """One date of a series with its event. `registered` says whether anybody ever registered for it."""

    event_id: str
    original_start: str
    title: str
    summary: str
    description: str
    mode: str
    place: str
    online_url: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    audience: str
    state: str
    version: int
    created_by: str | None
    published_at: datetime | None
    registered: bool


class Within(NamedTuple):
    """Where an event stands in its series: the `number`th of `total` dates by time."""

    series_id: str
    rule: str
    number: int
    total: int


_REGISTERED = sa.exists().where(Registration.tenant_id == Event.tenant_id, Registration.event_id == Event.id)
_OF_EVENT = [getattr(Event, name) for name in Date._fields[2:-1]]


_DATES = (
    sa.select(Event.id, Occurrence.original_start, *_OF_EVENT, _REGISTERED)
    .join(Occurrence, sa.and_(Occurrence.tenant_id == Event.tenant_id, Occurrence.event_id == Event.id))
    .where(Occurrence.series_id == sa.bindparam("series_id"))
    .order_by(Event.starts_at, Event.id)
)


def find(session: ScopedSession, series_id: str) -> Whole:
    """One series of the session's tenant. Raises NotFound."""
    row = None
    if is_id(series_id):
        row = session.execute(sa.select(*columns(Whole, Series)).where(Series.id == series_id)).one_or_none()
    if row is None:
        raise NotFound
    return Whole(*row)


def dates(session: ScopedSession, series_id: str) -> list[Date]:
    """The dates of a series that have an event, by time, in one statement."""
    return [Date(*row) for row in session.execute(_DATES, {"series_id": series_id})]


def left_out(session: ScopedSession, series_id: str) -> list[str]:
    """The wall-clock times that the series' rule gives and that were left out."""
    query = sa.select(Occurrence.original_start).where(
        Occurrence.series_id == series_id, Occurrence.event_id.is_(None)
    )  # fmt: skip
    return list(session.scalars(query.order_by(Occurrence.original_start)))


def series_of(session: ScopedSession, event_id: str) -> str | None:
    """The series that an event is a date of."""
    found: str | None = session.scalar(sa.select(Occurrence.series_id).where(Occurrence.event_id == event_id))
    return found


def within(session: ScopedSession, event_id: str) -> Within | None:
    """Where an event stands in its series; None for one that is in none. One statement."""
    other, others = sa.orm.aliased(Event), sa.orm.aliased(Occurrence)
    before = sa.or_(other.starts_at < Event.starts_at, sa.and_(other.starts_at == Event.starts_at, other.id < Event.id))
    row = session.execute(
        sa.select(Series.id, Series.rule, sa.func.count(other.id).filter(before) + 1, sa.func.count(other.id))
        .select_from(Event)
        .join(Occurrence, sa.and_(Occurrence.tenant_id == Event.tenant_id, Occurrence.event_id == Event.id))
        .join(Series, sa.and_(Series.tenant_id == Occurrence.tenant_id, Series.id == Occurrence.series_id))
        .join(others, sa.and_(others.tenant_id == Series.tenant_id, others.series_id == Series.id))
        .join(other, sa.and_(other.tenant_id == others.tenant_id, other.id == others.event_id))
        .where(Event.id == event_id)
        .group_by(Series.id, Series.rule)
    ).one_or_none()
    return Within(*row) if row is not None else None
