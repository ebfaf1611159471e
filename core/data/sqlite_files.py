"""A SQLite database as files: whether it is there, or in use, and copying it whole."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

BESIDE = ("-wal", "-shm", "-journal")
"""The endings of what SQLite keeps beside a database."""


def path_of(url: str) -> Path | None:
    """The file that a database URL names; None where it is not SQLite's."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def missing(url: str) -> str:
    """What to say where `url` is SQLite's and names no file, which SQLite would make; empty where there is one."""
    path = path_of(url)
    return (
        ""
        if path is None or path.is_file()
        else f"there is no database {path}: is QP_DATABASE_URL right? qplatform db upgrade makes one"
    )


def copy_before_change(url: str) -> Path | None:
    """Copy a SQLite database that holds anything to `<name>.before-upgrade`; None where there is nothing to copy."""
    path = path_of(url)
    if path is None or not path.exists() or path.stat().st_size == 0:
        return None
    copy = path.with_name(path.name + ".before-upgrade")
    write_copy(url, copy)
    return copy


def write_copy(url: str, target: Path) -> None:
    """Write a consistent copy of a database to `target` while it is in use; what was there is replaced by the whole copy. Raises OSError
    where it cannot be written."""
    coming = target.with_name(f"{target.name}.writing")
    remove(coming)
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(coming),))
        coming.replace(target)
    except sa.exc.DBAPIError as error:
        raise OSError(f"no backup was written to {target}: {error.orig}") from error
    finally:
        remove(coming)
        engine.dispose()


def copy_whole(source: Path, target: Path) -> None:
    """Copy a database with what is in the files beside it, down to the disk."""
    remove(target)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def keep(path: Path, kept: Path) -> None:
    """Give a database, and what is beside it, second names; copies, where the file system has no such thing. None of them remains
    where one cannot be given."""
    made: list[Path] = []
    try:
        for end in ("", *BESIDE):
            if (left := path.with_name(path.name + end)).exists():
                name = kept.with_name(kept.name + end)
                if name.exists():
                    raise FileExistsError(f"{name} is there already; ask again")
                made.append(name)
                try:
                    name.hardlink_to(left)
                except OSError:
                    shutil.copyfile(left, name)
    except OSError:
        for name in made:
            name.unlink(missing_ok=True)
        raise


def remove(path: Path) -> None:
    """Delete a database, where there is one, with what is beside it."""
    for end in ("", *BESIDE):
        path.with_name(path.name + end).unlink(missing_ok=True)


def begins_as_database(path: Path) -> bool:
    """Whether a file is empty, or begins as SQLite's do."""
    with path.open("rb") as file:
        return file.read(16) in (b"", b"SQLite format 3\0")


def refuse_in_use(path: Path) -> None:
    """Raise ValueError where another process has the database open, since what it writes from now on would be lost, and where this one
    may not open it."""
    if not path.is_file():
        return
    try:
        with closing(sqlite3.connect(path, timeout=0)) as connection:
            connection.execute("pragma locking_mode = exclusive")
            connection.execute("begin exclusive")
            connection.rollback()
    except sqlite3.DatabaseError as error:  # a damaged one is nobody's, and is what restores are for
        if "locked" in str(error):
            raise ValueError(f"{path} is in use: stop qplatform serve and qplatform worker first") from error
        if "unable to open" in str(error):
            raise ValueError(f"{path} cannot be opened: run this as the user whom the platform runs as") from error
