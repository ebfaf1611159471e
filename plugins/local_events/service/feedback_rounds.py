"""What becomes of an event's feedback by itself: opened at the event's end, one reminder, closed after thirty days."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.sdk import (
    FEWEST_SHOWN,
    SYSTEM,
    ScopedSession,
    TenantRef,
    clock,
    people_by_id,
    record_audit,
    shelf,
    transaction,
)
from plugins.local_events.feedback_questions import WORTH
from plugins.local_events.models import Event, Feedback, FeedbackAnswer, FeedbackGiven, Registration
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.counting import take_turn
from plugins.local_events.service.feedback import open_at, opened, show_comments
from plugins.local_events.states import CONFIRMED

REMIND_AFTER = timedelta(days=7)
"""From the event's end: late enough that most have answered, early enough that they remember."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """One person who is reminded of one event."""

    account_id: str
    email: str
    locale: str
    event_id: str
    title: str
    closes_at: datetime


Write = Callable[[ScopedSession, Reminder], object]


def open_due(session: ScopedSession, tenant: TenantRef) -> int:
    """Open the feedback of every event that is over and whose feedback is not open, each in a transaction; how many."""
    now = clock.now()
    begun = sa.select(Feedback.event_id)
    due = session.scalars(
        sa.select(Event.id).where(*open_at(now), Event.id.not_in(begun)).order_by(Event.ends_at, Event.id)
    ).all()
    for event_id in due:
        with transaction(session):
            turn = take_turn(session, event_id, *open_at(now))
            if turn is not None:
                opened(session, tenant, turn, now)
    return len(due)


def remind_due(session: ScopedSession, write: Write) -> int:
    """Remind who has not answered about events a week ago, once; how many letters. `write` writes one in the transaction.

    The mark on the event's feedback and the letters are one transaction: a run that dies sends none and is made up for.
    """
    now = clock.now()
    found = session.execute(
        sa.select(Feedback.id, Event.id.label("event_id"), Event.title, Feedback.closes_at)
        .join(Event, sa.and_(Event.tenant_id == Feedback.tenant_id, Event.id == Feedback.event_id))
        .where(*open_at(now), Event.ends_at <= now - REMIND_AFTER, Feedback.reminded_at.is_(None))
        .order_by(Event.ends_at, Event.id)
    ).all()
    return sum(_remind(session, row, now, write) for row in found)


def _remind(session: ScopedSession, row: Any, now: datetime, write: Write) -> int:
    with transaction(session):
        mine = sa.update(Feedback).where(
            Feedback.id == row.id, Feedback.reminded_at.is_(None), Feedback.closed_at.is_(None)
        )
        if not _changed(session, mine.values(reminded_at=now)):
            return 0
        people = people_by_id(session, _unanswered(session, row.event_id))
        for one in sorted(people.values(), key=lambda person: person.account_id):
            write(session, Reminder(one.account_id, one.email, one.locale, row.event_id, row.title, row.closes_at))
        record_audit(
            session, actor=SYSTEM, action=f"{PLUGIN}.remind_feedback", subject=row.event_id, after={"letters": len(people)}
        )  # fmt: skip
    return len(people)


def _unanswered(session: ScopedSession, event_id: str) -> Sequence[str]:
    """The accounts that had a place at the event and have not answered."""
    given = sa.select(FeedbackGiven.account_id).where(FeedbackGiven.event_id == event_id)
    return session.scalars(
        sa.select(Registration.account_id).where(
            Registration.event_id == event_id, Registration.state == CONFIRMED, Registration.account_id.not_in(given)
        )
    ).all()


def _changed(session: ScopedSession, update: Any) -> bool:
    return session.execute(update.returning(Feedback.id)).one_or_none() is not None


def close_due(session: ScopedSession) -> int:
    """Close feedback whose days are over: its cards go, and the last comments are shown where five people or more have
    answered in all. How many were closed."""
    now = clock.now()
    due = session.execute(
        sa.select(Feedback.id, Feedback.event_id).where(Feedback.closed_at.is_(None), Feedback.closes_at <= now)
    ).all()
    for row in due:
        with transaction(session):
            take_turn(session, row.event_id)  # whoever answers at this moment is waited for
            mine = sa.update(Feedback).where(Feedback.id == row.id, Feedback.closed_at.is_(None)).values(closed_at=now)
            if not _changed(session, mine):
                continue
            shelf.remove_many(session, plugin=PLUGIN, refs=[row.id])
            people = session.scalar(
                sa.select(sa.func.count(FeedbackAnswer.id)).where(
                    FeedbackAnswer.event_id == row.event_id, FeedbackAnswer.question == WORTH
                )
            )
            if (people or 0) >= FEWEST_SHOWN:
                show_comments(session, row.event_id)
            record_audit(session, actor=SYSTEM, action=f"{PLUGIN}.close_feedback", subject=row.event_id)
    return len(due)
