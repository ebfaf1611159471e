"""What the plugin holds about one person at one site, and erasing it. Money that moved keeps its entries, without the person."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.sdk import N_, ScopedSession
from plugins.expense_approvals import personal_claims
from plugins.expense_approvals.models import (
    BankDetails,
    Declaration,
    Delegation,
    Payment,
    Preapproval,
    PreapprovalLine,
    Step,
)


def person_data(session: ScopedSession, account_id: str, *, together: bool = True) -> Iterator[tuple[str, Any]]:
    """Everything held about one person at the session's site, as (heading, JSON value) pairs; with `together` also what is held
    for every site together."""
    if together:
        yield from personal_claims.year_miles(session, account_id)
    yield from _paid(session, account_id)
    yield from _away(session, account_id)
    declared = session.execute(
        sa.select(Declaration.activity_id, Declaration.statement, Declaration.declared_at, Declaration.withdrawn_at)
        .where(Declaration.account_id == account_id)
        .order_by(Declaration.declared_at)
    ).all()
    if declared:
        yield (
            N_("Declarations about paid employment"),
            [
                {**row._mapping, "declared_at": row.declared_at.isoformat(), "withdrawn_at": _iso(row.withdrawn_at)}
                for row in declared
            ],
        )
    asked = session.execute(
        sa.select(
            Preapproval.id, Preapproval.activity_id, Preapproval.state, Preapproval.asked_p, Preapproval.approved_p, Preapproval.asked_at
        )
        .where(sa.or_(Preapproval.account_id == account_id, Preapproval.submitted_by == account_id))
        .order_by(Preapproval.asked_at)
    ).all()  # fmt: skip
    yield from personal_claims.person_data(session, account_id)
    if not asked:
        return
    costs = session.execute(
        sa.select(
            PreapprovalLine.preapproval_id, PreapprovalLine.category, PreapprovalLine.incurred_on, PreapprovalLine.asked_p,
            PreapprovalLine.approved_p, PreapprovalLine.reason,
        )
        .where(PreapprovalLine.preapproval_id.in_([row.id for row in asked]))
        .order_by(PreapprovalLine.preapproval_id, PreapprovalLine.position)
    ).all()  # fmt: skip
    said = session.execute(
        sa.select(Step.preapproval_id, Step.event, Step.words, Step.at)
        .where(Step.preapproval_id.in_([row.id for row in asked]))
        .order_by(Step.preapproval_id, Step.version)
    ).all()
    yield (N_("Costs asked for beforehand"), [{**row._mapping, "asked_at": row.asked_at.isoformat()} for row in asked])
    yield (N_("What they are for"), [{**row._mapping, "incurred_on": row.incurred_on.isoformat()} for row in costs])
    yield (N_("What was said about them"), [{**row._mapping, "at": row.at.isoformat()} for row in said])


def _paid(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """Where the person is paid (its last figures: the rest is sealed) and what was paid."""
    given = session.execute(
        sa.select(BankDetails.last, BankDetails.set_at, BankDetails.replaced_at)
        .where(BankDetails.account_id == account_id)
        .order_by(BankDetails.set_at)
    ).all()
    if given:
        yield (
            N_("Bank accounts, by their last figures"),
            [
                {"last": row.last, "set_at": row.set_at.isoformat(), "replaced_at": _iso(row.replaced_at)}
                for row in given
            ],
        )
    paid = session.execute(
        sa.select(Payment.ref, Payment.pence, Payment.state, Payment.changed_at)
        .where(Payment.account_id == account_id)
        .order_by(Payment.changed_at)
    ).all()
    if paid:
        yield N_("Payments"), [{**row._mapping, "changed_at": row.changed_at.isoformat()} for row in paid]


def _away(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """When the person stood in for somebody, or somebody for them. The other one is not named."""
    rows = session.execute(
        sa.select(Delegation.delegator_id, Delegation.starts_on, Delegation.ends_on, Delegation.ended_at)
        .where(_theirs(account_id))
        .order_by(Delegation.starts_on, Delegation.id)
    ).all()
    if rows:
        yield (
            N_("Absences of approvers"),
            [
                {
                    "part": "away" if row.delegator_id == account_id else "standing in",
                    "starts_on": row.starts_on.isoformat(), "ends_on": row.ends_on.isoformat(), "ended_at": _iso(row.ended_at),
                }
                for row in rows
            ],
        )  # fmt: skip


def _theirs(account_id: str) -> sa.ColumnElement[bool]:
    return sa.or_(Delegation.delegator_id == account_id, Delegation.delegate_id == account_id)


def _iso(at: Any) -> str | None:
    return at.isoformat() if at is not None else None


def erase_person(session: ScopedSession, account_id: str, dry_run: bool) -> Iterator[str]:
    """Take the person out, in the caller's transaction, or only say what would go: declarations are deleted, words too, and
    what was asked for stays as figures of nobody."""
    mine = sa.or_(Preapproval.account_id == account_id, Preapproval.submitted_by == account_id)
    declared = session.scalar(sa.select(sa.func.count(Declaration.id)).where(Declaration.account_id == account_id)) or 0
    asked = list(session.scalars(sa.select(Preapproval.id).where(mine)))
    taken = session.scalar(sa.select(sa.func.count(Step.id)).where(Step.account_id == account_id)) or 0
    accounts = session.scalar(sa.select(sa.func.count(BankDetails.id)).where(BankDetails.account_id == account_id)) or 0
    paid = session.scalar(sa.select(sa.func.count(Payment.id)).where(Payment.account_id == account_id)) or 0
    away = session.scalar(sa.select(sa.func.count(Delegation.id)).where(_theirs(account_id))) or 0
    counts = (
        (declared, "declarations deleted"),
        (away, "absences deleted"),
        (len(asked), "pre-approvals without the person"),
        (taken, "steps without the person"),
        (accounts, "bank accounts deleted"),
        (paid, "payments without the person"),
    )
    yield from (f"expense_approvals: {count} {what}" for count, what in counts if count)
    yield from personal_claims.erase_person(session, account_id, dry_run)
    if dry_run:
        return
    session.execute(sa.delete(BankDetails).where(BankDetails.account_id == account_id))
    session.execute(sa.update(Payment).where(Payment.account_id == account_id).values(account_id=None))
    session.execute(sa.delete(Delegation).where(_theirs(account_id)))
    session.execute(sa.update(PreapprovalLine).where(PreapprovalLine.preapproval_id.in_(asked)).values(reason=""))
    session.execute(sa.update(Step).where(Step.preapproval_id.in_(asked)).values(words=""))
    session.execute(sa.update(Step).where(Step.account_id == account_id).values(account_id=None))
    for column in (Preapproval.account_id, Preapproval.submitted_by):
        session.execute(sa.update(Preapproval).where(column == account_id).values({column: None}))
    # after what stands on it, as whoever decides locks the two
    session.execute(sa.delete(Declaration).where(Declaration.account_id == account_id))
