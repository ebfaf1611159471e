"""What becomes of the places of somebody whose account is closed, and of what they wait for: it is given back, and the next in order
have their turn. Visits to come end, and the other side is told. Who opens the account again registers and asks again."""

import sqlalchemy as sa

from core.sdk import SYSTEM, ScopedSession, clock, is_closed, record_audit, transaction
from plugins.local_events.models import Event, Registration, SealedAnswer, Visit, VisitOffer
from plugins.local_events.service import visits
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.counting import set_state, settle, take_turn_to_come
from plugins.local_events.service.ending import forget_answers
from plugins.local_events.states import ACTIVE, PUBLISHED, REGISTRATION, VISIT


def withdraw_closed(session: ScopedSession) -> int:
    """Withdraw people whose account is closed from events of the session's tenant to come, a transaction for each event; how many
    registrations. What is over stays as it is. Twice is as good as once."""
    now = clock.now()
    theirs = (Registration.state.in_(ACTIVE), is_closed(Registration.account_id))
    due = session.scalars(
        sa.select(Event.id)
        .where(
            Event.state == PUBLISHED, Event.starts_at > now, Event.id.in_(sa.select(Registration.event_id).where(*theirs))
        )
        .order_by(Event.id)
    ).all()  # fmt: skip
    count = 0
    for event_id in due:
        with transaction(session):
            turn = take_turn_to_come(session, event_id, now)
            if turn is None:
                continue
            rows = session.execute(
                sa.select(Registration.id, Registration.account_id, Registration.state)
                .where(Registration.event_id == event_id, *theirs)
                .order_by(Registration.id)
            ).all()
            for row in rows:
                target = REGISTRATION.target("withdraw", row.state)
                set_state(session, turn, row.id, row.account_id, ACTIVE, target)
                forget_answers(session, SealedAnswer.registration_id == row.id)
                record_audit(
                    session, actor=SYSTEM, action=f"{PLUGIN}.withdraw", subject=event_id, before={"state": row.state},
                    after={"registration": row.id}, why="the account is closed",
                )  # fmt: skip
            settle(session, turn)
            count += len(rows)
    return count


def end_visits(session: ScopedSession, post: visits.Post) -> int:
    """End the visits to come at the session's tenant of which one side's account is closed, a transaction for each; how many. The
    other side is told. Twice is as good as once."""
    left = is_closed(Visit.account_id)
    rows = session.execute(
        sa.select(Visit.id, left.label("left"))
        .join(VisitOffer, (VisitOffer.tenant_id == Visit.tenant_id) & (VisitOffer.id == Visit.offer_id))
        .where(
            Visit.state.in_(VISIT.sources("withdraw")), sa.or_(Visit.visit_at.is_(None), Visit.visit_at > clock.now()),
            sa.or_(left, is_closed(VisitOffer.host_id)),
        )
        .order_by(Visit.id)
    ).all()  # fmt: skip
    count = 0
    for row in rows:
        with transaction(session):
            count += visits.end(session, row.id, "withdraw" if row.left else "decline", post)
    return count
