"""Plans: nothing is done by making one; applied as a whole or not at all; refused over changed facts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions import assign, planning
from core.admissions.jobs import panels as panel_jobs
from core.admissions.models import Assessor, Assignment, AssignmentRun
from core.admissions.panel_needs import Needs
from core.admissions.queries import plans as queries
from core.admissions.service import assessors, assigning, conflicts, plans
from core.data.audit import verify
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.ids import new_id, new_token
from core.kernel.views import Actor
from core.work import GiveUp
from core.work.models import OutboxItem
from tests.factories.assessing import make_assessment, make_assignment
from tests.integration.admissions.panel_cases import Panel, make_panel
from tests.support.statements import Counter

Sessions = Callable[[str], ScopedSession]


@pytest.fixture
def panel(app: Flask, session_for: Sessions) -> Panel:
    found = make_panel(app, session_for("scotland"))
    for name in ("Bo", "Cy", "Di"):
        found.assessor(name, capacity=5)
    for number in range(4):
        found.application(f"Ann {number}")
    return found


def needs(_: str) -> Needs:
    return Needs(2)


def planned(panel: Panel) -> str:
    run_id = plans.ask(panel.session, panel.lead, panel.window, new_token(), seed=1)
    plans.work_out(panel.session, run_id, needs)
    return run_id


def assigned(panel: Panel) -> int:
    panel.session.rollback()
    return int(panel.session.scalar(sa.select(sa.func.count(Assignment.id))) or 0)


def test_a_plan_is_asked_for_worked_out_and_applied(panel: Panel) -> None:
    key = new_token()
    run_id = plans.ask(panel.session, panel.lead, panel.window, key, seed=1)
    assert plans.ask(panel.session, panel.lead, panel.window, key) == run_id
    with pytest.raises(Refused):
        plans.ask(panel.session, panel.lead, panel.window, new_token())
    asked = panel.session.scalars(sa.select(OutboxItem.args).where(OutboxItem.name == plans.JOB)).all()
    assert asked == [{"run_id": run_id}]
    with pytest.raises(Refused):
        plans.apply(panel.session, panel.lead, run_id, panel.due, needs)
    plans.work_out(panel.session, run_id, needs)
    run = queries.one(panel.session, run_id)
    assert (run.state, run.progress) == ("ready", 100)
    assert run.plan is not None
    assert assigned(panel) == 0
    assert plans.apply(panel.session, panel.lead, run_id, panel.due, needs) == 8
    rows = panel.session.execute(sa.select(Assignment.source, Assignment.run_id, Assignment.reasons)).all()
    assert {(row.source, row.run_id) for row in rows} == {("auto", run_id)}
    assert all(row.reasons for row in rows)
    with pytest.raises(Conflict):
        plans.apply(panel.session, panel.lead, run_id, panel.due, needs)
    with pytest.raises(Refused):
        plans.discard(panel.session, panel.lead, run_id)
    assert assigned(panel) == 8
    assert verify(panel.session).ok


def _changes(panel: Panel) -> dict[str, Callable[[], Any]]:
    session, lead = panel.session, panel.lead
    bo = session.scalars(sa.select(Assessor.id).where(Assessor.account_id == panel.accounts["Bo"])).one()
    first = next(iter(queries.visible(session, None, panel.window)))
    return {
        "a new application": lambda: panel.application("Late"),
        "a conflict": lambda: conflicts.put_down(session, lead, first, panel.accounts["Bo"], "person", "why"),
        "an assignment": lambda: assigning.assign(session, lead, first, bo, panel.due, new_token()),
        "somebody paused": lambda: assessors.move(session, lead, bo, 1, "pause"),
        "somebody new": lambda: panel.assessor("New"),
        "less capacity": lambda: assessors.change(session, lead, bo, 1, assessors.Place((), 1, "", None)),
    }


@pytest.mark.parametrize(
    "what", ["a new application", "a conflict", "an assignment", "somebody paused", "somebody new", "less capacity"]
)
def test_a_plan_over_changed_facts_is_refused_whole(panel: Panel, what: str) -> None:
    run_id = planned(panel)
    _changes(panel)[what]()
    before = assigned(panel)
    with pytest.raises(Refused, match="changed since"):
        plans.apply(panel.session, panel.lead, run_id, panel.due, needs)
    assert assigned(panel) == before
    assert queries.one(panel.session, run_id).state == "ready"
    with pytest.raises(Refused):
        plans.apply(panel.session, panel.lead, planned(panel), panel.due, lambda _: Needs(3))


def test_a_discarded_plan_stops_and_stays_discarded(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = plans.ask(panel.session, panel.lead, panel.window, new_token())

    def discarded_meanwhile(*_: Any, progress: Callable[[float], None], **__: Any) -> None:
        plans.discard(panel.session, panel.lead, run_id)
        progress(0.5)
        raise AssertionError("it went on")

    monkeypatch.setattr(plans, "EVERY_SECONDS", 0)
    monkeypatch.setattr(assign, "plan", discarded_meanwhile)
    for _ in range(2):
        plans.work_out(panel.session, run_id, needs)
        assert queries.one(panel.session, run_id).state == "discarded"


def test_a_worker_that_died_leaves_a_plan_that_is_begun_again(panel: Panel) -> None:
    run_id = plans.ask(panel.session, panel.lead, panel.window, new_token(), seed=1)
    with transaction(panel.session):
        panel.session.execute(sa.update(AssignmentRun).values(state="running", progress=40))
    plans.work_out(panel.session, run_id, needs)
    first = queries.one(panel.session, run_id)
    assert first.state == "ready"
    plans.work_out(panel.session, run_id, needs)
    assert queries.one(panel.session, run_id) == first


def test_what_cannot_be_planned_is_told(app: Flask, panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("twice")

    run_id = plans.ask(panel.session, panel.lead, panel.window, new_token())
    monkeypatch.setattr(assign, "plan", broken)
    with app.app_context(), pytest.raises(GiveUp):
        panel_jobs.plan_assignments(panel.session, run_id=run_id)
    run = queries.one(panel.session, run_id)
    assert (run.state, run.error) == ("failed", plans.GIVEN_UP)
    plans.discard(panel.session, panel.lead, run_id)


def test_what_somebody_turned_down_or_lost_is_not_offered_again(panel: Panel) -> None:
    held = panel.assessor("Held")
    applications = list(queries.visible(panel.session, None, panel.window))
    for application, state in zip(applications, ("turned_down", "recused", "taken_back", "sealed"), strict=True):
        made = make_assignment(panel.session, application, held, "assessing" if state == "sealed" else state)
        if state == "sealed":
            make_assessment(panel.session, made)
    conflicts.put_down(panel.session, panel.lead, applications[3], panel.accounts["Held"], "person", "late")
    facts = {one.id: one for one in queries.facts(panel.session, panel.window, Needs(2)).applications}
    assert [held in facts[one].conflicts for one in applications] == [True, True, False, False]
    assert [held in facts[one].existing for one in applications] == [False, False, False, True]


def test_a_lead_in_conflict_sees_nothing_of_what_a_plan_places(panel: Panel) -> None:
    run_id = planned(panel)
    run, lead = queries.one(panel.session, run_id), str(panel.lead.account_id)
    hidden = next(iter(queries.visible(panel.session, lead, panel.window)))
    conflicts.put_down(panel.session, panel.lead, hidden, lead, "family", "why")
    visible = queries.visible(panel.session, lead, panel.window)
    assert hidden not in visible
    assert run.plan is not None
    seen = planning.seen(run.plan, visible)
    assert (seen.seats, seen.filled, seen.added, sum(seen.loads.values())) == (6, 6, 6, 6)


def test_who_may_and_what_is_not_there(panel: Panel, session_for: Sessions) -> None:
    run_id, nobody = planned(panel), Actor(panel.person("No Body"), "")
    for refused in (
        lambda: plans.ask(panel.session, nobody, panel.window, new_token()),
        lambda: plans.apply(panel.session, nobody, run_id, panel.due, needs),
        lambda: plans.discard(panel.session, nobody, run_id),
    ):
        with pytest.raises(Forbidden):
            refused()
    with pytest.raises(Invalid):
        plans.apply(panel.session, panel.lead, run_id, clock.now() - timedelta(hours=1), needs)
    wales = session_for("wales")
    for missing in (lambda: queries.one(wales, run_id), lambda: plans.discard(wales, panel.lead, new_id())):
        with pytest.raises(NotFound):
            missing()


@pytest.mark.parametrize("number", [1, 50])
def test_facts_and_applying_cost_the_same_for_many(panel: Panel, statements: Counter, number: int) -> None:
    for one in range(number):
        panel.application(f"More {one}")
    run_id = planned(panel)
    with statements() as seen:
        queries.facts(panel.session, panel.window, Needs(2))
    assert len(seen) == 4
    with statements() as seen:
        plans.apply(panel.session, panel.lead, run_id, panel.due, needs)
    assert len(seen) <= 13, seen.text
