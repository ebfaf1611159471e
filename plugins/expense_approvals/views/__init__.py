"""The pages: a member's, an approver's, and those for budgets and activities."""

from plugins.expense_approvals.views import account, asking, deciding, funds, policy, site_rules
from plugins.expense_approvals.views.base import blueprint, manage_blueprint

__all__ = ["account", "asking", "blueprint", "deciding", "funds", "manage_blueprint", "policy", "site_rules"]
