"""Migrations: the core's and each plugin's own, one version table each, so that one can be added or removed alone."""

import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.config import normalise_url
from core.data import checks, restored, rls, sqlite_files
from core.data.base import Base
from core.data.engine import tell_no_rows
from core.data.session import WRITE_OPTION

HERE = Path(__file__).parent / "migrations"


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
    tell_no_rows(engine)
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
        ahead = newer(connection, components)
    if CORE.name in ahead:
        raise NewerRelease(
            "the database is of a newer release than this one, and nothing was changed: install that release, or restore a backup of before it"
        )
    sqlite_files.copy_before_change(url)
    for component in components:
        if component.name in ahead:
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

    if missing := sqlite_files.missing(url):
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
        found += [f"{name}: {OF_A_NEWER_RELEASE}" for name in newer(connection, components)]
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


def newer(connection: sa.Connection, components: Iterable[Component]) -> list[str]:
    """The components whose tables are at a revision that this release has no file for."""
    present = set(sa.inspect(connection).get_table_names())
    return [one.name for one in components if not _at(connection, one, present) <= revisions(one)[0]]
