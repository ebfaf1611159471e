"""A database that does not serve for now: nobody's bug, and it passes."""

import logging
import sqlite3

import sqlalchemy as sa

PASSING = ("08", "25006", "53", "57")
"""What PostgreSQL's codes begin with where it cannot serve for now: no connection, read-only, no room, stopped by its operator."""

PASSING_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL,
    }
)  # fmt: skip
"""The same of SQLite: somebody else writes for long, or the file or its disk cannot be written or read."""


def away(error: BaseException) -> str:
    """Why the database does not serve for now, in one line; empty where `error` says something else."""
    if isinstance(error, sa.exc.TimeoutError):
        return " ".join(str(error).split())  # no connection became free
    if not isinstance(error, sa.exc.DBAPIError):
        return ""
    if isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF  # the rest of it says more than is asked here
        return " ".join(str(error.orig).split()) if code in PASSING_SQLITE else ""
    state = getattr(error.orig, "sqlstate", "")
    # Without a code the driver speaks: of a connection that there is not, but also of values that it cannot send, which is a bug.
    passing = isinstance(error, sa.exc.OperationalError) if state is None else state.startswith(PASSING)
    return " ".join(str(error.orig).split()) if error.connection_invalidated or passing else ""


def tell(log: logging.Logger, what: str, error: BaseException) -> None:
    """Write down that `what` happened because of `error`: in one line where the database does not serve, else with the traceback."""
    if why := away(error):
        log.error("%s: the database does not serve: %s", what, why)
    else:
        log.error("%s", what, exc_info=error)
