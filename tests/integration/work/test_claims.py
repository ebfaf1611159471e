"""One message, several runs of its job: it goes out once, or is recognised as the same."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.db import open_session
from core.data.scope import Scope
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.work import GiveUp, mail
from core.work.delivery import CLAIM, NotSent, deliver
from core.work.models import MAIL_FAILED, MAIL_KEPT, MAIL_SENDING, MAIL_SENT, Mail
from tests.support.mailbox import Mailbox

MakeApp = Callable[..., Flask]


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
