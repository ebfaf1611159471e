"""Declares a table outside its own prefix."""
