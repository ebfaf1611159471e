"""Leaves while it is being imported."""
