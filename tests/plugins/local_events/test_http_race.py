"""Places over HTTP, on a server with two processes: 200 members press Register for 50 places at the same moment; 64 members for
ten and a waiting list of 50, who then leave and answer offers at random."""

import http.client
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.cookies import SimpleCookie
from multiprocessing.connection import wait
from urllib.parse import urlencode

import psutil
import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.audit import verify
from core.sdk import ScopedSession, TenantRef
from core.tenancy.models import ShelfItem
from plugins.local_events.models import Registration
from tests.factories.people import client_of, make_person
from tests.plugins.local_events import replay
from tests.plugins.local_events.helpers import coming, published, resize
from tests.support.client import forms
from tests.support.databases import Database
from tests.support.patience import PATIENCE
from tests.support.servers import Process

WORKERS = 2
OVERSELL = "tests.plugins.local_events.oversell"
FULL, AND_THE_LIST = "This event is full", "This event is full, and so is its waiting list."


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many press, for how many places, and how many may wait."""

    people: int
    places: int
    waiting: int


LARGE, QUEUE = Crowd(200, 50, 0), Crowd(64, 10, 50)
WAYS = ["withdraw"] * 32 + ["accept"] * 18 + ["decline"] * 14
"""What each of QUEUE does afterwards, in any order. Who accepts never leaves, and of 18 four at most were refused: when ten have
places, four at least still wait."""


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
        """Make a request and keep status, body and the cookie that came with it. As in any browser it goes over another connection
        where the server has ended the one it had, which it does after half a minute without a request."""
        if self.connection.sock is not None and wait([self.connection.sock], timeout=0):
            self.connection.close()  # and the request opens another
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


def _browsers(app: Flask, server: Process, people: int) -> list[Browser]:
    """Members of Scotland, each signed in on a device of their own."""
    found = []
    for number in range(people):
        account_id = make_person(app, f"racer{number}@example.org", home="scotland", confirmed=True)
        held = client_of(app, account_id).get_cookie("q")
        assert held is not None
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
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
    everyone_ready = threading.Barrier(len(browsers), timeout=PATIENCE)

    def one(browser: Browser) -> None:
        everyone_ready.wait()
        browser.send("POST", f"{path}/register", {"csrf_token": browser.token})

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda browser: browser.load(path), browsers))
    with ThreadPoolExecutor(len(browsers)) as pool:
        list(pool.map(one, browsers))


def _then_at_random(browsers: list[Browser], path: str) -> None:
    """Everybody leaves, or answers an offer whether or not there is one, all at the same moment."""
    ways = random.Random(7).sample(WAYS, len(browsers))
    with ThreadPoolExecutor(len(browsers)) as pool:
        list(pool.map(lambda b, way: b.send("POST", f"{path}/{way}", {"csrf_token": b.token}), browsers, ways))


def _told_is_shown(session: ScopedSession, event_id: str, browsers: list[Browser]) -> None:
    """Whoever was told that they are registered finds it among their items, and nobody else does."""
    told = {browser.account_id for browser in browsers if browser.status == 303}
    assert told == set(session.scalars(sa.select(ShelfItem.account_id).where(ShelfItem.ref == event_id)))


@pytest.fixture
def race(
    app: Flask,
    database: Database,
    session: ScopedSession,
    scotland: TenantRef,
    start_server: Callable[..., Process],
) -> Iterator[Callable[..., tuple[str, list[Browser], str]]]:
    """Run the race of a crowd on a server started with the given settings: the event, the browsers, the event's path."""
    browsers: list[Browser] = []

    def run(crowd: Crowd, **settings: str) -> tuple[str, list[Browser], str]:
        event_id = published(session, scotland, capacity=crowd.places)
        resize(session, scotland, event_id, crowd.places, waiting_limit=crowd.waiting)
        session.rollback()
        server = start_server(database, workers=WORKERS, **settings)
        browsers.extend(_browsers(app, server, crowd.people))
        path = f"/scotland/events/{event_id}"
        _all_press(browsers, path)
        assert len(_spread(server, browsers)) == WORKERS, "one process answered everybody: that was no race"
        session.rollback()
        return event_id, browsers, path

    yield run
    for browser in browsers:
        browser.connection.close()


@pytest.mark.slow
def test_fifty_of_two_hundred_browsers_get_a_place(race, session):
    event_id, browsers, _ = race(LARGE)
    assert Counter(browser.status for browser in browsers) == {303: 50, 422: 150}
    assert all(FULL in browser.body for browser in browsers if browser.status == 422)
    assert (coming(session, event_id), replay.check(session, event_id, 50)) == (50, 50)
    _told_is_shown(session, event_id, browsers)
    assert verify(session).ok


@pytest.mark.slow
def test_ten_get_a_place_fifty_wait_and_nobody_is_passed(race, session):
    event_id, browsers, path = race(QUEUE)
    assert Counter(browser.status for browser in browsers) == {303: 60, 422: 4}
    assert all(AND_THE_LIST in browser.body for browser in browsers if browser.status == 422)
    assert (coming(session, event_id), replay.check(session, event_id, 10)) == (10, 60)
    _told_is_shown(session, event_id, browsers)
    for _ in range(2):
        _then_at_random(browsers, path)
        assert {browser.status for browser in browsers} <= {303, 422}
    assert replay.check(session, event_id, 10) > 64
    assert verify(session).ok
    waiting = sa.select(Registration.account_id).where(Registration.state == "waitlisted").limit(1)
    last = next(browser for browser in browsers if browser.account_id == session.scalar(waiting))
    last.send("GET", path)
    assert "on the waiting list" in last.body


@pytest.mark.slow
def test_reading_before_writing_would_oversell(race, session):
    """The control: the same race on a server that looks for room first and writes afterwards."""
    event_id, browsers, _ = race(LARGE, program=OVERSELL)
    assert {browser.status for browser in browsers} <= {303, 422}
    assert coming(session, event_id) > LARGE.places
