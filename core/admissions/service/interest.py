"""Wanting to be told when an area's window opens: ask, confirm, stop; and who is due to be told.

No account is needed. One link, which only whoever reads the mailbox has, confirms and stops. It is made from the row's id
and the platform's key, so that every message can carry it while the database holds its hash alone.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.admissions.instants import WindowState
from core.admissions.models import Interest
from core.admissions.queries import windows
from core.data import audit, upserts
from core.data.idempotency import once
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Invalid, Refused
from core.kernel.ids import new_id
from core.kernel.text import N_
from core.kernel.views import SYSTEM
from core.people import emails
from core.people.service.accounts import NOT_AN_ADDRESS
from core.people.service.sign_ins import token_hash

ASKED, CONFIRMED, STOPPED = "asked", "confirmed", "stopped"
CLOSING = timedelta(days=3)
"""So long before a window closes the second message goes out."""
BATCH = 100
GONE = N_("That link is too old, or not whole. Register again, and we send you a new one.")
UNCONFIRMED_KEPT_FOR, STOPPED_KEPT_FOR = timedelta(days=7), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Told:
    """One message about a window: `kind` is confirm, known, opened or closing; `token` is of the link in it."""

    kind: str
    email: str
    locale: str
    token: str
    closes_at: datetime | None = None


Post = Callable[[ScopedSession, Told], None]
"""Writes a message, in the transaction that has a reason for it."""


def token_of(secret_key: str, interest_id: str) -> str:
    """The token of somebody's link."""
    return hmac.new(secret_key.encode(), f"admissions.interest:{interest_id}".encode(), hashlib.sha256).hexdigest()


def ask(session: ScopedSession, *, secret_key: str, email: str, locale: str, key: str, post: Post) -> None:
    """Ask for messages to this address: a letter goes there with a link that confirms it, or says that it is confirmed.

    The caller cannot tell which, by answer or by work done. `key` is the form's one-use key. Raises Invalid for what cannot
    be an address, Refused for a key that is missing or was used for something else.
    """
    if not emails.is_address(email.strip()):
        raise Invalid({"email": NOT_AN_ADDRESS})
    with transaction(session):
        if once(session, key, "admissions.interest").result is not None:
            return
        row = (
            _again(session, email, locale) or _new(session, secret_key, email, locale) or _again(session, email, locale)
        )
        if row is None:  # deleted between the two statements: asking once more finds nothing in the way
            raise Refused(N_("This could not be done."))
        token = _token(session, secret_key, row)
        post(session, Told("known" if row.state == CONFIRMED else "confirm", row.email, row.locale, token))


_ROW = (Interest.id, Interest.email, Interest.locale, Interest.state, Interest.token_hash)


def _again(session: ScopedSession, email: str, locale: str) -> sa.Row[*tuple[Any, ...]] | None:
    """The row of an address that is known; who stopped, and asks again, is asked to confirm again."""
    confirmed = Interest.state == CONFIRMED
    return session.execute(
        sa.update(Interest)
        .where(Interest.email_norm == emails.normal(email))
        .values(
            state=sa.case((confirmed, CONFIRMED), else_=ASKED),
            locale=sa.case((confirmed, Interest.locale), else_=locale),
            changed_at=clock.now(),
        )
        .returning(*_ROW)
    ).one_or_none()


def _new(session: ScopedSession, secret_key: str, email: str, locale: str) -> sa.Row[*tuple[Any, ...]] | None:
    now, interest_id = clock.now(), new_id()
    values = {
        "id": interest_id, "tenant_id": session.scope.tenant_id, "email": email.strip(), "email_norm": emails.normal(email),
        "locale": locale, "state": ASKED, "token_hash": token_hash(token_of(secret_key, interest_id)), "created_at": now,
        "changed_at": now,
    }  # fmt: skip
    return session.execute(
        upserts.insert(session, Interest).values(**values).on_conflict_do_nothing().returning(*_ROW)
    ).one_or_none()  # fmt: skip


def _token(session: ScopedSession, secret_key: str, row: sa.Row[*tuple[Any, ...]]) -> str:
    """The token of a row's link; where the platform's key is a new one, the database learns the new hash."""
    token = token_of(secret_key, row.id)
    if (fresh := token_hash(token)) != row.token_hash:
        session.execute(sa.update(Interest).where(Interest.id == row.id).values(token_hash=fresh))
    return token


def held(session: ScopedSession, token: str) -> tuple[str, str]:
    """(address, state) that a link belongs to. Raises Refused for one that is damaged or forgotten."""
    row = session.execute(
        sa.select(Interest.email, Interest.state).where(Interest.token_hash == token_hash(token))
    ).one_or_none()
    if row is None:
        raise Refused(GONE)
    return row.email, row.state


def confirm(session: ScopedSession, token: str) -> None:
    """Whoever reads the mailbox wants the messages. Doing it twice changes nothing. Who confirms while the window is open
    has just seen that it is: only its closing is told. Raises Refused for a link that is damaged or forgotten."""
    window = windows.shown(session)
    values = {"told_open": window.id} if window is not None and window.now is WindowState.OPEN else {}
    _move(session, token, (ASKED, STOPPED), CONFIRMED, **values)


def stop(session: ScopedSession, token: str) -> None:
    """No more messages to this address. Doing it twice changes nothing. Raises Refused as `confirm` does."""
    _move(session, token, (ASKED, CONFIRMED), STOPPED)


def _move(session: ScopedSession, token: str, sources: tuple[str, ...], to: str, **values: object) -> None:
    with transaction(session):
        moved = session.scalar(
            sa.update(Interest)
            .where(Interest.token_hash == token_hash(token), Interest.state.in_(sources))
            .values(state=to, changed_at=clock.now(), **values)
            .returning(Interest.id)
        )
        if moved is None:
            held(session, token)
            return
        audit.record(session, actor=SYSTEM, action=f"interest.{to}", subject=f"interest:{moved}", after={"state": to})


def tell_due(session: ScopedSession, *, secret_key: str, post: Post) -> int:
    """Write to everybody who is due to hear about the window that is open now, some in each transaction; how many messages.

    What is due follows from the present instant and from what each row was told, never from when this ran last: after days
    of standing still each message goes out once. In the last three days the message about closing takes the place of one
    about opening that was not sent: it says both. A window that has closed is told to nobody.
    """
    window, count = windows.shown(session), 0
    if window is None or window.now is not WindowState.OPEN:
        return 0
    closing = clock.now() >= window.closes_at - CLOSING
    kind, column = ("closing", Interest.told_closing) if closing else ("opened", Interest.told_open)
    told = {"told_open": window.id, "told_closing": window.id} if closing else {"told_open": window.id}
    due = (Interest.state == CONFIRMED) & (column.is_(None) | (column != window.id))
    while True:
        with transaction(session):
            some = sa.select(Interest.id).where(due).order_by(Interest.id).limit(BATCH)
            rows = session.execute(
                sa.update(Interest)
                .where(Interest.id.in_(some), due)  # once more: another worker may have taken the row meanwhile
                .values(**told)
                .returning(*_ROW)
            ).all()
            for row in rows:
                post(session, Told(kind, row.email, row.locale, _token(session, secret_key, row), window.closes_at))
        count += len(rows)
        if len(rows) < BATCH:
            return count


def forget(session: ScopedSession, now: datetime) -> int:
    """Delete the addresses that nobody confirmed within a week, and those that stopped a month ago; how many."""
    old = ((Interest.state == ASKED) & (Interest.changed_at < now - UNCONFIRMED_KEPT_FOR)) | (
        (Interest.state == STOPPED) & (Interest.changed_at < now - STOPPED_KEPT_FOR)
    )
    with transaction(session):
        gone = sa.delete(Interest).where(old).returning(Interest.id)
        return len(session.execute(gone).all())
