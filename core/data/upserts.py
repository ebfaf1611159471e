"""Inserts that can say what happens where a row is there already. SQLAlchemy has one for each of the two databases, with the
same methods: `on_conflict_do_nothing`, `on_conflict_do_update`, `excluded`."""

from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.data.base import Base
from core.data.session import ScopedSession

Database = ScopedSession | sa.Connection | sa.Engine
Insert = postgresql.Insert | sqlite.Insert
Statement = TypeVar("Statement")


def insert(database: Database, into: type[Base] | sa.Table) -> Insert:
    """An INSERT into a model's table, or into a table itself, in the dialect of `database`; it asks the database nothing."""
    return (postgresql.insert if _dialect(database).name == "postgresql" else sqlite.insert)(into)


def for_each_dialect(
    into: type[Base] | sa.Table, build: Callable[[Insert], Statement]
) -> Callable[[Database], Statement]:
    """A statement that is asked for often, made once: `build` completes an insert as `insert` gives it, once for each dialect.

    Returns the function that gives of a session, a connection or an engine the statement in its dialect.
    """
    on_postgresql, on_sqlite = build(postgresql.insert(into)), build(sqlite.insert(into))
    return lambda database: on_postgresql if _dialect(database).name == "postgresql" else on_sqlite


def _dialect(database: Database) -> sa.Dialect:
    return database.get_bind().dialect if isinstance(database, ScopedSession) else database.dialect
