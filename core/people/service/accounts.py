"""Use cases of an account: register, confirm, change, close. An answer never tells whether an address has an account."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.data import audit, upserts
from core.data.base import table_of
from core.data.idempotency import once
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.kernel.views import SYSTEM, Actor
from core.people import emails, passwords
from core.people.models import Account, Profile
from core.people.sectors import SECTORS, UNTOLD
from core.people.service import calendar_keys, erasure, roles, sign_ins, waiting
from core.people.service.tools import LINK_GONE, Letter, Tools

NOT_AN_ADDRESS = N_("Enter an email address like name@example.org")
NO_NAME = N_("Enter your name")
NO_SUCH_SECTOR = N_("Choose one of the list")


@dataclass(frozen=True, slots=True)
class LinkHolder:
    """The account a mailed link belongs to; `extra` is what else the link carries (the new address of a change)."""

    id: str
    name: str
    email: str
    locale: str
    stamp: str
    confirmed: bool
    extra: str


_HOLDER = sa.select(Account.id, Account.name, Account.email, Account.locale, Account.stamp, Account.confirmed_at)
_BY_EMAIL = _HOLDER.where(Account.email_norm == sa.bindparam("email"))
_BY_LINK = _HOLDER.where(
    Account.id == sa.bindparam("account_id"), Account.stamp == sa.bindparam("stamp"), Account.disabled_at.is_(None)
)
_BEGIN = upserts.for_each_dialect(
    Account, lambda new: new.on_conflict_do_nothing(index_elements=["email_norm"]).returning(Account.id)
)
_INSERT = sa.insert(table_of(Account))


def register(
    session: ScopedSession, tools: Tools, *, name: str, email: str, locale: str, key: str, then: str = ""
) -> None:
    """Begin an account: a letter with a link, by which whoever reads the mailbox chooses the password.

    An address that has an account gets word of that instead. The caller cannot tell which, by answer or by work done.
    `key` is the form's one-use key, `then` the page of this host that the letter's link leads on to. Raises Invalid for
    an empty name or what cannot be an address.
    """
    errors = {} if name.strip() else {"name": NO_NAME}
    if not emails.is_address(email.strip()):
        errors["email"] = NOT_AN_ADDRESS
    if errors:
        raise Invalid(errors)
    with transaction(session):
        if once(session, key, "account.register").result is not None:
            return
        account = _values(email=email, name=name, locale=locale)
        made = session.execute(_BEGIN(session), account).one_or_none()
        if made is not None:
            known = LinkHolder(account["id"], name, account["email"], locale, account["stamp"], False, "")
        else:
            known = _by_email(session, email)
        audit.record(
            session, actor=SYSTEM, action="account.register", subject=known.id, after={"new": made is not None}
        )
        kind = "already" if known.confirmed else "confirm"
        token = "" if known.confirmed else tools.sign("confirm", known.id, known.stamp)
        tools.post(session, Letter(kind, known.email, known.locale, known.id, token, then=then))


def _values(*, email: str, name: str, locale: str) -> dict[str, Any]:
    return {
        "id": new_id(), "email": email.strip(), "email_norm": emails.normal(email), "name": name.strip(),
        "stamp": new_token(), "locale": locale, "created_at": clock.now(), "version": 1,
    }  # fmt: skip


def _by_email(session: ScopedSession, email: str) -> LinkHolder:
    row = session.execute(_BY_EMAIL, {"email": emails.normal(email)}).one()
    return LinkHolder(row[0], row[1], row[2], row[3], row[4], row[5] is not None, "")


def create_confirmed(
    session: ScopedSession, *, email: str, name: str, password_hash: str | None, locale: str = "en"
) -> str:
    """An account that needs no confirmation, in the caller's transaction: for imports and the demonstration. Returns its id."""
    account = _values(email=email, name=name, locale=locale)
    session.execute(_INSERT, {**account, "password_hash": password_hash, "confirmed_at": clock.now()})
    return str(account["id"])


def link_holder(session: ScopedSession, tools: Tools, purpose: str, token: str) -> LinkHolder:
    """Whose link this is, without using it up: mail scanners open links too. Raises Refused for a dead one."""
    account_id, stamp, extra = tools.read(purpose, token)
    row = session.execute(_BY_LINK, {"account_id": account_id, "stamp": stamp}).one_or_none()
    if row is None:
        raise Refused(LINK_GONE)
    return LinkHolder(row[0], row[1], row[2], row[3], row[4], row[5] is not None, extra)


def confirm(session: ScopedSession, tools: Tools, *, token: str, name: str, password: str) -> str:
    """Finish an account by its mailed link: the address is proved, name and password are chosen. Returns the account's id.

    Works once. Raises Refused (link) and Invalid (`name`, `password`).
    """
    holder = link_holder(session, tools, "confirm", token)
    errors = {} if name.strip() else {"name": NO_NAME}
    if found := passwords.problem(password, (name, holder.email)):
        errors["password"] = found
    if errors:
        raise Invalid(errors)
    password_hash = passwords.hasher(tools.quick).hash(password)  # 20 ms: before the transaction, which others wait for
    with transaction(session):
        change(
            session, (Account.id == holder.id, Account.stamp == holder.stamp, Account.confirmed_at.is_(None)),
            {"name": name.strip(), "password_hash": password_hash, "stamp": new_token(), "confirmed_at": clock.now()},
            Refused(LINK_GONE),
        )  # fmt: skip
        audit.record(session, actor=Actor(holder.id, ""), action="account.confirm", subject=holder.id)
    return holder.id


def change(
    session: ScopedSession, where: tuple[sa.ColumnElement[bool], ...], values: dict[str, object], otherwise: Exception
) -> None:
    """The conditional update of one account in the caller's transaction; raises `otherwise` when no row matched."""
    done = session.execute(sa.update(Account).where(*where).values(**values).returning(Account.id))
    if done.one_or_none() is None:
        raise otherwise


@dataclass(frozen=True, slots=True)
class Details:
    """What a person tells of themselves."""

    name: str
    locale: str
    job_title: str = ""
    organisation: str = ""
    locality: str = ""
    about: str = ""
    sector: str = UNTOLD


def change_details(session: ScopedSession, actor: Actor, *, details: Details, version: int) -> None:
    """Change one's own name, language and short profile. `version` is the account's as the form was made.

    Raises Invalid (no name, no such sector) and Conflict when the details were changed meanwhile, for instance in another window.
    """
    if not details.name.strip():
        raise Invalid({"name": NO_NAME})
    if details.sector not in (UNTOLD, *SECTORS):
        raise Invalid({"sector": NO_SUCH_SECTOR})
    profile = {
        "job_title": details.job_title, "organisation": details.organisation,
        "locality": details.locality, "about": details.about, "sector": details.sector,
    }  # fmt: skip
    with transaction(session):
        change(
            session, (Account.id == actor.account_id, Account.version == version),
            {"name": details.name.strip(), "locale": details.locale, "version": version + 1}, Conflict(),
        )  # fmt: skip
        session.execute(
            upserts.insert(session, Profile)
            .values(account_id=actor.account_id, **profile)
            .on_conflict_do_update(index_elements=["account_id"], set_=profile)
        )
        audit.record(session, actor=actor, action="account.details", subject=str(actor.account_id))


def close(session: ScopedSession, actor: Actor, *, account_id: str, reason: str, erase: bool = False) -> None:
    """Close an account: it is signed out everywhere at once and cannot sign in. For the central team.

    With `erase` (the person asked for it) everything about the person is erased after the grace period; without, the
    account stays closed until somebody opens it again. Raises Forbidden (also where the actor has left the central team meanwhile), Invalid (no
    reason), Conflict when it is closed already or not there, and Refused for the last member of the central team.
    """
    _may_close(actor, account_id, reason)
    with transaction(session):
        change(
            session, (Account.id == account_id, Account.disabled_at.is_(None)),
            {"disabled_at": clock.now(), "stamp": new_token()}, Conflict(),
        )  # fmt: skip
        _see_that_one_stays(session, actor, account_id)
        sign_ins.end_all_in(session, account_id, how="closed")
        calendar_keys.end_all_in(session, account_id)
        waiting.drop_letters_in(session, account_id)
        until = erasure.schedule_in(session, account_id).isoformat() if erase else None
        audit.record(
            session, actor=actor, action="account.close", subject=account_id, why=reason, after={"erase_after": until}
        )


def _see_that_one_stays(session: ScopedSession, actor: Actor, closed: str) -> None:
    """See, once an account is `closed`, that who closed it is still of the central team, or that somebody else is.

    An `Actor` was made when the request began: of two who close each other's account the second is not of the team any more.
    """
    central = roles.lock_central(session)
    staying = {grant.account_id for grant in central if grant.counts}
    if not actor.is_system and actor.account_id not in staying:
        raise Forbidden(Permission.ROLES_GRANT)
    if not staying and any(grant.account_id == closed for grant in central):
        raise Refused(roles.LAST_CENTRAL)


def reopen(session: ScopedSession, actor: Actor, *, account_id: str, reason: str) -> None:
    """Open a closed account again, which calls its erasing off. For the central team.

    Raises as `close` does, and Refused once the erasing has begun.
    """
    _may_close(actor, account_id, reason)
    with transaction(session):
        change(
            session, (Account.id == account_id, Account.disabled_at.is_not(None)),
            {"disabled_at": None, "stamp": new_token()}, Conflict(),
        )  # fmt: skip
        erasure.call_off_in(session, account_id)
        audit.record(session, actor=actor, action="account.reopen", subject=account_id, why=reason)


def _may_close(actor: Actor, account_id: str, reason: str) -> None:
    if not actor.can(Permission.ROLES_GRANT):
        raise Forbidden(Permission.ROLES_GRANT)
    if actor.account_id == account_id:
        raise Refused(N_("You cannot close the account you are using."))
    if not account_id:
        raise NotFound
    if not reason.strip():
        raise Invalid({"reason": N_("Say why")})
