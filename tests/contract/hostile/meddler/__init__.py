"""Puts itself before every request of the platform."""
