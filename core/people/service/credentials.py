"""Use cases of what proves who somebody is: changing or resetting the password, changing the address."""

import sqlalchemy as sa

from core.data import audit
from core.data.idempotency import once
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, Refused
from core.kernel.ids import new_token
from core.kernel.text import N_
from core.kernel.views import Actor
from core.people import emails, passwords
from core.people.models import Account
from core.people.service import sign_ins
from core.people.service.accounts import NOT_AN_ADDRESS, LinkHolder, change, link_holder
from core.people.service.tools import LINK_GONE, Letter, Tools

WRONG_PASSWORD = N_("That is not your present password")
_OWN = sa.select(
    Account.id, Account.name, Account.email, Account.locale, Account.stamp, Account.password_hash
).where(Account.id == sa.bindparam("account_id"))  # fmt: skip
_BY_EMAIL = sa.select(
    Account.id, Account.email, Account.locale, Account.stamp, Account.confirmed_at, Account.disabled_at
).where(Account.email_norm == sa.bindparam("email"))  # fmt: skip


def request_email(session: ScopedSession, tools: Tools, actor: Actor, *, email: str, password: str, key: str) -> None:
    """Ask to change the address: a link goes to the new one. Nothing changes before it is opened.

    An address that has an account of its own gets word of that; the caller cannot tell. Raises Invalid (`email`,
    `password`).
    """
    holder = proved(session, tools, actor, password, "password")
    if not emails.is_address(email.strip()):
        raise Invalid({"email": NOT_AN_ADDRESS})
    if emails.normal(email) == emails.normal(holder.email):
        raise Invalid({"email": N_("That is your address already")})
    with transaction(session):
        if once(session, key, f"account.email:{holder.id}").result is not None:
            return
        taken = session.execute(_BY_EMAIL, {"email": emails.normal(email)}).one_or_none()
        if taken is not None:  # theirs altogether: among the asker's messages it would tell who has an account
            letter = Letter("already", taken.email, taken.locale, taken.id)
        else:
            token = tools.sign("email", holder.id, holder.stamp, email.strip())
            letter = Letter("email", email.strip(), holder.locale, holder.id, token)
        tools.post(session, letter)
        audit.record(session, actor=actor, action="account.email_asked", subject=holder.id)


def confirm_email(session: ScopedSession, tools: Tools, *, token: str) -> str:
    """Take the new address of a mailed link; the old one is told. Works once. Returns the account's id.

    Raises Refused for a dead link, and where the address has become another account's meanwhile.
    """
    holder = link_holder(session, tools, "email", token)
    with transaction(session):
        if session.scalar(sa.select(Account.id).where(Account.email_norm == emails.normal(holder.extra))):
            raise Refused(LINK_GONE)
        try:
            change(
                session, (Account.id == holder.id, Account.stamp == holder.stamp),
                {"email": holder.extra, "email_norm": emails.normal(holder.extra), "stamp": new_token()},
                Refused(LINK_GONE),
            )  # fmt: skip
        except sa.exc.IntegrityError:
            raise Refused(LINK_GONE) from None
        audit.record(session, actor=Actor(holder.id, ""), action="account.email", subject=holder.id)
        tools.post(session, Letter("email_changed", holder.email, holder.locale, holder.id, at=clock.now()))
    return holder.id


def proved(session: ScopedSession, tools: Tools, actor: Actor, password: str, field: str) -> LinkHolder:
    """The actor's account once `password` has been checked. Raises Invalid beside `field`."""
    row = session.execute(_OWN, {"account_id": actor.account_id}).one()
    if not passwords.matches(row.password_hash, password, tools.quick):
        raise Invalid({field: WRONG_PASSWORD})
    return LinkHolder(row[0], row[1], row[2], row[3], row[4], True, "")


def change_password(
    session: ScopedSession, tools: Tools, actor: Actor, *, current: str, new: str, keep_sign_in: str
) -> None:
    """Change the password with the present one; every other device is signed out. Raises Invalid (`current`, `new`)."""
    holder = proved(session, tools, actor, current, "current")
    if found := passwords.problem(new, (holder.name, holder.email)):
        raise Invalid({"new": found})
    password_hash = passwords.hasher(tools.quick).hash(new)
    with transaction(session):
        change(
            session, (Account.id == holder.id, Account.stamp == holder.stamp),
            {"password_hash": password_hash, "stamp": new_token()}, Conflict(),
        )  # fmt: skip
        sign_ins.end_all_in(session, holder.id, how="password", but=keep_sign_in)
        audit.record(session, actor=actor, action="account.password", subject=holder.id)
        tools.post(session, Letter("password_changed", holder.email, holder.locale, holder.id, at=clock.now()))


def request_reset(session: ScopedSession, tools: Tools, *, email: str, locale: str, key: str) -> None:
    """Mail a link to choose a new password. An address without an account is told that it has none, in `locale`.

    So the same work is done and the same said here whatever is known, and whoever forgot which address they used
    learns it. Raises Invalid for what cannot be an address.
    """
    if not emails.is_address(email.strip()):
        raise Invalid({"email": NOT_AN_ADDRESS})
    with transaction(session):
        if once(session, key, "account.reset").result is not None:
            return
        row = session.execute(_BY_EMAIL, {"email": emails.normal(email)}).one_or_none()
        if row is None:
            letter = Letter("unknown", email.strip(), locale)
        elif row.disabled_at is not None:
            letter = Letter("closed", row.email, row.locale, row.id)
        else:
            kind = "confirm" if row.confirmed_at is None else "reset"
            letter = Letter(kind, row.email, row.locale, row.id, tools.sign(kind, row.id, row.stamp))
        tools.post(session, letter)


def reset_password(session: ScopedSession, tools: Tools, *, token: str, password: str) -> str:
    """Choose a new password by a mailed link: every device is signed out, the link is used up. Returns the account's id.

    Raises Refused (link) and Invalid (`password`).
    """
    holder = link_holder(session, tools, "reset", token)
    if found := passwords.problem(password, (holder.name, holder.email)):
        raise Invalid({"password": found})
    password_hash = passwords.hasher(tools.quick).hash(password)
    with transaction(session):
        change(
            session, (Account.id == holder.id, Account.stamp == holder.stamp, Account.disabled_at.is_(None)),
            {"password_hash": password_hash, "stamp": new_token()}, Refused(LINK_GONE),
        )  # fmt: skip
        sign_ins.end_all_in(session, holder.id, how="reset")
        audit.record(
            session, actor=Actor(holder.id, ""), action="account.password", subject=holder.id, why="mailed link"
        )
        tools.post(session, Letter("password_changed", holder.email, holder.locale, holder.id, at=clock.now()))
    return holder.id
