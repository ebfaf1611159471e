"""Where somebody is paid: sealed as it is typed, shown by its last figures alone, and not used at once after a change."""

import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.sdk import (
    N_,
    Conflict,
    Forbidden,
    Invalid,
    ScopedSession,
    Sealer,
    Unreadable,
    Visitor,
    another,
    clock,
    new_id,
    once,
    record_audit,
    transaction,
)
from plugins.expense_approvals.models import BankDetails
from plugins.expense_approvals.payment.batch import Account, account_typed
from plugins.expense_approvals.queries import payments
from plugins.expense_approvals.service import cards

PURPOSE = "expense_approvals.bank_details"
"""What the key of bank details is drawn for."""
COOLING = timedelta(hours=24)
"""How long nobody is paid to an account that took another one's place: time for its owner to read the letter and say no."""
NAME = N_("Enter the name on the account, in at most 80 characters.")
_OTHER = another(BankDetails)
"""Somebody else's account, beside the statement's own."""
_SHARING = (
    sa.select(BankDetails.account_id, _OTHER.account_id)
    .join(_OTHER, (_OTHER.tenant_id == BankDetails.tenant_id) & (_OTHER.fingerprint == BankDetails.fingerprint))
    .where(
        BankDetails.account_id.in_(sa.bindparam("people", expanding=True)), _OTHER.account_id != BankDetails.account_id
    )
)
Post = Callable[[ScopedSession, Visitor, datetime], None]
"""Writes the person the letter about a change, in the caller's transaction; the instant is when the account can be paid to."""


class Masked(NamedTuple):
    """What anybody sees of an account: its last figures and from when it is paid to."""

    last: str
    set_at: datetime
    usable_from: datetime

    def usable(self, at: datetime) -> bool:
        """Whether somebody can be paid to it at an instant."""
        return self.usable_from <= at


_OWN = sa.select(BankDetails.last, BankDetails.set_at, BankDetails.usable_from).where(
    BankDetails.account_id == sa.bindparam("account_id"), BankDetails.replaced_at.is_(None)
)


def own(session: ScopedSession, visitor: Visitor) -> Masked | None:
    """The visitor's account as it is shown, None before one was given."""
    row = session.execute(_OWN, {"account_id": visitor.account_id}).one_or_none()
    return Masked._make(row) if row is not None else None


def read(name: str, sort_code: str, number: str) -> tuple[str, str, str]:
    """An account as it was typed: its name, sort code and number. Raises Invalid (`name`, `sort_code`, `account`)."""
    name = " ".join(name.split())
    wrong = {} if 0 < len(name) <= 80 else {"name": NAME}
    try:
        code, account = account_typed(sort_code, number)
    except Invalid as error:
        wrong |= error.field_errors
    if wrong:
        raise Invalid(wrong)
    return name, code, account


_REPLACE = (
    sa.update(BankDetails)
    .where(BankDetails.account_id == sa.bindparam("of_person"), BankDetails.replaced_at.is_(None))
    .values(replaced_at=sa.bindparam("now"))
    .returning(BankDetails.fingerprint, BankDetails.usable_from, BankDetails.set_at)
)


def change(
    session: ScopedSession,
    name: str,
    sort_code: str,
    number: str,
    visitor: Visitor,
    *,
    form_key: str,
    seal: Sealer,
    post: Post,
) -> Masked:
    """Give one's account, or another in its place; the person is told by a letter. A form sent twice is one change.

    Raises Forbidden (nobody gives another person's), Invalid (`name`, `sort_code`, `account`), Conflict, Refused (the form's key).
    """
    if visitor.account_id is None:
        raise Forbidden("expense_approvals.own")
    name, code, account = read(name, sort_code, number)
    made, now = new_id(), clock.now()
    mark = fingerprint(code, account, seal)
    try:
        with transaction(session):
            key = once(session, form_key, "expense_approvals.bank_details")
            if key.result is not None and (kept := own(session, visitor)) is not None:
                return kept
            before = session.execute(_REPLACE, {"of_person": visitor.account_id, "now": now}).one_or_none()
            marks = {fingerprint(code, account, one) for one in (seal, seal.former()) if one is not None}
            usable = _usable_from(before, marks, now)
            session.add(
                BankDetails(
                    id=made, account_id=visitor.account_id, last=account[-4:], fingerprint=mark, set_at=now, usable_from=usable,
                    sealed=seal.seal(json.dumps({"name": name, "sort_code": code, "number": account}), made),
                )
            )  # fmt: skip
            session.flush()
            record_audit(session, actor=visitor.actor(), action="expense_approvals.bank_details", subject=made)
            cards.take_down(session, payments.bounced_of(session, visitor.account_id))
            post(session, visitor, usable)
            key.keep(made)
    except IntegrityError as error:  # the same person in two windows
        raise Conflict from error
    return Masked(account[-4:], now, usable)


def _usable_from(before: Any, marks: Collection[str], now: datetime) -> datetime:
    """From when a new row is paid to, after the row that it replaces (None: there was none). At once for the first; the same one again (another name on it, say) waits no longer than it did."""
    if before is None:
        return now
    return max(now, before.usable_from) if before.fingerprint in marks else now + COOLING


def fingerprint(sort_code: str, number: str, seal: Sealer) -> str:
    """A keyed hash of an account: the same for the same account, and nothing to anybody without the key."""
    key = f"{seal.purpose}.fingerprint:{seal.secret}".encode()
    return hmac.new(key, f"{sort_code}{number}".encode(), hashlib.sha256).hexdigest()


class Held(NamedTuple):
    """One person's account, opened to be paid to. Never shown."""

    account_id: str
    account: Account
    fingerprint: str
    usable_from: datetime


_SEALED = sa.select(
    BankDetails.id, BankDetails.account_id, BankDetails.sealed, BankDetails.fingerprint, BankDetails.usable_from
).where(BankDetails.account_id.in_(sa.bindparam("people", expanding=True)), BankDetails.replaced_at.is_(None))


def opened(session: ScopedSession, account_ids: set[str], seal: Sealer) -> dict[str, Held]:
    """The accounts of those people who have given one, by person: one statement. What cannot be opened any more is left out."""
    rows = session.execute(_SEALED, {"people": sorted(account_ids)})
    found = {}
    for row in rows:
        try:
            said = json.loads(seal.unseal(row.sealed, row.id))
        except Unreadable:
            continue
        account = Account(said["name"], said["sort_code"], said["number"])
        found[row.account_id] = Held(row.account_id, account, row.fingerprint, row.usable_from)
    return found


class Given(NamedTuple):
    """When somebody's account was given, and from when it is paid to."""

    set_at: datetime
    usable_from: datetime


_GIVEN = sa.select(BankDetails.account_id, BankDetails.set_at, BankDetails.usable_from).where(
    BankDetails.account_id.in_(sa.bindparam("people", expanding=True)), BankDetails.replaced_at.is_(None)
)


def given(session: ScopedSession, account_ids: set[str]) -> dict[str, Given]:
    """The same of those people who have given an account, by person, without opening one: one statement."""
    rows = session.execute(_GIVEN, {"people": sorted(account_ids)})
    return {row[0]: Given(row[1], row[2]) for row in rows}


def sharing(session: ScopedSession, account_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """Who else is or was paid to an account of each of these people, in one statement: they decide nothing about each other's
    money."""
    rows = session.execute(_SHARING, {"people": sorted(account_ids)})
    found: dict[str, set[str]] = {}
    for account_id, shares in rows:
        found.setdefault(account_id, set()).add(shares)
    return {account_id: frozenset(people) for account_id, people in found.items()}


def begin(session: ScopedSession, given: Iterable[tuple[str, Account, datetime]], seal: Sealer) -> None:
    """First accounts of people, by their ids, as if each had been given at its instant, in one statement of the caller's
    transaction: for the demonstration."""
    rows = []
    for account_id, account, at in given:
        made, said = new_id(), {"name": account.name, "sort_code": account.sort_code, "number": account.number}
        rows.append(
            {
                "id": made, "tenant_id": session.scope.tenant_id, "account_id": account_id, "last": account.number[-4:],
                "fingerprint": fingerprint(account.sort_code, account.number, seal), "set_at": at, "usable_from": at, "replaced_at": None,
                "sealed": seal.seal(json.dumps(said), made),
            }
        )  # fmt: skip
    session.execute(sa.insert(BankDetails), rows)


def changed_since(session: ScopedSession, account_ids: set[str], at: datetime) -> bool:
    """Whether one of these people gave another account after an instant, or has none any more."""
    count = session.scalar(
        sa.select(sa.func.count(BankDetails.id)).where(
            BankDetails.account_id.in_(sorted(account_ids)), BankDetails.replaced_at.is_(None), BankDetails.set_at <= at
        )
    )
    return count != len(account_ids)


def forget_replaced(session: ScopedSession, before: datetime) -> None:
    """Delete accounts that were replaced before an instant, in the caller's transaction."""
    session.execute(sa.delete(BankDetails).where(BankDetails.replaced_at < before))
