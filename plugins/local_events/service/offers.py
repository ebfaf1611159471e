"""Offers to who waits: accepting and declining one, and what happens when its time is over."""

from datetime import datetime

import sqlalchemy as sa

from core.sdk import N_, Refused, ScopedSession, TenantRef, Visitor, clock, record_audit, transaction
from plugins.local_events import quiet
from plugins.local_events.models import Event, Registration, SealedAnswer
from plugins.local_events.queries import events
from plugins.local_events.queries.places import Own
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.counting import Turn, expiry, lapse, set_state, settle, take_turn, take_turn_to_come
from plugins.local_events.service.ending import forget_answers
from plugins.local_events.service.places import known_to, own_of, why_closed
from plugins.local_events.settings import Settings
from plugins.local_events.states import COMPLETED, CONFIRMED, OFFER_LAPSED, OFFERED, PUBLISHED, REGISTRATION, WAITLISTED

LAPSED = N_("This offer has lapsed: the place went to the next on the waiting list.")
NOTHING = N_("No place is offered to you.")
_HELD = (PUBLISHED, COMPLETED)
"""States of an event at which an offer can still stand: a cancelled one has ended it."""


def accept(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor) -> bool:
    """Take the place that is offered: True when that is new, False for a second press.

    Raises Forbidden when nobody is signed in, NotFound, Refused when nothing is offered, the offer has lapsed, the event has
    begun or is closed.
    """
    account_id = known_to(visitor, event_id)
    with transaction(session):
        turn, own = _offered(session, tenant, event_id, account_id, visitor)
        if own.state == CONFIRMED:
            return False
        sources, target = REGISTRATION.sources("accept"), REGISTRATION.target("accept", own.state)
        if own.offer_expires_at is None or own.offer_expires_at <= clock.now():
            raise Refused(LAPSED)
        set_state(session, turn, own.id, account_id, sources, target, notice=target)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.accept", subject=event_id, after={"registration": own.id}
        )
    return True


def decline(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor) -> bool:
    """Leave the place that is offered to the next: True when that is new. Raises as `accept` does."""
    account_id = known_to(visitor, event_id)
    with transaction(session):
        turn, own = _offered(session, tenant, event_id, account_id, visitor)
        sources, target = REGISTRATION.sources("decline"), REGISTRATION.target("decline", own.state)
        set_state(session, turn, own.id, account_id, sources, target)
        forget_answers(session, SealedAnswer.registration_id == own.id)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.decline", subject=event_id, after={"registration": own.id}
        )
        settle(session, turn)
    return True


def _offered(
    session: ScopedSession, tenant: TenantRef, event_id: str, account_id: str, visitor: Visitor
) -> tuple[Turn, Own]:
    now = clock.now()
    turn = take_turn_to_come(session, event_id, now)
    if turn is None:
        raise why_closed(session, tenant, event_id, visitor)
    own = own_of(session, event_id, account_id)
    if own is None:
        events.seen(session, tenant, visitor, event_id)
        raise Refused(LAPSED if _had_one(session, event_id, account_id) else NOTHING)
    return turn, own


def _had_one(session: ScopedSession, event_id: str, account_id: str) -> bool:
    lapsed = sa.select(Registration.id).where(
        Registration.event_id == event_id, Registration.account_id == account_id, Registration.state == OFFER_LAPSED
    )
    return session.scalar(lapsed.limit(1)) is not None


def sweep(session: ScopedSession, settings: Settings) -> int:
    """Settle every event of the session's tenant to come at which an offer stands or somebody waits, and end the offers of
    those that have begun, each in a transaction of its own; how many there were. Twice is as good as once.

    Of an offer that is made at night people hear in the morning: its hours begin then.
    """
    now = clock.now()
    waited_for = sa.select(Registration.event_id).where(Registration.state.in_((OFFERED, WAITLISTED)))
    offered_at = sa.select(Registration.event_id).where(Registration.state == OFFERED)
    to_come = sa.and_(Event.state == PUBLISHED, Event.starts_at > now, Event.id.in_(waited_for))
    begun = sa.and_(Event.state.in_(_HELD), Event.starts_at <= now, Event.id.in_(offered_at))
    due = session.scalars(sa.select(Event.id).where(sa.or_(to_come, begun)).order_by(Event.id)).all()
    for event_id in due:
        with transaction(session):
            turn = take_turn(session, event_id, Event.state.in_(_HELD))
            if turn is not None and turn.starts_at > now:
                settle(session, turn)
                _give_until_after_the_night(session, turn, settings, now)
            elif turn is not None:
                lapse(session, turn, now)
    return len(due)


def _give_until_after_the_night(session: ScopedSession, turn: Turn, settings: Settings, now: datetime) -> None:
    """Let the hours of offers whose letter waits for the morning begin in the morning. Needs the event's lock."""
    waits = quiet.wait("offered", turn.starts_at, now, settings)
    if waits is None:
        return
    until = expiry(turn, now + waits)
    session.execute(
        sa.update(Registration)
        .where(
            Registration.event_id == turn.id,
            Registration.state == OFFERED,
            Registration.notice == "offered",
            Registration.offer_expires_at > now,
            Registration.offer_expires_at < until,
        )
        .values(offer_expires_at=until)
    )
