"""Wants the name of a part of the core."""
