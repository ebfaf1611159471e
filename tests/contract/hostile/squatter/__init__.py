"""Wants the address of another plugin."""
