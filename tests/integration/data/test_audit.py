"""The audit chain: gapless, in order under concurrency, and telling when somebody changed it."""

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data import audit
from core.data.db import tenant_session
from core.data.engine import chain
from core.data.scope import Scope, ScopeError
from core.data.session import ScopedSession, transaction
from core.kernel.views import SYSTEM
from tests.support.databases import Database
from tests.support.statements import Counter

SessionFor = Callable[[str], ScopedSession]


def _write(session: ScopedSession, *subjects: str) -> None:
    for subject in subjects:
        with transaction(session):
            audit.record(session, actor=SYSTEM, action="test.done", subject=subject, after={"n": subject})


def test_invariant_the_chain_verifies(session_for: SessionFor) -> None:
    session = session_for("scotland")
    before = audit.verify(session).entries
    _write(session, "a", "b", "c")
    report = audit.verify(session)
    assert report.ok
    assert report.entries == before + 3


def test_several_at_once_are_a_chain_in_three_statements_and_the_same_as_one_by_one(
    session_for: SessionFor, statements: Counter
) -> None:
    session = session_for("scotland")
    _write(session, "a")
    counts = []
    for number in (1, 40):
        with statements() as seen, transaction(session):
            after = {f"{number}-{one}": {"n": one} for one in range(number)}
            audit.record_each(session, actor=SYSTEM, action="test.each", after=after)
        counts.append(len(seen))
    assert counts == [3, 3]
    _write(session, "b")
    report = audit.verify(session)
    assert report.ok
    found = session.scalars(sa.select(audit.AuditEntry.subject).where(audit.AuditEntry.action == "test.each").order_by(audit.AuditEntry.seq))  # fmt: skip
    assert list(found) == ["1-0", *(f"40-{one}" for one in range(40))]


def test_several_begin_a_chain_and_nothing_is_no_entry(session_for: SessionFor) -> None:
    session = session_for("wales")
    with transaction(session):
        audit.record_each(session, actor=SYSTEM, action="test.each", after={})
        audit.record_each(session, actor=SYSTEM, action="test.each", after={"a": {}, "b": {}})
    assert audit.verify(session).ok


def test_invariant_an_edit_is_noticed(session_for: SessionFor, database: Database) -> None:
    session = session_for("scotland")
    _write(session, "a", "b", "c")
    engine = sa.create_engine(database.superuser_url)
    with engine.begin() as c:
        if engine.dialect.name == "postgresql":
            c.exec_driver_sql("set session_replication_role = replica")
        else:
            c.exec_driver_sql("drop trigger audit_no_update")
        c.exec_driver_sql("update data_audit_entry set subject = 'z' where subject = 'b' and tenant_id = 2")
    engine.dispose()
    session.expire_all()
    session.rollback()
    assert audit.verify(session).broken_at is not None


def test_invariant_a_cut_off_tail_is_noticed(session_for: SessionFor, database: Database) -> None:
    session = session_for("scotland")
    _write(session, "a", "b", "c")
    engine = sa.create_engine(database.superuser_url)
    with engine.begin() as c:
        if engine.dialect.name == "postgresql":
            c.exec_driver_sql("set session_replication_role = replica")
        else:
            c.exec_driver_sql("drop trigger audit_no_delete")
        c.exec_driver_sql("delete from data_audit_entry where subject = 'c' and tenant_id = 2")
    engine.dispose()
    session.rollback()
    report = audit.verify(session)
    assert report.broken_at is None
    assert not report.head_matches


@pytest.mark.parametrize("statement", ["update data_audit_entry set why = 'x'", "delete from data_audit_entry"])
def test_invariant_entries_are_never_changed(session_for: SessionFor, statement: str) -> None:
    session = session_for("scotland")
    _write(session, "a")
    with pytest.raises(sa.exc.DBAPIError), transaction(session):
        session.execute(sa.text(statement).execution_options(unscoped_reason="the test tries to"))


def test_invariant_writers_do_not_fork_the_chain(app: Flask, session_for: SessionFor) -> None:
    start = audit.verify(session_for("wales")).entries
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with app.app_context(), tenant_session(3) as session:
                _write(session, *[f"{number}.{i}" for i in range(10)])
        except BaseException as error:  # noqa: BLE001 - a thread's error is handed to the test
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    report = audit.verify(session_for("wales"))
    assert report.ok
    assert report.entries == start + 60


@pytest.mark.both
def test_a_walk_while_somebody_writes_finds_a_whole_chain(
    session_for: SessionFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL each statement sees what was committed before it began: an entry may come between the entries and the head."""
    _write(session_for("scotland"), "a", "b", "c")
    reader, writer = session_for("scotland"), session_for("scotland")
    subjects = iter("defghijklmnop")

    def busy(previous: str, digest: str) -> str:
        if subject := next(subjects, ""):
            _write(writer, subject)
        return chain(previous, digest)

    monkeypatch.setattr("core.data.audit.chain", busy)
    report = audit.verify(reader)
    assert report.ok
    assert report.entries >= 3


def test_an_entry_costs_two_statements(session_for: SessionFor, statements: Counter) -> None:
    session = session_for("scotland")
    _write(session, "first")
    with transaction(session), statements() as seen:
        audit.record(session, actor=SYSTEM, action="test.done", subject="x")
    assert len(seen) == 2


def test_a_session_without_a_scope_is_refused() -> None:
    with pytest.raises(ScopeError):
        ScopedSession()
    with pytest.raises(ValueError, match="reason"):
        Scope.platform("  ")
