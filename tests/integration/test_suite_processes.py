"""The suite's real processes: servers that start, answer and stop, and a mail server."""

import gc
import itertools
import os
import smtplib
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support.databases import Database
from tests.support.mailbox import Mailbox
from tests.support.racing import together
from tests.support.servers import Process, alive, free_port, is_over, kill_all, start, status

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


def test_no_two_processes_are_given_one_port() -> None:
    given = together("tests.support.ports_race", *[{"count": 200}] * 4)
    assert [len(ports) for ports in given] == [200] * 4
    assert len(set(itertools.chain.from_iterable(given))) == 800


def test_nobody_else_gets_a_port_before_its_server_does(other_database: Database, tmp_path: Path) -> None:
    port = free_port()
    with socket.socket() as other, pytest.raises(OSError, match="Address already in use"):
        other.bind(("127.0.0.1", port))
    assert status(port, "/healthz") == 0
    server = start(("serve", "--workers", "1"), other_database, tmp_path, port, {})
    server.wait_ready(1)
    assert status(port, "/healthz") == 200
    server.stop()
    assert status(port, "/healthz") == 0
    with socket.socket() as other, pytest.raises(OSError, match="Address already in use"):
        other.bind(("127.0.0.1", port))  # a server that was killed comes back at its address


def test_mail_is_received(smtp_server: Mailbox) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "q@q.example", "ann@example.org", "Croeso – welcome"
    message.set_content("Hello")
    with smtplib.SMTP(smtp_server.url.removeprefix("smtp://")) as connection:
        connection.send_message(message)
    (received,) = smtp_server.wait_for(1)
    assert received["Subject"] == "Croeso – welcome"
    assert received.get_content().strip() == "Hello"


def test_a_mail_server_that_stops_leaves_nobody_at_its_door() -> None:
    """The warning that nobody closed their socket would fail another test, later."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        for _ in range(10):
            with socket.socket() as visitor, Mailbox() as mailbox:
                visitor.connect(("127.0.0.1", int(mailbox.url.rpartition(":")[2])))
        gc.collect()
    assert [str(warning.message) for warning in found] == []


AGAIN = """
import os, time
while True:
    if not (child := os.fork()):
        time.sleep(20)
        os._exit(0)
    os.write(1, b"%d " % child)
    os.waitpid(child, 0)
"""
"""A process that starts its child anew whenever that has died, as a server does its web processes."""


def test_nothing_is_left_of_a_server_that_starts_anew_what_is_killed() -> None:
    """Else the next server at its address would find the port taken, now and then."""
    for _ in range(30):
        with subprocess.Popen([sys.executable, "-c", AGAIN], stdout=subprocess.PIPE, bufsize=0) as server:
            assert server.stdout is not None
            children = server.stdout.read(100)
            kill_all(server.pid)
            os.set_blocking(server.stdout.fileno(), False)
            children += server.stdout.read(100) or b""
        assert [child for child in children.split() if not is_over(int(child))] == []
