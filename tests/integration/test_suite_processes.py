"""The suite's real processes: servers that start, answer and stop, and a mail server."""

import smtplib
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from tests.support.databases import Database
from tests.support.mailbox import Mailbox
from tests.support.servers import Process, alive, status

pytestmark = pytest.mark.mainly("sqlite")  # about processes, not about their data


def test_a_server_answers_and_stops_when_asked(start_server: Callable[..., Process], other_database: Database) -> None:
    server = start_server(other_database, workers=2)
    assert status(server.port, "/healthz") == 200
    assert status(server.port, "/") == 200
    server.stop()
    assert status(server.port, "/healthz") == 0
    assert not alive(server.pid)


def test_a_server_can_be_killed(start_server: Callable[..., Process], other_database: Database) -> None:
    server = start_server(other_database)
    server.kill()
    assert status(server.port, "/healthz") == 0


def test_mail_is_received(smtp_server: Mailbox) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "q@q.example", "ann@example.org", "Croeso – welcome"
    message.set_content("Hello")
    with smtplib.SMTP(smtp_server.url.removeprefix("smtp://")) as connection:
        connection.send_message(message)
    (received,) = smtp_server.wait_for(1)
    assert received["Subject"] == "Croeso – welcome"
    assert received.get_content().strip() == "Hello"
