"""What claims hold about one person at one site, and erasing it.

Money that was granted keeps its entries, costs and proofs, as the law on accounts asks for (six years after the financial year),
without the person: no account, no words, no places, no names of files. Everything of a claim that was not granted goes.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.sdk import N_, ScopedSession, clock
from plugins.expense_approvals.models import Adjustment, Claim, ClaimLine, ClaimStep, Receipt, YearMiles
from plugins.expense_approvals.states import FIRST_APPROVED, GRANTED


def year_miles(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """The miles that a person claimed in each tax year, at every site together."""
    driven = session.execute(
        sa.select(YearMiles.vehicle, YearMiles.year, YearMiles.miles)
        .where(YearMiles.account_id == account_id, YearMiles.miles > 0)
        .order_by(YearMiles.year, YearMiles.vehicle)
    ).all()
    if driven:
        yield (
            N_("Miles claimed in a tax year, at every site together"),
            [{"vehicle": row.vehicle, "tax_year": row.year, "miles": row.miles / 1000} for row in driven],
        )


def person_data(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """Everything that claims hold about one person at the session's site, as (heading, JSON value) pairs. What a first of two
    approvers put beside a cost is nobody's word yet, and stands here no more than on the claim's page."""
    mine = sa.or_(Claim.account_id == account_id, Claim.submitted_by == account_id)
    claimed = session.execute(
        sa.select(Claim.id, Claim.state, Claim.claimed_p, Claim.approved_p, Claim.begun_at, Claim.sent_at)
        .where(mine)
        .order_by(Claim.begun_at)
    ).all()
    if not claimed:
        return
    ids = [row.id for row in claimed]
    undecided = ClaimLine.claim_id.in_([row.id for row in claimed if row.state == FIRST_APPROVED])
    costs = session.execute(
        sa.select(
            ClaimLine.claim_id, ClaimLine.category, ClaimLine.incurred_on, ClaimLine.from_postcode, ClaimLine.to_postcode,
            ClaimLine.miles, ClaimLine.claimed_p, sa.case((undecided, sa.null()), else_=ClaimLine.approved_p).label("approved_p"),
            ClaimLine.reason, sa.case((undecided, ""), else_=ClaimLine.why).label("why"),
        )
        .where(ClaimLine.claim_id.in_(ids))
        .order_by(ClaimLine.claim_id, ClaimLine.position)
    ).all()  # fmt: skip
    proofs = session.execute(
        sa.select(Receipt.claim_id, Receipt.kind, Receipt.name, Receipt.size, Receipt.at)
        .where(Receipt.claim_id.in_(ids))
        .order_by(Receipt.at)
    ).all()
    said = session.execute(
        sa.select(ClaimStep.claim_id, ClaimStep.event, ClaimStep.words, ClaimStep.at)
        .where(ClaimStep.claim_id.in_(ids))
        .order_by(ClaimStep.claim_id, ClaimStep.version)
    ).all()
    adjusted = session.execute(
        sa.select(
            Adjustment.claim_id, Adjustment.state, Adjustment.pence, Adjustment.policy_version, Adjustment.words, Adjustment.made_at
        )
        .where(Adjustment.claim_id.in_(ids))
        .order_by(Adjustment.made_at)
    ).all()  # fmt: skip
    yield (N_("Claims"), _plain(claimed))
    if adjusted:
        yield (N_("Adjustments of claims"), _plain(adjusted))
    yield (N_("Costs claimed"), _plain(costs))
    yield (N_("Proofs of them"), _plain(proofs))
    yield (N_("What was said about the claims"), _plain(said))


def _plain(rows: Any) -> list[dict[str, Any]]:
    return [
        {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in row._mapping.items()}
        for row in rows
    ]


def erase_person(session: ScopedSession, account_id: str, dry_run: bool) -> Iterator[str]:
    """Take the person out, in the caller's transaction, or only say what would go. Contents of proofs that go are deleted by the
    nightly job, which finds them without a row."""
    mine = session.execute(
        sa.select(Claim.id, Claim.state).where(sa.or_(Claim.account_id == account_id, Claim.submitted_by == account_id))
    ).all()
    ids = [row.id for row in mine]
    loose = [row.id for row in mine if row.state not in GRANTED]
    taken = session.scalar(sa.select(sa.func.count(ClaimStep.id)).where(ClaimStep.account_id == account_id)) or 0
    files = session.scalar(sa.select(sa.func.count(Receipt.id)).where(Receipt.claim_id.in_(loose))) or 0
    driven = session.scalar(sa.select(sa.func.count(YearMiles.id)).where(YearMiles.account_id == account_id)) or 0
    counts = (
        (driven, "counts of a year’s miles deleted"),
        (len(ids), "claims without the person"),
        (files, "proofs deleted"),
        (taken, "steps of claims without the person"),
    )
    yield from (f"expense_approvals: {count} {what}" for count, what in counts if count)
    if dry_run:
        return
    kept = [one for one in ids if one not in loose]
    changes: list[sa.Update | sa.Delete] = [
        sa.delete(Receipt).where(sa.or_(Receipt.claim_id.in_(loose), Receipt.claim_id.in_(kept) & Receipt.removed_at.is_not(None))),
        sa.update(Receipt).where(Receipt.claim_id.in_(kept)).values(name="proof"),
        sa.update(ClaimLine).where(ClaimLine.claim_id.in_(ids)).values(reason="", why="", from_postcode="", to_postcode=""),
        sa.update(ClaimStep).where(ClaimStep.claim_id.in_(ids)).values(words=""),
        sa.update(Adjustment).where(Adjustment.claim_id.in_(ids)).values(words=""),
        sa.update(ClaimStep).where(ClaimStep.account_id == account_id).values(account_id=None),
        sa.update(Claim).where(Claim.account_id == account_id).values(account_id=None, version=Claim.version + 1, changed_at=clock.now()),
        sa.delete(YearMiles).where(YearMiles.account_id == account_id),
        *(sa.update(Claim).where(column == account_id).values({column: None}) for column in (Claim.submitted_by, Claim.first_by, Claim.decided_by)),
    ]  # fmt: skip
    for change in changes:
        session.execute(change)
