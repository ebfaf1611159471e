"""People, budgets, activities and pre-approvals for the tests of expense approvals."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask import Flask

from core.data.db import tenant_session
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.sdk import ScopedSession, Visitor
from core.tenancy.service import Change, configure
from plugins.expense_approvals.claims.lines import Line
from plugins.expense_approvals.limits import Limits
from plugins.expense_approvals.manifest import MANIFEST
from plugins.expense_approvals.models import Budget, BudgetEntry, Preapproval
from plugins.expense_approvals.policy import illustrative
from plugins.expense_approvals.policy.history import Known
from plugins.expense_approvals.queries import preapprovals
from plugins.expense_approvals.service import activities, asking, budgets, deciding, declaring
from plugins.expense_approvals.service.activities import Wanted
from plugins.expense_approvals.settings import Settings
from plugins.expense_approvals.states import AGREED

NO_LIMITS = Limits(0, 0, 0)
"""What most tests agree under: limits have tests of their own."""
POLICY = Known(illustrative.versions(), datetime(2026, 11, 1, tzinfo=UTC))


def visitor(*roles: Role, account_id: str = "", **changes: Any) -> Visitor:
    """Somebody signed in with `roles` at the site; always a member."""
    held = frozenset(p.name for p in MANIFEST.permissions if set(p.roles) & set(roles))
    return Visitor(
        **{
            "account_id": account_id or new_id(), "name": "Mair Jones", "email": "mair@example.org", "is_member": True,
            "roles": frozenset(roles), "permissions": held, **changes,
        }
    )  # fmt: skip


LEAD, APPROVER = visitor(Role.PARTNER_LEAD), visitor(Role.EXPENSE_APPROVER)


def nothing(*_: Any) -> list[Any]:
    """No other plugin has anything to say."""
    return []


def unheard(*_: Any) -> None:
    """No letter."""


def opened(session: ScopedSession, limit_p: int = 100_00, name: str = "") -> str:
    """A budget's id."""
    return budgets.open_budget(session, name or f"Budget {new_id()}", limit_p, LEAD, new_token())


def activity(session: ScopedSession, budget_id: str | None, *, in_days: int = 14) -> str:
    """An activity of one day, covered where a budget is named."""
    day = clock.today() + timedelta(days=in_days)
    return activities.add(session, Wanted("Measuring for improvement", day, day, budget_id), LEAD, new_token())


def cost(key: str = "a", pence: int | None = 1_000, *, in_days: int = 14, **changes: Any) -> Line:
    """A bus fare on the activity's day."""
    return Line(key, changes.pop("category", "coach"), clock.today() + timedelta(days=in_days), pence, **changes)


def asked(session: ScopedSession, activity_id: str, who: Visitor, *lines: Line, **changes: Any) -> str:
    """A pre-approval that somebody asked for, with the declaration that goes before it."""
    declaring.declare(session, activity_id, who)
    given: dict[str, Any] = {"policy_on": POLICY, "partners": nothing, "days_kept": 90, **changes}
    return asking.ask(session, activity_id, list(lines) or [cost()], {}, who, new_token(), **given)


def agree(
    session: ScopedSession, preapproval_id: str, by: Visitor = APPROVER, share: int = 100, **changes: Any
) -> None:
    """Agree to a share (in per cent) of what the policy allows."""
    amounts = {line.id: line.allowed_p * share // 100 for line in preapprovals.lines(session, preapproval_id)}
    version = preapprovals.one(session, preapproval_id, by).version
    given: dict[str, Any] = {
        "words": "That is the cheaper train.",
        "rules": nothing,
        "limits": NO_LIMITS,
        "post": unheard,
        **changes,
    }
    deciding.agree(session, preapproval_id, version, amounts, visitor=by, **given)


class Sums(NamedTuple):
    """A budget, what its entries come to, and what its agreed pre-approvals come to."""

    committed: int
    actual: int
    entries: int
    spent: int
    agreed: int

    @property
    def add_up(self) -> bool:
        """Whether a budget is what its entries and its agreed pre-approvals say."""
        return self.committed == self.entries == self.agreed and self.actual == self.spent


def sums(session: ScopedSession, budget_id: str) -> Sums:
    """The figures that must agree, in one statement: what is read together was there together."""
    session.rollback()
    moved = sa.select(sa.func.coalesce(sa.func.sum(BudgetEntry.committed_p), 0)).where(
        BudgetEntry.budget_id == budget_id
    )
    spent = sa.select(sa.func.coalesce(sa.func.sum(BudgetEntry.actual_p), 0)).where(BudgetEntry.budget_id == budget_id)
    agreed = (
        sa.select(sa.func.coalesce(sa.func.sum(Preapproval.approved_p), 0))
        .join(BudgetEntry, (BudgetEntry.tenant_id == Preapproval.tenant_id) & (BudgetEntry.source_id == Preapproval.id))
        .where(BudgetEntry.budget_id == budget_id, BudgetEntry.move == "commit", Preapproval.state.in_(AGREED))
    )
    row = session.execute(
        sa.select(
            Budget.committed_p,
            Budget.actual_p,
            moved.scalar_subquery(),
            spent.scalar_subquery(),
            agreed.scalar_subquery(),
        ).where(Budget.id == budget_id)
    ).one()
    return Sums(*(int(value) for value in row))


def switched_on(app: Flask, slug: str, **settings: Any) -> None:
    """The plugin is off until somebody wants it: now it is on at that site, with these settings."""
    tenant = app.extensions["q.directory"].by_slug(slug)
    with app.app_context(), tenant_session(tenant.id) as session:
        change = Change(MANIFEST.name, True, Settings(**settings).model_dump(mode="json"), 0, "test")
        configure(session, app.extensions["q.registry"], tenant.ref(), change, SYSTEM)
