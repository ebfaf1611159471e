"""Brings a migration that fails."""
