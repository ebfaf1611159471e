"""Telling people what became of their registration, and the invited that they are.

A registration's `notice` is written in the transaction of the step that a person must hear of, and emptied in the one that
writes the letter: a step is told once, and none is forgotten, whatever dies in between. What changes again before it is told
is told as it is then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.sdk import ScopedSession, clock, people_by_id, person_by_email, transaction
from plugins.local_events.models import Event, Invitation, Registration
from plugins.local_events.service.counting import QUIET
from plugins.local_events.states import PUBLISHED

MOST = 500
"""Letters of one run: the rest waits a minute."""


@dataclass(frozen=True, slots=True)
class Told:
    """One letter: `kind` is a notice, or "invited". `locale` "" is the site's own language; `until` is when an offer lapses;
    `why` what an organiser said."""

    kind: str
    account_id: str | None
    email: str
    locale: str
    event_id: str
    title: str
    starts_at: datetime
    until: datetime | None
    why: str


Post = Callable[[ScopedSession, Told], None]


def tell(session: ScopedSession, post: Post) -> int:
    """Write what is due, each letter in a transaction of its own; how many. Twice is as good as once."""
    due = session.execute(
        sa.select(Registration.id, Registration.notice)
        .where(Registration.notice != "")
        .order_by(Registration.changed_at, Registration.id)
        .limit(MOST)
    ).all()
    return sum(_tell_one(session, row.id, row.notice, post) for row in due) + _tell_invited(session, post)


def _tell_one(session: ScopedSession, registration_id: str, notice: str, post: Post) -> bool:
    with transaction(session):
        row = session.execute(
            sa.update(Registration)
            .where(Registration.id == registration_id, Registration.notice == notice)
            .values(notice="")
            .returning(
                Registration.event_id, Registration.account_id, Registration.offer_expires_at, Registration.ended_why
            )
            .execution_options(**QUIET)
        ).one_or_none()
        if row is None:
            return False
        person = people_by_id(session, [row.account_id]).get(row.account_id)
        if person is None:
            return False
        event = session.execute(
            sa.select(Event.title, Event.starts_at, Event.state_why).where(Event.id == row.event_id)
        ).one()
        why = event.state_why if notice == "cancelled" else row.ended_why
        post(
            session,
            Told(
                notice, person.account_id, person.email, person.locale, row.event_id, event.title, event.starts_at,
                row.offer_expires_at, why,
            ),
        )  # fmt: skip
    return True


def _tell_invited(session: ScopedSession, post: Post) -> int:
    due = session.execute(
        sa.select(Invitation.id, Invitation.email, Event.id.label("event_id"), Event.title, Event.starts_at)
        .join(Event, sa.and_(Event.tenant_id == Invitation.tenant_id, Event.id == Invitation.event_id))
        .where(
            Invitation.told_at.is_(None), Invitation.withdrawn_at.is_(None), Event.state == PUBLISHED,
            Event.starts_at > clock.now(),
        )
        .order_by(Invitation.invited_at, Invitation.id)
        .limit(MOST)
    ).all()  # fmt: skip
    count = 0
    for row in due:
        with transaction(session):
            mine = session.execute(
                sa.update(Invitation)
                .where(Invitation.id == row.id, Invitation.told_at.is_(None), Invitation.withdrawn_at.is_(None))
                .values(told_at=clock.now())
                .returning(Invitation.id)
                .execution_options(**QUIET)
            ).all()
            if not mine:
                continue
            person = person_by_email(session, row.email)
            known = (person.account_id, person.locale) if person is not None else (None, "")
            post(
                session,
                Told("invited", known[0], row.email, known[1], row.event_id, row.title, row.starts_at, None, ""),
            )
            count += 1
    return count
