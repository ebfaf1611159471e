"""Equality answers: in the words of each nation, found by their link alone, and with nothing that leads back."""

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event, Thread, get_ident
from time import sleep
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions import content
from core.admissions.equality import link, nation_of
from core.admissions.models import Application, EqualityResponse
from core.admissions.personal import joining
from core.admissions.queries import applying
from core.admissions.queries import equality as queries
from core.admissions.service import equality, submitting
from core.data.audit import AuditEntry
from core.data.base import Base
from core.data.db import db, tenant_session
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Invalid, Refused
from core.kernel.views import Actor
from tests.factories.admissions import make_application, make_form, make_window
from tests.factories.assessing import make_submitted
from tests.factories.people import make_person

KEY = "key of the tests"


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    """A session on Scotland's rows."""
    return session_for("scotland")


def answer(session: ScopedSession, application_id: str, account_id: str, answers: dict[str, str], nation: Any = "scotland", key: str = KEY) -> None:  # fmt: skip
    equality.answer(
        session, secret_key=key, application_id=application_id, account_id=account_id, nation=nation, answers=answers
    )


def people(app: Flask, session: ScopedSession, count: int) -> list[tuple[str, str]]:
    """So many (account, submitted application) in one window."""
    form = make_form(session)
    window = make_window(session, form)
    accounts = [make_person(app, f"p{number}@example.org") for number in range(count)]
    return [(account, make_submitted(session, window, form, account)) for account in accounts]


def rows(session: ScopedSession) -> list[dict[str, str]]:
    table = EqualityResponse.__table__
    return [dict(row) for row in session.execute(sa.select(*table.columns)).mappings()]


def test_answers_are_kept_changed_and_deleted(app: Flask, session: ScopedSession) -> None:
    [(ann, application), (bob, other)] = people(app, session, 2)
    answer(session, application, ann, {"age": "a25_34", "sex": "female", "unknown": "x"})
    answer(session, other, bob, {"age": "a35_44"})
    assert queries.given(session, KEY, application) == {"age": "a25_34", "sex": "female"}
    answer(session, application, ann, {"age": "a35_44", "sex": ""})
    assert queries.given(session, KEY, application) == {"age": "a35_44"}
    assert equality.forget(session, secret_key=KEY, application_id=application) == 1
    assert queries.given(session, KEY, application) == {}
    assert queries.given(session, KEY, other) == {"age": "a35_44"}


def test_who_deletes_their_answers_while_all_are_mixed_has_none(app: Flask, session: ScopedSession) -> None:
    [(ann, application)] = people(app, session, 1)
    answer(session, application, ann, {"age": "a25_34"})
    begun, main_thread = Event(), get_ident()

    def slowly(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lower().startswith("insert into admissions_equality_response") and get_ident() == main_thread:
            begun.set()
            sleep(0.5)

    def forget() -> None:
        with app.app_context(), tenant_session(session.tenant_id) as own:
            begun.wait(20)
            equality.forget(own, secret_key=KEY, application_id=application)

    other = Thread(target=forget)
    with app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", slowly)
        other.start()
        try:
            equality.mix(session)
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", slowly)
            other.join(20)
    assert begun.is_set()
    session.rollback()
    assert rows(session) == []


def test_each_nation_has_its_own_answers_and_they_count_in_shared_groups(app: Flask, session: ScopedSession) -> None:
    [(ann, application)] = people(app, session, 1)
    ethnic = next(one for one in content.equality().questions if len(one.sets) > 1)
    for one in ethnic.sets:
        category = next(iter(one.categories()))
        answer(session, application, ann, {ethnic.key: category.key}, one.nations[0])
        [row] = rows(session)
        assert (row["nation"], row["category"], row["parent"]) == (one.nations[0], category.key, category.parent)
    with pytest.raises(Invalid) as wrong:
        answer(session, application, ann, {"age": "no such age"})
    assert list(wrong.value.field_errors) == ["age"]
    assert len(rows(session)) == 1
    assert [nation_of(slug) for slug in ("wales", "northern-ireland", "scotland", "wessex")] == [
        "wales", "northern_ireland", "scotland", "england",
    ]  # fmt: skip


def test_only_the_person_answers_and_only_once_it_is_submitted(app: Flask, session: ScopedSession) -> None:
    [(_, application)] = people(app, session, 1)
    bob = make_person(app, "bob@example.org")
    form = make_form(session, number=1002)
    draft = make_application(session, make_window(session, form, -5, 5), form, bob)
    for wrong in ((application, bob), (draft, bob)):
        with pytest.raises(Refused):
            answer(session, *wrong, {"age": "a25_34"})
    assert rows(session) == []


def test_no_column_of_any_table_leads_to_an_answer_without_the_key(
    app: Flask, session: ScopedSession, platform_session: ScopedSession
) -> None:
    [(ann, application), (bob, other)] = people(app, session, 2)
    answer(session, application, ann, {"age": "a25_34", "sex": "female"})
    answer(session, other, bob, {"age": "a35_44"})
    session.rollback()
    assert {column.name for column in EqualityResponse.__table__.columns} == {
        "link",
        "question",
        "nation",
        "category",
        "parent",
    }
    assert not any(
        isinstance(column.type, (sa.DateTime, sa.Date, sa.Integer)) for column in EqualityResponse.__table__.columns
    )
    links = {row["link"] for row in rows(session)}
    assert links == {link(KEY, application), link(KEY, other)}
    held: set[str] = set()
    for table in Base.metadata.sorted_tables:
        if table.name != EqualityResponse.__tablename__:
            assert not any(key.column.table.name == EqualityResponse.__tablename__ for key in table.foreign_keys)
            for row in platform_session.execute(sa.select(*table.columns)):
                held |= {str(value) for value in row}
    assert not [one for one in held if any(found in one for found in links)]
    assert application in held  # negative control: what is looked through does hold the rest
    derived = {
        link(key, value) for value in (application, ann, other, bob) for key in ("", application, ann, other, bob)
    }
    assert not links & derived


def test_answering_writes_nothing_else_and_no_audit_entry(
    app: Flask, session: ScopedSession, caplog: pytest.LogCaptureFixture
) -> None:
    [(ann, application)] = people(app, session, 1)
    before = session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
    stamp = session.execute(sa.select(Application.changed_at, Application.version)).one()
    caplog.set_level("DEBUG")
    caplog.clear()
    answer(session, application, ann, {"age": "a25_34"})
    equality.forget(session, secret_key=KEY, application_id=application)
    equality.mix(session)
    assert session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == before
    assert session.execute(sa.select(Application.changed_at, Application.version)).one() == stamp
    assert "a25_34" not in caplog.text


def test_the_order_of_the_rows_tells_nothing(app: Flask, session: ScopedSession, engine_name: str) -> None:
    """SQLite keeps no row number at all; PostgreSQL's places and transaction numbers are taken away each night."""
    for account, application in people(app, session, 12):
        answer(session, application, account, {"age": "a25_34"})
    everything = sorted(row["link"] for row in rows(session))
    assert equality.mix(session) == 12
    assert [row["link"] for row in rows(session)] == everything
    hidden: Any = sa.select(sa.literal_column("rowid" if engine_name == "sqlite" else "xmin::text || ''")).select_from(
        EqualityResponse
    )
    if engine_name == "sqlite":
        with pytest.raises(sa.exc.OperationalError, match="no such column"):
            session.execute(hidden)
        session.rollback()
    else:
        assert len(set(session.scalars(hidden))) == 1
        places: Any = session.execute(
            sa.select(EqualityResponse.link, sa.literal_column("ctid::text")).order_by(sa.literal_column("ctid"))
        )
        assert [row[0] for row in places] == everything


def test_the_answers_of_a_withdrawn_person_go(app: Flask, session: ScopedSession) -> None:
    [(ann, application), (bob, other)] = people(app, session, 2)
    for account, one in ((ann, application), (bob, other)):
        answer(session, one, account, {"age": "a25_34"})
    submitting.withdraw(session, applying.mine(session, application, ann), Actor(ann, ""))
    assert equality.sweep(session, clock.now(), secret_key=KEY) == 1
    assert (queries.given(session, KEY, application), len(rows(session))) == ({}, 1)
    with pytest.raises(Refused):
        answer(session, application, ann, {"age": "a25_34"})


def test_the_answers_are_in_the_persons_own_file_and_go_when_they_are_erased(
    app: Flask, app_context: None, session: ScopedSession
) -> None:
    key = app.config["Q"].secret_key
    [(ann, application), (bob, other)] = people(app, session, 2)
    answer(session, application, ann, {"age": "a25_34"}, key=key)
    answer(session, other, bob, {"age": "a35_44"}, key=key)
    held = dict(joining.export(session, ann))
    assert held == {"Answers to equality questions": [{"question": "How old are you?", "answer": "25 to 34"}]}
    with transaction(session):
        assert joining.erase(session, ann) == 1
    assert dict(joining.export(session, ann)) == {}
    assert [row["category"] for row in rows(session)] == ["a35_44"]


def test_groups_are_counted_in_one_statement(app: Flask, session: ScopedSession, statements: Callable[[], Any]) -> None:
    made = people(app, session, 4)
    for number, (account, application) in enumerate(made[:3]):
        answer(
            session, application, account, {"age": ("a25_34", "a35_44", "prefer_not_to_say")[number], "sex": "female"}
        )
    with statements() as seen:
        found = queries.groups_by_application(session, KEY, (one for _, one in made), "age")
    assert len(seen) == 1
    assert found == {made[0][1]: "a25_34", made[1][1]: "a35_44", made[2][1]: "prefer_not_to_say"}
    assert queries.groups_by_application(session, "another key", [one for _, one in made], "age") == {}


def test_a_moment_is_nowhere(app: Flask, session: ScopedSession, frozen_clock: Any) -> None:
    """The same answers, given at two times, leave the same rows."""
    [(ann, application)] = people(app, session, 1)
    answer(session, application, ann, {"age": "a25_34"})
    first = rows(session)
    frozen_clock.move_to(datetime(2031, 1, 1, tzinfo=UTC))
    answer(session, application, ann, {"age": "a25_34"})
    assert rows(session) == first
