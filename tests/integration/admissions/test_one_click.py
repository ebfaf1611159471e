"""Messages about windows can be stopped by the mail program itself: header and one-click POST (RFC 2369, RFC 8058)."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.letters.windows import tell
from core.admissions.models import Interest
from core.admissions.service import interest
from core.data.session import ScopedSession
from core.kernel.ids import new_token
from core.tenancy.directory import TenantSnapshot
from core.work.delivery import deliver
from core.work.models import Mail
from tests.support.client import FormClient
from tests.support.mailbox import Mailbox


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    """A session on Scotland's rows."""
    return session_for("scotland")


def test_a_mail_program_stops_the_messages_by_itself(
    make_app: Callable[..., Flask],
    session: ScopedSession,
    tenant: Callable[[str], TenantSnapshot],
    smtp_server: Mailbox,
) -> None:
    app = make_app(mail_url=smtp_server.url, base_url="https://q.example")
    with app.app_context():
        interest.ask(
            session, secret_key=app.config["Q"].secret_key, email="ann@example.org", locale="en", key=new_token(),
            post=tell(tenant("scotland")),
        )  # fmt: skip
        deliver(session, mail_id=session.scalar(sa.select(Mail.id)))
    (message,) = smtp_server.wait_for(1)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = message["List-Unsubscribe"].strip("<>")
    assert address.startswith("https://q.example/scotland/apply/stop/")
    assert address.removesuffix("/at-once") in message.as_string().replace("=\n", "").replace("=3D", "=")
    session.rollback()
    assert session.scalar(sa.select(Mail.stop_href)) == ""  # it holds the link, as the bodies did
    stranger, path = app.test_client(use_cookies=False), urlsplit(address).path
    opened = stranger.get(path, base_url="https://q.example")
    assert (opened.status_code, urlsplit(opened.headers["Location"]).path) == (303, path.removesuffix("/at-once"))
    for _ in range(2):
        done = stranger.post(path, data={"List-Unsubscribe": "One-Click"}, base_url="https://q.example")
        assert (done.status_code, done.data) == (200, b"")
    session.rollback()
    assert session.scalar(sa.select(Interest.state)) == "stopped"


def test_other_links_and_other_forms_are_not_opened_by_it(client: FormClient, session: ScopedSession) -> None:
    """Only this one address takes a POST without a form's token, and only with a whole link."""
    assert session.scalars(sa.select(Interest.id)).all() == []
    assert client.post("/scotland/apply/stop/nonsense/at-once").status_code == 410
    assert client.post("/apply/stop/nonsense/at-once").status_code == 404
    assert client.post("/scotland/apply/stop/nonsense").status_code == 400
