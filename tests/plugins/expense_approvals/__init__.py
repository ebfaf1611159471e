"""Expense approvals."""
