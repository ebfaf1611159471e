"""What the use cases that change an event share: its path, its conditional update, its words for the trail and the noticeboard."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from core.sdk import STATE_CHANGED, ScopedSession, Visitor, clock, noticeboard, record_audit, update_as_seen
from plugins.local_events.manifest import MANIFEST
from plugins.local_events.models import Event
from plugins.local_events.queries import tags
from plugins.local_events.queries.events import Details

PLUGIN = MANIFEST.name
SHARED_AUDIENCES = ("uk", "public")


def path_of(event_id: str) -> str:
    """Where an event is, inside its site."""
    return f"/{MANIFEST.url_name}/{event_id}"


def change(
    session: ScopedSession, event: Details, *more: sa.ColumnElement[bool], sources: Collection[str] | None = None,
    closed: str = STATE_CHANGED, **values: Any,
) -> None:  # fmt: skip
    """The conditional update that every change of an event begins with: the version that was seen, one of `sources` (any state
    where none is named), and `more`. Raises NotFound, Conflict, and Refused, with `closed` in another state, where `more` does
    not hold too."""
    update_as_seen(
        session, Event, Event.id == event.id, event.version, *more, states=sources, closed=closed,
        turn=Event.turn + 1, modified_at=clock.now(), **values,
    )  # fmt: skip


_TURN = sa.select(Event.turn).where(Event.id == sa.bindparam("event_id"))
_IN_CALENDARS = sa.select(Event.uid, Event.sequence).where(Event.id == sa.bindparam("event_id"))


def turn_of(session: ScopedSession, event_id: str) -> int:
    """The event's turn as this transaction has it: what calendars take for the revision of everybody's entry."""
    return session.scalars(_TURN, {"event_id": event_id}).one()


def in_calendars(session: ScopedSession, event_id: str) -> tuple[str, int]:
    """An event's name and revision in everybody's calendars, (uid, sequence), as this transaction has them."""
    row = session.execute(_IN_CALENDARS, {"event_id": event_id}).one()
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
