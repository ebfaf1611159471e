"""Answers the wrong type in every hook."""
