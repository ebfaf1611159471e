"""`qplatform db …` given what an operator gets wrong: a line that says what to do, an exit code, and nothing written."""

import resource
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from core.cli import main
from tests.support.databases import Database
from tests.support.environment import environment

NOWHERE = "postgresql://nobody@127.0.0.1:1/q"
DATABASES = {
    "mistyped": "there is no database",
    "a folder": "there is no database",
    "empty": "none of the platform's tables",
    "somebody else's": "none of the platform's tables",
    "no database": "file is not a database",
    "damaged": "malformed",
    "newer": "of a newer release",
}


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A folder that holds nothing but what the test puts there."""
    (tmp_path / "room").mkdir()
    return tmp_path / "room"


@pytest.fixture
def good(own_database: Database, room: Path) -> Path:
    """A database of this release."""
    with closing(sqlite3.connect(own_database.name)) as source, closing(sqlite3.connect(room / "good")) as copy:
        source.backup(copy)
    return room / "good"


def _wrong(kind: str, good: Path) -> Path:
    path = good.with_name(kind)
    if kind == "a folder":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    elif kind == "no database":
        path.write_text("words " * 500)
    elif kind == "damaged":
        path.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    elif kind == "somebody else's":
        with closing(sqlite3.connect(path)) as c:
            c.execute("create table theirs (x)")
    elif kind == "newer":
        shutil.copyfile(good, path)
        with closing(sqlite3.connect(path)) as c:
            c.execute("update alembic_core set version_num = 'core9999'")
            c.commit()
    return path


def _db(monkeypatch: pytest.MonkeyPatch, database: Database | Path, *words: object) -> Result:
    if isinstance(database, Path):
        database = Database(*([f"sqlite:///{database}"] * 3))
    for name, value in environment(database).items():
        if name.startswith("QP_"):
            monkeypatch.setenv(name, value)
    return CliRunner().invoke(main, ["db", *map(str, words)], catch_exceptions=False)


def _held(folder: Path) -> dict[str, Any]:
    return {str(one): one.read_bytes() if one.is_file() else None for one in folder.rglob("*")}


def _refused(done: Result, words: str) -> None:
    assert done.exit_code == 1
    assert words in done.output
    assert done.output.count("\n") == 1


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("kind", DATABASES)
def test_a_wrong_database_is_told_and_nothing_is_written(
    good: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    wrong = _wrong(kind, good)
    before = _held(good.parent)
    _refused(_db(monkeypatch, wrong, "check"), DATABASES[kind])
    if kind in ("a folder", "no database", "damaged", "newer"):  # of the others an upgrade makes the platform's
        done = _db(monkeypatch, wrong, "upgrade")
        _refused(done, "unable to open" if kind == "a folder" else DATABASES[kind])
    if kind not in (
        "newer",
        "damaged",
    ):  # a backup is made of every release's; what is said of damage depends on where it is
        _refused(_db(monkeypatch, wrong, "backup", good.parent / "out"), DATABASES[kind])
    _refused(
        _db(monkeypatch, wrong, "copy", "--to", NOWHERE),
        "not at the newest" if "none of" in DATABASES[kind] else DATABASES[kind],
    )
    assert _held(good.parent) == before


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("kind", DATABASES)
def test_a_wrong_backup_replaces_nothing(good: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    wrong = _wrong(kind, good)
    before = _held(good.parent)
    _refused(
        _db(monkeypatch, good, "restore", "--yes", wrong),
        "of a newer release" if kind == "newer" else f"{wrong} is not an intact backup: ",
    )
    assert _held(good.parent) == before


@pytest.mark.only("sqlite")
def test_a_backup_goes_to_no_folder_and_over_no_other_file(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {kind: _wrong(kind, good) for kind in ("a folder", "no database")}
    before = _held(good.parent)
    _refused(_db(monkeypatch, good, "backup", wrong["a folder"]), "is a folder; name a file in it")
    _refused(_db(monkeypatch, good, "backup", good.parent / "nowhere" / "out"), "there is no folder")
    _refused(_db(monkeypatch, good, "backup", wrong["no database"]), "is no database; name another file")
    assert _held(good.parent) == before


@pytest.mark.only("sqlite")
def test_a_restore_to_where_no_file_can_be_says_so(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _wrong("a folder", good)
    before = _held(good.parent)
    for place in (folder, good.parent / "nowhere" / "q"):
        _refused(_db(monkeypatch, place, "restore", "--yes", good), f"QP_DATABASE_URL names {place}")
    assert _held(good.parent) == before


def _may_not(*_words: object, **_options: object) -> None:
    raise sqlite3.OperationalError("unable to open database file")


@pytest.mark.only("sqlite")
def test_a_database_that_may_not_be_opened_is_told_with_who_may(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = good.with_name("source")
    shutil.copyfile(good, source)
    before = _held(good.parent)
    with monkeypatch.context() as denied:
        denied.setattr("sqlite3.connect", _may_not)  # the superuser, who may run this, is denied nothing
        for words in (("restore", "--yes", source), ("copy", "--to", NOWHERE)):
            _refused(_db(monkeypatch, good, *words), "run this as the user whom the platform runs as")
    assert _held(good.parent) == before


@contextmanager
def _no_room(size: int = 300_000) -> Iterator[None]:
    """No file can grow past `size` bytes: a write fails as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("command", ["backup", "restore", "upgrade"])
def test_without_room_nothing_half_written_remains(good: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    source = good.with_name("source")
    shutil.copyfile(good, source)
    words: dict[str, list[object]] = {
        "backup": [good.parent / "out"], "restore": ["--yes", source], "upgrade": [],
    }  # fmt: skip
    before = _held(good.parent)
    with _no_room():
        done = _db(monkeypatch, good, command, *words[command])
    _refused(done, "nothing was restored" if command == "restore" else "no backup was written")
    assert _held(good.parent) == before


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("size", [100_000, 600_000, 1_800_000, 2_200_000])
def test_an_upgrade_that_finds_no_room_can_be_asked_again(
    room: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    with _no_room(size):
        assert _db(monkeypatch, room / "q", "upgrade").exit_code == 1
    for command in ("upgrade", "check"):
        done = _db(monkeypatch, room / "q", command)
        assert done.exit_code == 0, done.output


@pytest.mark.only("sqlite")
@pytest.mark.slow
def test_a_database_that_the_platform_has_open_is_neither_replaced_nor_copied(
    own_database: Database, start_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _db(monkeypatch, own_database, "backup", tmp_path / "copy").exit_code == 0
    server = start_server(own_database)
    for words in (("restore", "--yes", tmp_path / "copy"), ("copy", "--to", NOWHERE)):
        _refused(_db(monkeypatch, own_database, *words), "is in use: stop qplatform serve and qplatform worker first")
    assert _db(monkeypatch, own_database, "backup", tmp_path / "another").exit_code == 0
    server.stop()
    assert _db(monkeypatch, own_database, "restore", "--yes", tmp_path / "copy").exit_code == 0


@pytest.mark.only("postgres")
def test_postgresql_of_a_newer_release_is_left_as_it_is(
    own_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = sa.create_engine(own_database.owner_url, poolclass=sa.NullPool)
    with engine.begin() as c:
        c.exec_driver_sql("update alembic_core set version_num = 'core9999'")
    for command in ("upgrade", "check"):
        _refused(_db(monkeypatch, own_database, command), "of a newer release")


@pytest.mark.only("postgres")
def test_who_may_not_make_tables_is_told_so(empty_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Database(empty_database.superuser_url, empty_database.app_url, empty_database.app_url)
    _refused(_db(monkeypatch, other, "check"), "none of the platform's tables")
    _refused(_db(monkeypatch, other, "upgrade"), "does QP_DATABASE_OWNER_URL name the tables' owner?")


@pytest.mark.only("postgres")
def test_backup_and_restore_of_postgresql_name_its_own_programs(
    own_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refused(_db(monkeypatch, own_database, "backup", tmp_path / "out"), "pg_dump")
    _refused(_db(monkeypatch, own_database, "restore", "--yes", tmp_path / "out"), "pg_restore")
