"""Wants an address of the platform."""
