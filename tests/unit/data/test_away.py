"""What the log says of a database that does not serve."""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from core.data.away import away, tell


def _of(error: psycopg.Error) -> BaseException:
    return sa.exc.DBAPIError.instance("select 1", {}, error, psycopg.Error)


def test_why_it_does_not_serve_is_one_line():
    assert away(_of(psycopg.OperationalError("connection failed:\n  refused"))) == "connection failed: refused"
    assert away(sa.exc.TimeoutError("no connection\nbecame free")) == "no connection became free"


def _locked(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other, closing(sqlite3.connect(path, timeout=0)) as waits:
        other.execute("begin immediate")
        waits.execute("begin immediate")


def _read_only(path: Path) -> None:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as only_reads:
        only_reads.execute("delete from t")


def _full(path: Path) -> None:
    with closing(sqlite3.connect(path)) as small:
        small.execute("pragma max_page_count = 3")
        small.execute("insert into t values (zeroblob(100000))")


def _out_of_reach(path: Path) -> None:
    with closing(sqlite3.connect(path / "none")) as none:
        none.execute("select 1")


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (_locked, "database is locked"),
        (_read_only, "attempt to write a readonly database"),
        (_full, "database or disk is full"),
        (_out_of_reach, "unable to open database file"),
    ],
)
def test_sqlite_that_is_busy_or_has_no_room_does_not_serve_either(
    tmp_path: Path, what: Callable[[Path], None], why: str
) -> None:
    path = tmp_path / "q.sqlite"
    with closing(sqlite3.connect(path)) as made:
        made.execute("create table t (a)")
    with pytest.raises(sqlite3.OperationalError) as caught:
        what(path)
    assert away(sa.exc.DBAPIError.instance("select 1", {}, caught.value, sqlite3.Error)) == why


def test_what_sqlite_was_asked_wrongly_is_none_of_these() -> None:
    with closing(sqlite3.connect(":memory:")) as made, pytest.raises(sqlite3.OperationalError) as caught:
        made.execute("select 1 from no_such_table")
    assert away(sa.exc.DBAPIError.instance("select 1", {}, caught.value, sqlite3.Error)) == ""


@pytest.mark.parametrize("error", [_of(psycopg.errors.UndefinedTable("no such")), ValueError("no such")], ids=repr)
def test_any_other_error_is_none_of_these(error):
    assert away(error) == ""


def test_it_is_told_without_and_every_other_error_with_its_traceback(caplog):
    log = logging.getLogger("q.test")
    tell(log, "the loop failed", _of(psycopg.errors.AdminShutdown("stopped by its operator")))
    tell(log, "the loop failed", ValueError("a bug"))
    passing, bug = caplog.records
    assert passing.getMessage() == "the loop failed: the database does not serve: stopped by its operator"
    assert passing.exc_info is None
    assert bug.exc_info
