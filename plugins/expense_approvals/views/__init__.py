"""The pages: a member's, an approver's, and those for budgets, activities, payments, rules and the policy."""

from plugins.expense_approvals.views import (
    account,
    asking,
    claiming,
    deciding,
    differences,
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
    "account", "asking", "blueprint", "claiming", "deciding", "differences", "figures", "funds", "judging", "manage_blueprint",
    "payments", "policy", "site_rules", "standing_in",
]  # fmt: skip
