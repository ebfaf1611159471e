"""A restore that was killed on its way: nothing starts on what it left, or says that all is well, until one has ended."""

import os
import re
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from core.app import BootError, boot
from core.cli import main
from core.config import ROOT
from core.data import backups, restored
from tests.support.databases import Database
from tests.support.environment import environment
from tests.support.forking import PROCESSES
from tests.support.patience import PATIENCE
from tests.support.postgres import programs

pytestmark = pytest.mark.slow
HELD = "create function held() returns event_trigger language plpgsql as 'begin perform pg_advisory_lock(7); end'"


def _q(database: Database, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    for name, value in environment(database).items():
        if name.startswith("QP_"):
            monkeypatch.setenv(name, value)
    return CliRunner().invoke(main, words, catch_exceptions=False)


def _program(name: str) -> str:
    return str(programs() / name)


def _address(url: str) -> str:
    return url.replace("+psycopg", "")


@pytest.fixture
def dump(own_database: Database, tmp_path: Path) -> Path:
    """A backup of a database on PostgreSQL."""
    return _dumped(own_database, tmp_path)


def _dumped(database: Database, folder: Path) -> Path:
    file = folder / "q.dump"
    subprocess.run(
        [_program("pg_dump"), "-Fc", "-f", file, "-d", _address(database.superuser_url)], check=True, cwd="/"
    )
    return file


def _restore(dump: Path, database: Database, *options: str) -> "subprocess.Popen[bytes]":
    command = [_program("pg_restore"), *options, "-d", _address(database.owner_url), str(dump)]
    return subprocess.Popen(command, cwd="/")


def _kill_at(tag: str, dump: Path, database: Database, *options: str) -> None:
    """`pg_restore` is held at the first statement of this kind, and killed there."""
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as c:
        c.exec_driver_sql("select pg_advisory_lock(7)")
        c.exec_driver_sql(HELD)
        c.exec_driver_sql(
            f"create event trigger held on ddl_command_start when tag in ('{tag}') execute function held()"
        )
        process = _restore(dump, database, *options)
        waiting = (
            "select pid from pg_locks where locktype = 'advisory' and not granted "
            "and database = (select oid from pg_database where datname = current_database())"
        )
        end = time.monotonic() + PATIENCE
        while not (pids := c.exec_driver_sql(waiting).scalars().all()):
            assert process.poll() is None, "pg_restore ended before it was held"
            assert time.monotonic() < end
            time.sleep(0.05)
        process.kill()
        process.wait()
        for pid in pids:
            c.exec_driver_sql("select pg_terminate_backend(%s, 10000)", (pid,))
        c.exec_driver_sql("drop event trigger held")
        c.exec_driver_sql("drop function held")


def _refused(database: Database, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    for command in ("upgrade", "check"):
        done = _q(database, monkeypatch, "db", command)
        assert done.exit_code == 1, command
        assert words in done.output, command
        assert done.output.count("\n") == 1, command
    with pytest.raises(BootError, match=words):
        boot()


def _well(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in ("upgrade", "check"):
        done = _q(database, monkeypatch, "db", command)
        assert done.exit_code == 0, done.output
    boot()


@pytest.mark.only("postgres")
@pytest.mark.parametrize("tag", ["CREATE INDEX", "CREATE TRIGGER", "REFRESH MATERIALIZED VIEW"])
def test_after_a_killed_pg_restore_nothing_says_that_all_is_well(
    dump: Path, empty_database: Database, monkeypatch: pytest.MonkeyPatch, tag: str
) -> None:
    _kill_at(tag, dump, empty_database)
    _refused(empty_database, monkeypatch, "a restore of this database has not ended")


@pytest.mark.only("postgres")
def test_a_killed_pg_restore_of_a_dump_without_the_mark_is_known_by_its_keys(
    own_database: Database, empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = sa.create_engine(own_database.owner_url, poolclass=sa.NullPool)
    with owner.begin() as c:
        c.exec_driver_sql(f"drop materialized view {restored.MARK}")
    _well(own_database, monkeypatch)
    with owner.begin() as c:
        c.exec_driver_sql(f"drop materialized view {restored.MARK}")
    _kill_at("CREATE TRIGGER", _dumped(own_database, tmp_path), empty_database)
    _refused(empty_database, monkeypatch, "a restore of this database has not ended")


@pytest.mark.only("postgres")
def test_a_pg_restore_as_it_is_written_down_does_all_or_nothing(
    dump: Path, empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    (how,) = re.findall(r"`pg_restore (--[^`]*)`", (ROOT / "docs" / "operate.md").read_text("utf-8"))
    _kill_at("CREATE TRIGGER", dump, empty_database, *how.split())
    owner = sa.create_engine(empty_database.owner_url, poolclass=sa.NullPool)
    with owner.connect() as c:
        assert sa.inspect(c).get_table_names() == []
    assert _restore(dump, empty_database, *how.split()).wait() == 0
    _well(empty_database, monkeypatch)


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("killed", ["before it replaces", "as it replaces"])
def test_a_restore_that_is_killed_leaves_the_database_or_a_mark(
    own_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: str
) -> None:
    path, copy = Path(own_database.name), tmp_path / "copy.sqlite"
    backups.backup(own_database.app_url, copy)
    _change(path)
    process = PROCESSES.Process(target=_restore_and_hang, args=(own_database.app_url, copy, killed, tmp_path / "there"))
    process.start()
    end = time.monotonic() + PATIENCE
    while not (tmp_path / "there").exists():
        assert process.is_alive()
        assert time.monotonic() < end
        time.sleep(0.02)
    process.kill()
    process.join()
    if killed == "before it replaces":
        assert _name(path) == "changed"
        _well(own_database, monkeypatch)
    else:
        _refused(own_database, monkeypatch, f"a restore of {path} has not ended")
        for words in (["backup", str(tmp_path / "half.sqlite")], ["copy", "--to", "postgresql://nobody@127.0.0.1:1/q"]):
            done = _q(own_database, monkeypatch, "db", *words)
            assert done.exit_code == 1
            assert "has not ended" in done.output
        assert not (tmp_path / "half.sqlite").exists()
    done = _q(own_database, monkeypatch, "db", "restore", "--yes", str(copy))
    assert done.exit_code == 0, done.output
    assert _name(path) == "Scotland"
    _well(own_database, monkeypatch)
    kept = sorted(path.parent.glob(f"{path.name}.replaced-*"))
    assert "changed" in [_name(one) for one in kept]
    assert not list(path.parent.glob(f"{path.name}.restoring*"))


def _change(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("update tenancy_tenant set name = 'changed' where id = 2")
    connection.commit()
    connection.close()


def _name(path: Path) -> str:
    connection = sqlite3.connect(path)
    ((name,),) = connection.execute("select name from tenancy_tenant where id = 2").fetchall()
    connection.close()
    return str(name)


def _restore_and_hang(url: str, source: Path, when: str, there: Path) -> None:
    """Stops where the backup is about to get the mark's name, or the database's, until it is killed."""
    replace = Path.replace

    def held(self: Path, target: str | os.PathLike[str]) -> Path:
        marked = str(target).endswith(restored.BEGUN)
        if marked == (when == "before it replaces"):
            there.touch()
            time.sleep(10 * PATIENCE)
        return replace(self, target)

    Path.replace = held  # type: ignore[method-assign, assignment]  # this process has nothing else to do
    backups.restore(url, source)
