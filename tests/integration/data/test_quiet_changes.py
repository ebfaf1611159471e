"""A change by a condition is one statement: what was read before is left as it was read."""

from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask

from core.data.session import ScopedSession, transaction
from core.people.models import Account
from tests.factories.people import make_person
from tests.support.statements import Counter


def test_a_change_by_a_condition_asks_for_no_row_back(
    app: Flask, session_for: Callable[[str], ScopedSession], statements: Counter
) -> None:
    person = make_person(app, "ann@example.org", name="Ann")
    session = session_for("scotland")
    with transaction(session):
        read = session.scalars(sa.select(Account).where(Account.id == person)).one()
        with statements() as seen:
            session.execute(sa.update(Account).where(Account.name == "Ann").values(name="Anne"))
        assert read.name == "Ann"
    assert len(seen) == 1, seen.text
    assert "returning" not in seen.text.lower()
    assert session.scalar(sa.select(Account.name).where(Account.id == person)) == "Anne"
