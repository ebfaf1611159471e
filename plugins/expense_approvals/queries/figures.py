"""Figures of a financial year, of one site or (in a session over all sites) of everybody: a fixed number of statements."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession, caseless, clock
from plugins.expense_approvals.figures import PACE_DAYS, Cost, Movements, Timed
from plugins.expense_approvals.models import (
    Activity,
    Adjustment,
    AdjustmentLine,
    Budget,
    BudgetEntry,
    Claim,
    ClaimLine,
    ClaimStep,
    Preapproval,
    PreapprovalLine,
)
from plugins.expense_approvals.queries.counted import by_site
from plugins.expense_approvals.states import ADJUSTED, GRANTED, PAID
from plugins.expense_approvals.years import bounds, year_of

DECIDED = ("approve", "part_approve")


def instants(year: int) -> tuple[datetime, datetime]:
    """The first instant of a financial year, and the first one after it."""
    first, last = bounds(year)
    return _begins(first), _begins(last + timedelta(days=1))


def _begins(day: date) -> datetime:
    return clock.from_london(datetime.combine(day, time()))


class Funds(NamedTuple):
    """One budget of one site with its movements."""

    tenant_id: int
    id: str
    name: str
    moved: Movements


def funds(session: ScopedSession) -> list[Funds]:
    """Every budget as it stands, by name: one statement."""
    since = clock.now() - timedelta(days=PACE_DAYS)
    entry, zero = BudgetEntry, sa.literal(0)
    ended = sa.func.coalesce(
        sa.func.sum(sa.case((entry.move.in_(("release", "spend")), -entry.committed_p), else_=zero)), 0
    )
    recent = sa.func.coalesce(
        sa.func.sum(sa.case(((entry.move == "commit") & (entry.at >= since), entry.committed_p), else_=zero)), 0
    )
    rows = session.execute(
        sa.select(
            Budget.tenant_id, Budget.id, Budget.name, Budget.limit_p, Budget.committed_p, Budget.actual_p, ended, recent
        )
        .join(entry, (entry.tenant_id == Budget.tenant_id) & (entry.budget_id == Budget.id), isouter=True)
        .group_by(Budget.tenant_id, Budget.id, Budget.name, Budget.limit_p, Budget.committed_p, Budget.actual_p)
        .order_by(caseless(Budget.name), Budget.tenant_id, Budget.id)
    )
    return [Funds(tenant, key, name, Movements(*(int(one) for one in sums))) for tenant, key, name, *sums in rows]


def full(session: ScopedSession, percent: int) -> Counter[int]:
    """How many budgets have that many per cent of their limit committed and spent, by the site's id."""
    return by_site(session, Budget, (Budget.committed_p + Budget.actual_p) * 100 >= Budget.limit_p * percent)


def _decided() -> Any:
    """When each claim was decided, when it was paid the last time, and when the first of two approved it, by claim."""
    at = sa.func.max(sa.case((ClaimStep.event.in_(DECIDED), ClaimStep.at)))
    paid = sa.func.max(sa.case((ClaimStep.event == "pay", ClaimStep.at)))
    first, checked = (
        sa.func.max(sa.case((ClaimStep.event == event, ClaimStep.at))) for event in ("first_approve", "check")
    )
    of_the_last = sa.case((first >= checked, first))  # a question begins the stages anew
    return (
        sa.select(
            ClaimStep.tenant_id, ClaimStep.claim_id, at.label("decided"), paid.label("paid"), of_the_last.label("first")
        )
        .where(ClaimStep.event.in_((*DECIDED, "pay", "first_approve", "check")))
        .group_by(ClaimStep.tenant_id, ClaimStep.claim_id)
        .subquery()
    )


def _paid(when: Any) -> Any:
    """When a claim was paid; null for one whose money the bank sent back afterwards. For a statement about `Claim` and `_decided`."""
    return sa.case((Claim.state == PAID, when.c.paid))


def _granted(year: int, *columns: Any) -> Any:
    """Claims that were granted in a year, with `columns`, and the columns of `_decided` as (statement, when)."""
    when, (first, after) = _decided(), instants(year)
    query = (
        sa.select(*columns, when.c.decided, _paid(when), when.c.first)
        .join(when, (when.c.tenant_id == Claim.tenant_id) & (when.c.claim_id == Claim.id))
        .where(Claim.state.in_(GRANTED), when.c.decided >= first, when.c.decided < after)
    )
    return query, when


def timed(session: ScopedSession, year: int) -> list[Timed]:
    """The instants of every claim that was granted in a year."""
    query, _ = _granted(year, Claim.sent_at)
    return [
        Timed(sent, decided, paid if paid is None or paid >= sent else None, first)
        for sent, decided, paid, first in session.execute(query)
    ]


class Kind(NamedTuple):
    """What was granted of one kind of cost at one site: how many costs, and pence claimed, allowed and approved."""

    tenant_id: int
    category: str
    costs: int
    claimed: int
    allowed: int
    approved: int


def kinds(session: ScopedSession, year: int) -> list[Kind]:
    """Granted costs of a year by site and kind, with what adjustments of that year add: two statements."""
    when, (first, after) = _decided(), instants(year)
    rows = session.execute(
        sa.select(
            ClaimLine.tenant_id, ClaimLine.category, sa.func.count(ClaimLine.id), sa.func.sum(ClaimLine.claimed_p),
            sa.func.sum(ClaimLine.allowed_p), sa.func.sum(sa.func.coalesce(ClaimLine.approved_p, 0)),
        )
        .join(Claim, (Claim.tenant_id == ClaimLine.tenant_id) & (Claim.id == ClaimLine.claim_id))
        .join(when, (when.c.tenant_id == Claim.tenant_id) & (when.c.claim_id == Claim.id))
        .where(Claim.state.in_(GRANTED), when.c.decided >= first, when.c.decided < after)
        .group_by(ClaimLine.tenant_id, ClaimLine.category)
        .order_by(ClaimLine.category, ClaimLine.tenant_id)
    )  # fmt: skip
    found = {
        (tenant, category): Kind(tenant, category, *(int(one) for one in sums)) for tenant, category, *sums in rows
    }
    added = session.execute(
        _adjusted(ClaimLine.tenant_id, ClaimLine.category, sa.func.sum(AdjustmentLine.pence))
        .where(Adjustment.decided_at >= first, Adjustment.decided_at < after)
        .group_by(ClaimLine.tenant_id, ClaimLine.category)
    )
    for tenant, category, pence in added:
        one = found.get((tenant, category), Kind(tenant, category, 0, 0, 0, 0))
        found[tenant, category] = one._replace(allowed=one.allowed + int(pence), approved=one.approved + int(pence))
    return sorted(found.values(), key=lambda one: (one.category, one.tenant_id))


def _adjusted(*columns: Any) -> Any:
    """What approved adjustments add to costs."""
    return (
        sa.select(*columns)
        .select_from(AdjustmentLine)
        .join(Adjustment, (Adjustment.tenant_id == AdjustmentLine.tenant_id) & (Adjustment.id == AdjustmentLine.adjustment_id))
        .join(ClaimLine, (ClaimLine.tenant_id == AdjustmentLine.tenant_id) & (ClaimLine.id == AdjustmentLine.line_id))
        .where(Adjustment.state.in_(ADJUSTED))
    )  # fmt: skip


def judged(session: ScopedSession, year: int) -> Iterator[Cost]:
    """Every cost that was asked for beforehand or claimed in a year, as the policy judged it: two statements."""
    first, after = instants(year)
    asked = session.execute(
        sa.select(Preapproval.account_id, PreapprovalLine.asked_p, PreapprovalLine.allowed_p, PreapprovalLine.found)
        .join(Preapproval, (Preapproval.tenant_id == PreapprovalLine.tenant_id) & (Preapproval.id == PreapprovalLine.preapproval_id))
        .where(Preapproval.asked_at >= first, Preapproval.asked_at < after, Preapproval.supplements_id.is_(None))
    )  # fmt: skip
    sent = session.execute(
        sa.select(Claim.account_id, ClaimLine.claimed_p, ClaimLine.allowed_p, ClaimLine.found)
        .join(Claim, (Claim.tenant_id == ClaimLine.tenant_id) & (Claim.id == ClaimLine.claim_id))
        .where(Claim.sent_at >= first, Claim.sent_at < after)
    )
    for rows in (asked, sent):
        for account_id, claimed, allowed, found in rows:
            yield Cost(account_id, claimed, allowed, found.get("found", ()))


def first_year(session: ScopedSession) -> int:
    """The financial year of the first pre-approval; this year where there is none."""
    asked = session.scalar(sa.select(sa.func.min(Preapproval.asked_at)))
    return year_of(clock.london(asked).date() if asked else clock.today())


class Entry(NamedTuple):
    """One granted cost for the accounts, or what an adjustment adds to one."""

    tenant_id: int
    claim_id: str
    title: str
    starts_on: date
    budget: str
    category: str
    incurred_on: date
    policy_version: int | None
    claimed_p: int
    allowed_p: int
    approved_p: int
    state: str
    decided: datetime
    paid: datetime | None
    adjustment: bool


def accounts(session: ScopedSession, year: int, limit: int | None, offset: int) -> tuple[list[Entry], int]:
    """The granted costs of a year and what adjustments add to costs, in the order of their decisions, and how many there are: two
    statements."""
    when, (first, after) = _decided(), instants(year)
    spent = (BudgetEntry.move == "spend") & (BudgetEntry.tenant_id == Claim.tenant_id)
    granted = _booked(
        sa.select(
            *_ENTRY, ClaimLine.policy_version, ClaimLine.claimed_p, ClaimLine.allowed_p, sa.func.coalesce(ClaimLine.approved_p, 0),
            Claim.state, when.c.decided.label("decided"), _paid(when), sa.literal(False), ClaimLine.position.label("position"),
        )
        .select_from(ClaimLine)
        .join(Claim, (Claim.tenant_id == ClaimLine.tenant_id) & (Claim.id == ClaimLine.claim_id))
        .join(when, (when.c.tenant_id == Claim.tenant_id) & (when.c.claim_id == Claim.id)),
        spent & (BudgetEntry.source_id == Claim.preapproval_id),
    ).where(Claim.state.in_(GRANTED), when.c.decided >= first, when.c.decided < after)  # fmt: skip
    paid = sa.case((Adjustment.state == PAID, Adjustment.changed_at))
    added = _booked(
        _adjusted(
            *_ENTRY, Adjustment.policy_version, sa.literal(0), AdjustmentLine.pence, AdjustmentLine.pence, Adjustment.state,
            Adjustment.decided_at.label("decided"), paid, sa.literal(True), ClaimLine.position.label("position"),
        ).join(Claim, (Claim.tenant_id == ClaimLine.tenant_id) & (Claim.id == ClaimLine.claim_id)),
        spent & (BudgetEntry.source_id == Adjustment.id),
    ).where(Adjustment.decided_at >= first, Adjustment.decided_at < after)  # fmt: skip
    query = granted.union_all(added)
    total = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    rows = session.execute(query.order_by("decided", "claim_id", "position").limit(limit).offset(offset))
    return [Entry(*row[:-1]) for row in rows], total


_ENTRY = (
    Claim.tenant_id, Claim.id.label("claim_id"), Activity.title, Activity.starts_on, Budget.name, ClaimLine.category, ClaimLine.incurred_on,
)  # fmt: skip
"""What an entry begins with."""


def _booked(query: Any, booked: sa.ColumnElement[bool]) -> Any:
    """The statement about claims with the activity that they stand on, and with the budget of the entry that `booked` finds."""
    return (
        query.join(Preapproval, (Preapproval.tenant_id == Claim.tenant_id) & (Preapproval.id == Claim.preapproval_id))
        .join(Activity, (Activity.tenant_id == Preapproval.tenant_id) & (Activity.id == Preapproval.activity_id))
        .join(BudgetEntry, booked)
        .join(Budget, (Budget.tenant_id == BudgetEntry.tenant_id) & (Budget.id == BudgetEntry.budget_id))
    )
