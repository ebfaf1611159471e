"""The last place over HTTP: two hundred members press Register at the same moment, on a server with two processes."""

import http.client
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import InstrumentedAttribute

from core.data.audit import AuditEntry, verify
from core.sdk import ScopedSession, TenantRef
from core.tenancy.models import ShelfItem
from plugins.local_events.models import Registration
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import held, published
from tests.support.client import forms
from tests.support.databases import Database
from tests.support.servers import Process

PEOPLE, PLACES, WORKERS = 200, 50, 2
SECONDS = 60
OVERSELL = str(Path(__file__).with_name("oversell"))
FULL = "This event is full."


@dataclass
class Browser:
    """One member's browser: a connection, the cookie it holds, and what it was told."""

    account_id: str
    cookie: str
    connection: http.client.HTTPConnection
    token: str = ""
    status: int = 0
    body: str = ""

    def send(self, method: str, path: str, fields: dict[str, str] | None = None) -> None:
        """Make a request and keep status, body and the cookie that came with it."""
        headers = {"Cookie": f"q={self.cookie}", "Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request(method, path, urlencode(fields) if fields else None, headers)
        response = self.connection.getresponse()
        self.status, self.body = response.status, response.read().decode()
        for line in response.headers.get_all("Set-Cookie") or ():
            if (found := SimpleCookie(line).get("q")) is not None:
                self.cookie = found.value

    def load(self, path: str) -> None:
        """Open the event's page and take the token from its form, as a browser does."""
        self.send("GET", path)
        self.token = next(f.fields["csrf_token"][0] for f in forms(self.body) if f.action == f"{path}/register")


def _browsers(app: Flask, server: Process) -> list[Browser]:
    """Members of Scotland, each signed in on a device of their own."""
    found = []
    for number in range(PEOPLE):
        account_id = make_person(app, f"racer{number}@example.org", home="scotland", confirmed=True)
        held = client_of(app, account_id).get_cookie("q")
        assert held is not None
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=SECONDS)
        found.append(Browser(account_id, held.value, connection))
    return found


def _spread(server: Process, browsers: list[Browser]) -> list[int]:
    """How many of the browsers' connections each web process has accepted."""
    ours = {browser.connection.sock.getsockname()[1] for browser in browsers}
    held = [
        sum(1 for c in process.net_connections("tcp") if c.raddr and c.raddr.port in ours)
        for process in psutil.Process(server.pid).children(recursive=True)
    ]
    return [count for count in held if count]


def _all_press(browsers: list[Browser], path: str) -> None:
    """Everybody opens the event's page; when the last one has it, all press Register."""
    everyone_ready = threading.Barrier(len(browsers), timeout=SECONDS)

    def one(browser: Browser) -> None:
        everyone_ready.wait()
        browser.send("POST", f"{path}/register", {"csrf_token": browser.token})

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda browser: browser.load(path), browsers))
    with ThreadPoolExecutor(len(browsers)) as pool:
        list(pool.map(one, browsers))


@dataclass(frozen=True)
class Outcome:
    """Who has a place by the answers and by each of the tables that say so."""

    told: set[str]
    registered: list[str]
    shelved: list[str]
    audited: list[str]
    taken: int


def _outcome(session: ScopedSession, event_id: str, browsers: list[Browser]) -> Outcome:
    session.rollback()

    def ids(column: sa.ColumnElement[Any] | InstrumentedAttribute[Any], *where: sa.ColumnElement[bool]) -> list[str]:
        return sorted(session.scalars(sa.select(column).where(*where)))

    return Outcome(
        told={browser.account_id for browser in browsers if browser.status == 303},
        registered=ids(Registration.account_id, Registration.event_id == event_id, Registration.state == "coming"),
        shelved=ids(ShelfItem.account_id, ShelfItem.ref == event_id),
        audited=ids(AuditEntry.actor_id, AuditEntry.action == "local_events.register", AuditEntry.subject == event_id),
        taken=held(session, event_id),
    )


@pytest.fixture
def race(
    app: Flask,
    database: Database,
    session: ScopedSession,
    scotland: TenantRef,
    start_server: Callable[..., Process],
) -> Iterator[Callable[..., tuple[Outcome, list[Browser], str]]]:
    """Run the race on a server started with the given settings: the outcome, the browsers, the event's path."""
    browsers: list[Browser] = []

    def run(**settings: str) -> tuple[Outcome, list[Browser], str]:
        event_id = published(session, scotland, capacity=PLACES)
        session.rollback()
        server = start_server(database, workers=WORKERS, **settings)
        browsers.extend(_browsers(app, server))
        path = f"/scotland/events/{event_id}"
        _all_press(browsers, path)
        assert len(_spread(server, browsers)) == WORKERS, "one process answered everybody: that was no race"
        return _outcome(session, event_id, browsers), browsers, path

    yield run
    for browser in browsers:
        browser.connection.close()


def test_fifty_of_two_hundred_browsers_get_a_place(race, session):
    outcome, browsers, path = race()
    assert Counter(browser.status for browser in browsers) == {303: PLACES, 422: PEOPLE - PLACES}
    assert all(FULL in browser.body for browser in browsers if browser.status == 422)
    assert outcome.taken == len(outcome.registered) == PLACES
    assert sorted(outcome.told) == outcome.registered == outcome.shelved == outcome.audited
    assert verify(session).ok
    for status, words, items in ((303, "You have a place", 1), (422, FULL, 0)):
        browser = next(browser for browser in browsers if browser.status == status)
        browser.send("GET", path)
        assert words in browser.body
        browser.send("GET", "/scotland/me/")
        assert (path in browser.body) is bool(items)


def test_reading_before_writing_would_oversell(race):
    """The control: the same race on a server that looks for room first and writes afterwards."""
    path = os.pathsep.join(filter(None, (OVERSELL, os.environ.get("PYTHONPATH"))))
    outcome, browsers, _ = race(PYTHONPATH=path)
    assert {browser.status for browser in browsers} <= {303, 422}
    assert len(outcome.told) == len(outcome.registered) > PLACES
