"""Tables of expense approvals, a file for each subject."""

from plugins.expense_approvals.models.adjustments import Adjustment, AdjustmentLine
from plugins.expense_approvals.models.budgets import Activity, Budget, BudgetEntry
from plugins.expense_approvals.models.claims import (
    Claim,
    ClaimLine,
    ClaimRevision,
    ClaimStep,
    Fingerprint,
    Receipt,
    YearMiles,
)
from plugins.expense_approvals.models.delegations import Delegation, Escalation
from plugins.expense_approvals.models.payments import BankDetails, PayerAccount, Payment, PaymentBatch
from plugins.expense_approvals.models.policies import PolicyVersion, SiteRules
from plugins.expense_approvals.models.preapprovals import Declaration, Preapproval, PreapprovalLine, Step

__all__ = [
    "Activity", "Adjustment", "AdjustmentLine", "BankDetails", "Budget", "BudgetEntry", "Claim", "ClaimLine", "ClaimRevision", "ClaimStep", "Declaration",
    "Delegation", "Escalation", "Fingerprint", "PayerAccount", "Payment", "PaymentBatch", "PolicyVersion", "Preapproval", "PreapprovalLine", "Receipt",
    "SiteRules", "Step", "YearMiles",
]  # fmt: skip
