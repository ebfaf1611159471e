"""`make demo` in one process: fills an empty database, serves web and worker, says where, stops whole, and keeps its data."""

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from tests.support import servers
from tests.support.databases import Database
from tests.support.servers import Process, alive, status

FILLING = "filling the sites"


@pytest.fixture
def demos(tmp_path: Path, empty_database: Database) -> Iterator[list[Process]]:
    """The demonstrations a test started, stopped afterwards."""
    started: list[Process] = []
    yield started
    for process in started:
        process.stop()


def _start(demos: list[Process], folder: Path, database: Database, *words: str) -> Process:
    demo = servers.start(
        ("demo", *words), database, folder, servers.free_port(), {"QP_DEMO": "1", "QP_MAIL_URL": "demo:"}, forked=False
    )
    demos.append(demo)
    demo.wait_ready(0)  # its log does not say which of its processes run
    return demo


def _count(database: Database, table: str) -> int:
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.connect() as c:
        return int(c.exec_driver_sql(f"select count(*) from {table}").scalar_one())


def _family(process: Process) -> list[int]:
    """The process and everything it started."""
    return [process.pid, *(child.pid for child in psutil.Process(process.pid).children(recursive=True))]


@pytest.mark.slow
@pytest.mark.mainly("sqlite")  # the demonstration's own engine
def test_the_demonstration_runs_stops_and_keeps_its_data(
    tmp_path: Path, empty_database: Database, demos: list[Process]
) -> None:
    demo = _start(demos, tmp_path, empty_database)
    assert f"{demo.url}/" in demo.log()
    assert "central@demo.example" in demo.log()
    assert FILLING in demo.log()
    assert status(demo.port, "/demo/") == 200
    assert status(demo.port, "/scotland/") == 200
    people = _count(empty_database, "people_account")
    assert people > 799
    family = _family(demo)
    workers = [child for child in psutil.Process(demo.pid).children() if "worker" in child.cmdline()]
    assert len(workers) == 1, demo.log()
    time.sleep(2)
    assert workers[0].is_running(), demo.log()
    assert "{" not in demo.log(), "who may sign in stays to be read"
    demo.stop()
    assert not [pid for pid in family if alive(pid)]

    again = _start(demos, tmp_path, empty_database)
    assert FILLING not in again.log()
    assert _count(empty_database, "people_account") == people
    again.stop()


def test_the_demonstration_is_absent_without_its_switch(server: Process) -> None:
    for path in ("/demo", "/demo/", "/demo/mail", "/demo/sign-in"):
        assert status(server.port, path) == 404, path
