"""Real databases for the tests: SQLite files, or databases on a PostgreSQL server with an owner and an application role.

A database is made once with the suite's baseline (migrated, the partners' tenants in it) and copied for whoever needs
one. After a test the data goes back to that baseline: on SQLite by copying the pages of the baseline over it when
anything was written, on PostgreSQL by emptying the tables that have rows and filling them from a kept copy. Both take
milliseconds, need no list of tables, and work for tests that commit.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import sqlalchemy as sa

from tests.support.patience import PATIENCE
from tests.support.postgres import ROLE_PASSWORD


@dataclass(frozen=True, slots=True)
class Database:
    """One database and who connects to it. On SQLite the three addresses are the same file."""

    superuser_url: str
    owner_url: str
    app_url: str

    @property
    def engine(self) -> str:
        """`sqlite` or `postgres`."""
        return "sqlite" if self.app_url.startswith("sqlite") else "postgres"

    @property
    def name(self) -> str:
        """The database's name; on SQLite its file."""
        return str(sa.make_url(self.app_url).database)

    def environment(self) -> dict[str, str]:
        """The settings that point a process of the platform at this database."""
        return {"QP_DATABASE_URL": self.app_url, "QP_DATABASE_OWNER_URL": self.owner_url}


class Databases(Protocol):
    """Where databases of one engine are made."""

    def create(self, template: Database | None = None) -> Database:
        """A new database: empty, or a copy of `template` (which nobody may be connected to)."""

    def drop(self, database: Database) -> None:
        """Remove it, whoever is connected."""

    def keep(self, database: Database, baseline: Database) -> "Keeper":
        """What puts `database`, a fresh copy of `baseline`, back to it after a test."""


class Keeper(Protocol):
    """Puts a database back to its baseline."""

    def restore(self) -> bool:
        """Undo every change since the last call; whether there was one to undo."""

    def touched(self) -> set[str]:
        """The tables that may differ from the baseline since the last `restore`: all of them where the engine cannot tell."""

    def close(self) -> None:
        """Let go of the database."""


class SqliteDatabases:
    """SQLite files in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self, template: Database | None = None) -> Database:
        path = self.folder / f"{uuid4().hex}.sqlite"
        if template is not None:
            with closing(sqlite3.connect(template.name)) as source, closing(sqlite3.connect(path)) as copy:
                source.backup(copy)
        url = f"sqlite:///{path}"
        return Database(url, url, url)

    def drop(self, database: Database) -> None:
        for end in ("", "-wal", "-shm"):
            Path(database.name + end).unlink(missing_ok=True)

    def keep(self, database: Database, baseline: Database) -> "Keeper":
        return SqliteKeeper(database, baseline)


class SqliteKeeper:
    """Copies the baseline's pages over the database when another connection has written to it.

    SQLite counts a copy as a change of the schema, after which every connection reads all the tables' definitions (3 ms) and
    prepares its statements anew. The tables are the same, so the count is put back, unless a test has changed some.
    """

    def __init__(self, database: Database, baseline: Database) -> None:
        self.baseline = sqlite3.connect(baseline.name)
        self.database = sqlite3.connect(database.name, timeout=PATIENCE)
        self.database.execute("pragma synchronous = off")  # nobody needs this database after a power cut
        self.schema = self._number("schema_version")
        self.seen = self._number("data_version")

    def _number(self, pragma: str) -> int:
        return int(self.database.execute(f"pragma {pragma}").fetchone()[0])

    def restore(self) -> bool:
        if self._number("data_version") == self.seen:
            return False
        same = self._number("schema_version") == self.schema
        self.baseline.backup(self.database)
        if same:
            self.database.execute(f"pragma schema_version = {self.schema}")
        self.schema = self._number("schema_version")
        self.seen = self._number("data_version")
        return True

    def touched(self) -> set[str]:
        found = self.database.execute("select name from sqlite_master where type = 'table'").fetchall()
        return {str(name) for (name,) in found}

    def close(self) -> None:
        self.baseline.close()
        self.database.close()


class PostgresDatabases:
    """Databases on a server reached as a superuser."""

    def __init__(self, superuser_url: str) -> None:
        self.url = sa.make_url(superuser_url)

    def create(self, template: Database | None = None) -> Database:
        name = f"qp_{uuid4().hex[:12]}"
        with self._admin() as c:
            c.exec_driver_sql(
                f"create database {name} owner qp_owner template {template.name if template else 'template0'}"
            )
        base = self.url.set(database=name)
        roles = [base.set(username=role, password=ROLE_PASSWORD) for role in ("qp_owner", "qp_app")]
        database = Database(*(url.render_as_string(hide_password=False) for url in (base, *roles)))
        if template is None:
            with _connected(database.superuser_url) as c:
                c.exec_driver_sql("alter schema public owner to qp_owner")
        return database

    def drop(self, database: Database) -> None:
        with self._admin() as c:
            c.exec_driver_sql(f"drop database if exists {database.name} with (force)")

    def keep(self, database: Database, baseline: Database) -> "Keeper":
        return PostgresKeeper(database)

    def _admin(self) -> AbstractContextManager[sa.Connection]:
        return _connected(self.url.render_as_string(hide_password=False))


class PostgresKeeper:
    """Keeps the rows of a fresh copy in a schema `baseline`, with functions there that look for changes and undo them.

    As a superuser with `session_replication_role = replica` it is bound by no policy, trigger or foreign key, so the
    order of tables does not matter and the append-only tables can be emptied too. Looking has a connection of its own, because
    that setting makes a session forget what it has planned; and a plan for every table, because a table that was vacuumed is
    planned for again. Of a table with rows only those go that were written since, and only what is missing comes back:
    the key of every table tells which.
    """

    SETUP = """
    create schema baseline;
    do $$ declare t text; begin
      for t in select tablename from pg_tables where schemaname = 'public' loop
        execute format('create table baseline.%1$I as table public.%1$I', t);
      end loop;
    end $$;
    do $make$ declare t text; kept bigint; looks text := ''; begin
      for t in select tablename from pg_tables where schemaname = 'public' loop
        execute format('select count(*) from baseline.%I', t) into kept;
        looks := looks || format(
          case kept when 0 then 'if exists (select from public.%1$I)'
          else 'if exists (select from public.%1$I where xmin::text::bigint >= $1) or (select count(*) from public.%1$I) <> %2$s' end
          || ' then return next %1$L; end if; ', t, kept);
      end loop;
      execute format('create function baseline.changed(bigint) returns setof text language plpgsql '
                     'set plan_cache_mode = force_generic_plan as $f$ begin %s end $f$', looks);
    end $make$;
    create function baseline.restore(changed text[], since bigint) returns setof text language plpgsql
      set session_replication_role = replica set lock_timeout = '180s' as $$
    declare t text; other boolean;
    begin
      foreach t in array changed loop
        execute format('delete from public.%1$I where xmin::text::bigint >= $1', t) using since;
        execute format('insert into public.%1$I select * from baseline.%1$I on conflict do nothing', t);
        execute format('select (select count(*) from public.%1$I) <> (select count(*) from baseline.%1$I)', t) into other;
        if other then -- somebody was still writing when the last test ended
          execute format('delete from public.%1$I', t);
          execute format('insert into public.%1$I select * from baseline.%1$I', t);
        end if;
        if pg_relation_size(format('public.%I', t)) > 65536 + 2 * pg_relation_size(format('baseline.%I', t)) then
          return next t;
        end if;
      end loop;
    end $$;
    """

    def __init__(self, database: Database) -> None:
        self.engine = sa.create_engine(database.superuser_url, isolation_level="AUTOCOMMIT", pool_size=2)
        self.looking = self.engine.connect()
        self.looking.exec_driver_sql(self.SETUP.replace("%", "%%"))
        self.since = self._now()

    def _now(self) -> int:
        found = self.looking.exec_driver_sql("select pg_current_xact_id()::text::bigint %% 4294967296")
        return int(found.scalar_one())

    def restore(self) -> bool:
        changed = sorted(self.touched())
        if changed:
            with self.engine.connect() as c:
                large = c.exec_driver_sql("select baseline.restore(%s, %s)", (changed, self.since)).scalars().all()
                for table in large:  # nobody else clears away the rows of all the tests before this one
                    c.exec_driver_sql(f'vacuum (index_cleanup on) public."{table}"')
        self.since = self._now()
        return bool(changed)

    def touched(self) -> set[str]:
        return set(self.looking.exec_driver_sql("select baseline.changed(%s)", (self.since,)).scalars())

    def close(self) -> None:
        self.looking.close()
        self.engine.dispose()


@contextmanager
def _connected(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as c:
        yield c
