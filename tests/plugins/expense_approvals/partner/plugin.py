"""What one partner's board decided: lunches up to £6, no drives over 200 miles, larger sums are the central team's.

It answers the three hooks of expenses with limits and findings. It approves nothing, and could not.
"""

from collections.abc import Iterable

from core.sdk import (
    N_,
    Actor,
    ExpenseClaim,
    ExpenseLimit,
    Finding,
    Role,
    TenantRef,
    Verdict,
    hookimpl,
)

LUNCH = 600
FAR = 200_000
"""Thousandths of a mile."""
LARGE = 50_00
LONG_DRIVE = N_("Take the train for more than 200 miles.")
LOOK = N_("Our finance officer looks at more than £50.")
ORGANISER = N_("Whoever organises events does not decide about their costs.")


@hookimpl
def q_expense_limits(claim: ExpenseClaim) -> Iterable[ExpenseLimit]:
    """Lunches up to £6."""
    return [ExpenseLimit(line.key, LUNCH, "lunch") for line in claim.lines if line.category == "lunch"]


@hookimpl
def q_expense_check(tenant: TenantRef, claim: ExpenseClaim) -> Iterable[Finding]:
    """No long drives; more than £50 is looked at."""
    if any(line.miles > FAR for line in claim.lines):
        yield Finding(Verdict.DENY, LONG_DRIVE, "long_drive", tenant.slug)
    if sum(line.allowed for line in claim.lines) > LARGE:
        yield Finding(Verdict.REFER, LOOK, "large", tenant.slug)


@hookimpl
def q_expense_approver_rules(claim: ExpenseClaim, actor: Actor) -> Iterable[Finding]:
    """Organisers do not decide; larger sums are the central team's."""
    if Role.EVENTS_ORGANISER in actor.roles:
        yield Finding(Verdict.DENY, ORGANISER, "organiser")
    if sum(line.allowed for line in claim.lines) > LARGE:
        yield Finding(Verdict.REFER, LOOK, "large")
