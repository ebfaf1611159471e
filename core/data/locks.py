"""Holding several rows in one order, so that two transactions never wait for each other in a circle."""

from typing import Any

import sqlalchemy as sa

from core.data.session import ScopedSession


def hold_in_order(session: ScopedSession, model: Any, *which: sa.ColumnElement[bool]) -> None:
    """Hold the rows of `model` that `which` describes until the caller's transaction ends, one after the other by their ids.

    For a transaction that changes several rows: an UPDATE takes them in the order in which the database finds them, and of
    two that find the same rows in other orders PostgreSQL ends one. It guards nothing: the UPDATE that follows says again
    what must hold. On SQLite the transaction has the whole database already.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(model.id).where(*which).order_by(model.id).with_for_update())
