"""Telling people what became of their registration, and the invited that they are.

A registration's `notice` is written in the transaction of the step that a person must hear of, and emptied in the one that
writes the letter: a step is told once, and none is forgotten, whatever dies in between. What changes again before it is told
is told as it is then.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.sdk import SENT_WITHIN, Refused, ScopedSession, clock, people_by_id, person_by_email, transaction
from plugins.local_events.calendars.invitations import Asked, method_for
from plugins.local_events.models import Event, Invitation, Registration
from plugins.local_events.service import deliveries
from plugins.local_events.states import CONFIRMED, PUBLISHED

log = logging.getLogger("q.local_events")
MOST = 500
"""Letters of one run: the rest waits a minute."""
NOTED = {
    "confirmed": deliveries.CONFIRMATION, "handed_on": deliveries.CONFIRMATION, "cancelled": deliveries.CANCELLATION,
}  # fmt: skip
"""The news that an organiser asks after: who has had it."""


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
    name: str = ""
    asked: Asked | None = None
    """What the letter asks of the reader's calendar, if anything."""


Post = Callable[[ScopedSession, Told], str]
"""Writes one letter in the caller's transaction; its id. Raises Refused, having written nothing, for what cannot be mail."""
MayGo = Callable[[str, datetime], bool]
"""Whether news of a kind, about an event that begins then, is written now; what is not waits."""


def anybody_waits(session: ScopedSession) -> bool:
    """Whether `tell` might have something to write."""
    noted = sa.select(Registration.id).where(Registration.notice != "").limit(1)
    return session.scalar(noted) is not None or session.execute(_untold(1)).first() is not None


def tell(session: ScopedSession, post: Post, may_go: MayGo = lambda kind, starts_at: True) -> int:
    """Write what is due, each letter in a transaction of its own; how many. Twice is as good as once. A letter that cannot be
    mail is dropped by itself and logged: those behind it go. News of what is over is dropped once it is a week old."""
    due = session.execute(
        sa.select(Registration.id, Registration.notice, Registration.in_calendar, Event.starts_at)
        .join(Event, sa.and_(Event.tenant_id == Registration.tenant_id, Event.id == Registration.event_id))
        .where(Registration.notice != "")
        .order_by(Registration.changed_at, Registration.id)
    ).all()
    now = [row for row in due if may_go(row.notice, row.starts_at)][:MOST]
    return sum(_tell_one(session, row, post) for row in now) + _tell_invited(session, post, may_go)


def _tell_one(session: ScopedSession, due: Any, post: Post) -> bool:
    notice = due.notice
    with transaction(session):
        row = session.execute(
            sa.update(Registration)
            .where(
                Registration.id == due.id, Registration.notice == notice, Registration.in_calendar == due.in_calendar
            )
            .values(notice="", in_calendar=Registration.state == CONFIRMED)
            .returning(
                Registration.event_id,
                Registration.account_id,
                Registration.offer_expires_at,
                Registration.ended_why,
                Registration.state,
                Registration.changed_at,
            )
        ).one_or_none()
        if row is None:
            return False
        person = people_by_id(session, [row.account_id]).get(row.account_id)
        if person is None:
            return False
        event = session.execute(
            sa.select(
                Event.title,
                Event.starts_at,
                Event.state_why,
                Event.uid,
                Event.turn,
                Event.summary,
                Event.place,
                Event.ends_at,
                Event.modified_at,
            ).where(Event.id == row.event_id)
        ).one()
        now = clock.now()
        if event.ends_at < now and row.changed_at < now - SENT_WITHIN:  # the plugin was off, or no worker ran
            return False
        method = method_for(row.state, in_calendar=due.in_calendar)
        asked = Asked(
            method, event.uid, event.turn, event.title, event.summary, event.place, event.starts_at, event.ends_at,
            event.modified_at,
        )  # fmt: skip
        why = event.state_why if notice == "cancelled" else row.ended_why
        told = Told(
            notice, person.account_id, person.email, person.locale, row.event_id, event.title, event.starts_at,
            row.offer_expires_at, why, person.name, asked if method else None,
        )  # fmt: skip
        mail_id = _written(session, post, told, due.id)
        if mail_id is None:
            return False
        if notice in NOTED:
            deliveries.note(session, row.event_id, person.account_id, NOTED[notice], mail_id)
    return True


def _untold(most: int) -> sa.Select[str, str, str, str, datetime]:
    """Those invited to what is still to come who do not know it yet, the first `most` of them."""
    return (
        sa.select(Invitation.id, Invitation.email, Event.id.label("event_id"), Event.title, Event.starts_at)
        .join(Event, sa.and_(Event.tenant_id == Invitation.tenant_id, Event.id == Invitation.event_id))
        .where(
            Invitation.told_at.is_(None), Invitation.withdrawn_at.is_(None), Event.state == PUBLISHED,
            Event.starts_at > clock.now(),
        )
        .order_by(Invitation.invited_at, Invitation.id)
        .limit(most)
    )  # fmt: skip


def _tell_invited(session: ScopedSession, post: Post, may_go: MayGo) -> int:
    count = 0
    for row in session.execute(_untold(MOST)).all():
        if not may_go("invited", row.starts_at):
            continue
        with transaction(session):
            mine = session.execute(
                sa.update(Invitation)
                .where(Invitation.id == row.id, Invitation.told_at.is_(None), Invitation.withdrawn_at.is_(None))
                .values(told_at=clock.now())
                .returning(Invitation.id)
            ).all()
            if not mine:
                continue
            person = person_by_email(session, row.email)
            known = (person.account_id, person.locale) if person is not None else (None, "")
            told = Told("invited", known[0], row.email, known[1], row.event_id, row.title, row.starts_at, None, "")
            count += _written(session, post, told, row.id) is not None
    return count


def _written(session: ScopedSession, post: Post, told: Told, row_id: str) -> str | None:
    """The id of the letter about a registration or an invitation; None where it cannot be mail."""
    try:
        return post(session, told)
    except Refused as error:
        log.warning("letter about %s (%s) cannot be mail and is dropped: %s", row_id, told.kind, error.message)
        return None
