"""Nobody waits in a circle: whoever changes several things takes rows before the trail, and several rows in one order.

Somebody holds a row, as whoever submits, withdraws or seals does, and then writes to the trail; what runs meanwhile needs that
row and the trail as well. In the wrong order PostgreSQL ends one of the two. SQLite lets one write at a time.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions import downloads
from core.admissions.models import Application, AssessorInterest, Assignment, InfoRequest
from core.admissions.queries import applying
from core.admissions.service import assessors, conflicts, deadlines, submitting, transfers
from core.admissions.service.transfers import Place
from core.data import audit
from core.data.db import platform_scope, tenant_session
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.kernel.views import SYSTEM, Actor
from tests.factories.admissions import make_application, make_form, make_window
from tests.factories.assessing import make_assessor, make_assignment, make_submitted
from tests.integration.admissions.deciding_rig import quick_people

SCOTLAND, WALES = 2, 3
REACHED = 0.6
"""Seconds after which what runs meanwhile has come to the row that is held."""
pytestmark = pytest.mark.both  # they meet in the database


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    return session_for("scotland")


def while_held(
    app: Flask, session: ScopedSession, model: Any, row_id: str, action: Callable[[ScopedSession], object]
) -> Any:
    """What `action` gives that runs while somebody holds a row, and then writes to the trail."""
    session.rollback()

    def run() -> object:
        with app.app_context(), tenant_session(SCOTLAND) as own:
            return action(own)

    holding = sa.update(model).where(model.id == row_id).values(state=model.state)
    with ThreadPoolExecutor(1) as pool:
        with transaction(session):
            session.execute(holding)
            done = pool.submit(run)
            time.sleep(REACHED)
            audit.record(session, actor=SYSTEM, action="test.hold", subject="test")
        return done.result(60)


def test_drafts_end_while_somebody_submits_one(app: Flask, session: ScopedSession) -> None:
    form = make_form(session)
    window = make_window(session, form, -60, -30)
    made = sorted(make_application(session, window, form, one) for one in quick_people(session, "abc").values())
    assert while_held(app, session, Application, made[1], lambda own: deadlines.expire(own, clock.now())) == 3


def test_requests_lapse_while_somebody_answers_one(app: Flask, session: ScopedSession) -> None:
    form, now = make_form(session), clock.now()
    window = make_window(session, form, -60, -30)
    made = sorted(make_submitted(session, window, form, one) for one in quick_people(session, "abc").values())
    for one in made:
        submitting.ask(
            session, one, SYSTEM, sections=["more"], question="?", due_at=now + timedelta(days=1), known=["more"]
        )
    later = now + timedelta(days=3)
    assert while_held(app, session, Application, made[1], lambda own: deadlines.lapse(own, later)) == 3
    session.rollback()
    assert set(session.scalars(sa.select(InfoRequest.state))) == {"lapsed"}
    assert set(session.scalars(sa.select(Application.state))) == {"submitted"}


@pytest.fixture
def assessed(session: ScopedSession) -> dict[str, str]:
    """A submitted application of Ann with an assessor who is about to seal."""
    people = quick_people(session, ["ann", "bo"])
    form = make_form(session)
    window = make_window(session, form)
    application = make_submitted(session, window, form, people["ann"])
    assessor = make_assessor(session, people["bo"])
    assignment = make_assignment(session, application, assessor, "assessing")
    return {**people, "form": form, "application": application, "assessor": assessor, "assignment": assignment}


def _state(session: ScopedSession) -> str | None:
    session.rollback()
    return session.scalar(sa.select(Assignment.state))


def test_an_interest_recuses_while_somebody_seals(app: Flask, session: ScopedSession, assessed: dict[str, str]) -> None:
    def add(own: ScopedSession) -> None:
        assessors.add_interest(own, SYSTEM, assessed["assessor"], kind="family", target="Ann", form_key=new_token())

    while_held(app, session, Assignment, assessed["assignment"], add)
    assert _state(session) == "recused"


def test_a_conflict_is_put_down_while_somebody_seals(
    app: Flask, session: ScopedSession, assessed: dict[str, str]
) -> None:
    def put(own: ScopedSession) -> None:
        conflicts.put_down(own, SYSTEM, assessed["application"], assessed["bo"], "other", "They told us.")

    while_held(app, session, Assignment, assessed["assignment"], put)
    assert _state(session) == "recused"


def test_what_is_submitted_again_recuses_while_somebody_seals(
    app: Flask, session: ScopedSession, assessed: dict[str, str]
) -> None:
    submitting.ask(
        session, assessed["application"], SYSTEM, sections=["about", "more"], question="?",
        due_at=clock.now() + timedelta(days=3), known=["about", "more"],
    )  # fmt: skip
    known = {
        "id": new_id(),
        "assessor_id": assessed["assessor"],
        "kind": "family",
        "target": "Ann",
        "target_norm": "ann",
    }
    row = {**known, "tenant_id": SCOTLAND, "at": clock.now()}
    with transaction(session):  # past the service: it follows only with what is submitted next
        session.execute(sa.insert(AssessorInterest), [row])

    def submit(own: ScopedSession) -> None:
        mine = applying.mine(own, assessed["application"], assessed["ann"])
        who = Actor(assessed["ann"], "Ann")
        submitting.submit(own, mine, who, checked=submitting.checked_sum(mine), post=lambda _, __: None)

    while_held(app, session, Assignment, assessed["assignment"], submit)
    assert _state(session) == "recused"


def test_an_application_moves_while_somebody_seals(
    app: Flask, session: ScopedSession, session_for: Callable[[str], ScopedSession], assessed: dict[str, str]
) -> None:
    there = session_for("wales")
    window = make_window(there, assessed["form"])
    there.rollback()

    def move(_: ScopedSession) -> None:
        with platform_scope("test") as everywhere:
            transfers.transfer(
                everywhere, SYSTEM, Place(SCOTLAND, assessed["application"]), version=1, target_tenant_id=WALES,
                window_id=window, why="Moved house", store=app.extensions[downloads.FILES], post=lambda _, __: None,
            )  # fmt: skip

    while_held(app, session, Assignment, assessed["assignment"], move)
    assert _state(session) == "expired"
