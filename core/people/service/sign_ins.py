"""Signing in and out. Every device has a row; ending the row ends the device at its next request."""

import hashlib
from datetime import timedelta

import sqlalchemy as sa

from core.data import audit
from core.data.base import table_of
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import NotFound, Refused
from core.kernel.ids import is_id, new_id, new_token
from core.kernel.text import N_
from core.kernel.views import Actor
from core.people import emails, passwords
from core.people.models import Account, SignIn

IDLE = {False: timedelta(hours=12), True: timedelta(days=30)}
ABSOLUTE = {False: timedelta(days=7), True: timedelta(days=90)}
"""By "keep me signed in": how long a device may lie unused, and how long it lasts at all (ASVS 7.3.1, 7.3.2)."""
SEEN_EVERY = timedelta(minutes=5)
WRONG = N_("We do not know that email address and password. Check both, or choose a new password.")
CLOSED = N_("This account is closed. Write to your partner if you think that is wrong.")


_BY_EMAIL = sa.select(Account.id, Account.password_hash, Account.disabled_at).where(
    Account.email_norm == sa.bindparam("email")
)
_NOTE_SIGNED_IN = (
    sa.update(Account)
    .where(Account.id == sa.bindparam("whose"), Account.disabled_at.is_(None), Account.confirmed_at.is_not(None))
    .values(signed_in_at=sa.bindparam("now"))
    .returning(Account.id)
)
_INSERT = sa.insert(table_of(SignIn))
_NOTE_SEEN = (
    sa.update(SignIn)
    .where(SignIn.id == sa.bindparam("sign_in"), SignIn.ended_at.is_(None), SignIn.seen_at < sa.bindparam("now"))
    .values(seen_at=sa.bindparam("now"), idle_until=sa.bindparam("until"))
)
_END_ALL = (
    sa.update(SignIn)
    .where(SignIn.account_id == sa.bindparam("whose"), SignIn.ended_at.is_(None), SignIn.id != sa.bindparam("but"))
    .values(ended_at=sa.bindparam("now"), ended_how=sa.bindparam("how"))
)


def token_hash(token: str) -> str:
    """What the database keeps of a cookie's token: a stolen copy of the table signs nobody in."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def sign_in(
    session: ScopedSession, *, email: str, password: str, device: str, remember: bool, ip: str = "", quick: bool = False
) -> str:
    """Sign in by password; returns the new device's token.

    Raises Refused: with the same words, after the same hashing work, for an unknown address, a wrong password and an
    account that was never confirmed. Only who has the right password learns that an account is closed.
    """
    row = session.execute(_BY_EMAIL, {"email": emails.normal(email)}).one_or_none()
    known = row.password_hash if row is not None else None
    if not passwords.matches(known, password, quick) or row is None:
        raise Refused(WRONG)
    if row.disabled_at is not None:
        raise Refused(CLOSED)
    values: dict[str, object] = {"signed_in_at": clock.now()}
    if passwords.hasher(quick).check_needs_rehash(
        str(known)
    ):  # the cost was raised since: only now the password is known
        values["password_hash"] = passwords.hasher(quick).hash(password)
    with transaction(session):
        same = session.execute(  # the password checked above is still the account's, and nobody closed it meanwhile
            sa.update(Account)
            .where(
                Account.id == row.id, Account.password_hash == known, Account.disabled_at.is_(None),
                Account.confirmed_at.is_not(None),
            )
            .values(**values)
            .returning(Account.id)
        ).one_or_none()  # fmt: skip
        if same is None:
            raise Refused(WRONG)
        return _open(session, row.id, device=device, remember=remember, ip=ip)


def begin(session: ScopedSession, *, account_id: str, device: str, remember: bool, ip: str = "") -> str:
    """Sign a device in without a password (the caller has proved who it is); returns its token.

    Raises NotFound for an account that is not there, closed or not confirmed.
    """
    with transaction(session):
        done = session.execute(_NOTE_SIGNED_IN, {"whose": account_id, "now": clock.now()})
        if done.one_or_none() is None:
            raise NotFound
        return _open(session, account_id, device=device, remember=remember, ip=ip)


def _open(session: ScopedSession, account_id: str, *, device: str, remember: bool, ip: str) -> str:
    token, moment = new_token(), clock.now()
    row = {
        "id": new_id(), "token_hash": token_hash(token), "account_id": account_id, "device": device[:120], "ip": ip[:45],
        "remember": remember, "created_at": moment, "seen_at": moment, "idle_until": moment + IDLE[remember],
        "expires_at": moment + ABSOLUTE[remember],
    }  # fmt: skip
    session.execute(_INSERT, row)
    return token


def note_seen(session: ScopedSession, *, sign_in_id: str, remember: bool) -> None:
    """Note that a device is in use, which moves its idle end on. The caller asks at most every five minutes."""
    moment = clock.now()
    with transaction(session):
        session.execute(_NOTE_SEEN, {"sign_in": sign_in_id, "now": moment, "until": moment + IDLE[remember]})


def end(session: ScopedSession, *, account_id: str, sign_in_id: str, how: str = "signed_out") -> None:
    """Sign one of one's own devices out. Raises NotFound for any other, and for one that is out already."""
    if not is_id(sign_in_id):
        raise NotFound
    with transaction(session):
        done = session.execute(
            sa.update(SignIn)
            .where(SignIn.id == sign_in_id, SignIn.account_id == account_id, SignIn.ended_at.is_(None))
            .values(ended_at=clock.now(), ended_how=how)
            .returning(SignIn.id)
        )
        if done.one_or_none() is None:
            raise NotFound


def end_all(session: ScopedSession, account_id: str) -> None:
    """Sign every device of an account out."""
    with transaction(session):
        end_all_in(session, account_id, how="everywhere")
        audit.record(session, actor=Actor(account_id, ""), action="account.sign_out_everywhere", subject=account_id)


def end_all_in(session: ScopedSession, account_id: str, *, how: str, but: str = "") -> None:
    """Sign every device out (save `but`), in the caller's transaction."""
    session.execute(_END_ALL, {"whose": account_id, "but": but, "now": clock.now(), "how": how})
