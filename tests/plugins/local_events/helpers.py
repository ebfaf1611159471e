"""People, drafts and events for the tests of local events."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.kernel import clock
from core.kernel.findings import Finding
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import Role
from core.sdk import ScopedSession, TenantRef, Visitor
from plugins.local_events.manifest import MANIFEST
from plugins.local_events.models import Event, Registration
from plugins.local_events.queries import places as counting
from plugins.local_events.service import capacities, drafts, places, running
from plugins.local_events.service.capacities import Size
from plugins.local_events.service.drafts import Draft
from plugins.local_events.settings import Settings

ORGANISER, LEAD, CENTRAL = Role.EVENTS_ORGANISER, Role.PARTNER_LEAD, Role.CENTRAL_TEAM
OPEN = Settings(who_may_create="members", members_publish_for="public")
CLOSED = Settings(members_may_propose=False)
USUAL = Settings()


def visitor(*roles: Role, home: int | None = None, **changes: Any) -> Visitor:
    """Somebody signed in with `roles` at the site; a member whose home tenant is `home` where that is given."""
    held = frozenset(p.name for p in MANIFEST.permissions if set(p.roles) & set(roles))
    given: dict[str, Any] = {
        "account_id": new_id(), "name": "Mair Jones", "email": "mair@example.org", "roles": frozenset(roles),
        "permissions": held, "is_member": home is not None, "home_tenant_id": home,
    }  # fmt: skip
    return Visitor(**{**given, **changes})


def draft(**changes: Any) -> Draft:
    """A workshop in a week's time, two hours long, for everyone, ten places."""
    start = clock.now() + timedelta(days=7)
    usual = Draft(
        kind="workshop", title="Measuring for improvement", summary="Run charts by hand.", description="Bring a pencil.",
        mode="in_person", place="The Bothy, Perth", online_url="", starts_at=start, ends_at=start + timedelta(hours=2),
        audience="public", capacity=10,
    )  # fmt: skip
    if "starts_at" in changes and "ends_at" not in changes:
        changes["ends_at"] = changes["starts_at"] + timedelta(hours=2)
    return replace(usual, **changes)


def nothing_found(_: Any) -> list[Finding]:
    """No plugin has anything to say about publishing."""
    return []


def drafted(session: ScopedSession, tenant: TenantRef, by: Visitor | None = None, **changes: Any) -> str:
    """A new draft's id."""
    return drafts.create(session, tenant, OPEN, draft(**changes), by or visitor(ORGANISER), new_token())


def published(session: ScopedSession, tenant: TenantRef, by: Visitor | None = None, **changes: Any) -> str:
    """A published event's id."""
    who = by or visitor(ORGANISER)
    event_id = drafted(session, tenant, who, **changes)
    running.publish(session, tenant, OPEN, event_id, who, nothing_found)
    return event_id


def row(session: ScopedSession, event_id: str) -> Any:
    """The event as the database has it now."""
    columns = (Event.state, Event.version, Event.title, Event.state_why, Event.created_by, Event.sequence)
    return session.execute(sa.select(*columns).where(Event.id == event_id)).one()


def held(session: ScopedSession, event_id: str) -> int:
    """How many places of the event are held."""
    return counting.of_event(session, event_id).held


def coming(session: ScopedSession, event_id: str) -> int:
    """How many registrations of the event are confirmed."""
    query = sa.select(sa.func.count(Registration.id)).where(
        Registration.event_id == event_id, Registration.state == "confirmed"
    )
    return session.scalar(query) or 0


class Own(NamedTuple):
    """One registration as the database has it now."""

    id: str
    state: str
    pool_id: str
    queued_at: datetime
    guests: int
    offer_expires_at: datetime | None
    notice: str
    late: bool
    secret: str
    override_reason: str


def registration(session: ScopedSession, event_id: str, who: Visitor) -> Own:
    """Somebody's newest registration at an event."""
    found = session.execute(
        sa.select(*(getattr(Registration, name) for name in Own._fields))
        .where(Registration.event_id == event_id, Registration.account_id == who.account_id)
        .order_by(Registration.id.desc())
        .limit(1)
    ).one()
    return Own(*found)


def state(session: ScopedSession, event_id: str, who: Visitor) -> str:
    """The state of somebody's newest registration."""
    return registration(session, event_id, who).state


def resize(session: ScopedSession, tenant: TenantRef, event_id: str, capacity: int | None, **more: Any) -> None:
    """Give the event's first pool another capacity."""
    pool = counting.of_event(session, event_id).pools[0]
    size = Size(capacity, pool.waiting_limit, pool.eligibility, pool.opens_at, pool.version)
    capacities.change(session, tenant, event_id, {pool.kind: replace(size, **more)}, visitor(ORGANISER))


def full_with(
    session: ScopedSession, tenant: TenantRef, waiting: int, **changes: Any
) -> tuple[str, Visitor, list[Visitor]]:
    """An event with one place that is taken: its id, who has the place, and those who wait, in order."""
    event_id = published(session, tenant, **{"capacity": 1, **changes})
    people = [visitor() for _ in range(1 + waiting)]
    for person in people:
        places.register(session, tenant, event_id, person)
    return event_id, people[0], people[1:]
