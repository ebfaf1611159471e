"""Any order of registering, leaving, changing places, cancelling and completing keeps the books right."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data.audit import verify
from core.kernel import clock
from core.sdk import DomainError, Visitor
from core.tenancy.models import NoticeCard, ShelfItem
from plugins.local_events.queries import events
from plugins.local_events.service import drafts, places, running
from tests.plugins.local_events.helpers import OPEN, ORGANISER, coming, draft, drafted, nothing_found, row, visitor

STEPS = ("register", "withdraw", "publish", "cancel", "complete", "fewer", "more", "later")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Life:
    """One event and four people; `do` performs a step, which may be refused but must never go wrong."""

    def __init__(self, session: Any, tenant: Any) -> None:
        self.session, self.tenant = session, tenant
        self.organiser, self.people = visitor(ORGANISER), [visitor() for _ in range(4)]
        self.now = NOON
        with clock.frozen(self.now):
            self.event_id = drafted(session, tenant, self.organiser, capacity=2)
        self.places, self.expected = 2, set[str | None]()

    def do(self, step: str, person: Visitor) -> None:
        """One step by one person or by the organiser."""
        session, tenant, event_id, who = self.session, self.tenant, self.event_id, self.organiser
        if step == "later":
            self.now += timedelta(days=4)
            return
        with clock.frozen(self.now), suppress(DomainError):
            if step == "register":
                places.register(session, tenant, event_id, person)
                self.expected.add(person.account_id)
            elif step == "withdraw":
                places.withdraw(session, tenant, event_id, person)
                self.expected.discard(person.account_id)
            elif step == "publish":
                running.publish(session, tenant, OPEN, event_id, who, nothing_found)
            elif step == "cancel":
                running.cancel(session, tenant, OPEN, event_id, "why", who)
            elif step == "complete":
                running.complete(session, tenant, OPEN, event_id, who)
            else:
                self._resize(1 if step == "more" else -1)

    def _resize(self, by: int) -> None:
        event = events.find(self.session, self.event_id)
        plan = draft(capacity=self.places + by, starts_at=event.starts_at)
        drafts.edit(self.session, self.tenant, OPEN, self.event_id, plan, event.version, self.organiser)
        self.places += by

    def check(self) -> None:
        """Count, list, shelf, card and audit chain agree."""
        session, found = self.session, row(self.session, self.event_id)
        assert (found.taken, found.capacity) == (len(self.expected), self.places)
        assert coming(session, self.event_id) == found.taken <= found.capacity
        shelf = session.execute(
            sa.select(ShelfItem.account_id, ShelfItem.status).where(ShelfItem.ref == self.event_id)
        ).all()
        assert {item.account_id for item in shelf} == self.expected
        words = {"published": "Coming", "cancelled": "Cancelled", "completed": "Completed"}
        assert {item.status for item in shelf} <= {words.get(found.state)}
        up = session.execute(
            sa.select(NoticeCard.id).where(NoticeCard.ref == self.event_id, NoticeCard.withdrawn_at.is_(None))
        ).all()
        assert len(up) == (found.state == "published")
        assert verify(session).ok


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 3)), min_size=4, max_size=25), first=st.booleans()
)
def test_the_books_are_right_after_any_steps(session, scotland, steps, first):
    life = Life(session, scotland)
    if first:
        life.do("publish", life.organiser)
    for step, number in steps:
        life.do(step, life.people[number])
        life.check()
