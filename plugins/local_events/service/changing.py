"""What the use cases that change an event share: its path, its conditional update, its words for the trail and the noticeboard."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from core.sdk import N_, Conflict, NotFound, Refused, ScopedSession, Visitor, clock, noticeboard, record_audit
from plugins.local_events.manifest import MANIFEST
from plugins.local_events.models import Event
from plugins.local_events.queries import tags
from plugins.local_events.queries.events import Details
from plugins.local_events.states import EVENT

PLUGIN = MANIFEST.name
SHARED_AUDIENCES = ("uk", "public")


def path_of(event_id: str) -> str:
    """Where an event is, inside its site."""
    return f"/{MANIFEST.url_name}/{event_id}"


def change(
    session: ScopedSession, event: Details, *more: sa.ColumnElement[bool], sources: Iterable[str], **values: Any
) -> bool:
    """The conditional update that every change begins with: this version, one of these states, and `more`."""
    done = session.execute(
        sa.update(Event)
        .where(Event.id == event.id, Event.version == event.version, Event.state.in_(tuple(sources)), *more)
        .values(version=Event.version + 1, turn=Event.turn + 1, modified_at=clock.now(), **values)
        .returning(Event.id)
    )
    return len(done.all()) == 1


def turn_of(session: ScopedSession, event_id: str) -> int:
    """The event's turn as this transaction has it: what calendars take for the revision of everybody's entry."""
    return session.scalars(sa.select(Event.turn).where(Event.id == event_id)).one()


def why_not(session: ScopedSession, event: Details, action: str = "") -> Exception:
    """What to say when the conditional update changed no row: another version, or a state that does not allow it."""
    row = session.execute(sa.select(Event.state, Event.version).where(Event.id == event.id)).one_or_none()
    if row is None:
        return NotFound()
    if action and action not in EVENT.events_from(row.state):
        return Refused(N_("This cannot be done now: its state has changed."))
    return Conflict()


def in_calendars(session: ScopedSession, event_id: str) -> tuple[str, int]:
    """An event's name and revision in everybody's calendars, (uid, sequence), as this transaction has them."""
    row = session.execute(sa.select(Event.uid, Event.sequence).where(Event.id == event_id)).one()
    return row.uid, row.sequence


def show_on_board(session: ScopedSession, event_id: str, event: Any) -> None:
    """Bring the noticeboard in step with a published event (its `Details`, or the `Draft` that changes it): area events are
    never on it."""
    if event.audience not in SHARED_AUDIENCES:
        noticeboard.withdraw(session, plugin=PLUGIN, ref=event_id)
        return
    uid, sequence = in_calendars(session, event_id)
    noticeboard.publish(
        session,
        plugin=PLUGIN,
        ref=event_id,
        kind=event.kind,
        title=event.title,
        summary=event.summary,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        place=event.place if event.mode != "online" else "",
        path=path_of(event_id),
        audience=event.audience,
        online=event.mode != "in_person",
        tags=tags.on_cards(*tags.of_event(session, event_id)),
        uid=uid,
        sequence=sequence,
    )


def record_step(
    session: ScopedSession, visitor: Visitor, event: Details, action: str, state: str, findings: Sequence[str] = ()
) -> None:
    """The audit entry of a step in an event's life."""
    record_audit(
        session,
        actor=visitor.actor(),
        action=f"{PLUGIN}.{action}",
        subject=event.id,
        before={"state": event.state},
        after={"state": state, **({"findings": list(findings)} if findings else {})},
    )
