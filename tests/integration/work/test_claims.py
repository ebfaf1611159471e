"""One message, several runs of its job: it goes out once, or is recognised as the same."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.db import open_session
from core.data.scope import Scope
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict
from core.kernel.ids import new_id
from core.kernel.permissions import Permission
from core.kernel.views import Actor
from core.work import GiveUp, housekeeping, mail, runner
from core.work.delivery import CLAIM, MailServer, NotSent, deliver
from core.work.models import FAILED, MAIL_FAILED, MAIL_KEPT, MAIL_SENDING, MAIL_SENT, Mail, OutboxItem, WorkFailure
from core.work.runner import Runner, Task
from core.work.service import run_again, send_again
from tests.support.mailbox import Mailbox

MakeApp = Callable[..., Flask]
CENTRAL = Actor(new_id(), "Central", permissions=frozenset({Permission.WORK_MANAGE}))


def _mail(session: ScopedSession, **values: object) -> str:
    with transaction(session):
        mail_id = mail.send(session, to="anna@example.org", subject="S", text="T", html="H")
        if values:
            session.execute(sa.update(Mail).where(Mail.id == mail_id).values(**values))
    return mail_id


def _state(session: ScopedSession, mail_id: str) -> str:
    return session.get_one(Mail, mail_id, populate_existing=True).state


def test_a_second_run_sends_nothing(make_app: MakeApp, smtp_server: Mailbox) -> None:
    with make_app(mail_url=smtp_server.url).app_context(), open_session(Scope.tenant(1)) as session:
        mail_id = _mail(session)
        deliver(session, mail_id=mail_id)
        deliver(session, mail_id=mail_id)
        assert _state(session, mail_id) == MAIL_SENT
    assert len(smtp_server.wait_for(1)) == 1


def test_what_another_run_holds_is_left_to_it_and_taken_over_when_it_died(
    make_app: MakeApp, smtp_server: Mailbox
) -> None:
    with make_app(mail_url=smtp_server.url).app_context(), open_session(Scope.tenant(1)) as session:
        mail_id = _mail(session, state=MAIL_SENDING, claimed_at=clock.now())
        with pytest.raises(NotSent, match="another run"):
            deliver(session, mail_id=mail_id)
        assert smtp_server.messages == []
        with clock.frozen(clock.now() + CLAIM + timedelta(seconds=1)):
            deliver(session, mail_id=mail_id)
        assert _state(session, mail_id) == MAIL_SENT
    (message,) = smtp_server.wait_for(1)
    assert message["Message-ID"] == f"<{mail_id}@localhost>"  # as in the copy that the dead run may have sent


def _run_late(app: Flask, session: ScopedSession, item: OutboxItem, days: int) -> None:
    """The job of the outbox row, `days` from now, as the worker runs it."""
    with clock.frozen(clock.now() + timedelta(days=days)):
        task = Task(
            item.id, item.name, item.queue, item.args, item.at_tenant_id, 1, 1, item.failure_id, "", clock.now().isoformat()
        )  # fmt: skip
        Runner(app, lambda *_: True).run(task.as_json())
    session.rollback()  # what it saw is over


def test_what_waited_too_long_is_sent_when_somebody_says_so(make_app: MakeApp, smtp_server: Mailbox) -> None:
    app = make_app(mail_url=smtp_server.url)
    with app.app_context(), open_session(Scope.tenant(1)) as session:
        in_time = _mail(session)
        _run_late(app, session, session.scalars(sa.select(OutboxItem)).one(), days=6)
        assert _state(session, in_time) == MAIL_SENT
        with transaction(session):
            session.execute(sa.delete(OutboxItem))
        mail_id = _mail(session)
        _run_late(app, session, session.scalars(sa.select(OutboxItem)).one(), days=8)
        assert _state(session, mail_id) == MAIL_FAILED
        (failure,) = session.scalars(sa.select(WorkFailure))
        assert (failure.state, failure.attempts) == (FAILED, 1)
        assert "waited too long" in failure.error
        run_again(session, failure.id, CENTRAL)
        again = session.scalars(sa.select(OutboxItem).where(OutboxItem.failure_id == failure.id)).one()
        _run_late(app, session, again, days=8)
        assert _state(session, mail_id) == MAIL_SENT
    assert len(smtp_server.wait_for(2)) == 2


def test_what_holds_a_link_that_still_works_goes_as_late_as_anything_else(
    make_app: MakeApp, smtp_server: Mailbox
) -> None:
    """The worker that comes back empties old messages first: not those that it has still to send."""
    app = make_app(mail_url=smtp_server.url)
    with app.app_context(), open_session(Scope.tenant(1)) as session:
        mail_id = _mail(session, secret=True)
        with clock.frozen(clock.now() + timedelta(days=6)):
            housekeeping.forget_mail(session, clock.now())
        _run_late(app, session, session.scalars(sa.select(OutboxItem)).one(), days=6)
        assert _state(session, mail_id) == MAIL_SENT
    assert len(smtp_server.wait_for(1)) == 1


def test_what_holds_a_link_that_is_over_is_forgotten_and_never_sent(make_app: MakeApp, smtp_server: Mailbox) -> None:
    app = make_app(mail_url=smtp_server.url)
    with app.app_context(), open_session(Scope.tenant(1)) as session:
        with transaction(session):
            mail_id = mail.send(
                session, to="anna@example.org", subject="S", text="T", html="H", secret=True, life=timedelta(hours=1)
            )
        _run_late(app, session, session.scalars(sa.select(OutboxItem)).one(), days=1)
        row = session.get_one(Mail, mail_id)
        assert (row.state, row.text, row.html) == (MAIL_FAILED, "", "")
        with pytest.raises(Conflict):
            send_again(session, mail_id, CENTRAL)
    assert smtp_server.messages == []


def test_in_the_demonstration_it_is_kept(make_app: MakeApp) -> None:
    with make_app(mail_url="demo:", demo=True).app_context(), open_session(Scope.tenant(1)) as session:
        mail_id = _mail(session, secret=True)
        deliver(session, mail_id=mail_id)
        assert _state(session, mail_id) == MAIL_KEPT
        assert session.get_one(Mail, mail_id).text == "T"


def test_a_message_whose_text_was_forgotten_is_not_sent_empty(make_app: MakeApp, smtp_server: Mailbox) -> None:
    with make_app(mail_url=smtp_server.url).app_context(), open_session(Scope.tenant(1)) as session:
        mail_id = _mail(session, state=MAIL_FAILED, text="", html="")
        with pytest.raises(GiveUp, match="forgotten"):
            deliver(session, mail_id=mail_id)
        assert _state(session, mail_id) == MAIL_FAILED
    assert smtp_server.messages == []


@contextmanager
def _first_of_several_tries() -> Iterator[None]:
    """Inside the block a job runs for the first time of several."""
    token = runner._current.set(Task(new_id(), "core.mail", "mail", {}, 1, 1, 1, None, "", clock.now().isoformat()))
    try:
        yield
    finally:
        runner._current.reset(token)


@pytest.fixture
def two_runs(make_app: MakeApp, smtp_server: Mailbox) -> Iterator[tuple[ScopedSession, ScopedSession]]:
    """The sessions in which two runs of one message’s job try to send it."""
    with (
        make_app(mail_url=smtp_server.url).app_context(),
        open_session(Scope.tenant(1)) as session,
        open_session(Scope.tenant(1)) as other,
    ):
        yield session, other


def test_a_run_that_was_held_up_says_nothing_of_what_another_took_over(
    two_runs: tuple[ScopedSession, ScopedSession], smtp_server: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, other = two_runs
    mail_id, connect = _mail(session), MailServer.connect

    def held_up(_: MailServer) -> None:
        monkeypatch.setattr(MailServer, "connect", connect)
        with clock.frozen(clock.now() + CLAIM + timedelta(seconds=1)):
            deliver(other, mail_id=mail_id)
        raise TimeoutError

    monkeypatch.setattr(MailServer, "connect", held_up)
    with _first_of_several_tries(), pytest.raises(NotSent):
        deliver(session, mail_id=mail_id)
    assert _state(session, mail_id) == MAIL_SENT
    deliver(session, mail_id=mail_id)
    assert len(smtp_server.wait_for(1)) == 1


def test_a_message_that_has_gone_is_not_sent_again_because_another_run_could_not_send_it_meanwhile(
    two_runs: tuple[ScopedSession, ScopedSession], smtp_server: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, other = two_runs
    mail_id, connect = _mail(session), MailServer.connect

    def refused(_: MailServer) -> None:
        raise TimeoutError

    def held_up(server: MailServer) -> Any:
        monkeypatch.setattr(MailServer, "connect", refused)
        late = clock.now() + CLAIM + timedelta(seconds=1)
        with _first_of_several_tries(), clock.frozen(late), pytest.raises(NotSent):
            deliver(other, mail_id=mail_id)
        return connect(server)

    monkeypatch.setattr(MailServer, "connect", held_up)
    deliver(session, mail_id=mail_id)
    assert _state(session, mail_id) == MAIL_SENT
    deliver(session, mail_id=mail_id)
    assert len(smtp_server.wait_for(1)) == 1
