"""Reading events: plain tuples of columns, in as many statements for fifty as for one."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import EventRef, NotFound, ScopedSession, TenantRef, Visitor, caseless, clock, is_id, ordered
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import Event, Hosting, Invitation, Registration
from plugins.local_events.queries import places
from plugins.local_events.queries.looking import ANY, Wanted
from plugins.local_events.queries.shapes import columns, fixed, here, table
from plugins.local_events.rules import audiences
from plugins.local_events.states import ACCEPTED, ACTIVE, CANCELLED, COMPLETED, DRAFT, EVENT_CANCELLED, PUBLISHED
from plugins.local_events.words import KINDS, LONGEST_DAYS, MODES, STATES

PAGE = 50
LAST_PAGE = 200


class Listed(NamedTuple):
    """An event as a list shows it, with its places. Instants are UTC."""

    id: str
    kind: str
    title: str
    summary: str
    mode: str
    place: str
    starts_at: datetime
    ends_at: datetime
    audience: str
    state: str
    places: places.Fill

    @property
    def words(self) -> tuple[str, str, str]:
        """What is shown for its kind, its mode and its state, before translation."""
        return KINDS[self.kind], MODES[self.mode], STATES[self.state]


class Details(NamedTuple):
    """Everything about one event but its places."""

    id: str
    uid: str
    sequence: int
    kind: str
    title: str
    summary: str
    description: str
    mode: str
    place: str
    online_url: str
    starts_at: datetime
    ends_at: datetime
    audience: str
    registration_opens_at: datetime | None
    registration_closes_at: datetime | None
    withdraw_until: datetime | None
    wants_approval: bool
    guests_allowed: int
    offer_hours: int
    keep_answers_days: int
    origin: str
    reminders: list[int]
    certificate: bool
    asks: bool
    state: str
    version: int
    created_by: str | None
    created_at: datetime
    modified_at: datetime
    published_at: datetime | None
    cancelled_at: datetime | None
    state_why: str


def as_others_see(event: Details, capacity: int | None) -> EventRef:
    """An event for the other plugins; `capacity` is how many can come, None for any number."""
    return EventRef(
        event.id, event.kind, event.title, event.starts_at, event.ends_at, event.mode, event.audience, capacity
    )


class Page(NamedTuple):
    """At most PAGE events, and whether there are more. `hosting` says whether the site may host others' events too: read with
    the page, so that a site that does not asks nothing more."""

    events: Sequence[Listed]
    number: int
    more: bool
    hosting: bool


class Seen(NamedTuple):
    """An event as one visitor sees it: with the visitor's own registration, and whether an invitation is theirs."""

    event: Details
    own: places.Own | None
    invited: bool


_LISTED = [getattr(Event, name) for name in Listed._fields if name != "places"]
DETAILS = columns(Details, Event)


def _with_places(session: ScopedSession, rows: Sequence[Any]) -> list[Listed]:
    counted = places.counts(session, [row.id for row in rows])
    return [Listed._make((*row[: len(_LISTED)], counted[row[0]].fill())) for row in rows]


def _known_page(number: int) -> int:
    return min(max(number, 1), LAST_PAGE)


def _cut(session: ScopedSession, number: int, rows: Sequence[Any], *, hosting: bool = False) -> Page:
    """Page `number`, of which one row more than fits has been read."""
    return Page(_with_places(session, rows[:PAGE]), number, len(rows) > PAGE, hosting)


def _page(session: ScopedSession, query: sa.Select[Any], number: int) -> Page:
    number = _known_page(number)
    return _cut(session, number, session.execute(query.limit(PAGE + 1).offset((number - 1) * PAGE)).all())


_HOSTED = table(Hosting).c
_HOSTING = (
    sa.exists()
    .where(_HOSTED.host_tenant_id == here(), _HOSTED.state == fixed(ACCEPTED), _HOSTED.ends_at >= sa.bindparam("now"))
    .label("hosting")
)


@lru_cache(maxsize=8)
def _to_come_for(allowed: tuple[str, ...]) -> sa.Select[Any]:
    """Made once for each of the few sets of audiences, and on the table itself: the list is the page that is asked for most."""
    event = table(Event).c
    return (
        sa.select(*[event[column.key] for column in _LISTED], _HOSTING)
        .where(
            event.tenant_id == here(),
            event.state == fixed(PUBLISHED),
            event.starts_at >= sa.bindparam("since"),
            event.ends_at >= sa.bindparam("now"),
            event.audience.in_([fixed(audience) for audience in allowed]),
        )
        .order_by(event.starts_at, event.id)
        .limit(sa.bindparam("limit", type_=sa.Integer()))
        .offset(sa.bindparam("offset", type_=sa.Integer()))
    )


def _to_come(
    session: ScopedSession, allowed: tuple[str, ...], limit: int, offset: int = 0, wanted: Wanted = ANY
) -> Sequence[Any]:
    now, more = clock.now(), tuple(wanted.where())
    values = {"since": now - timedelta(days=LONGEST_DAYS), "now": now, "tenant": session.tenant_id}
    query = _to_come_for(allowed).where(*more) if more else _to_come_for(allowed)
    return session.execute(query, {**values, "limit": limit, "offset": offset}).all()


def upcoming(
    session: ScopedSession, tenant: TenantRef, visitor: Visitor, number: int = 1, wanted: Wanted = ANY
) -> Page:
    """One page of the published events that are not over, wanted, and that the visitor may see, soonest first."""
    number = _known_page(number)
    rows = _to_come(session, audiences(visitor, tenant), PAGE + 1, (number - 1) * PAGE, wanted)
    hosting = rows[0].hosting if rows else _hosts(session)
    return _cut(session, number, rows, hosting=hosting)


PLANNED_SORTS: Mapping[str, Any] = {"starts": Event.starts_at, "title": caseless(Event.title)}


def planned(session: ScopedSession, *, order: str, limit: int | None, offset: int) -> tuple[list[Listed], int]:
    """One page of the site's published events that are not over, or all of them, and how many there are: for organisers, who see
    every audience's. Two statements."""
    now = clock.now()
    rows = session.execute(
        sa.select(*_LISTED, sa.func.count().over())
        .where(
            Event.state == PUBLISHED, Event.starts_at >= now - timedelta(days=LONGEST_DAYS), Event.ends_at >= now,
        )
        .order_by(*ordered(PLANNED_SORTS, order, Event.id))
        .limit(limit)
        .offset(offset)
    ).all()  # fmt: skip
    return _with_places(session, rows), rows[0][-1] if rows else 0


def _hosts(session: ScopedSession) -> bool:
    """Whether the session's site hosts events of others that are not over."""
    return bool(session.scalar(sa.select(_HOSTING), {"tenant": session.tenant_id, "now": clock.now()}))


def past(session: ScopedSession, tenant: TenantRef, visitor: Visitor, number: int = 1, wanted: Wanted = ANY) -> Page:
    """One page of what is over and wanted, newest first; an organiser sees cancelled events too."""
    states = [PUBLISHED, COMPLETED] + ([CANCELLED] if visitor.can(ORGANISE) else [])
    over: sa.ColumnElement[bool] = Event.ends_at < clock.now()
    if visitor.can(ORGANISE):
        over = sa.or_(over, Event.state == CANCELLED)
    query = sa.select(*_LISTED).where(
        Event.state.in_(states), over, Event.audience.in_(audiences(visitor, tenant)), *wanted.where()
    )
    return _page(session, query.order_by(Event.starts_at.desc(), Event.id.desc()), number)


def drafts(session: ScopedSession, visitor: Visitor, number: int = 1) -> Page:
    """One page of drafts: all for an organiser, one's own for anybody else."""
    query = sa.select(*_LISTED).where(Event.state == DRAFT)
    if not visitor.can(ORGANISE):
        query = query.where(Event.created_by == visitor.account_id)
    return _page(session, query.order_by(Event.starts_at, Event.id), number)


_FIND = sa.select(*DETAILS).where(Event.id == sa.bindparam("event_id"))


def _find_for() -> Any:
    """One event with what it has of one visitor: a row of (`Details`, `places.Own`, an invitation's id)."""
    event, own, invited = table(Event), table(Registration), table(Invitation)
    return (
        sa.select(*columns(Details, event.c), *columns(places.Own, own.c), invited.c.id)
        .outerjoin_from(
            event, own,
            sa.and_(
                own.c.tenant_id == event.c.tenant_id, own.c.event_id == event.c.id,
                own.c.account_id == sa.bindparam("account_id"),
                own.c.state.in_([fixed(state) for state in sorted({*ACTIVE, EVENT_CANCELLED})]),
            ),
        )
        .outerjoin(
            invited,
            sa.and_(
                invited.c.tenant_id == event.c.tenant_id, invited.c.event_id == event.c.id,
                invited.c.email == sa.bindparam("email"), invited.c.withdrawn_at.is_(None),
            ),
        )
        .where(event.c.tenant_id == here(), event.c.id == sa.bindparam("event_id"))
    )  # fmt: skip


_FIND_FOR = _find_for()


def find(session: ScopedSession, event_id: str) -> Details:
    """One event of the session's tenant. Raises NotFound: missing, or another tenant's."""
    row = session.execute(_FIND, {"event_id": event_id}).one_or_none() if is_id(event_id) else None
    if row is None:
        raise NotFound
    return Details(*row)


def find_for(session: ScopedSession, event_id: str, visitor: Visitor) -> Seen:
    """One event with what it has of the visitor, in one statement. Raises NotFound as `find` does."""
    if not visitor.signed_in:
        return Seen(find(session, event_id), None, False)
    values = {
        "tenant": session.tenant_id, "event_id": event_id, "account_id": visitor.account_id, "email": visitor.email.lower(),
    }  # fmt: skip
    row = session.execute(_FIND_FOR, values).one_or_none() if is_id(event_id) else None
    if row is None:
        raise NotFound
    own = places.Own(*row[len(DETAILS) : -1])
    return Seen(Details(*row[: len(DETAILS)]), own if own.id is not None else None, row[-1] is not None)


def visible(event: Any, tenant: TenantRef, visitor: Visitor) -> bool:
    """Whether the visitor may see `event` (its `Details`, or what else names the same): what was never published is its writer's and the organisers', the rest its audience's."""
    mine = visitor.account_id is not None and event.created_by == visitor.account_id
    if mine or visitor.can(ORGANISE):
        return True
    return event.published_at is not None and event.audience in audiences(visitor, tenant)


def seen(session: ScopedSession, tenant: TenantRef, visitor: Visitor, event_id: str) -> Details:
    """One event that the visitor may see; NotFound for any other, so that nobody can tell which ids exist."""
    return seen_by(session, tenant, visitor, event_id).event


def seen_by(session: ScopedSession, tenant: TenantRef, visitor: Visitor, event_id: str) -> Seen:
    """What `seen` gives, with the visitor's own registration. Who is registered or invited sees the event whatever happens
    to its audience."""
    found = find_for(session, event_id, visitor)
    theirs = found.own is not None or (found.invited and found.event.published_at is not None)
    if not theirs and not visible(found.event, tenant, visitor):
        raise NotFound
    return found


def next_events(session: ScopedSession, allowed: tuple[str, ...], limit: int) -> list[Listed]:
    """The soonest published events for the given audiences: a site's start page."""
    return _with_places(session, _to_come(session, allowed, limit))
