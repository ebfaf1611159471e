"""Writing the letters that were asked for: each once, when it is not night, and only while it still makes sense."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.sdk import SENT_WITHIN, Known, Refused, ScopedSession, clock, hold, people_by_id, transaction
from plugins.local_events import quiet
from plugins.local_events.calendars.invitations import Asked, method_for
from plugins.local_events.models import Delivery, Event, Message, Registration
from plugins.local_events.queries.events import DETAILS, Details
from plugins.local_events.queries.messages import Sent
from plugins.local_events.queries.shapes import columns
from plugins.local_events.service.changes import facts_of
from plugins.local_events.service.deliveries import CERTIFICATE, CHANGE, DROPPED, MESSAGE, REMINDER, WAITING, WRITTEN
from plugins.local_events.settings import Settings
from plugins.local_events.states import ACTIVE, CONFIRMED, PUBLISHED

log = logging.getLogger("q.local_events")
AT_ONCE = 100
"""Letters in one transaction: a worker that is killed loses none, and does at most so many again."""

AS_WRITTEN = (MESSAGE, CERTIFICATE)
"""What says the same whenever it goes. The other kinds tell how things are then, and are dropped where that is nothing new."""
WRITE_LATE = "local_events.write_late"


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell one person: what kind, about which event as it is now, and what goes with it."""

    kind: str
    event: Details
    facts: dict[str, Any]
    message: Sent | None
    person: Known
    asked: Asked | None
    """What the letter asks of the reader's calendar, if anything."""


Post = Callable[[ScopedSession, News], str]
"""Writes one letter in the caller's transaction; its id. Raises Refused, having written nothing, for what cannot be mail."""


def anything_waits(session: ScopedSession) -> bool:
    """Whether `post` might have something to write."""
    return session.scalar(sa.select(Delivery.id).where(Delivery.state == WAITING).limit(1)) is not None


def post(session: ScopedSession, settings: Settings, write: Post) -> int:
    """Write every letter that waits and may go now; how many. Any number of workers may do this at once.

    Each piece is one transaction that first moves its rows on, if they still wait, and then writes their letters: a worker
    that dies leaves either both or neither. What makes no sense any more is dropped: a reminder of what has begun, or for
    somebody who is not coming any more, a change back to what it was, and anything for an account that is closed. A letter
    that cannot be mail is dropped by itself and logged: those behind it go. An organiser's words and certificates that waited
    a week, because the plugin was off or no worker ran, are held back until somebody says that they go all the same.
    """
    written, after = 0, ""
    while rows := _waiting(session, after):
        after = rows[-1].id
        with transaction(session):
            written += _post_some(session, settings, write, [row.id for row in rows])
    return written


def ask_again(session: ScopedSession, ids: Sequence[str]) -> int:
    """Have the letters of these deliveries written that were held back; how many. Twice is as good as once."""
    with transaction(session):
        back = sa.update(Delivery).where(Delivery.id.in_(ids), Delivery.kind.in_(AS_WRITTEN), Delivery.state == DROPPED)
        moved = session.execute(back.values(state=WAITING, created_at=clock.now()).returning(Delivery.id))
        return len(moved.all())


def _waiting(session: ScopedSession, after: str) -> Sequence[Any]:
    return session.execute(
        sa.select(Delivery.id)
        .where(Delivery.state == WAITING, Delivery.id > after)
        .order_by(Delivery.id)
        .limit(AT_ONCE)
    ).all()


def _post_some(session: ScopedSession, settings: Settings, write: Post, ids: Sequence[str]) -> int:
    now = clock.now()
    rows = _claimed(session, ids)
    events, turns = _events(session, {row.event_id for row in rows})
    messages = _messages(session, {row.message_id for row in rows if row.message_id is not None})
    people = people_by_id(session, {row.account_id for row in rows})
    states = _states(session, rows)
    letters: list[dict[str, Any]] = []
    late: list[str] = []
    for row in rows:
        event, person = events[row.event_id], people.get(row.account_id)
        if person is None or not _makes_sense(row, event, states.get((row.event_id, row.account_id), ""), now):
            letters.append({"row_id": row.id, "to_state": DROPPED, "mail": None})
        elif row.kind in AS_WRITTEN and row.created_at < now - SENT_WITHIN:
            late.append(row.id)
            letters.append({"row_id": row.id, "to_state": DROPPED, "mail": None})
        elif quiet.may_go(row.kind, _concerns(row, event), now, settings):
            state = states.get((row.event_id, row.account_id), "")
            asked = _asked(event, turns[row.event_id], state) if row.kind == CHANGE else None
            news = News(row.kind, event, row.facts, messages.get(row.message_id), person, asked)
            letters.append({"row_id": row.id, **_written(session, write, news, row.id)})
    if late:
        hold(session, WRITE_LATE, f"{len(late)} letters about events waited for more than a week", ids=late)
    for letter in letters:
        session.execute(_MOVED, letter)
    return sum(letter["mail"] is not None for letter in letters)


def _written(session: ScopedSession, write: Post, news: News, row_id: str) -> dict[str, Any]:
    try:
        return {"to_state": WRITTEN, "mail": write(session, news)}
    except Refused as error:
        log.warning("letter %s (%s) cannot be mail and is dropped: %s", row_id, news.kind, error.message)
        return {"to_state": DROPPED, "mail": None}


def _claimed(session: ScopedSession, ids: Sequence[str]) -> Sequence[Any]:
    """The rows of `ids` that still wait, locked until the transaction ends: another worker's are not among them."""
    return session.execute(
        sa.update(Delivery)
        .where(Delivery.id.in_(ids), Delivery.state == WAITING)
        .values(state=WAITING)
        .returning(
            Delivery.id,
            Delivery.event_id,
            Delivery.message_id,
            Delivery.account_id,
            Delivery.kind,
            Delivery.facts,
            Delivery.created_at,
        )
    ).all()


_MOVED = (
    sa.update(Delivery)
    .where(Delivery.id == sa.bindparam("row_id"))
    .values(state=sa.bindparam("to_state"), mail_id=sa.bindparam("mail"))
)


def _events(session: ScopedSession, ids: set[str]) -> tuple[dict[str, Details], dict[str, int]]:
    """(the events by id, their turns by id)."""
    query = sa.select(*DETAILS, Event.turn).where(Event.id.in_(sorted(ids)))
    rows = session.execute(query).all() if ids else []
    return {row.id: Details(*row[:-1]) for row in rows}, {row.id: row[-1] for row in rows}


def _asked(event: Details, turn: int, state: str) -> Asked | None:
    """Whoever has a place is asked to keep the event in their calendar as it is now."""
    if state != CONFIRMED:
        return None
    return Asked(
        method_for(state, in_calendar=True), event.uid, turn, event.title, event.summary, event.place, event.starts_at,
        event.ends_at, event.modified_at,
    )  # fmt: skip


def _messages(session: ScopedSession, ids: set[str]) -> dict[str, Sent]:
    rows = session.execute(sa.select(*columns(Sent, Message)).where(Message.id.in_(sorted(ids)))).all() if ids else []
    return {row.id: Sent(*row) for row in rows}


def _states(session: ScopedSession, rows: Sequence[Any]) -> dict[tuple[str, str], str]:
    """How each of the people is registered now, where they are."""
    found = session.execute(
        sa.select(Registration.event_id, Registration.account_id, Registration.state).where(
            Registration.event_id.in_(sorted({row.event_id for row in rows})),
            Registration.account_id.in_(sorted({row.account_id for row in rows})),
            Registration.state.in_(ACTIVE),
        )
    )
    return {(row.event_id, row.account_id): row.state for row in found}


def _makes_sense(row: Any, event: Details, state: str, now: datetime) -> bool:
    if row.kind in AS_WRITTEN:
        return True
    to_come = event.state == PUBLISHED and event.starts_at > now
    if row.kind == REMINDER:
        return to_come and state == CONFIRMED
    begun_as_known = event.state == PUBLISHED and event.ends_at > now  # moved to just now: people still need to hear
    return begun_as_known and bool(state) and row.facts != facts_of(event)


def _concerns(row: Any, event: Details) -> datetime:
    """When what somebody would do about the news begins: of a change, the earlier of the two beginnings."""
    if row.kind != CHANGE:
        return event.starts_at
    return min(event.starts_at, datetime.fromisoformat(row.facts["starts_at"]))
