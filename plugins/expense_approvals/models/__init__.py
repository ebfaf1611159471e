"""Tables of expense approvals, a file for each subject."""

from plugins.expense_approvals.models.budgets import Activity, Budget, BudgetEntry
from plugins.expense_approvals.models.policies import PolicyVersion, SiteRules
from plugins.expense_approvals.models.preapprovals import Declaration, Preapproval, PreapprovalLine, Step

__all__ = [
    "Activity", "Budget", "BudgetEntry", "Declaration", "PolicyVersion", "Preapproval", "PreapprovalLine", "SiteRules", "Step",
]  # fmt: skip
