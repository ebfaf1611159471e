"""What the log says of a database that does not serve."""

import logging

import psycopg
import pytest
import sqlalchemy as sa

from core.data.away import away, tell


def _of(error: psycopg.Error) -> BaseException:
    return sa.exc.DBAPIError.instance("select 1", {}, error, psycopg.Error)


def test_why_it_does_not_serve_is_one_line():
    assert away(_of(psycopg.OperationalError("connection failed:\n  refused"))) == "connection failed: refused"
    assert away(sa.exc.TimeoutError("no connection\nbecame free")) == "no connection became free"


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
