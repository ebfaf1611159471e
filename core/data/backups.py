"""Backing up a SQLite database and putting a backup in its place. PostgreSQL has its own tools: see docs/operate.md."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

import sqlalchemy as sa

from core.data import restored
from core.data.migrate import CORE, Component, newer
from core.data.sqlite_files import (
    BESIDE,
    begins_as_database,
    copy_whole,
    keep,
    missing,
    path_of,
    refuse_in_use,
    remove,
    write_copy,
)
from core.kernel import clock


def backup(url: str, target: Path) -> None:
    """Write a consistent copy of a SQLite database to `target` while it is in use; a database that was there before is replaced by the
    whole copy.

    Raises ValueError on PostgreSQL, where there is no database of the platform's, where a restore of it has not ended, and where
    `target` is the database itself, no place for a file, or a file that is no database, and OSError where it cannot be written;
    nothing is changed then.
    """
    path = path_of(url)
    if path is None:
        raise ValueError("PostgreSQL is backed up with pg_dump: see docs/operate.md")
    if wrong := missing(url) or restored.problem_beside(path) or _not_ours(path):
        raise ValueError(wrong)
    if target.is_dir() or not target.parent.is_dir():
        raise ValueError(
            f"{target} is a folder; name a file in it" if target.is_dir() else f"there is no folder {target.parent}"
        )
    if target.exists():
        if target.samefile(path):
            raise ValueError(f"{target} is the database itself; name another file")
        if not begins_as_database(target):
            raise ValueError(f"{target} is there already and is no database; name another file")
    write_copy(url, target)


def _not_ours(path: Path) -> str:
    """What to say of a database without the platform's tables, which could not be restored; empty where it has them, or cannot be read."""
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path)) as connection:
        if not connection.execute("select 1 from sqlite_master where name = ?", (CORE.version_table,)).fetchone():
            return f"{path} has none of the platform's tables: is QP_DATABASE_URL right?"
    return ""


def restore(url: str, source: Path, components: Iterable[Component] = (CORE,)) -> Path | None:
    """Put the backup `source` in place of a SQLite database; the replaced file is kept and its path returned, with what
    SQLite keeps beside it; None where there was none.

    Whatever ends it half-way, the database is as it was, or `restored.problem` says so until a restore has ended. Raises ValueError
    when `source` is no intact database of this platform, or of a newer release by one of `components`, when the database is in use,
    and on PostgreSQL, and OSError where files cannot be written; nothing is changed then.
    """
    path = path_of(url)
    if path is None:
        raise ValueError("PostgreSQL is restored with pg_restore: see docs/operate.md")
    _refuse_no_backup(source, components)
    if path.is_dir() or not path.parent.is_dir():
        raise ValueError(
            f"QP_DATABASE_URL names {path}, which is a folder or in none that is there: make the folder, or set it right"
        )
    refuse_in_use(path)
    whole = restored.coming(path)
    writing = whole.with_name(f"{whole.name}.writing")
    kept = path.with_name(f"{path.name}.replaced-{clock.now():%Y%m%dT%H%M%S%f}")
    try:
        copy_whole(source, writing)  # first of all: where the disk is full, the database stays as it is
    except (sqlite3.Error, OSError) as error:
        remove(writing)
        raise OSError(f"nothing was restored: {source} cannot be copied to {writing}: {error}") from error
    writing.replace(whole)  # from here on there is the mark
    try:
        keep(path, kept)
    except OSError:
        whole.unlink()
        raise
    for end in BESIDE:  # after a crash the newest changes are in a file beside, and would spoil another database
        path.with_name(path.name + end).unlink(missing_ok=True)
    whole.replace(path)
    return kept if kept.exists() else None


def _refuse_no_backup(source: Path, components: Iterable[Component]) -> None:
    """Raise ValueError unless there is an intact database of this platform, of no newer release. SQLite would make a file that is not
    there, and find it intact."""
    if not source.is_file():
        raise ValueError(f"{source} is not an intact backup: " + ("a folder" if source.is_dir() else "no such file"))
    if source.stat().st_size == 0:
        raise ValueError(f"{source} is not an intact backup: it is empty")
    engine = sa.create_engine(f"sqlite:///{source}", poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            if connection.exec_driver_sql("PRAGMA integrity_check").scalar() != "ok":
                raise ValueError(f"{source} is not an intact backup: it is damaged; take another one")
            if not sa.inspect(connection).has_table("tenancy_tenant"):
                raise ValueError(f"{source} is not an intact backup: a database, but not this platform's")
            if ahead := newer(connection, components):
                raise ValueError(
                    f"{source} is of a newer release ({', '.join(ahead)}): install that release, and restore then"
                )
    except sa.exc.DatabaseError as error:
        raise ValueError(f"{source} is not an intact backup: {error.orig}") from error
    finally:
        engine.dispose()
