"""Asks again for each site."""
