"""Reading what is to be paid, and batches of payments."""

from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import NotFound, ScopedSession, is_id
from plugins.expense_approvals.models import Activity, Claim, Payment, PaymentBatch, Preapproval
from plugins.expense_approvals.payment_states import BOUNCED, LIVE
from plugins.expense_approvals.states import CLAIM

PAYABLE = CLAIM.sources("batch")
"""States in which a claim waits for a batch."""


class Due(NamedTuple):
    """A claim that is approved and waits to be paid. `since` is the instant of its last step."""

    id: str
    title: str
    account_id: str | None
    submitted_by: str | None
    state: str
    pence: int
    since: datetime


def due(session: ScopedSession) -> list[Due]:
    """What waits to be paid, the longest first."""
    rows = session.execute(
        sa.select(
            Claim.id, Activity.title, Claim.account_id, Claim.submitted_by, Claim.state, Claim.approved_p, Claim.changed_at
        )
        .join(Preapproval, (Preapproval.tenant_id == Claim.tenant_id) & (Preapproval.id == Claim.preapproval_id))
        .join(Activity, (Activity.tenant_id == Preapproval.tenant_id) & (Activity.id == Preapproval.activity_id))
        .where(Claim.state.in_(PAYABLE), Claim.approved_p > 0)
        .order_by(Claim.changed_at, Claim.id)
    )  # fmt: skip
    return [Due._make(row) for row in rows]


def waiting(session: ScopedSession) -> int:
    """How many claims wait to be paid."""
    return session.scalar(sa.select(sa.func.count(Claim.id)).where(Claim.state.in_(PAYABLE))) or 0


def sent_back(session: ScopedSession) -> dict[str, datetime]:
    """When the bank last sent a payment back, by the claim, for those that wait to be paid again."""
    rows = session.execute(
        sa.select(Payment.source_id, sa.func.max(Payment.changed_at))
        .join(Claim, (Claim.tenant_id == Payment.tenant_id) & (Claim.id == Payment.source_id))
        .where(Payment.state == BOUNCED, Claim.state.in_(PAYABLE))
        .group_by(Payment.source_id)
    )
    return {row[0]: row[1] for row in rows}


def batches_with(session: ScopedSession, source_ids: list[str]) -> list[tuple[str, str]]:
    """(batch, claim) of the live payments of these claims."""
    rows = session.execute(
        sa.select(Payment.batch_id, Payment.source_id).where(Payment.source_id.in_(source_ids), Payment.state.in_(LIVE))
    )
    return [(row[0], row[1]) for row in rows]


class Listed(NamedTuple):
    """A batch without what is sealed in it."""

    id: str
    ref: str
    state: str
    version: int
    day: date
    payments: int
    total_p: int
    payer_last: str
    hashes: dict[str, str]
    prepared_by: str
    prepared_at: datetime
    released_by: str | None
    released_at: datetime | None
    ended_at: datetime | None


_COLUMNS = [getattr(PaymentBatch, name) for name in Listed._fields]


def all_of_site(session: ScopedSession) -> list[Listed]:
    """Every batch, the newest first."""
    rows = session.execute(sa.select(*_COLUMNS).order_by(PaymentBatch.prepared_at.desc(), PaymentBatch.id))
    return [Listed._make(row) for row in rows]


def one(session: ScopedSession, batch_id: str) -> Listed:
    """A batch. Raises NotFound."""
    row = (
        session.execute(sa.select(*_COLUMNS).where(PaymentBatch.id == batch_id)).one_or_none()
        if is_id(batch_id)
        else None
    )
    if row is None:
        raise NotFound
    return Listed._make(row)


class Paid(NamedTuple):
    """One payment of a batch."""

    ref: str
    source_id: str
    title: str
    account_id: str | None
    pence: int
    state: str
    changed_at: datetime


def of_batch(session: ScopedSession, batch_id: str) -> list[Paid]:
    """The payments of a batch: those that the bank sent back first, then by reference."""
    rows = session.execute(
        sa.select(
            Payment.ref, Payment.source_id, Activity.title, Payment.account_id, Payment.pence, Payment.state, Payment.changed_at
        )
        .join(Claim, (Claim.tenant_id == Payment.tenant_id) & (Claim.id == Payment.source_id))
        .join(Preapproval, (Preapproval.tenant_id == Claim.tenant_id) & (Preapproval.id == Claim.preapproval_id))
        .join(Activity, (Activity.tenant_id == Preapproval.tenant_id) & (Activity.id == Preapproval.activity_id))
        .where(Payment.batch_id == batch_id)
        .order_by(sa.case((Payment.state == BOUNCED, 0), else_=1), Payment.ref)
    )  # fmt: skip
    return [Paid._make(row) for row in rows]


def refs_of(session: ScopedSession, batch_id: str) -> frozenset[str]:
    """The references in a batch."""
    return frozenset(session.scalars(sa.select(Payment.ref).where(Payment.batch_id == batch_id)))


def refs_of_claims(session: ScopedSession, claim_ids: list[str]) -> dict[str, str]:
    """The reference of each claim's payment that stands on the person's bank statement: a claim has the same one each time."""
    rows = session.execute(sa.select(Payment.source_id, Payment.ref).where(Payment.source_id.in_(claim_ids)))
    return {row[0]: row[1] for row in rows}
