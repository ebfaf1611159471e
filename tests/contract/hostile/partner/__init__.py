"""Wants the address of a site."""
