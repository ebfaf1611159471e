"""Two processes at the same moment: an application is somebody's once, nobody gets more than they can hold, a plan is
applied once; and an interest that is declared while an application is submitted is seen by one of the two."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.jobs.panels import plan_assignments
from core.admissions.models import Application, Assignment, Conflict
from core.admissions.panel_needs import Needs
from core.admissions.queries.meetings import agenda
from core.admissions.service import assessors, assigning, conflicts, meetings, plans
from core.config import normalise_url
from core.data import audit
from core.data.audit import verify
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.views import SYSTEM
from core.people.service import accounts
from core.work.registry import JOBS
from tests.factories.admissions import make_application, make_form, make_window
from tests.factories.assessing import make_assessor, make_submitted
from tests.integration.admissions.panel import Panel
from tests.integration.admissions.panel_cases import make_panel
from tests.support.databases import Database
from tests.support.racing import AT_ONCE, at_once, together

PROCESSES, THREADS, APPLICATIONS, CAPACITY = 2, 4, 10, 2  # fewer than threads: a process by itself can give too many
Sessions = Callable[[str], ScopedSession]
pytestmark = pytest.mark.both  # they meet in the database


def _filled(session: ScopedSession) -> tuple[str, str, list[str]]:
    """(window, assessor, applications)."""
    form = make_form(session)
    window = make_window(session, form, -30, -2)
    with transaction(session):
        people = [
            accounts.create_confirmed(session, email=f"p{n}@example.org", name=f"P {n}", password_hash=None)
            for n in range(APPLICATIONS + 1)
        ]
    assessor = make_assessor(session, people.pop(), capacity=CAPACITY)
    return window, assessor, [make_submitted(session, window, form, account) for account in people]


def _race(url: str, session: ScopedSession, way: str, attempts: list[str], assessor: str) -> dict[str, Any]:
    """What all processes together report; every other one begins at the end of the attempts, so that they do not go in step."""
    session.rollback()
    job = {
        "url": url, "tenant": session.scope.tenant_id, "way": way, "assessor": assessor, "attempts": attempts, "threads": THREADS,
    }  # fmt: skip
    told = together(
        "tests.integration.admissions.panel_race",
        *({**job, "attempts": attempts[:: 1 - 2 * (n % 2)]} for n in range(PROCESSES)),
    )
    assert [error for one in told for error in one["errors"]] == []
    session.rollback()
    return {key: sum(one[key] for one in told) for key in ("done", "refused")}


def _assigned(session: ScopedSession) -> list[str]:
    return list(session.scalars(sa.select(Assignment.application_id)))


def test_an_application_is_somebody_s_once_and_nobody_gets_too_many(
    shared: ScopedSession, other_database: Database
) -> None:
    _, assessor, applications = _filled(shared)
    url = normalise_url(other_database.app_url)
    assert _race(url, shared, "assign", applications, assessor) == {
        "done": CAPACITY, "refused": PROCESSES * APPLICATIONS - CAPACITY,
    }  # fmt: skip
    assert len(set(_assigned(shared))) == len(_assigned(shared)) == CAPACITY
    assert verify(shared).ok


def test_the_race_for_an_assessor_can_be_lost(shared: ScopedSession, other_database: Database) -> None:
    """The control: looking before writing gives more than the assessor can hold."""
    _, assessor, applications = _filled(shared)
    told = _race(normalise_url(other_database.app_url), shared, "assign_naively", applications, assessor)
    assert len(_assigned(shared)) == told["done"] > CAPACITY


def test_a_plan_is_applied_once(shared: ScopedSession, other_database: Database) -> None:
    window, assessor, _ = _filled(shared)
    assert JOBS[plans.JOB].handler is plan_assignments
    run_id = plans.ask(shared, SYSTEM, window, new_token(), seed=1)
    plans.work_out(shared, run_id, lambda _: Needs(1))
    url = normalise_url(other_database.app_url)
    told = _race(url, shared, "apply", [run_id] * THREADS, assessor)
    assert told == {"done": 1, "refused": PROCESSES * THREADS - 1}
    assert len(_assigned(shared)) == CAPACITY


def test_of_a_conflict_and_an_assignment_at_once_the_conflict_wins(app: Flask, session_for: Sessions) -> None:
    panel = make_panel(app, session_for("scotland"))
    bo = panel.assessor("Bo")
    pairs = [panel.application(f"Ann {n}") for n in range(6)]
    panel.session.rollback()

    def act(application: str, session: ScopedSession, number: int) -> None:
        if number:
            conflicts.put_down(session, panel.lead, application, panel.accounts["Bo"], "person", "why")
        else:
            assigning.assign(session, panel.lead, application, bo, panel.due, new_token())

    for application in pairs:
        at_once(app, panel.session.scope.tenant_id or 0, partial(act, application), 2)
    panel.session.rollback()
    assert panel.session.scalar(sa.select(sa.func.count(Conflict.id))) == len(pairs)
    assert set(panel.session.scalars(sa.select(Assignment.state))) <= {"recused"}


def test_an_interest_and_a_submission_at_once_are_a_conflict(app: Flask, session_for: Sessions) -> None:
    panel = make_panel(app, session_for("scotland"))
    places = [panel.assessor(f"Bo {n}") for n in range(5)]
    applications = [
        make_application(panel.session, panel.window, panel.form, panel.person(f"Ann {n}"), state="submitted")
        for n in range(5)
    ]
    panel.session.rollback()

    def submitted(session: ScopedSession, application: str) -> None:
        with transaction(session):
            session.execute(
                sa.update(Application)
                .where(Application.id == application)
                .values(submitted_at=panel.due, organisation_norm="lothian")
            )
            audit.record(session, actor=SYSTEM, action="test.submit", subject=application)
            conflicts.derive_for_application_in(session, application)

    def act(place: str, application: str, session: ScopedSession, number: int) -> None:
        if number:
            submitted(session, application)
        else:
            assessors.add_interest(
                session, panel.lead, place, kind="organisation", target="NHS Lothian", form_key=new_token()
            )

    for place, application in zip(places, applications, strict=True):
        at_once(app, panel.session.scope.tenant_id or 0, partial(act, place, application), 2)
    panel.session.rollback()
    found = panel.session.execute(sa.select(Conflict.application_id, Conflict.account_id)).all()
    assert len(found) == len(set(found)) == 25


def test_of_applications_that_are_brought_up_at_once_one_is_discussed(app: Flask, session_for: Sessions) -> None:
    panel = Panel(app, session_for("scotland"))
    panel.assessor("ann")
    applications = [panel.application(f"zoe{number}") for number in range(AT_ONCE)]
    held = meetings.Plan(clock.now() + timedelta(days=1), "Room 1", 1)
    meeting_id = meetings.plan(panel.session, panel.lead, panel.window_id, held, new_token())
    meetings.set_agenda(panel.session, panel.lead, meeting_id, 1, applications)
    meetings.attend(panel.session, panel.lead, meeting_id, 2, [panel.assessors["ann"][1]])
    items = agenda(panel.session, panel.lead.account_id, meeting_id)
    panel.session.rollback()

    def bring_up(session: ScopedSession, number: int) -> None:
        meetings.bring_up(session, panel.lead, items[number].id, items[number].version)

    at_once(app, panel.session.scope.tenant_id or 0, bring_up)
    panel.session.rollback()
    assert [one.state for one in agenda(panel.session, panel.lead.account_id, meeting_id)].count("now") == 1
    assert verify(panel.session).ok
