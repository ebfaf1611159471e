"""Reads for pages and for use cases."""
