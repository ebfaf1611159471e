"""Answers the right types with the wrong things in them."""
