"""Two processes at the same scores: sealed once, and with every word that was said to be saved."""

import sqlalchemy as sa

from core.admissions.models import Score
from core.admissions.service import declaring
from core.config import normalise_url
from core.data.audit import verify
from core.data.session import ScopedSession, transaction
from core.kernel.ids import new_token
from core.kernel.views import Actor
from core.people.service import accounts
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import make_assessor, make_assignment, make_submitted
from tests.integration.admissions.panel import filled_in
from tests.support.databases import Database
from tests.support.racing import together


def _person(session: ScopedSession, name: str) -> str:
    with transaction(session):
        return accounts.create_confirmed(session, email=f"{name}@example.org", name=name, password_hash=None)


def race(session: ScopedSession, database: Database, *parts: str) -> list[list[str]]:
    """What each part, a process of its own, was told about the same scores."""
    form_id = make_form(session)
    application = make_submitted(session, make_window(session, form_id, -40, -10), form_id, _person(session, "zoe"))
    account = _person(session, "ann")
    ann = Actor(account, "Ann", permissions=frozenset({"admissions.assess"}))
    assignment = make_assignment(session, application, make_assessor(session, account))
    declaring.declare(session, ann, assignment, 1, level="none", key=new_token())
    filled_in(session, ann, assignment)
    job = {
        "url": normalise_url(database.app_url), "tenant": session.scope.tenant_id, "account": account,
        "assignment": assignment,
    }  # fmt: skip
    session.rollback()
    told: list[list[str]] = together(
        "tests.integration.admissions.seal_race", *({**job, "part": part} for part in parts)
    )
    session.rollback()
    return told


def _sealed_words(session: ScopedSession) -> str | None:
    return session.scalar(sa.select(Score.words).where(Score.criterion == "knowledge"))


def test_of_two_who_seal_at_once_one_does(shared: ScopedSession, other_database: Database) -> None:
    assert sorted(race(shared, other_database, "seal", "seal")) == [[], ["sealed"]]
    assert shared.scalar(sa.select(sa.func.count(Score.id))) == 5
    assert verify(shared).ok


def test_the_control_seals_twice(shared: ScopedSession, other_database: Database) -> None:
    assert race(shared, other_database, "seal_naively", "seal_naively") == [["sealed"], ["sealed"]]


def test_what_was_said_to_be_saved_is_sealed(shared: ScopedSession, other_database: Database) -> None:
    told, sealed = race(shared, other_database, "save", "seal")
    assert sealed == ["sealed"]
    assert _sealed_words(shared) == (told[-1] if told else "As the answer shows.")


def test_the_control_loses_what_was_said_to_be_saved(shared: ScopedSession, other_database: Database) -> None:
    told, _ = race(shared, other_database, "save", "seal_naively")
    assert told
    assert _sealed_words(shared) != told[-1]
