"""Reads of Joining Q for pages and reports."""
