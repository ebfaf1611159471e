"""Databases for tests: one per test process, put back to its baseline after each test that used it."""

import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest

from tests.support.databases import Database, Databases, Keeper, PostgresDatabases, SqliteDatabases
from tests.support.environment import environment
from tests.support.forking import Forked


@pytest.fixture(scope="session")
def engine_name(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgres`, as chosen with --engine."""
    return str(request.config.getoption("--engine"))


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all test processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def databases(engine_name: str, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Makes and drops databases on the chosen engine."""
    if engine_name == "sqlite":
        return SqliteDatabases(tmp_path_factory.mktemp("databases"))
    return PostgresDatabases(os.environ["QP_TEST_POSTGRES_RUNNING"])


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def once_per_run(folder: Path, name: str, make: Callable[[], Database]) -> Database:
    """The database `make` returns, made by whichever test process of this run asks first."""
    note = folder / f"{name}.json"
    with _one_at_a_time(folder / f"{name}.lock"):
        if not note.exists():
            note.write_text(json.dumps(asdict(make())))
    return Database(**json.loads(note.read_text()))


def prepare(database: Database, *commands: str, **settings: str) -> Database:
    """Run `qplatform` commands on a database that is going to be copied: in processes that need not import the platform first."""
    for command in commands:
        with NamedTemporaryFile("r") as log:
            done = Forked("core.cli", command.split(), environment(database, **settings), Path(log.name))
            if done.wait():
                pytest.fail(f"qplatform {command} failed:\n{log.read()}", pytrace=False)
    if database.engine == "sqlite":
        sqlite3.connect(database.name).execute("pragma wal_checkpoint(truncate)").connection.close()
    return database


@pytest.fixture(scope="session")
def baseline(databases: Databases, run_folder: Path) -> Database:
    """Migrated, with the partners' tenants: the database that others are copied from. Nobody may stay connected to it."""
    return once_per_run(run_folder, "baseline", lambda: prepare(databases.create(), "db upgrade", "tenants sync"))


@contextmanager
def _kept(databases: Databases, baseline: Database) -> Iterator[tuple[Database, Keeper]]:
    database = databases.create(baseline)
    keeper = databases.keep(database, baseline)
    yield database, keeper
    keeper.close()
    databases.drop(database)


@pytest.fixture(scope="session")
def kept_database(databases: Databases, baseline: Database) -> Iterator[tuple[Database, Keeper]]:
    """This test process's own database, with what puts it back. Ask for `database` instead."""
    with _kept(databases, baseline) as kept:
        yield kept


@pytest.fixture
def database(kept_database: tuple[Database, Keeper]) -> Iterator[Database]:
    """A migrated database with the partners' tenants in it, put back to that after the test."""
    database, keeper = kept_database
    yield database
    keeper.restore()


@pytest.fixture(scope="session")
def kept_other_database(databases: Databases, baseline: Database) -> Iterator[tuple[Database, Keeper]]:
    """A second database of this test process, to which its own application is never connected. Ask for `other_database` instead."""
    with _kept(databases, baseline) as kept:
        yield kept


@pytest.fixture
def other_database(kept_other_database: tuple[Database, Keeper]) -> Iterator[Database]:
    """A migrated database with the partners' tenants for processes that the test starts; their rows are put back after it."""
    database, keeper = kept_other_database
    yield database
    keeper.restore()


@pytest.fixture
def own_database(databases: Databases, baseline: Database) -> Iterator[Database]:
    """A migrated database with the partners' tenants that nobody uses after this test: its tables may be changed too."""
    database = databases.create(baseline)
    yield database
    databases.drop(database)


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[Database]:
    """A database without tables, for one test."""
    database = databases.create()
    yield database
    databases.drop(database)


@pytest.fixture(scope="module")
def module_database(databases: Databases) -> Iterator[Database]:
    """A database without tables, for one test module."""
    database = databases.create()
    yield database
    databases.drop(database)
