"""Tries to read another site's rows."""
