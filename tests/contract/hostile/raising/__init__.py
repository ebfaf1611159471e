"""Raises in every hook, sys.exit included."""
