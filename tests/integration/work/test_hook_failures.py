"""Plugins' failures: kept by day, added up over processes, bounded, and never a reason for anything else to fail."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.db import db
from core.data.engine import create_engine
from core.data.session import ScopedSession
from core.kernel import clock
from core.work import housekeeping, queries
from core.work.hook_failures import HookFailures
from tests.support.app_fixtures import FrozenClock
from tests.support.statements import NOT_THE_PAGES, Counter


@pytest.fixture
def engine(app: Flask) -> Iterator[sa.Engine]:
    with app.app_context():
        yield db.engine


def _rows(session: ScopedSession) -> list[tuple[str, str, int, str]]:
    found = queries.hook_failures(session)
    session.expire_all()
    return [(row.plugin, row.hook, row.times, row.last_error) for row in found]


def test_two_processes_add_up_and_the_last_words_stand(engine: sa.Engine, platform_session: ScopedSession) -> None:
    one, two = HookFailures(0), HookFailures(0)
    one.note("a", "q_due", "first\nand a line with values")
    one.note("a", "q_due", "second\nand a line with values")
    one.write(engine)
    two.note("a", "q_due", "x" * 900)
    two.note("b", "q_due", "")
    two.write(engine)
    two.write(engine)
    assert sorted(_rows(platform_session)) == [("a", "q_due", 3, "x" * 500), ("b", "q_due", 1, "")]


def test_words_that_no_database_can_keep_are_no_reason_to_fail(
    engine: sa.Engine, platform_session: ScopedSession
) -> None:
    kept = HookFailures(0)
    kept.note("a", "q_due", "ValueError: a\x00b\udcffc")
    kept.write(engine)
    assert _rows(platform_session) == [("a", "q_due", 1, "ValueError: a\ufffdb\ufffdc")]


def test_what_fails_at_every_page_is_written_once_in_a_while(
    engine: sa.Engine, platform_session: ScopedSession, statements: Counter
) -> None:
    kept = HookFailures(3600)
    with statements() as seen:
        for _ in range(200):
            kept.note("a", "q_due", "again")
            kept.write(engine)
    assert sum(NOT_THE_PAGES in one for one in seen.all) == 1, seen.all
    assert _rows(platform_session) == [("a", "q_due", 1, "again")]


def test_each_day_has_a_row_and_old_days_are_forgotten(
    engine: sa.Engine, platform_session: ScopedSession, frozen_clock: FrozenClock
) -> None:
    kept = HookFailures(0)
    for _ in range(3):
        kept.note("a", "q_due", "again")
        kept.write(engine)
        frozen_clock.advance(days=60)
    assert len(_rows(platform_session)) == 3
    housekeeping.forget_failures(platform_session, clock.now() - timedelta(days=60))
    assert len(_rows(platform_session)) == 2


def test_a_database_that_cannot_be_written_is_no_reason_to_fail(tmp_path: object) -> None:
    kept = HookFailures(0)
    kept.note("a", "q_due", "again")
    empty = create_engine(f"sqlite:///{tmp_path}/empty.sqlite")
    kept.write(empty)
    empty.dispose()


def test_nothing_is_asked_of_the_database_while_nothing_failed(app: Flask, statements: Counter) -> None:
    with statements() as seen, app.app_context():
        pass
    assert not [one for one in seen.all if NOT_THE_PAGES in one]
    assert len(seen) == 0
