"""Reading what is to be paid, and batches of payments."""

from collections import Counter
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import NotFound, ScopedSession, is_id
from plugins.expense_approvals.models import Activity, Adjustment, Claim, Payment, PaymentBatch, Preapproval
from plugins.expense_approvals.payment_states import BOUNCED, LIVE
from plugins.expense_approvals.queries.counted import by_site
from plugins.expense_approvals.states import ADJUSTMENT, CLAIM

PAYABLE = CLAIM.sources("batch")
"""States in which a claim waits for a batch."""
ADJUSTMENT_PAYABLE = ADJUSTMENT.sources("batch")
"""The same of an adjustment."""


class Due(NamedTuple):
    """A claim, or an adjustment of one, that is approved and waits to be paid. `since` is the instant of its last step, `claim_id`
    the claim: the same as `id` where it is the claim itself that is paid."""

    id: str
    claim_id: str
    title: str
    account_id: str | None
    submitted_by: str | None
    state: str
    pence: int
    since: datetime


_PERSON = (Claim.account_id, Claim.submitted_by)


def _grounded(query: Any) -> Any:
    """The statement about claims, with the activities that they stand on."""
    return query.join(
        Preapproval, (Preapproval.tenant_id == Claim.tenant_id) & (Preapproval.id == Claim.preapproval_id)
    ).join(Activity, (Activity.tenant_id == Preapproval.tenant_id) & (Activity.id == Preapproval.activity_id))


_CLAIMS_DUE = _grounded(
    sa.select(Claim.id, Claim.id, Activity.title, *_PERSON, Claim.state, Claim.approved_p, Claim.changed_at)
).where(Claim.state.in_(PAYABLE), Claim.approved_p > 0)
_ADJUSTED_DUE = _grounded(
    sa.select(
        Adjustment.id, Claim.id, Activity.title, *_PERSON, Adjustment.state, Adjustment.pence, Adjustment.changed_at
    ).join(Claim, (Claim.tenant_id == Adjustment.tenant_id) & (Claim.id == Adjustment.claim_id))
).where(Adjustment.state.in_(ADJUSTMENT_PAYABLE))


def due(session: ScopedSession) -> list[Due]:
    """What waits to be paid, the longest first: claims, and adjustments of claims. Two statements."""
    found = [Due(*row) for query in (_CLAIMS_DUE, _ADJUSTED_DUE) for row in session.execute(query)]
    return sorted(found, key=lambda one: (one.since, one.id))


class ToPay(NamedTuple):
    """Something whose payment changed, as a letter needs it. `adjustment` says that it is one, not the claim itself."""

    source_id: str
    claim_id: str
    account_id: str | None
    pence: int
    title: str
    adjustment: bool


_CLAIMS_PAID = _grounded(
    sa.select(Claim.id, Claim.id, Claim.account_id, Claim.approved_p, Activity.title, sa.literal(False))
).where(Claim.id.in_(sa.bindparam("wanted", expanding=True)))
_ADJUSTED_PAID = _grounded(
    sa.select(Adjustment.id, Claim.id, Claim.account_id, Adjustment.pence, Activity.title, sa.literal(True)).join(
        Claim, (Claim.tenant_id == Adjustment.tenant_id) & (Claim.id == Adjustment.claim_id)
    )
).where(Adjustment.id.in_(sa.bindparam("wanted", expanding=True)))


def paid_things(session: ScopedSession, source_ids: list[str]) -> list[ToPay]:
    """The claims and adjustments with these ids. Two statements."""
    wanted = {"wanted": source_ids}
    found = [ToPay(*row) for query in (_CLAIMS_PAID, _ADJUSTED_PAID) for row in session.execute(query, wanted)]
    return sorted(found, key=lambda one: one.source_id)


def waiting(session: ScopedSession) -> Counter[int]:
    """How many claims and adjustments wait to be paid, by the site's id."""
    claims = by_site(session, Claim, Claim.state.in_(PAYABLE))
    return claims + by_site(session, Adjustment, Adjustment.state.in_(ADJUSTMENT_PAYABLE))


_SENT_BACK = (
    sa.select(Payment.source_id, sa.func.max(Payment.changed_at))
    .join(Claim, (Claim.tenant_id == Payment.tenant_id) & (Claim.id == Payment.source_id), isouter=True)
    .join(Adjustment, (Adjustment.tenant_id == Payment.tenant_id) & (Adjustment.id == Payment.source_id), isouter=True)
    .where(Payment.state == BOUNCED, sa.or_(Claim.state.in_(PAYABLE), Adjustment.state.in_(ADJUSTMENT_PAYABLE)))
    .group_by(Payment.source_id)
)


def sent_back(session: ScopedSession) -> dict[str, datetime]:
    """When the bank last sent a payment back, by the claim or adjustment, for those that wait to be paid again."""
    return {row[0]: row[1] for row in session.execute(_SENT_BACK)}


_BOUNCED_OF = (
    sa.select(Payment.source_id)
    .where(Payment.account_id == sa.bindparam("account_id"), Payment.state == BOUNCED)
    .distinct()
)


def bounced_of(session: ScopedSession, account_id: str) -> list[str]:
    """The claims and adjustments (ids) of somebody of which the bank ever sent a payment back, each once."""
    return list(session.scalars(_BOUNCED_OF, {"account_id": account_id}))


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
_ONE = sa.select(*_COLUMNS).where(PaymentBatch.id == sa.bindparam("wanted"))


def all_of_site(session: ScopedSession) -> list[Listed]:
    """Every batch, the newest first."""
    rows = session.execute(sa.select(*_COLUMNS).order_by(PaymentBatch.prepared_at.desc(), PaymentBatch.id))
    return [Listed._make(row) for row in rows]


def one(session: ScopedSession, batch_id: str) -> Listed:
    """A batch. Raises NotFound."""
    row = session.execute(_ONE, {"wanted": batch_id}).one_or_none() if is_id(batch_id) else None
    if row is None:
        raise NotFound
    return Listed._make(row)


class Paid(NamedTuple):
    """One payment of a batch."""

    ref: str
    source_id: str
    claim_id: str
    title: str
    account_id: str | None
    pence: int
    state: str
    changed_at: datetime


def of_batch(session: ScopedSession, batch_id: str) -> list[Paid]:
    """The payments of a batch: those that the bank sent back first, then by reference."""
    rows = session.execute(
        sa.select(
            Payment.ref, Payment.source_id, Claim.id, Activity.title, Payment.account_id, Payment.pence, Payment.state,
            Payment.changed_at,
        )
        .join(Adjustment, (Adjustment.tenant_id == Payment.tenant_id) & (Adjustment.id == Payment.source_id), isouter=True)
        .join(Claim, (Claim.tenant_id == Payment.tenant_id) & (Claim.id == sa.func.coalesce(Adjustment.claim_id, Payment.source_id)))
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
    """The reference of each payment that stands on the person's bank statement, by claim or adjustment: each has the same one every
    time."""
    rows = session.execute(sa.select(Payment.source_id, Payment.ref).where(Payment.source_id.in_(claim_ids)))
    return {row[0]: row[1] for row in rows}
