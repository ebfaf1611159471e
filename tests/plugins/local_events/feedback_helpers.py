"""Events that are over, and people who say how they were."""

from datetime import timedelta
from typing import Any

from core.sdk import ScopedSession, TenantRef, Visitor
from plugins.local_events.feedback_questions import asked
from plugins.local_events.service import feedback, places
from plugins.local_events.service.feedback import Said
from tests.plugins.local_events.helpers import published, visitor

LENGTH = timedelta(days=7, hours=2)
"""From now until the events of these tests are over."""


def over(
    session: ScopedSession, tenant: TenantRef, clock: Any, people: int = 0, **changes: Any
) -> tuple[str, list[Visitor]]:
    """An event that has just ended, and those who had a place at it."""
    event_id, had = published(session, tenant, capacity=None, **changes), [visitor() for _ in range(people)]
    for one in had:
        places.register(session, tenant, event_id, one)
    clock.advance(days=7, hours=2)
    return event_id, had


def said(score: int = 5, keep: str = "", change: str = "", kind: str = "workshop") -> Said:
    """The same answer to everything, with comments."""
    return Said(dict.fromkeys(asked(kind), score), {"keep": keep, "change": change})


def answered(session: ScopedSession, tenant: TenantRef, event_id: str, had: list[Visitor], *scores: int) -> None:
    """The first of `had` give these scores, each with a comment that says which."""
    for one, score in zip(had, scores, strict=False):
        assert feedback.answer(session, tenant, event_id, said(score, keep=f"I gave {score}"), one)
