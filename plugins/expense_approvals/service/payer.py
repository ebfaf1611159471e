"""The site's own account, from which its batches are paid: sealed as it is typed, shown by its last figures alone."""

import json
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.sdk import (
    Conflict,
    Forbidden,
    Invalid,
    ScopedSession,
    Sealer,
    Unreadable,
    Visitor,
    clock,
    new_id,
    record_audit,
    transaction,
)
from plugins.expense_approvals.manifest import PAY
from plugins.expense_approvals.models import PayerAccount
from plugins.expense_approvals.payment.batch import Account, account_typed, user_number_typed
from plugins.expense_approvals.service.bank_details import NAME

PURPOSE = "expense_approvals.payer"
"""What the key of these accounts is drawn for."""


class Payer(NamedTuple):
    """Whose account pays, and that payer's service user number with Bacs ("" for none)."""

    account: Account
    user_number: str


class Shown(NamedTuple):
    """What anybody sees of the account."""

    id: str
    last: str
    set_by: str
    set_at: datetime


def current(session: ScopedSession) -> Shown | None:
    """The account as it is shown; None before one was given."""
    row = session.execute(
        sa.select(PayerAccount.id, PayerAccount.last, PayerAccount.set_by, PayerAccount.set_at).where(
            PayerAccount.replaced_at.is_(None)
        )
    ).one_or_none()
    return Shown._make(row) if row is not None else None


def opened(session: ScopedSession, seal: Sealer) -> Payer | None:
    """The account, opened to be written into a batch; None where there is none that opens."""
    row = session.execute(
        sa.select(PayerAccount.id, PayerAccount.sealed).where(PayerAccount.replaced_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    try:
        said = json.loads(seal.unseal(row.sealed, row.id))
    except Unreadable:
        return None
    return Payer(Account(said["name"], said["sort_code"], said["number"]), said["user_number"])


def change(
    session: ScopedSession, replaces: str, name: str, sort_code: str, number: str, user_number: str, visitor: Visitor, *, seal: Sealer
) -> None:  # fmt: skip
    """Give the account, or another in the place of `replaces` (its id, "" for none). Batches that are prepared keep the one
    that they were prepared with.

    Raises Forbidden, Invalid (`name`, `sort_code`, `account`, `user_number`), Conflict (somebody gave another one meanwhile).
    """
    if not visitor.can(PAY) or visitor.account_id is None:
        raise Forbidden(PAY)
    name, wrong = " ".join(name.split()), dict[str, str]()
    code = account = bacs = ""
    if not 0 < len(name) <= 80:
        wrong["name"] = NAME
    try:
        code, account = account_typed(sort_code, number)
    except Invalid as error:
        wrong |= error.field_errors
    try:
        bacs = user_number_typed(user_number)
    except Invalid as error:
        wrong |= error.field_errors
    if wrong:
        raise Invalid(wrong)
    made, now = new_id(), clock.now()
    said = {"name": name, "sort_code": code, "number": account, "user_number": bacs}
    try:
        with transaction(session):
            replaced = session.execute(
                sa.update(PayerAccount)
                .where(PayerAccount.id == replaces, PayerAccount.replaced_at.is_(None))
                .values(replaced_at=now)
                .returning(PayerAccount.id)
            ).all()
            if len(replaced) != bool(replaces):
                raise Conflict
            session.add(
                PayerAccount(
                    id=made, sealed=seal.seal(json.dumps(said), made), last=account[-4:], set_by=visitor.account_id, set_at=now
                )
            )  # fmt: skip
            session.flush()
            record_audit(session, actor=visitor.actor(), action="expense_approvals.payer_account", subject=made)
    except IntegrityError as error:  # two people who give the first one at once
        raise Conflict from error


def forget_replaced(session: ScopedSession, before: datetime) -> None:
    """Delete accounts that were replaced before an instant, in the caller's transaction."""
    session.execute(sa.delete(PayerAccount).where(PayerAccount.replaced_at < before))
