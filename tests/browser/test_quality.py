"""Figures of quality and calibration in a browser: on a desk and on a phone, in Welsh, with and without scripts."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, expect

from core.admissions.jobs import quality as quality_jobs
from core.admissions.letters import windows as window_letters
from core.admissions.models import QualityReport
from core.admissions.queries import calibration as calibration_queries
from core.admissions.service import calibration, quality
from core.data.db import open_session
from core.data.scope import Scope
from core.data.session import ScopedSession
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from tests.browser.visitors import signed_in
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import make_assessor
from tests.factories.people import make_person
from tests.factories.quality import make_accounts, make_round
from tests.integration.admissions.test_calibration import a_case
from tests.support.servers import Process

Pages = Callable[..., Page]
Axe = Callable[[Page], None]
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def people(app: Flask, session_for: Callable[[str], ScopedSession]) -> dict[str, str]:
    """A lead, somebody of the central team and an assessor, after a round of thirty with its figures, and a case that is out."""
    lead = make_person(app, "lead@example.org", name="Isla", grants=[(Role.PARTNER_LEAD, "scotland")])
    central = make_person(app, "central@example.org", name="Cai", grants=[(Role.CENTRAL_TEAM, "uk")])
    assessor = make_person(app, "morag@example.org", name="Morag", grants=[(Role.ASSESSOR, "scotland")])
    session = session_for("scotland")
    a_case(session)
    form_id = make_form(session, number=1002)
    for slug in ("scotland", "wales"):
        own = session_for(slug)
        accounts = make_accounts(app, 34, slug)
        window_id = make_window(own, form_id, -60, -30)
        make_round(own, window_id, form_id, accounts, lead, applications=30, assessors=4)
        quality.ask(own, SYSTEM, tenant_id=own.scope.tenant_id or 0, period="", left_out=())
    session.rollback()
    make_assessor(session, assessor)
    uk = session_for("uk")
    quality.ask(uk, SYSTEM, tenant_id=1, period="", left_out=())
    uk.rollback()
    with app.app_context():
        directory = app.extensions["q.directory"]
        calibration.ask_assessors(session, window_letters.calibration(directory.by_slug("scotland")))
        with open_session(Scope.platform("tests")) as platform:
            for report_id, tenant_id in platform.execute(sa.select(QualityReport.id, QualityReport.tenant_id)).all():
                platform.rollback()
                if tenant_id == 1:
                    quality_jobs.report_of_all(platform, report_id)
        for report_id in session.scalars(sa.select(QualityReport.id)).all():
            session.rollback()
            quality_jobs.report_of_site(session, report_id)
    [task] = calibration_queries.tasks(session, assessor)
    session.rollback()
    return {"lead": lead, "central": central, "assessor": assessor, "mark": task.mark_id}


@pytest.fixture
def server(people: dict[str, str], server: Process) -> Process:
    """The server, with what these tests look at in its database."""
    assert people
    return server


def no_sideways_scroll(page: Page) -> None:
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1], page.url


def test_figures_on_a_desk_and_on_a_phone_and_in_welsh(
    app: Flask, server: Process, people: dict[str, str], new_page: Pages, axe: Axe
) -> None:
    room = f"{server.url}/scotland/manage/admissions/quality/"
    desk = signed_in(new_page(viewport={"width": 1280, "height": 900}), app, people["lead"], server.url)
    phone = signed_in(new_page(viewport=PHONE, color_scheme="dark"), app, people["lead"], server.url)
    for page in (desk, phone):
        for path in ("", "outcomes", "scores", "equality"):
            page.goto(room + path)
            expect(page.get_by_role("heading", level=1)).to_have_text("Fairness and quality")
            axe(page)
            no_sideways_scroll(page)
    desk.goto(room)
    expect(desk.get_by_role("table", name="Krippendorff’s alpha with 95% intervals")).to_be_visible()
    console = signed_in(new_page(viewport={"width": 1280, "height": 900}), app, people["central"], server.url)
    for path in ("quality/", "quality/outcomes", "calibration/"):
        console.goto(f"{server.url}/console/admissions/{path}")
        axe(console)
    console.goto(f"{server.url}/console/admissions/quality/")
    expect(console.get_by_text("Not all partners are linked.")).to_be_visible()
    console.goto(f"{server.url}/language/cy?next=/console/admissions/quality/outcomes")
    expect(console.get_by_role("heading", level=1)).to_have_text("Tegwch ac ansawdd")
    axe(console)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_assessor_scores_a_case(
    app: Flask, server: Process, people: dict[str, str], new_page: Pages, axe: Axe, scripts: bool
) -> None:
    page = signed_in(new_page(viewport=PHONE, java_script_enabled=scripts), app, people["assessor"], server.url)
    page.goto(f"{server.url}/scotland/assess/calibration/{people['mark']}")
    if scripts:
        axe(page)
        no_sideways_scroll(page)
    page.get_by_role("button", name="Seal my scores").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a level, or say that you are not able to score it")
    if scripts:
        axe(page)
    for group in page.get_by_role("group").all():
        if "Not able to score" in group.inner_text():
            group.get_by_role("radio").nth(2).check()
    for box in page.get_by_role("textbox", name="Why").all():
        box.fill("As the answer shows.")
    page.get_by_role("button", name="Seal my scores").click()
    expect(page.get_by_text("Your scores are sealed. Thank you.")).to_be_visible()
