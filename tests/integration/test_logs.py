"""What processes write: one JSON object a line, from the first to the last, and one for each request."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
from flask import Flask, Response

from tests.support import servers
from tests.support.databases import Database
from tests.support.environment import ROOT, environment
from tests.support.forking import command
from tests.support.patience import PATIENCE
from tests.support.servers import WORKER_STARTED, Process

pytestmark = pytest.mark.mainly("sqlite")  # what is written has nothing to do with the engine
Entry = dict[str, Any]
ALWAYS = {"at", "level", "logger", "message"}
LEVELS = {"debug", "info", "warning", "error", "critical"}
OF_A_REQUEST = ("request", "tenant", "method", "route", "status", "ms")


def entries_of(text: str) -> list[Entry]:
    """Every line as the entry that it must be. Raises AssertionError, or ValueError for one that is no JSON."""
    found: list[Entry] = [json.loads(line) for line in text.split("\n")[:-1]]
    assert text.endswith("\n")
    for entry in found:
        assert entry.keys() >= ALWAYS
        assert entry["level"] in LEVELS
        assert entry["at"].endswith("+00:00")
    return found


def _get(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    """The status of the answer, and the request's id."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers["X-Request-Id"]
    finally:
        connection.close()


def _until(ready: Callable[[], bool], log: Callable[[], str]) -> None:
    end = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < end, log()
        time.sleep(0.05)


@pytest.fixture
def served(other_database: Database, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start `qplatform serve` with two web processes, as an operator's shell would."""
    started: list[Process] = []

    def start(**settings: str) -> Process:
        started.append(servers.serve(other_database, tmp_path, 2, forked=False, **settings))
        return started[-1]

    yield start
    for process in started:
        process.stop()


@pytest.mark.slow
def test_a_whole_life_is_written_as_json(served: Callable[..., Process]) -> None:
    server = served()
    asked = [
        (*_get(server.port, "/scotland/events/?q=ann@example.org"), "scotland", "GET", "/events/"),
        (*_get(server.port, "/account/reset/a-secret"), "uk", "GET", "/account/reset/<token>"),
        (*_get(server.port, "/wales/nowhere/ann@example.org"), "wales", "GET", ""),
        (*_get(server.port, "/scotland/me/"), "scotland", "GET", "/me/"),
        (*_get(server.port, "/account/sign-in", "POST"), "uk", "POST", "/account/sign-in"),
        (*_get(server.port, "/", X_Request_Id='from "the" proxy\\ {}'), "uk", "GET", "/"),
        (*_get(server.port, "/assets/0/none.css"), "", "GET", "/assets/<digest>/<path:name>"),
    ]
    assert [status for status, *_ in asked] == [200, 410, 404, 303, 400, 200, 404]
    for quiet in ("/healthz", "/readyz", "/metrics", "/assets/0/htmx.js"):
        assert _get(server.port, quiet)[0] == 200
    psutil.Process(server.pid).children()[0].send_signal(signal.SIGKILL)
    _until(lambda: server.log().count(WORKER_STARTED) == 3, server.log)
    server.stop()
    assert server.process.poll() == 0
    entries = entries_of(server.log())
    lines = [entry for entry in entries if entry["logger"] == "q.request"]
    assert [tuple(entry) for entry in lines] == [("at", "level", "logger", "message", *OF_A_REQUEST)] * len(asked)
    assert [tuple(e[key] for key in ("status", "request", "tenant", "method", "route")) for e in lines] == asked
    assert all(entry["message"] == "answered" and 0 < entry["ms"] < 30_000 for entry in lines)
    assert not [word for word in ("ann@example", "a-secret", "none.css") if word in server.log()]
    told = [entry["message"] for entry in entries if entry["logger"].startswith("_granian")]
    for event in ("Starting granian", "Unexpected exit from worker-1", "Respawning worker-1", "Shutting down granian"):
        assert [said for said in told if said.startswith(event)], told


def test_requests_are_not_written_where_nobody_wants_them(
    start_server: Callable[..., Process], other_database: Database
) -> None:
    server = start_server(other_database, QP_LOG_REQUESTS="0")
    assert _get(server.port, "/scotland/")[0] == 200
    server.stop()
    assert not [entry for entry in entries_of(server.log()) if entry["logger"] == "q.request"]


def _run(code: str, env: Mapping[str, str]) -> tuple[int, str, str]:
    words = [sys.executable, "-W", "default", "-c", code]
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("level", "told"), [("", "iwe"), ("info", "iwe"), ("warning", "we"), ("error", "e")])
def test_the_log_begins_at_the_level_that_is_asked_for(level: str, told: str) -> None:
    """Also of loggers that have a level of their own, as the server's has."""
    code = (
        "import logging; from core.web import logs; logs.install(); own = logging.getLogger('_granian'); own.setLevel('INFO')\n"
        "for log in (own, logging.getLogger('q')): log.info('i'); log.warning('w'); log.error('e')"
    )
    status, _, written = _run(code, {**os.environ, "QP_LOG_LEVEL": level})
    assert (status, [entry["message"] for entry in entries_of(written)]) == (0, [*told, *told])


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        ("serve", {"QP_SECRET_KEY": "weak"}, "QP_SECRET_KEY is too weak"),
        ("serve", {"QP_LOG_REQUESTS": "yes"}, "QP_LOG_REQUESTS is 1 or 0"),
        ("serve", {"QP_LOG_LEVEL": "loud"}, "QP_LOG_LEVEL is one of info, warning, error"),
        ("serve", {"QP_DATABASE_URL": "sqlite:////nowhere/q.sqlite"}, "the database cannot be reached"),
        ("serve", {"QP_DATABASE_URL": "sqlite:////dev/null"}, "the database has no table"),
        ("serve", {"PORT": "web"}, "Invalid value for '--port'"),
        ("serve --port 99999", {}, "nothing can be served at 127.0.0.1, port 99999"),
        ("worker", {"QP_SECRET_KEY": "weak"}, "QP_SECRET_KEY is too weak"),
        ("worker", {"QP_DATABASE_URL": "sqlite:////dev/null"}, "the database has no table"),
        ("worker --threads 2", {}, "No such option"),
    ],
)
def test_a_start_that_fails_is_told_in_one_entry(
    other_database: Database, tmp_path: Path, words: str, settings: dict[str, str], said: str
) -> None:
    env = environment(other_database, TMPDIR=str(tmp_path), **{"PORT": str(servers.free_port()), **settings})
    code, log = command(words.split(), env, tmp_path / "log")
    (entry,) = entries_of(log)
    assert (code, entry["level"]) == (1, "critical")
    assert entry["message"].startswith(said)


BROKEN = """
import core.app
def broken(app):
    raise RuntimeError("two\\nlines")
core.app.look_at_database = broken
"""


@pytest.mark.parametrize("start", ["import wsgi", "import core.cli; core.cli.main(['serve'])"])
def test_a_start_that_breaks_is_told_with_its_traceback(other_database: Database, tmp_path: Path, start: str) -> None:
    env = environment(other_database, TMPDIR=str(tmp_path), PORT=str(servers.free_port()))
    code, output, log = _run(BROKEN + start, env)
    (entry,) = entries_of(log)
    assert (code, output, entry["level"]) == (1, "", "critical")
    assert entry["error"].startswith("Traceback ")
    assert entry["error"].endswith("RuntimeError: two\nlines")


PAST_THE_LOG = r"""
import logging, os, sys, threading, warnings
from core.web import logs
logs.own_streams()
with logs.told():
    warnings.warn("old\nway")
    print("printed", "twice")
    sys.stderr.write("half ")
    sys.stderr.write("a line\nunfinished")
    sys.stderr.flush()
    def thread():
        raise ValueError("in a thread")
    at = threading.Thread(target=thread, name="helper")
    at.start()
    at.join()
    class Falls:
        def __del__(self):
            raise ValueError("in clearing up")
    Falls()
    logging.getLogger("q.try").info("%d", "no number")
    logging.getLogger("q.try").info("a\n\x00\udc80 %s", "forged\n{}")
    print("the last, without an end", end="")
raise KeyError("at the end")
"""


def test_what_is_written_past_the_log_is_part_of_it() -> None:
    code, output, log = _run(PAST_THE_LOG, {})
    found = [json.loads(line) for line in log.splitlines()]
    assert (code, output) == (1, "")
    said = {(entry["logger"], entry["message"]) for entry in found}
    assert {
        ("stdout", "printed twice"),
        ("stderr", "half a line"),
        ("stderr", "unfinished"),
        ("q.process", "thread helper: an error that nobody caught"),
        ("q.process", "the process: an error that nobody caught"),
        ("q.try", "a\n\x00\udc80 forged\n{}"),
        ("stdout", "the last, without an end"),
    } <= said
    errors = " ".join(entry["error"].splitlines()[-1] for entry in found if "error" in entry)
    assert errors == "ValueError: in a thread ValueError: in clearing up KeyError: 'at the end'"
    assert [e for e in found if e["logger"] == "py.warnings" and "UserWarning: old\nway" in e["message"]]
    assert [e for e in found if e["logger"] == "stderr" and "TypeError: %d format" in e["message"]]


BEFORE_A_CONNECTION = r"""
import logging, socket
from core.web import logs
near, far = socket.socketpair()
with logs.told():
    logging.getLogger("q.try").warning("an entry")
near.shutdown(socket.SHUT_WR)
print(near.fileno(), far.recv(100))
"""


def test_what_took_the_place_of_standard_error_is_not_written_into() -> None:
    """Of a process that is started without one the first connection has its number: the database's, or somebody's browser's."""
    words = ["sh", "-c", 'exec "$0" -c "$1" 2>&-', sys.executable, BEFORE_A_CONNECTION]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (0, "2 b''\n")


def test_an_error_after_the_view_is_told_without_the_address(
    app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In which the secret of a mailed link stands."""
    hooks = app.after_request_funcs[None]

    def breaks(_: Response) -> Response:
        hooks.remove(breaks)
        raise RuntimeError("too late")

    hooks.append(breaks)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    assert app.test_client().get("/account/reset/a-secret").status_code == 500
    (told,) = [record for record in caplog.records if record.exc_info]
    assert (told.name, told.getMessage()) == ("q.web", "unhandled error")
    assert "a-secret" not in caplog.text
