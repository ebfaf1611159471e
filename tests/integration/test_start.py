"""What a web process brings along when it starts, and what it keeps for the next one."""

import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from core.web import compiled
from core.web.listening import ListenError, claimed
from tests.support.databases import Database
from tests.support.environment import ROOT, environment
from tests.support.forking import command
from tests.support.patience import PATIENCE
from tests.support.servers import WORKER_STARTED, Process, free_port, start

pytestmark = pytest.mark.mainly("sqlite")  # what a process imports and keeps has nothing to do with the engine
RARE = (
    "aiosmtpd", "alembic", "authlib", "babel.messages.extract", "boto3", "croniter", "dbos", "granian", "icalendar", "mako",
    "markdown_it", "multiprocessing.pool", "nh3", "obstore", "openpyxl", "PIL", "qrcode", "redis", "unittest", "xlsxwriter",
    "core.work.engine", "core.work.worker", "core.sdk.testing", "core.sdk.scaffold",
)  # fmt: skip
"""Heavy or rarely needed: each is imported where it is used, by whoever uses it."""
ASK = """
import json, sys, threading
import wsgi
assert threading.active_count() == 1, "web processes fork from here, and threads do not"
client = wsgi.app.test_client()
assert client.get("/scotland/").status_code == 200
assert client.get("/scotland/events/").status_code == 200
print(json.dumps({"modules": sorted(sys.modules), "templates": str(wsgi.app.jinja_env.bytecode_cache.directory)}))
"""
Told = dict[str, str | list[str]]


def _ask(database: Database, folder: Path, **settings: str) -> Told:
    env = environment(database, TMPDIR=str(folder), **settings)
    done = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: Told = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.parametrize("demo", ["", "1"])
def test_a_web_process_imports_nothing_heavy_that_pages_do_not_need(
    other_database: Database, tmp_path: Path, demo: str
) -> None:
    told = _ask(other_database, tmp_path, QP_DEMO=demo)
    assert not set(RARE) & set(told["modules"])


def test_compiled_templates_are_kept_for_the_next_start_where_nobody_else_may_write(
    other_database: Database, tmp_path: Path
) -> None:
    folder = Path(str(_ask(other_database, tmp_path)["templates"]))
    assert folder.parent == tmp_path
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    first = {path: path.stat().st_mtime_ns for path in folder.glob("q-*.cache")}
    assert len(first) > 5
    other = folder / "q-0123456789abcdef-of-another-release.cache"
    other.write_bytes(b"old")
    damaged = min(first)
    damaged.write_bytes(damaged.read_bytes()[:60])
    _ask(other_database, tmp_path)
    assert not other.exists()
    again = {path: path.stat().st_mtime_ns for path in folder.glob("q-*.cache")}
    assert set(again) == set(first)
    assert {path for path in first if again[path] != first[path]} == {damaged}, "what was whole was not compiled again"


@pytest.mark.parametrize("ruin", [lambda folder: folder.write_text("a file"), lambda folder: folder.mkdir(mode=0o777)])
def test_it_starts_without_a_folder_for_them(
    other_database: Database, tmp_path: Path, ruin: Callable[[Path], object]
) -> None:
    ruin(tmp_path / f"_jinja2-cache-{os.getuid()}")
    code = ASK.replace("str(wsgi.app.jinja_env.bytecode_cache.directory)", '""')
    env = environment(other_database, TMPDIR=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_full_disk_costs_no_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from jinja2 import DictLoader, Environment

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", full)
    env = Environment(
        loader=DictLoader({"a": "{{ 1 + 1 }}"}),
        bytecode_cache=compiled.CompiledTemplates(str(tmp_path)),
        autoescape=True,
    )
    assert env.get_template("a").render() == "2"


@pytest.mark.slow
def test_one_worker_answers_soon_and_stays_small(
    start_server: Callable[..., Process], other_database: Database
) -> None:
    """Loose bounds, for any machine, and in processor time, whatever else it does: `make bench` prints the figures."""
    start_server(other_database, forked=False).stop()
    server = start_server(other_database, forked=False)
    family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    assert sum(spent.user + spent.system for spent in (one.cpu_times() for one in family)) < 10
    worker = family[1]
    assert worker.memory_info().rss < 130 * 2**20


@pytest.mark.slow
def test_web_processes_share_what_was_started_before_they_forked(
    start_server: Callable[..., Process], other_database: Database
) -> None:
    """Begun each by itself, 46 of 100 pages of memory were a process's own before it had answered anything; so, 14."""
    server = start_server(other_database, workers=2, forked=False)
    for worker in psutil.Process(server.pid).children():
        memory = worker.memory_full_info()
        assert memory.uss < 0.3 * memory.rss, memory


def test_what_is_wrong_is_said_once_and_nothing_is_served(other_database: Database, tmp_path: Path) -> None:
    env = environment(other_database, TMPDIR=str(tmp_path), QP_HOSTS="nowhere")
    code, said = command(("serve", "--workers", "2"), env, tmp_path / "log")
    assert code == 1
    assert said.count("QP_HOSTS") == 1, said
    assert "Traceback" not in said


def test_a_port_is_served_once(start_server: Callable[..., Process], other_database: Database, tmp_path: Path) -> None:
    """The server's own sockets share a port with whoever asks for it: two platforms would answer every other request each."""
    server = start_server(other_database)
    env = environment(other_database, TMPDIR=str(tmp_path))
    code, said = command(("serve", "--port", str(server.port)), env, tmp_path / "log")
    assert code == 1
    (line,) = said.splitlines()
    assert json.loads(line)["message"] == (
        f"port {server.port} of 127.0.0.1 is taken; stop what listens there, or name another with --port"
    )


def test_of_two_that_start_on_a_port_at_once_one_serves(other_database: Database, tmp_path: Path) -> None:
    """Neither listens yet when the other looks."""
    port = free_port()
    both = [start(("serve", "--workers", "1"), other_database, tmp_path, port, {}) for _ in range(2)]
    try:
        end = time.monotonic() + PATIENCE
        while all(one.process.poll() is None for one in both):
            assert time.monotonic() < end, "both serve"
            assert sum(one.log().count(WORKER_STARTED) for one in both) < 2, "both serve"
            time.sleep(0.05)
        late, first = sorted(both, key=lambda one: one.process.poll() is None)
        first.wait_ready(1)
        assert late.process.wait() == 1
        assert f"port {port} of 127.0.0.1 is taken" in late.log()
        first.stop()
    finally:
        for one in both:
            one.kill()


def test_an_address_that_cannot_be_served_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ListenError, match="port 99999: there is no such port"), claimed("127.0.0.1", 99999):
        pytest.fail("it was claimed")

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    said = "nothing can be served at nowhere, port 8000: Name or service not known"
    with pytest.raises(ListenError, match=said), claimed("nowhere", 8000):
        pytest.fail("it was claimed")


def test_a_port_that_was_served_a_moment_ago_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(ListenError, match="taken"), claimed("127.0.0.1", port):
            pytest.fail("it was claimed")
        with socket.create_connection(("127.0.0.1", port)):
            listening.accept()[0].close()
    for _ in range(2):  # a claim goes with its block
        with claimed("127.0.0.1", port):
            pass
