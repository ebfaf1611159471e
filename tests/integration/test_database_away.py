"""Pages where the database does not serve for now: 503, and one line in the log."""

import logging
import sqlite3

import psycopg
import pytest
import sqlalchemy as sa

from core.data.db import tenant_session
from core.tenancy.models import Tenant

LOCKED = sqlite3.OperationalError("database is locked")
LOCKED.sqlite_errorcode = sqlite3.SQLITE_BUSY
AWAY = (
    psycopg.OperationalError("connection failed: refused"),
    psycopg.errors.AdminShutdown("terminating connection"),
    psycopg.errors.DiskFull("could not extend file"),
    psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT in a read-only transaction"),
    LOCKED,
)


def _answer(monkeypatch, client, error):
    base = psycopg.Error if isinstance(error, psycopg.Error) else sqlite3.Error

    def fail(*_words, **_options):
        raise sa.exc.DBAPIError.instance("select secret", {}, error, base)

    monkeypatch.setattr("core.tenancy.noticeboard.upcoming", fail)
    return client.get("/")


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
def test_a_database_that_does_not_serve_is_told_as_such(monkeypatch, client, caplog, error):
    with caplog.at_level(logging.ERROR, "q.web"):
        answer = _answer(monkeypatch, client, error)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Try again in a few seconds." in answer.text
    (told,) = [record for record in caplog.records if record.name == "q.web"]
    assert told.getMessage() == f"the database does not serve: {error}"
    assert told.exc_info is None


WRONG = (
    psycopg.errors.UndefinedTable("no such"),
    psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"),
    psycopg.ProgrammingError("cannot adapt type 'Language'"),
    sqlite3.OperationalError("no such column"),
)


@pytest.mark.parametrize("error", WRONG, ids=repr)
def test_what_the_code_asked_wrongly_is_a_bug_with_its_traceback(monkeypatch, client, caplog, error):
    with caplog.at_level(logging.ERROR, "q.web"):
        answer = _answer(monkeypatch, client, error)
    assert answer.status_code == 500
    assert [record.getMessage() for record in caplog.records if record.exc_info] == ["unhandled error"]


@pytest.mark.only("postgres")
def test_a_session_whose_connection_was_cut_can_be_closed(app, tenant, database):
    superuser = sa.create_engine(database.superuser_url)
    with app.app_context(), tenant_session(tenant("scotland").id) as session:
        mine = session.connection().exec_driver_sql("select pg_backend_pid()").scalar_one()
        with superuser.begin() as c:
            c.exec_driver_sql("select pg_terminate_backend(%s, 5000)", (mine,))
        with pytest.raises(sa.exc.OperationalError):
            session.scalars(sa.select(Tenant.id)).all()
    superuser.dispose()
