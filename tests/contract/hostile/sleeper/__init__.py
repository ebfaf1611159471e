"""Answers with a coroutine instead of a page."""
