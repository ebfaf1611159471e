"""What goes when the law asks for it no longer: six years after the end of a financial year figures stay, and people go.

Money and days stay for good, as sums of nobody. Words, places, proofs and whoever it was go. What still has to be paid stays
whole, however old it is.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import SYSTEM, ScopedSession, clock, record_audit, transaction
from plugins.expense_approvals.models import (
    Activity,
    Adjustment,
    Claim,
    ClaimLine,
    ClaimStep,
    Declaration,
    Escalation,
    Payment,
    Preapproval,
    PreapprovalLine,
    Receipt,
    Step,
    YearMiles,
)
from plugins.expense_approvals.payment_states import WAITING as UNPAID
from plugins.expense_approvals.service.fingerprints import Mark, forget
from plugins.expense_approvals.states import AGREED, DECLINED, DRAFT, OVER, PAID, WAITING
from plugins.expense_approvals.years import kept_since

ENDED = (*OVER, PAID, DRAFT)
"""States of a claim that nothing has to follow."""
MOST = 500
"""Claims, and pre-approvals, of one run: the next one takes the next ones."""


class Retired(NamedTuple):
    """How much went of one site in one run."""

    claims: int
    proofs: int
    preapprovals: int
    declarations: int


def retire(session: ScopedSession, mark: Mark) -> Retired:
    """Take people out of what the session's site need not keep any more, in one transaction; again is the same. Contents of
    proofs are deleted by the nightly job, which finds them without a row."""
    day = kept_since(clock.today())
    before = clock.from_london(datetime.combine(day, time()))
    with transaction(session):
        claims = _claims(session, before)
        proofs = _strip_claims(session, claims, mark)
        asked = _asked(session, before)
        _strip_asked(session, asked)
        declared = session.execute(_old_declarations(day).returning(Declaration.id)).all()
        session.execute(
            sa.update(Payment)
            .where(Payment.changed_at < before, Payment.state != UNPAID, Payment.account_id.is_not(None))
            .values(account_id=None)
        )
        session.execute(sa.delete(YearMiles).where(YearMiles.year < day.year - 1))
        session.execute(sa.delete(Escalation).where(Escalation.told_at < before))
        found = Retired(len(claims), proofs, len(asked), len(declared))
        if any(found):
            record_audit(
                session, actor=SYSTEM, action="expense_approvals.retire", subject=f"before:{day.isoformat()}", after=found._asdict()
            )  # fmt: skip
    return found


def _old_declarations(day: date) -> sa.Delete:
    """Declarations about activities that ended before, but for those that something of the person still stands on."""
    stands = sa.select(Preapproval.id).where(
        Preapproval.tenant_id == Declaration.tenant_id, Preapproval.activity_id == Declaration.activity_id,
        Preapproval.account_id == Declaration.account_id,
    )  # fmt: skip
    over = sa.select(Activity.id).where(Activity.ends_on < day)
    return sa.delete(Declaration).where(Declaration.activity_id.in_(over), ~stands.correlate(Declaration).exists())


def _claims(session: ScopedSession, before: datetime) -> list[str]:
    """Claims that ended before and still know somebody, be it an approver, or have proofs; not those with an adjustment that still has
    to be decided or paid, or that was paid since."""
    kept = sa.select(Adjustment.id).where(
        Adjustment.tenant_id == Claim.tenant_id, Adjustment.claim_id == Claim.id,
        sa.or_(Adjustment.state.not_in((PAID, DECLINED)), Adjustment.changed_at >= before),
    )  # fmt: skip
    proved = sa.select(Receipt.id).where(Receipt.tenant_id == Claim.tenant_id, Receipt.claim_id == Claim.id)
    taken = sa.select(ClaimStep.id).where(
        ClaimStep.tenant_id == Claim.tenant_id, ClaimStep.claim_id == Claim.id, ClaimStep.account_id.is_not(None)
    )
    people = (Claim.account_id, Claim.submitted_by, Claim.first_by, Claim.decided_by)
    known = sa.or_(
        *(one.is_not(None) for one in people), proved.correlate(Claim).exists(), taken.correlate(Claim).exists()
    )
    return list(
        session.scalars(
            sa.select(Claim.id)
            .where(Claim.state.in_(ENDED), Claim.changed_at < before, known, ~kept.correlate(Claim).exists())
            .order_by(Claim.id)
            .limit(MOST)
        )
    )


def _strip_claims(session: ScopedSession, ids: Sequence[str], mark: Mark) -> int:
    """Take people, words, places and proofs out of claims; how many proofs."""
    if not ids:
        return 0
    gone = session.execute(
        sa.delete(Receipt).where(Receipt.claim_id.in_(ids)).returning(Receipt.claim_id, Receipt.sha256)
    ).all()
    for claim_id in {row.claim_id for row in gone}:
        forget(session, claim_id, mark, {row.sha256 for row in gone if row.claim_id == claim_id})
    for change in (
        sa.update(ClaimLine)
        .where(ClaimLine.claim_id.in_(ids))
        .values(reason="", why="", from_postcode="", to_postcode=""),
        sa.update(ClaimStep).where(ClaimStep.claim_id.in_(ids)).values(words="", account_id=None),
        sa.update(Adjustment).where(Adjustment.claim_id.in_(ids)).values(words=""),
        sa.update(Claim)
        .where(Claim.id.in_(ids))
        .values(account_id=None, submitted_by=None, first_by=None, decided_by=None),
    ):
        session.execute(change)
    return len(gone)


def _asked(session: ScopedSession, before: datetime) -> list[str]:
    """Pre-approvals that ended before and still know somebody, but for those with a claim that still knows somebody too."""
    claimed = sa.select(Claim.id).where(
        Claim.tenant_id == Preapproval.tenant_id,
        sa.or_(Claim.preapproval_id == Preapproval.id, Claim.preapproval_id == Preapproval.supplements_id),
        sa.or_(Claim.account_id.is_not(None), Claim.submitted_by.is_not(None)),
    )
    taken = sa.select(Step.id).where(
        Step.tenant_id == Preapproval.tenant_id, Step.preapproval_id == Preapproval.id, Step.account_id.is_not(None)
    )
    people = (Preapproval.account_id, Preapproval.submitted_by)
    known = sa.or_(*(one.is_not(None) for one in people), taken.correlate(Preapproval).exists())
    return list(
        session.scalars(
            sa.select(Preapproval.id)
            .where(
                Preapproval.state.not_in((*WAITING, *AGREED)), Preapproval.changed_at < before, known,
                ~claimed.correlate(Preapproval).exists(),
            )
            .order_by(Preapproval.id)
            .limit(MOST)
        )
    )  # fmt: skip


def _strip_asked(session: ScopedSession, ids: Sequence[str]) -> None:
    """Take people and words out of pre-approvals."""
    if not ids:
        return
    for change in (
        sa.update(PreapprovalLine).where(PreapprovalLine.preapproval_id.in_(ids)).values(reason=""),
        sa.update(Step).where(Step.preapproval_id.in_(ids)).values(words="", account_id=None),
        sa.update(Preapproval).where(Preapproval.id.in_(ids)).values(account_id=None, submitted_by=None),
    ):
        session.execute(change)
