"""What becomes of every registration when its event ends early."""

import sqlalchemy as sa

from core.sdk import ScopedSession, clock
from plugins.local_events.models import Registration, SealedAnswer
from plugins.local_events.states import EVENT_CANCELLED, REGISTRATION


def end_all(session: ScopedSession, event_id: str) -> None:
    """End every active registration of a cancelled event, in the caller's transaction and under the event's lock: each person
    is told, and what they had said in confidence is deleted."""
    session.execute(
        sa.update(Registration)
        .where(Registration.event_id == event_id, Registration.state.in_(REGISTRATION.sources("cancel_event")))
        .values(state=EVENT_CANCELLED, offer_expires_at=None, notice="cancelled", changed_at=clock.now())
    )
    forget_answers(session, SealedAnswer.event_id == event_id)


def forget_answers(session: ScopedSession, *where: sa.ColumnElement[bool]) -> int:
    """Delete sensitive answers; how many."""
    gone = session.execute(sa.delete(SealedAnswer).where(*where).returning(SealedAnswer.id)).all()
    return len(gone)
