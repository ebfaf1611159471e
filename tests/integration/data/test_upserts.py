"""Inserts that say what happens where a row is there already, in the dialect of whatever they are run on."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.dialects import postgresql, sqlite

from core.data import upserts
from core.data.db import db
from core.data.idempotency import FormKey
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id

SessionFor = Callable[[str], ScopedSession]
KINDS = {"sqlite": sqlite.Insert, "postgres": postgresql.Insert}


def _row(session: ScopedSession, result: str) -> dict[str, Any]:
    return {
        "id": new_id(), "tenant_id": session.tenant_id, "key": "k1", "purpose": "test", "result": result,
        "created_at": clock.now(),
    }  # fmt: skip


def _over(new: upserts.Insert) -> Any:
    return new.on_conflict_do_update(
        index_elements=["tenant_id", "key"], set_={"result": new.excluded.result}
    ).returning(FormKey.result)


def test_an_insert_says_what_happens_where_a_row_is_there(session_for: SessionFor) -> None:
    session = session_for("scotland")
    nothing = upserts.insert(session, FormKey).on_conflict_do_nothing().returning(FormKey.result)
    with transaction(session):
        assert session.scalar(nothing, _row(session, "first")) == "first"
        assert session.scalar(nothing, _row(session, "second")) is None
        assert session.scalar(_over(upserts.insert(session, FormKey)), _row(session, "third")) == "third"
    assert session.scalars(sa.select(FormKey.result)).all() == ["third"]


def test_a_statement_for_each_dialect_is_made_once_and_run_often(session_for: SessionFor) -> None:
    made: list[type] = []

    def build(new: upserts.Insert) -> Any:
        made.append(type(new))
        return _over(new)

    over, session = upserts.for_each_dialect(FormKey, build), session_for("scotland")
    assert over(session) is over(session)
    with transaction(session):
        assert [session.scalar(over(session), _row(session, word)) for word in ("one", "two")] == ["one", "two"]
    assert made == [postgresql.Insert, sqlite.Insert]


def test_sessions_connections_and_engines_are_given_their_own_dialect(
    app: Flask, session_for: SessionFor, engine_name: str
) -> None:
    kind, same = KINDS[engine_name], upserts.for_each_dialect(FormKey, lambda new: new)
    with app.app_context(), db.engine.connect() as connection:
        for database in (session_for("scotland"), connection, db.engine):
            assert type(upserts.insert(database, FormKey)) is kind
            assert type(same(database)) is kind
