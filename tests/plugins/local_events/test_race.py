"""Two processes, eight threads each, 64 people, ten places and a waiting list of 50: what must hold after every step holds."""

from collections import Counter
from typing import Any

import sqlalchemy as sa

from core.config import normalise_url
from core.data.audit import verify
from core.sdk import ScopedSession, TenantRef
from core.tenancy.models import ShelfItem
from plugins.local_events.models import Registration
from plugins.local_events.states import ACTIVE
from tests.plugins.local_events import replay
from tests.plugins.local_events.helpers import coming, held, published, resize
from tests.support.racing import together

PROCESSES, THREADS, PEOPLE, PLACES, WAITING = 2, 8, 64, 10, 50


def _race(url: str, session: ScopedSession, event_id: str, *, naive: bool, rounds: int) -> Counter[str]:
    """What all processes together report, started at the same moment."""
    job = {
        "url": url, "tenant": session.scope.tenant_id, "event": event_id, "naive": naive, "rounds": rounds,
        "people": PEOPLE // PROCESSES, "threads": THREADS,
    }  # fmt: skip
    told = together("tests.plugins.local_events.race", *({**job, "seed": number} for number in range(PROCESSES)))
    session.rollback()
    assert [error for one in told for error in one["errors"]] == []
    return sum((Counter(one["told"]) for one in told), Counter())


def _event(session: Any) -> str:
    tenant = TenantRef(session.scope.tenant_id or 0, "scotland", "Scotland", "nation")
    event_id = published(session, tenant, capacity=PLACES)
    resize(session, tenant, event_id, PLACES, waiting_limit=WAITING)
    session.rollback()
    return event_id


def test_ten_places_and_fifty_to_wait_are_given_out_once(shared, other_database):
    event_id = _event(shared)
    told = _race(normalise_url(other_database.app_url), shared, event_id, naive=False, rounds=0)
    assert told == {"confirmed": PLACES, "waitlisted": WAITING, "refused": PEOPLE - PLACES - WAITING}
    assert (held(shared, event_id), coming(shared, event_id)) == (PLACES, PLACES)
    assert replay.check(shared, event_id, PLACES) == PLACES + WAITING


def test_what_must_hold_holds_after_every_step_of_a_race(shared, other_database):
    """I1 to I4, I6 and I7 after each step, as the trail has them; then the shelves, and I8: each has its one notice."""
    event_id = _event(shared)
    told = _race(normalise_url(other_database.app_url), shared, event_id, naive=False, rounds=3)
    steps = replay.check(shared, event_id, PLACES)
    assert steps > PEOPLE
    assert told["withdrew"]
    assert told["accepted"]
    active = sa.select(Registration.account_id).where(Registration.state.in_(ACTIVE))
    shelf = sa.select(ShelfItem.account_id).where(ShelfItem.ref == event_id)
    assert sorted(shared.scalars(active)) == sorted(shared.scalars(shelf))
    untold = sa.select(sa.func.count(Registration.id)).where(
        Registration.state.in_(("confirmed", "offered", "waitlisted")), Registration.notice != Registration.state
    )
    assert shared.scalar(untold) == 0
    assert verify(shared).ok


def test_the_race_can_be_lost(shared, other_database):
    """The control: the same race with reading before writing gives out more places than there are."""
    event_id = _event(shared)
    told = _race(normalise_url(other_database.app_url), shared, event_id, naive=True, rounds=0)
    assert coming(shared, event_id) == told["confirmed"] > PLACES
