"""More time for one person in one window."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.admissions.instants import WindowState
from core.admissions.models import Extension
from core.admissions.queries import windows
from core.admissions.service.windows import STATE_CHANGED, may_manage, move_dates, reason
from core.data import audit, upserts
from core.data.idempotency import once
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, Refused
from core.kernel.ids import new_id
from core.kernel.text import N_
from core.kernel.views import Actor
from core.people import emails
from core.people.models import Account

LONGEST = timedelta(days=90)
NO_MORE_TIME = frozenset({WindowState.DRAFT, WindowState.CANCELLED, WindowState.RELEASED})
"""States in which more time would mean nothing."""
NOBODY = N_("Nobody has an account with this address. Ask which address they sign in with.")


@dataclass(frozen=True, slots=True)
class MoreTime:
    """What the person is written: until when."""

    account_id: str
    email: str
    locale: str
    closes_at: datetime


Post = Callable[[ScopedSession, MoreTime], None]
"""Writes to the person, in the transaction that gives the time."""


def extend(
    session: ScopedSession, actor: Actor, window_id: str, *, email: str, closes_at: datetime, why: str, key: str, post: Post
) -> None:  # fmt: skip
    """Give the person with this address until `closes_at`; who has more time already gets the new date instead of the old.

    The time is later than the window's own closing and than now, and at most 90 days after the former. `key` is the form's
    one-use key: sent twice, it writes to the person once. Raises Forbidden, NotFound, Invalid by field, Conflict, and Refused
    for a window that is not published or has its decisions out.
    """
    may_manage(actor)
    row = windows.one(session, window_id)
    if row.now in NO_MORE_TIME:
        raise Refused(STATE_CHANGED)
    person = session.execute(
        sa.select(Account.id, Account.email, Account.locale).where(
            Account.email_norm == emails.normal(email), Account.disabled_at.is_(None), Account.confirmed_at.is_not(None)
        )
    ).one_or_none()
    wrong = {} if person is not None else {"email": NOBODY}
    now = clock.now()
    if closes_at <= row.closes_at or closes_at <= now:
        wrong["closes_at"] = N_("Choose a time that is still to come and later than the window's closing")
    elif closes_at > row.closes_at + LONGEST:
        wrong["closes_at"] = N_("At most 90 days after the window's closing")
    if wrong or person is None:
        raise Invalid(wrong)
    why = reason(why)
    values = {"closes_at": closes_at, "why": why, "by": actor.account_id, "at": now}
    with transaction(session):
        sent = once(session, key, f"window.extend:{window_id}")
        if sent.result is not None:
            return
        changed = session.scalar(
            sa.update(Extension)
            .where(Extension.window_id == window_id, Extension.account_id == person.id)
            .values(**values)
            .returning(Extension.id)
        )
        if changed is None:
            changed = new_id()
            of = {"id": changed, "tenant_id": session.scope.tenant_id, "window_id": window_id, "account_id": person.id}
            new = (
                upserts.insert(session, Extension)
                .values(**of, **values)
                .on_conflict_do_nothing()
                .returning(Extension.id)
            )
            if session.execute(new).one_or_none() is None:  # somebody gave this person time at the same moment
                raise Conflict
        sent.keep(str(changed))
        move_dates(session, window_id, closes_at, person.id)
        after = {"extension": changed, "closes_at": closes_at.isoformat()}
        audit.record(
            session, actor=actor, action="window.extend", subject=f"window:{window_id}", after=after, why=why
        )  # fmt: skip
        post(session, MoreTime(person.id, person.email, person.locale, closes_at))
