"""Adjustments for the tests of expense approvals: a lunch that was granted, a policy that allows more of it, and who adjusts."""

from typing import Any

from core.kernel.permissions import Role
from core.sdk import ScopedSession, Visitor
from plugins.expense_approvals.queries import adjustments
from plugins.expense_approvals.service import adjusting
from tests.plugins.expense_approvals.claimed import agreed, check, draft, send, spent, unheard
from tests.plugins.expense_approvals.claimed import approve as approve_claim
from tests.plugins.expense_approvals.helpers import NO_LIMITS, cost, nothing, visitor

MAKER, DECIDER = visitor(Role.PARTNER_LEAD), visitor(Role.EXPENSE_APPROVER)
COST, CAP = 1_000, 800
"""What the lunch cost, and what the policy that the platform comes with allows of it: pence."""


def lunch(session: ScopedSession, budget_id: str, pence: int = COST, *, share: int = 100, colour: int = 1, who: Visitor | None = None) -> str:  # fmt: skip
    """A lunch that was granted: a share (in per cent) of what was allowed."""
    ann, planned = who or visitor(), cost(in_days=0, pence=pence, category="lunch")
    made = draft(
        session, agreed(session, budget_id, ann, planned), ann, spent(pence=pence, category="lunch"), colour=colour
    )
    send(session, made, ann)
    check(session, made)
    approve_claim(session, made, share=share)
    return made


def make(session: ScopedSession, claim_id: str, by: Visitor = MAKER) -> str:
    """Make the adjustment of what the claim's page shows now."""
    found = adjustments.difference(session, claim_id)
    return adjusting.make(session, claim_id, found.policy_version, found.pence, by)


def approve(session: ScopedSession, adjustment_id: str, by: Visitor = DECIDER, **changes: Any) -> None:
    """Approve it as its page shows it now."""
    given = {"words": "", "rules": nothing, "post": unheard, "limits": NO_LIMITS, **changes}
    version = adjustments.one(session, adjustment_id).version
    adjusting.approve(session, adjustment_id, version, visitor=by, **given)
