"""Expense approvals: what the policy allows, asked for before the cost and claimed after it."""
