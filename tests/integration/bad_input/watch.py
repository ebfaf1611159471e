"""Which tables a request has written to, and putting them back: every hostile request meets the same world."""

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from tests.support.databases import Database, Databases

Rows = dict[str, list[tuple[Any, ...]]]
NOTED = """
create schema watch;
create sequence watch.writes;
select nextval('watch.writes');
create function watch.note() returns trigger language plpgsql security definer as
  'begin perform nextval(''watch.writes''); return null; end';
do $$ declare t text; begin
  for t in select tablename from pg_tables where schemaname = 'public' loop
    execute format('create trigger zz_watch after insert or update or delete on public.%I '
                   'for each statement execute function watch.note()', t);
  end loop;
end $$;
"""
"""PostgreSQL counts transactions for all its databases together: a count of this one's writes, by triggers."""


class Watch:
    """Watches a database from outside. The rows it sees when it is made are the ones it puts back.

    That somebody read across all sites is written to the audit trail, and is no change: it is left out of what was written.
    """

    def __init__(self, databases: Databases, database: Database) -> None:
        self._baseline = databases.create(database)  # first: PostgreSQL copies only what nobody is connected to
        self._sqlite = database.engine == "sqlite"
        # a superuser's own connection: neither row-level security nor the application's guard stands before it
        address = sa.make_url(database.superuser_url)
        driver = {"sqlite": "sqlite", "postgres": "postgresql+psycopg"}[database.engine]
        self._engine = sa.create_engine(address.set(drivername=driver), isolation_level="AUTOCOMMIT")
        self._connection = self._engine.connect()
        self._keeper = databases.keep(database, self._baseline)
        self._tables = [
            name
            for name in sa.inspect(self._engine).get_table_names()
            if not name.startswith(("sqlite_", "dbos", "data_audit_head"))
        ]
        if not self._sqlite:
            self._connection.exec_driver_sql(NOTED.replace("%", "%%"))
        self._before = self._rows(self._tables)
        self._counter = self.moment()
        self._drop: Callable[[], None] = lambda: databases.drop(self._baseline)

    def moment(self) -> int:
        """A number that moves when anybody writes: the way to know cheaply that nobody did."""
        question = "pragma data_version" if self._sqlite else "select last_value from watch.writes"
        return int(self._connection.exec_driver_sql(question).scalar_one())

    def _rows(self, tables: Iterable[str]) -> Rows:
        # PostgreSQL gives a row as one text: columns need not be made into Python's kinds to be compared
        row = "*" if self._sqlite else "whole::text"

        def of(table: str) -> list[tuple[Any, ...]]:
            where = (
                "where action not in ('platform.read', 'local_events.read_sensitive')"
                if table == "data_audit_entry"
                else ""
            )
            found: Any = self._connection.exec_driver_sql(f'select {row} from "{table}" whole {where}')
            return [tuple(row) for row in found]

        return {table: of(table) for table in self._tables if table in set(tables)}

    def written(self) -> dict[str, int]:
        """The tables that differ from the beginning, each with how many rows there are more."""
        if self.moment() == self._counter:
            return {}
        now = self._rows(self._keeper.touched())
        found = {
            name: len(rows) - len(self._before[name])
            for name, rows in now.items()
            if rows != self._before[name] and sorted(map(repr, rows)) != sorted(map(repr, self._before[name]))
        }  # most are as they were, in the same order: nothing is sorted for them
        if not found:
            self._counter = self.moment()  # written and taken back
        return found

    def restore(self) -> bool:
        """Put every row back as it was; whether there was anything to put back."""
        if self.moment() == self._counter:
            return False
        changed = self._keeper.restore()
        self._counter = self.moment()
        return changed

    def query(self, statement: str) -> list[Any]:
        """Rows of a statement, seen without any guard."""
        return list(self._connection.exec_driver_sql(statement))

    def close(self) -> None:
        """Let go of the database, and drop the copy."""
        self._connection.close()
        self._engine.dispose()
        self._keeper.close()
        self._drop()
