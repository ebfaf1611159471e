"""Migrations: the core's and each plugin's own, one version table each, so that one can be added or removed alone."""

import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.config import normalise_url
from core.data import checks, restored, rls
from core.data.base import Base
from core.data.session import WRITE_OPTION
from core.kernel import clock

HERE = Path(__file__).parent / "migrations"
BESIDE = ("-wal", "-shm", "-journal")
"""The endings of the files that SQLite keeps beside a database."""


@dataclass(frozen=True, slots=True)
class Component:
    """One owner of tables. `versions` is the folder of its migrations, `prefixes` begin the names of its tables."""

    name: str
    versions: Path
    prefixes: tuple[str, ...]

    @property
    def version_table(self) -> str:
        """Where Alembic keeps this component's revision."""
        return f"alembic_{self.name}"

    def owns(self, table: str) -> bool:
        """Whether `table` is this component's by its name."""
        return table.startswith(tuple(f"{prefix}_" for prefix in self.prefixes))


class HalfRestored(Exception):
    """A restore of the database ended half-way, or it has the core's tables and not their revision: no migration can go on from there."""


OF_A_NEWER_RELEASE = "its tables are of a newer release than this one: install that release"


class NewerRelease(Exception):
    """The core's tables are of a newer release than this one."""


CORE = Component("core", HERE / "versions", ("data", "tenancy", "people", "work", "admissions"))


def _config(connection: sa.Connection, component: Component) -> Any:
    from alembic.config import Config  # heavy: 110 ms, and only ever needed by the commands

    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(component.versions))

    config.attributes.update(
        connection=connection,
        version_table=component.version_table,
        include_name=_names(component),
        include_object=_objects(component),
    )
    return config


def owner_engine(url: str) -> sa.Engine:
    """A bare engine for schema changes. SQLite: foreign keys off, since a batch change with them on deletes child rows; and tables are
    made and changed inside the transaction, which the driver would begin only before rows are."""
    engine = sa.create_engine(normalise_url(url), poolclass=sa.NullPool, hide_parameters=True)
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def _connect(connection: sqlite3.Connection, _: object) -> None:
            connection.isolation_level = None
            connection.execute("PRAGMA foreign_keys=OFF")

        @sa.event.listens_for(engine, "begin")
        def _begin(connection: sa.Connection) -> None:
            write = connection.get_execution_options().get(WRITE_OPTION)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def upgrade(url: str, components: Iterable[Component], app_role: str | None) -> dict[str, str]:
    """Bring every component to its newest revision, then policies and grants in step.

    The core goes first; a plugin that fails does not stop the others. A component's migrations are run all or not at all. Returns {component: error} for those that failed;
    raises HalfRestored, NewerRelease, and whatever the core's own migration raises. A SQLite file that holds data is copied aside
    first: OSError where it cannot be.
    """
    from alembic import command  # heavy: see `_config`

    failed: dict[str, str] = {}
    components = list(components)
    engine = owner_engine(url)
    with engine.connect() as connection:
        _refuse_half_restored(connection)
        newer = _newer(connection, components)
    if CORE.name in newer:
        raise NewerRelease(
            "the database is of a newer release than this one, and nothing was changed: install that release, or restore a backup of before it"
        )
    backup_before_change(url)
    for component in components:
        if component.name in newer:
            failed[component.name] = OF_A_NEWER_RELEASE
            continue
        try:
            with engine.execution_options(**{WRITE_OPTION: True}).begin() as connection:
                command.upgrade(_config(connection, component), "head")
                _check_foreign_keys(connection)
        except Exception as error:
            if component.name == CORE.name:
                raise
            failed[component.name] = f"{type(error).__name__}: {error}"
    with engine.begin() as connection:
        rls.apply(connection, app_role)
        _let_read_versions(connection, components, app_role)
        restored.mark(connection)
    engine.dispose()
    return failed


def _refuse_half_restored(connection: sa.Connection) -> None:
    """A restore makes all tables before it fills the first: without its revision, the core's first migration would begin anew.
    One that ended later is told by its mark."""
    if half := restored.problem(connection):
        raise HalfRestored(half)
    present = set(sa.inspect(connection).get_table_names())
    if any(CORE.owns(table) for table in present) and not _at(connection, CORE, present):
        raise HalfRestored(
            "the database has the platform's tables and does not say at which revision they are: a restore, or its first upgrade, "
            "ended half-way; begin again with an empty database, as docs/operate.md says"
        )


def _at(connection: sa.Connection, component: Component, present: set[str]) -> set[str]:
    """The revisions that the database says a component's tables are at."""
    if component.version_table not in present:
        return set()
    return set(connection.exec_driver_sql(f"select version_num from {component.version_table}").scalars())  # noqa: S608 - our own name


def _let_read_versions(connection: sa.Connection, components: Iterable[Component], app_role: str | None) -> None:
    """Each start asks whether every migration has been run: see `behind`."""
    if connection.dialect.name != "postgresql" or not app_role:
        return
    role = connection.dialect.identifier_preparer.quote_identifier(app_role)
    for name in {one.version_table for one in components} & set(sa.inspect(connection).get_table_names()):
        connection.exec_driver_sql(f"grant select on {name} to {role}")


def _check_foreign_keys(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite" and (bad := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
        raise RuntimeError(f"the migration left a row of {bad[0]} without its parent in {bad[2]}")


_SAID = re.compile(r"^(down_)?revision\b[^=\n]*=\s*(.+)$", re.MULTILINE)


def revisions(component: Component) -> tuple[frozenset[str], frozenset[str]]:
    """The revisions that `component` has files for, and the newest of them. Read from the files' text: Alembic is heavy, and each
    start asks."""
    made: set[str] = set()
    followed: set[str] = set()
    for path in sorted(component.versions.glob("*.py")):
        for down, value in _SAID.findall(path.read_text("utf-8")):
            (followed if down else made).update(re.findall(r"[\"']([^\"']+)[\"']", value))
    return frozenset(made), frozenset(made - followed)


def behind(connection: sa.Connection, components: Iterable[Component], ahead: bool = False) -> list[str]:
    """The components whose tables are not at the revision that their files say, for a migration failed or was not run.

    Tables of a newer release than this one count where `ahead` says so. Nothing is said of a component whose version table this
    role may not read: the next upgrade grants it.
    """
    present = set(sa.inspect(connection).get_table_names())
    found = []
    for one in components:
        known, newest = revisions(one)
        if one.version_table in present and not _readable(connection, one.version_table):
            continue
        at = _at(connection, one, present)
        if at != newest and (ahead or at <= known):
            found.append(one.name)
    return found


def _readable(connection: sa.Connection, table: str) -> bool:
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.exec_driver_sql("select has_table_privilege(%s, 'select')", (table,)).scalar_one())


def revise(url: str, component: Component, message: str) -> bool:
    """Write the next migration of `component` from the difference between models and database; False where there is none and the
    migration is empty. Raises ValueError where the database cannot be opened, or is not at the component's newest revision."""
    from alembic import command  # heavy: see `_config`

    number = len(list(component.versions.glob("*.py"))) + 1
    engine = owner_engine(url)
    try:
        with engine.begin() as connection:
            if behind(connection, [component], ahead=True):
                raise ValueError(f"{component.name} is not at its newest revision; run: qplatform db upgrade")
            rev_id = f"{component.name}{number:04d}"
            command.revision(_config(connection, component), message, autogenerate=True, rev_id=rev_id)
    except sa.exc.OperationalError as error:
        raise ValueError(f"the database cannot be opened ({error.orig}); run: qplatform db upgrade") from error
    finally:
        engine.dispose()
    return bool(differences(url, [component]))


def differences(url: str, components: Iterable[Component]) -> list[str]:
    """What models and database disagree on, one line each: empty when every migration has been written and run.

    Tables, columns, types, keys, indexes and defaults as Alembic compares them, and conditions (CHECK), which it does not. Where there
    is no such file, none of the platform's tables, or a restore ended half-way, that alone is said.
    """
    from alembic.autogenerate import compare_metadata  # heavy: see `_config`
    from alembic.migration import MigrationContext  # heavy: see `_config`

    if missing := missing_file(url):
        return [missing]
    found: list[str] = []
    components = list(components)
    engine = owner_engine(url)
    with engine.connect() as connection:
        if half := restored.problem(connection):
            return [half]
        if CORE in components and not _at(connection, CORE, set(sa.inspect(connection).get_table_names())):
            return [
                "the database has none of the platform's tables: set QP_DATABASE_URL right, or run: qplatform db upgrade"
            ]
        found += [f"{name}: {OF_A_NEWER_RELEASE}" for name in _newer(connection, components)]
        for component in components:
            options = {
                "compare_type": True,
                "compare_server_default": checks.default_differs,
                "include_name": _names(component),
                "include_object": _objects(component),
            }
            context = MigrationContext.configure(connection, opts=options)
            found += [f"{component.name}: {change}" for change in compare_metadata(context, Base.metadata)]
            owned = [table for table in Base.metadata.sorted_tables if component.owns(table.name)]
            found += [f"{component.name}: {line}" for line in checks.differences(connection, owned)]
    engine.dispose()
    return found


def _names(component: Component) -> Callable[..., bool]:
    return lambda name, kind, parents: kind != "table" or component.owns(name or "")


def _objects(component: Component) -> Callable[..., bool]:
    return lambda _object, name, kind, *_: kind != "table" or component.owns(name or "")


def _sqlite_path(url: str) -> Path | None:
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def missing_file(url: str) -> str:
    """What to say where `url` is SQLite's and names no file, which SQLite would make; empty where there is one."""
    path = _sqlite_path(url)
    return (
        ""
        if path is None or path.is_file()
        else f"there is no database {path}: is QP_DATABASE_URL right? qplatform db upgrade makes one"
    )


def backup_before_change(url: str) -> Path | None:
    """Copy a SQLite database that holds anything to `<name>.before-upgrade`; None where there is nothing to copy."""
    path = _sqlite_path(url)
    if path is None or not path.exists() or path.stat().st_size == 0:
        return None
    copy = path.with_name(path.name + ".before-upgrade")
    _write_copy(url, copy)
    return copy


def backup(url: str, target: Path) -> None:
    """Write a consistent copy of a SQLite database to `target` while it is in use; a database that was there before is replaced by the
    whole copy.

    Raises ValueError on PostgreSQL, where there is no database of the platform's, where a restore of it has not ended, and where
    `target` is the database itself, no place for a file, or a file that is no database, and OSError where it cannot be written;
    nothing is changed then.
    """
    path = _sqlite_path(url)
    if path is None:
        raise ValueError("PostgreSQL is backed up with pg_dump: see docs/operate.md")
    if wrong := missing_file(url) or restored.problem_beside(path) or _not_ours(path):
        raise ValueError(wrong)
    if target.is_dir() or not target.parent.is_dir():
        raise ValueError(
            f"{target} is a folder; name a file in it" if target.is_dir() else f"there is no folder {target.parent}"
        )
    if target.exists():
        if target.samefile(path):
            raise ValueError(f"{target} is the database itself; name another file")
        if not _begins_as_database(target):
            raise ValueError(f"{target} is there already and is no database; name another file")
    _write_copy(url, target)


def _not_ours(path: Path) -> str:
    """What to say of a database without the platform's tables, which could not be restored; empty where it has them, or cannot be read."""
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path)) as connection:
        if not connection.execute("select 1 from sqlite_master where name = ?", (CORE.version_table,)).fetchone():
            return f"{path} has none of the platform's tables: is QP_DATABASE_URL right?"
    return ""


def _begins_as_database(path: Path) -> bool:
    """Whether a file is empty, or begins as SQLite's do."""
    with path.open("rb") as file:
        return file.read(16) in (b"", b"SQLite format 3\0")


def _write_copy(url: str, target: Path) -> None:
    coming = target.with_name(f"{target.name}.writing")
    _remove(coming)
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(coming),))
        coming.replace(target)
    except sa.exc.DBAPIError as error:
        raise OSError(f"no backup was written to {target}: {error.orig}") from error
    finally:
        _remove(coming)
        engine.dispose()


def _remove(path: Path) -> None:
    """Delete a SQLite file that was being written, with what is beside it."""
    for end in ("", *BESIDE):
        path.with_name(path.name + end).unlink(missing_ok=True)


def restore(url: str, source: Path, components: Iterable[Component] = (CORE,)) -> Path | None:
    """Put the backup `source` in place of a SQLite database; the replaced file is kept and its path returned, with what
    SQLite keeps beside it; None where there was none.

    Whatever ends it half-way, the database is as it was, or `restored.problem` says so until a restore has ended. Raises ValueError
    when `source` is no intact database of this platform, or of a newer release by one of `components`, when the database is in use,
    and on PostgreSQL, and OSError where files cannot be written; nothing is changed then.
    """
    path = _sqlite_path(url)
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
        _copy_whole(source, writing)  # first of all: where the disk is full, the database stays as it is
    except (sqlite3.Error, OSError) as error:
        _remove(writing)
        raise OSError(f"nothing was restored: {source} cannot be copied to {writing}: {error}") from error
    writing.replace(whole)  # from here on there is the mark
    try:
        _keep(path, kept)
    except OSError:
        whole.unlink()
        raise
    for end in BESIDE:  # after a crash the newest changes are in a file beside, and would spoil another database
        path.with_name(path.name + end).unlink(missing_ok=True)
    whole.replace(path)
    return kept if kept.exists() else None


def _copy_whole(source: Path, target: Path) -> None:
    """Copy a database with what is in the files beside it, down to the disk."""
    _remove(target)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def _keep(path: Path, kept: Path) -> None:
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
            if newer := _newer(connection, components):
                raise ValueError(
                    f"{source} is of a newer release ({', '.join(newer)}): install that release, and restore then"
                )
    except sa.exc.DatabaseError as error:
        raise ValueError(f"{source} is not an intact backup: {error.orig}") from error
    finally:
        engine.dispose()


def _newer(connection: sa.Connection, components: Iterable[Component]) -> list[str]:
    """The components whose tables are at a revision that this release has no file for."""
    present = set(sa.inspect(connection).get_table_names())
    return [one.name for one in components if not _at(connection, one, present) <= revisions(one)[0]]
