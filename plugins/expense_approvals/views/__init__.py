"""The pages: a member's, an approver's, and those for budgets and activities."""

from plugins.expense_approvals.views import asking, claiming, deciding, funds, judging
from plugins.expense_approvals.views.base import blueprint, manage_blueprint

__all__ = ["asking", "blueprint", "claiming", "deciding", "funds", "judging", "manage_blueprint"]
