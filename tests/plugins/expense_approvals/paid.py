"""Accounts and batches for the tests of payments: a claim that is approved, and who is paid."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.sdk import ScopedSession, Sealer, Visitor
from plugins.expense_approvals.models import Payment
from plugins.expense_approvals.queries import payments
from plugins.expense_approvals.service import bank_details, batches, payer, paying
from tests.plugins.expense_approvals.claimed import approve, check, sent, unheard
from tests.plugins.expense_approvals.helpers import visitor

SEAL, ACCOUNTS, PAYERS = (
    Sealer("a secret of tests", purpose) for purpose in (batches.PURPOSE, bank_details.PURPOSE, payer.PURPOSE)
)
PREPARER, RELEASER = visitor(Role.PARTNER_LEAD), visitor(Role.CENTRAL_TEAM)


def nobody(*_: Any) -> None:
    """Nobody to write to."""


def account(session: ScopedSession, who: Visitor, number: str = "31926819") -> None:
    """Give somebody's bank details."""
    bank_details.change(
        session, "Ann Llewellyn", "20-00-00", number, who, form_key=new_token(), seal=ACCOUNTS, post=nobody
    )


def payer_account(session: ScopedSession) -> None:
    """The site's own account."""
    payer.change(session, "", "Q in Scotland", "20-00-00", "55779911", "123456", PREPARER, seal=PAYERS)


def approved(session: ScopedSession, budget_id: str, who: Visitor, *, share: int = 100, colour: int = 1) -> str:
    """A claim for £10 of which a share (in per cent) is approved."""
    made = sent(session, budget_id, who, colour=colour)
    check(session, made)
    approve(session, made, share=share)
    return made


def prepare(session: ScopedSession, *claims: str, by: Visitor = PREPARER, day: date | None = None, post: Any = unheard, key: str = "") -> str:  # fmt: skip
    """A batch of these claims; of all that is ready, where none are named."""
    chosen = claims or [one.due.id for one in paying.outlook(session, by) if not one.why]
    made = paying.prepare(
        session,
        chosen,
        day or clock.today(),
        by,
        key or new_token(),
        seal=SEAL,
        accounts=ACCOUNTS,
        payers=PAYERS,
        post=post,
    )
    return made.batch_id


def at_the_bank(session: ScopedSession, *claims: str) -> str:
    """A batch whose file was fetched."""
    batch_id = prepare(session, *claims)
    batches.release(session, batch_id, 1, RELEASER, seal=SEAL)
    batches.export(session, batch_id, "csv", PREPARER, seal=SEAL, tell=paying.life(PREPARER, unheard))
    return batch_id


def settle(
    session: ScopedSession, batch_id: str, results: dict[str, bool], post: Any = unheard, warn: Any = nobody
) -> int:
    """What the bank says, by claim."""
    refs = {
        row.source_id: row.ref
        for row in session.execute(sa.select(Payment.source_id, Payment.ref).where(Payment.batch_id == batch_id))
    }
    said = {refs[claim]: result for claim, result in results.items()}
    version = payments.one(session, batch_id).version
    return batches.settle(
        session, batch_id, version, said, PREPARER, tell=paying.life(PREPARER, post), warn=warn
    )  # fmt: skip
