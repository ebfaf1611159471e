"""The pages of a panel: bringing it together, assigning, plans, conflicts; what was typed is kept; what is not there looks missing."""

import csv
from collections.abc import Callable
from io import StringIO

import pytest
import sqlalchemy as sa
from flask import Flask

from core.admissions.jobs import panels as panel_jobs
from core.admissions.models import Assignment, Conflict
from core.admissions.queries import assessors as assessor_queries
from core.admissions.service import plans
from core.console.queries import Wanted, trail
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.work.models import Mail
from tests.factories.assessing import make_assignment
from tests.factories.people import client_of, make_person
from tests.integration.admissions.panel_cases import Panel, make_panel
from tests.support.client import FormClient, forms
from tests.support.statements import Counter

Sessions = Callable[[str], ScopedSession]
ROOM = "/scotland/manage/admissions"


@pytest.fixture
def panel(app: Flask, session_for: Sessions) -> Panel:
    return make_panel(app, session_for("scotland"))


@pytest.fixture
def lead(app: Flask, panel: Panel) -> FormClient:
    return client_of(app, str(panel.lead.account_id))


def test_somebody_joins_the_panel_and_gets_the_role(panel: Panel, lead: FormClient) -> None:
    assert "Nobody is on the panel yet" in lead.get(f"{ROOM}/assessors/").text
    account = panel.person("Bo Baker")
    answer = lead.submit(f"{ROOM}/assessors/new", {"email": "nobody@example.org", "workplace": "Kept words"})
    assert answer.status_code == 422
    assert "No account has this address" in answer.text
    assert "Kept words" in answer.text
    values = {"email": "bo.baker@example.org", "roles": ["lay", "chair"], "workplace": "NHS Lothian", "capacity": "7"}
    answer = lead.submit(f"{ROOM}/assessors/new", values)
    assert answer.status_code == 303
    panel.session.rollback()
    [row] = assessor_queries.listed(panel.session, None)
    assert (row.account_id, row.roles, row.capacity, row.workplace) == (account, ["chair", "lay"], 7, "NHS Lothian")
    assert client_of(panel.app, account).get("/scotland/assess/interests/").status_code == 200
    assert "on the panel already" in lead.submit(f"{ROOM}/assessors/new", values).text
    own = lead.submit(f"{ROOM}/assessors/new", {"email": "lead@example.org"})
    assert "You cannot give yourself the role" in own.text


def test_a_place_is_changed_paused_and_ended(panel: Panel, lead: FormClient) -> None:
    bo = panel.assessor("Bo Baker")
    page = f"{ROOM}/assessors/{bo}/"
    answer = lead.submit(f"{page}edit", {"capacity": "501", "trained_on": "2099-01-01"})
    assert answer.status_code == 422
    assert lead.submit(f"{page}edit", {"capacity": "3", "trained_on": "2020-05-06"}).status_code == 303
    assert "6 May 2020" in lead.get(page).text
    assert lead.submit(page, form="move").status_code == 303
    assert "Paused" in lead.get(page).text
    assert lead.submit(page, {"version": "1", "how": "resume"}, form="move").status_code == 422
    again = lead.submit(page, {"how": "pause"}, form="move")
    assert again.status_code == 422
    assert "its state has changed" in again.text
    assert "Interests" in again.text, "on the page that it was pressed on"
    assert lead.submit(page, {"how": "nothing"}, form="move").status_code == 404
    assert lead.submit(f"{page}end", {"why": " "}).status_code == 422
    assert lead.submit(f"{page}end", {"why": "Moved away"}).status_code == 303
    assert "Take back onto the panel" in lead.get(page).text


def test_the_list_filters_sorts_and_exports(panel: Panel, lead: FormClient) -> None:
    panel.assessor("Bo Baker", "lay", workplace="NHS Fife")
    panel.assessor("=SUM(1)", state="paused")
    for query, names in (("q=fife", ["Bo Baker"]), ("state=paused", ["'=SUM(1)"]), ("role=lay", ["Bo Baker"]), ("sort=-name", ["Bo Baker", "'=SUM(1)"])):  # fmt: skip
        rows = list(csv.reader(StringIO(lead.get(f"{ROOM}/assessors/?{query}&format=csv").data.decode("utf-8-sig"))))
        assert [row[0] for row in rows[1:]] == names, query
    assert "Nobody found" in lead.get(f"{ROOM}/assessors/?q=nobody").text


def test_an_assessor_notes_and_ends_interests(app: Flask, panel: Panel) -> None:
    panel.assessor("Bo Baker")
    bo, page = client_of(app, panel.accounts["Bo Baker"]), "/scotland/assess/interests/"
    assert bo.submit(page, {"target": "Kept words"}).status_code == 422
    assert bo.submit(page, {"kind": "family", "target": "Ann Smith"}, form="interests").status_code == 303
    assert "Ann Smith" in bo.get(page).text
    assert bo.submit(page, form="/end").status_code == 303
    assert "ended on" in bo.get(page).text
    nobody = client_of(app, panel.person("No Place", Role.ASSESSOR))
    assert nobody.get(page).status_code == 404


def test_an_application_is_assigned_told_and_taken_back(app: Flask, panel: Panel, lead: FormClient) -> None:
    bo, application = panel.assessor("Bo Baker", "lay"), panel.application("Ann Smith")
    page = f"{ROOM}/windows/{panel.window}/panel"
    assert "2 more assessors" in lead.get(page).text
    assert '/panel"' in lead.get(f"{ROOM}/windows/{panel.window}").text
    form = f"{page}/{application}/assign"
    assert lead.submit(form, {"assessor_id": None}).status_code == 422
    assert lead.submit(form, {"assessor_id": bo, "due_on": "2020-01-01"}).status_code == 422
    assert lead.submit(form, {"assessor_id": bo}).status_code == 303
    text = lead.get(page).text
    assert "1 more assessor" in text
    assert "not told yet" in text
    with app.app_context():
        panel_jobs.tell_assessors(panel.session, clock.now())
    [letter] = panel.session.scalars(sa.select(Mail).where(Mail.account_id == panel.accounts["Bo Baker"])).all()
    assert "1 application to assess" in letter.subject
    assert "Ann" not in letter.text + letter.subject
    assert "/scotland/assess/" in letter.text
    made = panel.session.scalars(sa.select(Assignment.id)).one()
    panel.session.rollback()
    assert lead.submit(f"{ROOM}/assignments/{made}/take-back", {"why": "On leave"}).status_code == 303
    assert "On leave" in lead.get(page).text
    assert lead.get(f"{ROOM}/assignments/{made}/take-back").status_code == 422


def test_the_panel_narrows_and_exports(panel: Panel, lead: FormClient) -> None:
    bo = panel.assessor("Bo Baker")
    late = panel.application("Ann Smith")
    panel.application("Di Jones", locale="cy")
    make_assignment(panel.session, late, bo, due_at=clock.now().replace(year=2020))
    for query, names in (("", 2), ("show=overdue", 1), ("show=missing", 2), ("show=complete", 0), ("q=di jones", 1), ("q=baker", 1)):  # fmt: skip
        answer = lead.get(f"{ROOM}/windows/{panel.window}/panel?{query}&format=csv")
        assert len(list(csv.reader(StringIO(answer.data.decode("utf-8-sig"))))) == names + 1, query


def test_a_plan_is_asked_for_looked_at_and_applied(app: Flask, panel: Panel, lead: FormClient) -> None:
    panel.assessor("Bo Baker")
    panel.application("Ann Smith")
    page = f"{ROOM}/windows/{panel.window}/panel"
    asked = lead.submit(page, form="plans")
    assert asked.status_code == 303
    plan = asked.headers["Location"]
    assert "Waiting to begin" in lead.get(plan).text
    assert "A plan is being worked out already" in lead.submit(page, form="plans").text
    with app.app_context():
        panel_jobs.plan_assignments(panel.session, run_id=plan.rpartition("/")[2])
    text = lead.get(plan).text
    assert "Everybody who may assess it is needed" in text
    assert "The panel is too small: needed 2, there 1" in text
    assert lead.submit(plan, {"due_on": "2020-01-01"}, form="apply").status_code == 422
    panel.assessor("Cy Davies")
    panel.session.rollback()
    answer = lead.submit(plan, form="apply")
    assert answer.status_code == 422
    assert "Something has changed since this plan was made" in answer.text
    assert lead.submit(plan, form="discard").status_code == 303
    assert "Discarded" in lead.get(plan).text
    again = lead.submit(page, form="plans").headers["Location"]
    with app.app_context():
        panel_jobs.plan_assignments(panel.session, run_id=again.rpartition("/")[2])
    panel.session.rollback()
    assert lead.submit(again, form="apply").status_code == 303
    assert panel.session.scalar(sa.select(sa.func.count(Assignment.id))) == 2


def test_a_plan_that_is_discarded_while_it_is_looked_at_says_so_when_it_is_applied(
    app: Flask, panel: Panel, lead: FormClient
) -> None:
    panel.assessor("Bo Baker")
    panel.application("Ann Smith")
    run = plans.ask(panel.session, panel.lead, panel.window, "key")
    with app.app_context():
        panel_jobs.plan_assignments(panel.session, run_id=run)
    [apply] = [one for one in forms(lead.get(f"{ROOM}/plans/{run}").text) if one.action.endswith("/apply")]
    plans.discard(panel.session, panel.lead, run)
    late = lead.post(apply.action, data=apply.fields)
    assert late.status_code == 422
    assert "This plan is not ready, or was discarded." in late.text


def test_a_lead_declares_a_conflict_and_the_application_is_gone(app: Flask, panel: Panel, lead: FormClient) -> None:
    application = panel.application("Ann Smith")
    page = f"{ROOM}/applications/{application}/conflict"
    answer = lead.submit(page, {"kind": "family", "why": "Kept words"})
    assert answer.status_code == 422
    assert "Choose yourself, or somebody on the panel" in answer.text
    assert "Kept words" in answer.text
    own = {"account_id": str(panel.lead.account_id), "kind": "family", "why": "My sister"}
    assert lead.submit(page, own).status_code == 303
    assert "Your conflict of interest is noted" in lead.get(f"{ROOM}/windows/{panel.window}/panel").text
    missing = lead.get(f"{ROOM}/applications/{new_id()}/conflict")
    gone = lead.get(page)
    assert (gone.status_code, gone.data) == (404, missing.data)
    central = client_of(app, make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    assert "My sister" in central.get(page).text
    panel.session.rollback()
    conflict = panel.session.scalars(sa.select(Conflict.id)).one()
    panel.session.rollback()
    assert lead.get(f"{ROOM}/conflicts/{conflict}/end").status_code == 404
    assert central.submit(f"{ROOM}/conflicts/{conflict}/end", {"why": "A mistake"}).status_code == 303
    assert lead.get(page).status_code == 200


def test_the_audit_trail_says_nothing_about_what_is_hidden(panel: Panel, lead: FormClient) -> None:
    application, bo = panel.application("Ann Smith"), panel.assessor("Bo Baker")
    assert (
        lead.submit(f"{ROOM}/windows/{panel.window}/panel/{application}/assign", {"assessor_id": bo}).status_code == 303
    )
    me = str(panel.lead.account_id)

    def seen(reader: str | None) -> set[str]:
        panel.session.rollback()
        return {entry.action for entry in trail(panel.session, Wanted(reader=reader)).entries}

    assert "assignment.offer" in seen(me)
    lead.submit(f"{ROOM}/applications/{application}/conflict", {"account_id": me, "kind": "family", "why": "why"})
    assert not seen(me) & {"assignment.offer", "conflict.set"}
    assert {"assignment.offer", "conflict.set"} <= seen(None)


def test_who_reaches_the_pages(app: Flask, panel: Panel, lead: FormClient) -> None:
    bo, application = panel.assessor("Bo Baker"), panel.application("Ann Smith")
    run = plans.ask(panel.session, panel.lead, panel.window, "key")
    panel.session.rollback()
    inside = (
        f"windows/{panel.window}/panel", f"windows/{panel.window}/panel/{application}/assign", f"plans/{run}", f"assessors/{bo}/",
        f"assessors/{bo}/edit", f"applications/{application}/conflict",
    )  # fmt: skip
    wales = client_of(app, make_person(app, "wales@example.org", grants=[(Role.PARTNER_LEAD, "wales")]))
    for path in inside:
        assert lead.get(f"{ROOM}/{path}").status_code == 200, path
        assert wales.get(f"{ROOM}/{path}").status_code == 403, path
        assert wales.get(f"/wales/manage/admissions/{path}").status_code == 404, path


@pytest.mark.parametrize("number", [1, 50])
def test_fifty_rows_cost_what_one_costs(panel: Panel, lead: FormClient, statements: Counter, number: int) -> None:
    people = [panel.assessor(f"Assessor {one}") for one in range(number)]
    for one in range(number):
        make_assignment(panel.session, panel.application(f"Ann {one}"), people[one])
    for path, most in ((f"{ROOM}/windows/{panel.window}/panel", 9), (f"{ROOM}/assessors/", 5)):
        lead.get(path)
        with statements() as seen:
            assert lead.get(path).status_code == 200
        assert len(seen) <= most, seen.text
