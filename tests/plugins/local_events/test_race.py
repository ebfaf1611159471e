"""The last place is sold once: two processes, eight threads each, two hundred people, fifty places."""

from typing import Any

import sqlalchemy as sa

from core.config import normalise_url
from core.data.audit import AuditEntry, verify
from core.sdk import ScopedSession, TenantRef
from core.tenancy.models import ShelfItem
from plugins.local_events.models import Event, Registration
from tests.plugins.local_events.helpers import coming, held, published
from tests.support.racing import together

PROCESSES, THREADS, PEOPLE, PLACES = 2, 8, 200, 50


def _race(url: str, session: ScopedSession, event_id: str, *, naive: bool) -> dict[str, Any]:
    """What all processes together report, started at the same moment."""
    job = {
        "url": url, "tenant": session.scope.tenant_id, "event": event_id, "naive": naive,
        "people": PEOPLE // PROCESSES, "threads": THREADS,
    }  # fmt: skip
    told = together("tests.plugins.local_events.race", *[job] * PROCESSES)
    session.rollback()
    return {
        "taken": sum(one["taken"] for one in told),
        "full": sum(one["full"] for one in told),
        "errors": [error for one in told for error in one["errors"]],
    }


def test_fifty_places_are_sold_fifty_times(shared, other_database):
    tenant = TenantRef(shared.scope.tenant_id or 0, "scotland", "Scotland", "nation")
    event_id = published(shared, tenant, capacity=PLACES)
    shared.rollback()
    url = normalise_url(other_database.app_url)
    assert _race(url, shared, event_id, naive=False) == {"taken": PLACES, "full": PEOPLE - PLACES, "errors": []}
    assert (held(shared, event_id), coming(shared, event_id)) == (PLACES, PLACES)
    of_event = sa.select(sa.func.count(ShelfItem.id)).where(ShelfItem.ref == event_id)
    entries = sa.select(sa.func.count(AuditEntry.id)).where(AuditEntry.action == "local_events.register")
    assert (shared.scalar(of_event), shared.scalar(entries)) == (PLACES, PLACES)
    assert verify(shared).ok


def test_the_race_can_be_lost(shared, other_database):
    """The control: the same race with reading before writing sells more places than there are."""
    tenant = TenantRef(shared.scope.tenant_id or 0, "scotland", "Scotland", "nation")
    event_id = published(shared, tenant, capacity=PLACES)
    shared.rollback()
    told = _race(normalise_url(other_database.app_url), shared, event_id, naive=True)
    assert told["errors"] == []
    assert coming(shared, event_id) == told["taken"] > PLACES
    assert shared.scalar(sa.select(sa.func.count(Event.id))) == 1
    assert shared.scalar(sa.select(sa.func.count(Registration.id))) == told["taken"]
