"""How a session ends: what only read is committed, so that its statements stay prepared; everything else is rolled back."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.db import db, tenant_session
from core.data.guard import _Reading
from core.data.session import ScopedSession, first_read
from core.people.models import Account
from tests.factories.people import make_person

SessionFor = Callable[[str], ScopedSession]


@pytest.mark.parametrize(
    ("sql", "changes"),
    [
        ("SELECT a FROM b", False),
        ("\n with c as (select 1) select * from c", False),
        ("SELECT updated_at FROM b", False),
        ("SELECT a FROM b FOR UPDATE", True),
        ("WITH c AS (DELETE FROM b RETURNING a) SELECT * FROM c", True),
        ("UPDATE b SET a = 1", True),
        ("INSERT INTO b VALUES (1)", True),
        ("CREATE TABLE b (a int)", True),
    ],
)
def test_what_may_change_something_is_known_by_its_words(sql: str, changes: bool) -> None:
    assert _Reading(sql, False, None).changes is changes


def test_invariant_what_was_written_outside_a_service_is_not_kept(app: Flask, session_for: SessionFor) -> None:
    """The end of a session commits reads alone: a statement that slipped past `transaction` is still undone."""
    person = make_person(app, "ann@example.org", name="Ann")
    session = session_for("scotland")
    session.scalar(sa.select(Account.name).where(Account.id == person))
    session.execute(sa.update(Account).where(Account.id == person).values(name="Eve"))
    session.scalar(sa.select(Account.name).where(Account.id == person))
    session.close()
    assert session_for("wales").scalar(sa.select(Account.name).where(Account.id == person)) == "Ann"


@pytest.mark.only("postgres")
def test_statements_of_reads_stay_prepared(app: Flask) -> None:
    """Six sessions of one connection, each of which reads the same: the driver prepares the statement and keeps it."""
    with app.app_context():
        for _ in range(7):
            with tenant_session(2) as session:
                session.scalar(sa.select(Account.name).where(Account.id == "x"))
        with tenant_session(2) as session:
            held = session.scalar(sa.text("select count(*) from pg_prepared_statements"))
    assert held


@pytest.mark.only("postgres")
@pytest.mark.parametrize("read", ["select 1", "select 1/0"])
def test_invariant_after_a_read_outside_a_transaction_changes_are_undone_again(app: Flask, read: str) -> None:
    """The connection that read so, and failed at it or not, keeps nobody's changes one by one."""
    with app.app_context():
        with tenant_session(2) as session, suppress(sa.exc.DataError):
            first_read(session, postgresql=read, sqlite="", alone=True)
        for _ in range(2):
            with db.engine.connect() as connection:  # the one used last
                driver: Any = connection.connection.driver_connection
                assert driver.autocommit is False
                connection.exec_driver_sql("create temporary table left_behind (a int)")
