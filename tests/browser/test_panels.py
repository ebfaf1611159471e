"""A panel in a browser: every page accessible on desktop and phone; brought together, planned and applied without scripts."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, expect

from core.admissions.models import Assessor, Assignment, AssignmentRun
from core.admissions.panel_needs import Needs
from core.admissions.queries import conflicts as conflict_queries
from core.admissions.service import assessors, conflicts, plans
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.people import queries as people
from tests.factories.assessing import make_assessment, make_assignment
from tests.factories.people import PASSWORD
from tests.integration.admissions.panel_cases import Panel, make_panel
from tests.support.servers import Process

PHONE = {"width": 390, "height": 844}
ROOM = "/scotland/manage/admissions"


def _sign_in(page: Page, server: Process, email: str) -> None:
    page.goto(f"{server.url}/scotland/account/sign-in")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)


@pytest.fixture
def panel(app: Flask, session_for: Callable[[str], ScopedSession]) -> Panel:
    """A panel at work: somebody overdue, somebody in conflict, somebody missing, a plan that is ready and one that waits."""
    made = make_panel(app, session_for("scotland"), name="Spring 2027")
    bo = made.assessor("Bo Baker", "lay", workplace="NHS Lothian", capacity=4)
    cy = made.assessor("Cerys Davies-Montgomery", "external", "cy_reader", "chair", capacity=4)
    made.assessor("Di Evans", state="paused")
    names = ("Ann Smith", "Ffion Llewellyn-Bartholomew", "Gil Fraser", "Hal O’Neill")
    applications = [made.application(name, "NHS Fife", locale="cy" if n == 1 else "en") for n, name in enumerate(names)]
    now = clock.now()
    make_assignment(
        made.session, applications[0], bo, "assessing", due_at=now - timedelta(days=1), told_at=now, reminded_at=now
    )
    make_assessment(made.session, make_assignment(made.session, applications[0], cy, "assessing"))
    make_assignment(made.session, applications[1], bo, "turned_down", state_why="On leave until June")
    assessors.add_interest(made.session, made.lead, cy, kind="family", target="Gil Fraser", form_key=new_token())
    conflicts.put_down(
        made.session, made.lead, applications[1], made.accounts["Bo Baker"], "person", "They share an office"
    )
    ready = plans.ask(made.session, made.lead, made.window, new_token(), seed=1)
    plans.work_out(made.session, ready, lambda _: Needs(2))
    return made


def _pages(panel: Panel) -> dict[str, str]:
    session = panel.session
    bo = session.scalars(sa.select(Assessor.id).where(Assessor.workplace != "")).one()
    waiting = plans.ask(session, panel.lead, panel.window, new_token())
    ready = session.scalars(sa.select(AssignmentRun.id).where(AssignmentRun.state == "ready")).one()
    overdue = session.scalars(sa.select(Assignment.id).where(Assignment.due_at < clock.now())).one()
    application = session.execute(
        sa.select(Assignment.application_id).where(Assignment.state == "turned_down")
    ).scalar_one()
    conflict = conflict_queries.of(session, application)[0].id
    session.rollback()
    return {
        "assessors": f"{ROOM}/assessors/", "assessor-new": f"{ROOM}/assessors/new", "assessor": f"{ROOM}/assessors/{bo}/",
        "assessor-edit": f"{ROOM}/assessors/{bo}/edit", "assessor-end": f"{ROOM}/assessors/{bo}/end",
        "panel": f"{ROOM}/windows/{panel.window}/panel", "plan": f"{ROOM}/plans/{ready}", "waiting": f"{ROOM}/plans/{waiting}",
        "assign": f"{ROOM}/windows/{panel.window}/panel/{application}/assign", "take-back": f"{ROOM}/assignments/{overdue}/take-back",
        "conflicts": f"{ROOM}/applications/{application}/conflict", "conflict-end": f"{ROOM}/conflicts/{conflict}/end",
    }  # fmt: skip


def test_every_page_is_accessible(
    panel: Panel, server: Process, new_page: Callable[..., Page], axe: Callable[[Page], None]
) -> None:
    pages = _pages(panel)
    for viewport, scheme in (({"width": 1280, "height": 900}, "light"), (PHONE, "dark")):
        for email, named in (
            ("lead@example.org", pages),
            ("bo.baker@example.org", {"own": "/scotland/assess/interests/"}),
        ):
            page = new_page(viewport=viewport, color_scheme=scheme)
            _sign_in(page, server, email)
            for name, path in named.items():
                answer = page.goto(server.url + path)
                assert answer is not None
                assert answer.status == 200, name
                assert page.locator("h1").count() == 1, name
                wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
                assert not wide, f"{name} scrolls sideways"
                axe(page)


def test_a_panel_is_brought_together_and_a_plan_applied_without_scripts(
    app: Flask,
    session_for: Callable[[str], ScopedSession],
    server: Process,
    new_page: Callable[..., Page],
) -> None:
    panel = make_panel(app, session_for("scotland"), name="Spring 2027")
    panel.person("Bo Baker")
    panel.assessor("Cy Davies", "lay")
    panel.application("Ann Smith")
    panel.session.rollback()
    page = new_page(viewport=PHONE, java_script_enabled=False)
    _sign_in(page, server, "lead@example.org")
    page.goto(f"{server.url}{ROOM}/assessors/")
    page.get_by_role("link", name="Add an assessor").click()
    page.get_by_role("button", name="Add to the panel").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter an email address")
    page.get_by_label("Email address").fill("bo.baker@example.org")
    page.get_by_label("Reads Welsh").check()
    page.get_by_label("Where this person works").fill("NHS Lothian")
    page.get_by_role("button", name="Add to the panel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bo Baker")
    page.get_by_label("Family").check()
    page.get_by_label("Its name").fill("Somebody Baker")
    page.get_by_role("button", name="Note the interest").click()
    expect(page.get_by_role("table")).to_contain_text("Somebody Baker")

    page.goto(f"{server.url}{ROOM}/windows/{panel.window}")
    page.get_by_role("link", name="Panel", exact=True).click()
    page.get_by_role("button", name="Work out a plan").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Plan of")
    expect(page.locator("#plan")).to_contain_text("Waiting to begin")
    plans.work_out(panel.session, page.url.rpartition("/")[2], lambda _: Needs(2))
    page.get_by_role("link", name="See how far it is").click()
    expect(page.locator("#plan")).to_contain_text("Everybody who may assess it is needed")
    page.get_by_role("button", name="Apply the plan").click()
    expect(page.get_by_role("status").first).to_contain_text("The plan is applied")
    panel.session.rollback()
    assert panel.session.scalar(sa.select(sa.func.count(Assignment.id))) == 2
    assert Role.ASSESSOR in people.roles_of(
        panel.session, panel.accounts["Bo Baker"], panel.session.scope.tenant_id or 0
    )
