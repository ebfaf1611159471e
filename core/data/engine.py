"""What every connection is told once: SQLite's pragmas and functions, PostgreSQL's defaults."""

import hashlib
import sqlite3
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from core.config import normalise_url
from core.data.guard import guard_engine
from core.data.session import WRITE_OPTION

BUSY_SECONDS = 30
STATEMENTS_KEPT = 1024
"""Prepared statements that a connection to SQLite keeps: the pages of the platform have some hundreds, and Python keeps 128."""
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    f"busy_timeout={BUSY_SECONDS * 1000}",
    "foreign_keys=ON",
    "recursive_triggers=ON",
    "cache_size=-16384",
    "temp_store=MEMORY",
)


def chain(previous: str, digest: str) -> str:
    """The audit chain's step, as `qp_chain` in both databases: SHA-256 over the hex of the last hash and of the entry."""
    return hashlib.sha256((previous + digest).encode()).hexdigest()


def tell_milliseconds(connection: sqlite3.Connection) -> None:
    """Have `unixepoch('subsec')`, the seconds since 1970 with their fractions, answered by a SQLite before 3.42 too, which says nothing to it.

    The job engine asks for it on a Python from 3.12 on, whose own SQLite is new enough; but many a Python uses the system's.
    """
    if sqlite3.sqlite_version_info < (3, 42):
        connection.create_function("unixepoch", 1, _unixepoch)


def _unixepoch(of: object) -> float:
    if of != "subsec":
        raise ValueError("only unixepoch('subsec') is known here")
    return round(time.time(), 3)


def engine_options(url: str) -> dict[str, Any]:
    """Pool and driver options for `url`. What a statement was asked with stays out of errors, and so out of logs."""
    if url.startswith("sqlite"):
        statements = {"cached_statements": STATEMENTS_KEPT}
        return {
            "connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False, **statements},
            "hide_parameters": True,
        }
    from core.data.columns import Cursor  # brings PostgreSQL's driver

    return {
        "connect_args": {"cursor_factory": Cursor},
        "pool_use_lifo": True,  # the connection used last has most of the next statements prepared, and its caches warm
        "pool_size": 8,
        "max_overflow": 8,
        "pool_pre_ping": False,
        "pool_recycle": 1800,
        "hide_parameters": True,
    }


def tell_no_rows(engine: sa.Engine) -> None:
    """Keep what stands in rows out of the errors of `engine`: PostgreSQL adds to what was wrong, as a detail, the row that was refused
    or the key that is there twice. Errors are logged, and those of jobs are shown to people."""

    @event.listens_for(engine, "handle_error")
    def _without_detail(context: sa.ExceptionContext) -> None:
        error, made = context.original_exception, context.sqlalchemy_exception
        if not getattr(getattr(error, "diag", None), "message_detail", None):
            return
        whole = str(error)
        error.args = (whole.partition("\n")[0],)
        if made is not None:
            made.args = (str(made.args[0]).replace(whole, error.args[0]),)


def prepare(engine: sa.Engine) -> None:
    """Attach the pragmas, the write lock of services, the isolation guard and the words of errors to `engine`. Safe to call once per
    engine."""
    guard_engine(engine)
    tell_no_rows(engine)
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself; `_begin` does
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("qp_chain", 2, chain, deterministic=True)
        tell_milliseconds(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        write = connection.get_execution_options().get(WRITE_OPTION)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def create_engine(url: str, **options: Any) -> sa.Engine:
    """An engine outside Flask (migrations, tests), prepared like the application's own."""
    url = normalise_url(url)
    engine = sa.create_engine(url, **{**engine_options(url), **options})
    prepare(engine)
    return engine
