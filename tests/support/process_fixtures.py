"""Real servers for tests: `qplatform serve` on a database of its own, the demonstration, and a mail server."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.config import normalise_url
from tests.support import servers
from tests.support.data_fixtures import once_per_run, prepare
from tests.support.databases import Database, Databases, Keeper
from tests.support.mailbox import Mailbox
from tests.support.servers import Process


@pytest.fixture
def start_process(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start `qplatform <words>` on a database: `start_process(("worker",), database, QP_DEMO="1")`. Stopped after the test."""
    started: list[Process] = []

    def start(words: tuple[str, ...], database: Database, **settings: str) -> Process:
        started.append(servers.start(words, database, tmp_path, 0, settings))
        return started[-1]

    yield start
    for process in started:
        process.stop()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start a web server on a database: `start_server(database, workers=2, QP_HOSTS=…)`. Stopped after the test."""
    started: list[Process] = []

    def start(database: Database, workers: int = 1, **settings: Any) -> Process:
        started.append(servers.serve(database, tmp_path, workers, **settings))
        return started[-1]

    yield start
    for process in started:
        process.stop()


_turns = count(1)


@pytest.fixture(scope="session")
def kept_server(
    kept_database: tuple[Database, Keeper], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Process]:  # fmt: skip
    """This test process's web server. Ask for `server` instead: it forgets what the last test had switched."""
    server = servers.serve(kept_database[0], tmp_path_factory.mktemp("kept"))
    yield server
    server.stop()


@pytest.fixture
def server(kept_server: Process, database: Database) -> Process:
    """A web server on `database`, started once per test process, because starting one takes longer than most tests.

    It reads a site's configuration anew when its version is another one, so every test gives all sites a version of its own.
    """
    engine = sa.create_engine(normalise_url(database.superuser_url), poolclass=sa.NullPool)
    with engine.begin() as c:
        c.exec_driver_sql(f"update tenancy_tenant set config_version = config_version + {1000 * next(_turns)}")
    return kept_server


@pytest.fixture(scope="session")
def demo_baseline(databases: Databases, run_folder: Path) -> Database:
    """The demonstration community, loaded once per run; to be copied, never connected to."""
    return once_per_run(run_folder, "demo", lambda: prepare(databases.create(), "demo --load-only", QP_DEMO="1"))


@pytest.fixture(scope="session")
def live_demo(
    databases: Databases, demo_baseline: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Process]:
    """A web server with the demonstration community, for this test process. Leave its data good for the next test."""
    database = databases.create(demo_baseline)
    server = servers.serve(database, tmp_path_factory.mktemp("demo"), QP_DEMO="1")
    yield server
    server.stop()
    databases.drop(database)


@pytest.fixture
def smtp_server() -> Iterator[Mailbox]:
    """A mail server on this machine that keeps what it receives."""
    with Mailbox() as mailbox:
        yield mailbox
