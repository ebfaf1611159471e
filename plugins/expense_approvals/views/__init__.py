"""The pages: a member's, an approver's, and those for budgets, activities, rules and the policy."""

from plugins.expense_approvals.views import (
    account,
    asking,
    claiming,
    deciding,
    differences,
    figures,
    funds,
    judging,
    policy,
    site_rules,
)
from plugins.expense_approvals.views.base import blueprint, manage_blueprint

__all__ = [
    "account", "asking", "blueprint", "claiming", "deciding", "differences", "figures", "funds", "judging", "manage_blueprint", "policy", "site_rules",
]  # fmt: skip
