"""An event whose day it is, with people at its door."""

from datetime import timedelta
from typing import Any

from core.kernel import clock
from core.kernel.ids import new_token
from core.sdk import ScopedSession, TenantRef, Visitor
from plugins.local_events.queries import attendance, events
from plugins.local_events.service import checking_in, places
from plugins.local_events.service.checking_in import Kept, Press
from tests.plugins.local_events.helpers import ORGANISER, published, visitor


def organiser() -> Visitor:
    """Somebody who runs events."""
    return visitor(ORGANISER, name="Olwen")


def with_people(session: ScopedSession, tenant: TenantRef, number: int, **changes: Any) -> tuple[str, list[str]]:
    """A published event (in an hour, unless `changes` say otherwise) and the registrations of so many people."""
    event_id = published(
        session,
        tenant,
        **{"starts_at": clock.now() + timedelta(hours=1), "capacity": 500, "certificate": True, **changes},
    )
    return event_id, [places.register(session, tenant, event_id, visitor(name=f"Guest {n}")).id for n in range(number)]


def press(who: str, direction: str = "in", kind: str = "registration", **more: Any) -> Press:
    """One press, now, with a nonce of its own."""
    return Press(**{"nonce": new_token(), "direction": direction, "kind": kind, "who": who, "at": clock.now(), **more})


def keep(session: ScopedSession, tenant: TenantRef, event_id: str, *presses: Press) -> list[Kept]:
    """What became of presses that an organiser sent."""
    return checking_in.press(session, tenant, event_id, presses, organiser())


def person(session: ScopedSession, event_id: str, who: str) -> attendance.Attendee:
    """One person of the event's day, as it stands."""
    session.rollback()
    return attendance.find(session, events.find(session, event_id), who)


def figures(session: ScopedSession, event_id: str) -> attendance.Counts:
    """The day in figures."""
    return attendance.counts(attendance.people(session, events.find(session, event_id)))
