"""Two processes at once: a host's places are given once each, and nobody answers twice."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.config import normalise_url
from core.data.audit import verify
from core.data.session import transaction
from core.kernel import clock
from core.sdk import ScopedSession, TenantRef
from plugins.local_events.models import Event, FeedbackAnswer, FeedbackComment, FeedbackGiven, Visit
from plugins.local_events.service import places
from plugins.local_events.states import HOLDING
from tests.plugins.local_events.helpers import published, visitor
from tests.plugins.local_events.visit_helpers import asked, host_of, offered
from tests.support.racing import together

PROCESSES, ASKING, PLACES, PEOPLE = 2, 12, 3, 8


def _race(database: Any, session: ScopedSession, what: str, parts: list[list[str]], **job: Any) -> dict[str, Any]:
    """What both processes together report, started at the same moment."""
    same = {"url": normalise_url(database.app_url), "tenant": session.scope.tenant_id, "what": what, **job}
    session.rollback()
    told = together("tests.plugins.local_events.visit_race", *({**same, "with": part} for part in parts))
    session.rollback()
    return {
        "done": sum(one["done"] for one in told),
        "refused": sum(one["refused"] for one in told),
        "errors": [error for one in told for error in one["errors"]],
    }


def _asked(session: ScopedSession) -> tuple[dict[str, Any], list[list[str]]]:
    """An offer of three places that twelve people ask for: (the job, half of the visits for each process)."""
    tenant = TenantRef(session.scope.tenant_id or 0, "scotland", "Scotland", "nation")
    host = host_of(tenant)
    offer_id = offered(session, tenant, host, capacity=PLACES)
    ids = [asked(session, tenant, offer_id, visitor(home=tenant.id)) for _ in range(ASKING)]
    return {"host": host.account_id, "offer": offer_id}, [ids[::PROCESSES], ids[1::PROCESSES]]


def _agreed(session: ScopedSession) -> int:
    return session.scalar(sa.select(sa.func.count(Visit.id)).where(Visit.state.in_(HOLDING))) or 0


def test_three_places_are_agreed_three_times(shared, other_database):
    job, parts = _asked(shared)
    told = _race(other_database, shared, "agree", parts, **job)
    assert told == {"done": PLACES, "refused": ASKING - PLACES, "errors": []}
    assert _agreed(shared) == PLACES
    assert verify(shared).ok


def test_the_race_for_places_can_be_lost(shared, other_database):
    """The control: the same race with looking before writing agrees to more than there are places."""
    job, parts = _asked(shared)
    told = _race(other_database, shared, "agree_naively", parts, **job)
    assert told["errors"] == []
    assert _agreed(shared) == told["done"] > PLACES


def test_everybody_answers_once_however_often_they_press(shared, other_database):
    tenant = TenantRef(shared.scope.tenant_id or 0, "scotland", "Scotland", "nation")
    event_id, had = published(shared, tenant, capacity=None), [visitor() for _ in range(PEOPLE)]
    for one in had:
        places.register(shared, tenant, event_id, one)
    with transaction(shared):
        start = clock.now() - timedelta(hours=3)
        shared.execute(sa.update(Event).values(starts_at=start, ends_at=start + timedelta(hours=2)))
    ids = [one.account_id or "" for one in had]
    told = _race(other_database, shared, "answer", [ids, ids[::-1]], event=event_id)
    assert told == {"done": PEOPLE, "refused": PEOPLE, "errors": []}
    counts = [
        shared.scalar(sa.select(sa.func.count(model.id))) for model in (FeedbackGiven, FeedbackAnswer, FeedbackComment)
    ]
    assert counts == [PEOPLE, PEOPLE * 4, PEOPLE]
