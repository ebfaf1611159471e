"""Declares no access for a page."""
