"""The pages: a member's, an approver's, and those for budgets, activities, payments, adjustments, rules and the policy."""

from plugins.expense_approvals.views import (
    account,
    adjusting,
    asking,
    claiming,
    deciding,
    figures,
    funds,
    judging,
    payments,
    policy,
    site_rules,
    standing_in,
)
from plugins.expense_approvals.views.base import blueprint, manage_blueprint

__all__ = [
    "account", "adjusting", "asking", "blueprint", "claiming", "deciding", "figures", "funds", "judging", "manage_blueprint",
    "payments", "policy", "site_rules", "standing_in",
]  # fmt: skip
