"""Asking for work: one statement in the caller's transaction, and what is refused."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from core.data.scope import ScopeError
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Refused
from core.work import UnknownJob, enqueue, enqueue_many, mail, registry
from core.work.models import Mail, OutboxItem
from core.work.outbox import keyed_id
from core.work.relay import COLUMNS
from core.work.runner import Runner, Task
from tests.support.app_fixtures import FrozenClock
from tests.support.statements import Counter

SessionFor = Callable[[str], ScopedSession]


@pytest.fixture(autouse=True)
def jobs() -> Iterator[None]:
    """Two jobs for these tests."""
    for name, platform in (("try.one", None), ("try.all", "to try")):
        registry.JOBS[name] = registry.Job(name, lambda session, **given: None, "default", 6, 0.5, platform)
    yield
    for name in ("try.one", "try.all"):
        del registry.JOBS[name]


def _items(session: ScopedSession) -> list[OutboxItem]:
    return list(session.scalars(sa.select(OutboxItem).order_by(OutboxItem.id)))


def test_asking_is_one_statement_and_takes_the_tenant_from_the_session(
    session_for: SessionFor, statements: Counter, frozen_clock: FrozenClock
) -> None:
    session = session_for("scotland")
    session.info["request_id"] = "r-1"
    with transaction(session):
        with statements() as seen:
            item_id = enqueue(session, "try.one", delay=timedelta(minutes=5), number=1, names=["a"])
        assert len(seen) == 1, seen.text
    (item,) = _items(session)
    assert (item.id, item.at_tenant_id, item.args, item.request_id) == (
        item_id, session.scope.tenant_id, {"number": 1, "names": ["a"]}, "r-1",
    )  # fmt: skip
    assert item.run_after - item.created_at == timedelta(minutes=5)


def test_many_are_one_statement_too(session_for: SessionFor, statements: Counter) -> None:
    session = session_for("wales")
    with transaction(session):
        with statements() as seen:
            assert enqueue_many(session, "try.one", [{"number": n} for n in range(30)]) == 30
            assert enqueue_many(session, "try.one", []) == 0
        assert len(seen) == 1, seen.text
    assert sorted(item.args["number"] for item in _items(session)) == list(range(30))


def test_rolled_back_it_was_never_asked_for(session_for: SessionFor) -> None:
    session = session_for("scotland")
    with contextlib.suppress(LookupError), transaction(session):
        enqueue(session, "try.one")
        raise LookupError
    assert _items(session) == []


def test_a_key_keeps_one_at_each_tenant(session_for: SessionFor) -> None:
    for slug in ("scotland", "scotland", "wales"):
        session = session_for(slug)
        with transaction(session):
            asked = enqueue(session, "try.one", key="k")
            assert asked == keyed_id(session.scope.tenant_id, "try.one", "k")
    assert len(_items(session)) == 2


def test_asked_for_again_while_it_runs_a_job_that_fails_is_tried_again(
    app: Flask, session_for: SessionFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was asked again bears the name of the run that has begun, which the engine takes once: the next try must take its place."""

    def fail(_: ScopedSession) -> None:
        raise RuntimeError("not today")

    monkeypatch.setitem(registry.JOBS, "try.one", registry.Job("try.one", fail, "default", 6, 0.5, None))
    session = session_for("scotland")
    with transaction(session):
        enqueue(session, "try.one", key="k")
    begun = Task.of(session.execute(sa.select(*(OutboxItem.__table__.c[name] for name in COLUMNS))).one())
    with transaction(session):
        session.execute(sa.delete(OutboxItem))  # the engine has it now
        enqueue(session, "try.one", key="k", delay=timedelta(hours=1))
    Runner(app, lambda *_: True).run(begun.as_json())
    session.rollback()
    (item,) = _items(session)
    assert (item.turn, item.attempt) == (2, 2)
    assert item.run_after < clock.now() + timedelta(minutes=1)
    Runner(app, lambda *_: True).run(
        begun.as_json()
    )  # a second run of the same, whose worker had died: it changes nothing
    session.rollback()
    again = session.scalars(sa.select(OutboxItem).execution_options(populate_existing=True)).one()
    assert (again.turn, again.attempt, again.run_after) == (2, 2, item.run_after)


def test_what_is_refused(session_for: SessionFor, platform_session: ScopedSession) -> None:
    session = session_for("scotland")
    with pytest.raises(RuntimeError, match="inside the transaction"):
        enqueue(session, "try.one")
    with transaction(session):
        with pytest.raises(UnknownJob):
            enqueue(session, "try.none")
        with pytest.raises(TypeError, match="'when' is not plain JSON"):
            enqueue(session, "try.one", when=timedelta(1))
        with pytest.raises(TypeError):
            enqueue(session, "try.one", number=float("nan"))
        with pytest.raises(TypeError, match=r"core\.mail takes no letter_id"):
            enqueue(session, "core.mail", letter_id="x")
        with pytest.raises(ScopeError, match="another tenant"):
            enqueue(session, "try.one", tenant_id=1)
        with pytest.raises(ScopeError, match="a session with a scope"):
            enqueue(Session(session.get_bind()), "try.one")  # type: ignore[arg-type]  # what is being tried
    with transaction(platform_session):
        with pytest.raises(ScopeError, match="needs a tenant"):
            enqueue(platform_session, "try.one")
        enqueue(platform_session, "try.all")
        enqueue(platform_session, "try.one", tenant_id=2)
    assert [(item.name, item.at_tenant_id) for item in _items(session)] == [("try.all", None), ("try.one", 2)]


def test_mail_is_a_row_and_a_job_in_two_statements(session_for: SessionFor, statements: Counter) -> None:
    session = session_for("scotland")
    with transaction(session):
        with statements() as seen:
            mail_id = mail.send(session, to="a@example.org", subject="S", text="T", html="<p>T</p>")
        assert len(seen) == 2, seen.text
    row = session.get_one(Mail, mail_id)
    until = (row.created_at + mail.SENT_WITHIN).isoformat()
    assert [item.args for item in _items(session)] == [{"mail_id": mail_id, "until": until}]
    assert (row.state, row.to_address, row.at_tenant_id) == ("queued", "a@example.org", session.scope.tenant_id)


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("a@example.org\r\nBcc: b@example.org", "S"),
        ("a@example.org, b@example.org", "S"),
        ("Anna <a@example.org>", "S"),
        ("nobody", "S"),
        ("a@example.org" + "x" * 320, "S"),
        ("a@example.org", "S\nBcc: b@example.org"),
        ("a@example.org", "S\u2028Bcc: b@example.org"),
        ("a@example.org", " "),
        ("a@example.org", "S" * 301),
    ],
)
def test_nobody_adds_a_header_or_a_recipient(session_for: SessionFor, to: str, subject: str) -> None:
    session = session_for("scotland")
    with transaction(session), pytest.raises(Refused):
        mail.send(session, to=to, subject=subject, text="T", html="T")
    assert _items(session) == []
