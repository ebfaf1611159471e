"""Applying again: from every state in which an application has ended, offered on the pages, with the answers taken over."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.models import Answer, Application
from core.admissions.states import REAPPLY
from core.data.session import ScopedSession, transaction
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import ANSWERS, make_submitted
from tests.factories.people import client_of, make_person
from tests.integration.admissions.test_attachments import form_with_file
from tests.support.app_fixtures import FrozenClock

FILE = {"name": "cv.pdf", "mime": "application/pdf", "size": 3, "sha256": "0" * 64}


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession], frozen_clock: FrozenClock) -> ScopedSession:
    """A session on Scotland's rows, at a known time."""
    return session_for("scotland")


@pytest.mark.parametrize("state", sorted(REAPPLY))
def test_it_is_offered_and_takes_the_answers(app: Flask, session: ScopedSession, state: str) -> None:
    form = make_form(session, form_with_file())
    last_year, now = make_window(session, form, -400, -370, name="Last year"), make_window(session, form)
    person = make_person(app, "ann@example.org", name="Ann Roy")
    answers: dict[str, Any] = {**ANSWERS, "cv": FILE}
    before = make_submitted(session, last_year, form, person, answers)
    with transaction(session):
        session.execute(sa.update(Application).values(state=state))
    ann = client_of(app, person)
    assert "Apply again" in ann.get("/scotland/apply/mine").text
    assert "Your answers from last time are carried over" in ann.get("/scotland/apply/start").text
    answer = ann.submit("/scotland/apply/start", {"based_here": "yes"})
    assert answer.status_code == 303
    session.rollback()
    new = session.execute(sa.select(Application).where(Application.window_id == now)).scalar_one()
    assert (new.state, new.previous_id, new.seconds) == ("draft", before, 0)
    carried = session.execute(sa.select(Answer.question, Answer.value).where(Answer.application_id == new.id))
    assert dict(carried.all()) == dict(ANSWERS)  # the file stays where it was given
    assert "Apply again" not in ann.get("/scotland/apply/mine").text


def test_it_is_not_offered_while_one_counts_still(app: Flask, session: ScopedSession) -> None:
    form = make_form(session)
    window = make_window(session, form)
    person = make_person(app, "ann@example.org")
    make_submitted(session, window, form, person)
    assert "Apply again" not in client_of(app, person).get("/scotland/apply/mine").text
