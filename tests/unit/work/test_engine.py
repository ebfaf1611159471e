"""What the engine says in the log."""

import logging

from core.work import engine


def test_what_each_thread_says_every_second_is_written_once_a_minute(monkeypatch):
    now = 100.0
    monkeypatch.setattr("core.work.engine.time.monotonic", lambda: now)
    repeated = engine.Repeated()

    def passes(words: str) -> bool:
        return repeated.filter(logging.LogRecord("dbos", logging.WARNING, "", 0, words, None, None))

    assert [passes("away"), passes("away"), passes("another"), passes("away")] == [True, False, True, False]
    now += engine.REPEATED_SECONDS
    assert [passes("away"), passes("away")] == [True, False]
