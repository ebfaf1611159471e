"""Whether a restore of the database has ended: one that was stopped on its way must not be served from, or built upon."""

from pathlib import Path

import sqlalchemy as sa

from core.data.base import tenant_tables

MARK = "data_restored"
"""On PostgreSQL a materialized view of one row. `pg_restore` makes it empty, before the tables are filled, and fills it after all else:
after rows, keys, indexes, triggers and policies. Where it is empty, something of these may be missing."""
BEGUN = ".restoring"
"""The ending of the file beside a SQLite database that is there from when a restore begins to replace it until it has."""


def coming(path: Path) -> Path:
    """The backup that is about to take the place of the SQLite database at `path`."""
    return path.with_name(path.name + BEGUN)


def problem_beside(path: Path) -> str:
    """What `problem` says of the SQLite database at `path`."""
    if not coming(path).exists():
        return ""
    return (
        f"a restore of {path} has not ended: where none is at work, run qplatform db restore again, with the same backup or another; "
        f"what was there before is kept as {path.name}.replaced-…"
    )


def problem(connection: sa.Connection) -> str:
    """Why nothing must be done with this database before a restore has ended, and what to do; empty where all is well."""
    if connection.dialect.name == "sqlite":
        return problem_beside(Path(connection.engine.url.database or ""))
    if _ended(connection):
        return ""
    return (
        "a restore of this database has not ended, and keys, policies or triggers are missing: where none is at work, drop the database, "
        "make it anew, empty, and restore again, as docs/operate.md says"
    )


def mark(connection: sa.Connection) -> None:
    """Have the next restore on PostgreSQL show whether it has ended. Does nothing on SQLite, where `db restore` shows it itself."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"create materialized view if not exists {MARK} as select true as to_its_end")


def _ended(connection: sa.Connection) -> bool:
    filled = connection.exec_driver_sql(
        "select relispopulated from pg_class where relname = %s and relkind = 'm' and relnamespace = 'public'::regnamespace",
        (MARK,),
    ).scalar_one_or_none()
    if filled is not None:
        return bool(filled)
    # A dump of before there was the mark: foreign keys are made after triggers, and just before the policies, which every upgrade
    # makes anew.
    keyed = set(
        connection.exec_driver_sql(
            "select relname from pg_constraint k join pg_class t on t.oid = k.conrelid "
            "where k.contype = 'f' and relnamespace = 'public'::regnamespace"
        ).scalars()
    )
    present = set(sa.inspect(connection).get_table_names())
    return all(table.name in keyed for table in tenant_tables() if table.name in present)
