"""A window's rules and what they propose, in a browser: with scripts and without, on a phone in the dark, by axe."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from core.admissions.jobs import rules as rule_jobs
from core.admissions.models import ShadowRun
from core.data.db import db, tenant_session
from tests.browser.test_console import sign_in
from tests.integration.admissions.scored import Panel
from tests.support import servers
from tests.support.app_fixtures import _make, config_for
from tests.support.databases import Database, Databases
from tests.support.servers import Process

LEAD, CENTRAL = "lead.scotland@demo.example", "central@demo.example"
PHONE = {"width": 390, "height": 844}
LAY = "lay_panel@1.0.0"


class Site(NamedTuple):
    """A server whose Scotland has a window under way, with sealed scores and proposals."""

    server: Process
    window: str
    application: str

    @property
    def at(self) -> str:
        return f"{self.server.url}/scotland/manage/admissions/windows/{self.window}"


@pytest.fixture(scope="module")
def database(databases: Databases, demo_baseline: Database) -> Iterator[Database]:
    made = databases.create(demo_baseline)
    yield made
    databases.drop(made)


@pytest.fixture(scope="module")
def site(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    app = _make(config_for(database, demo=True))
    with app.app_context(), tenant_session(1) as session:
        app.extensions["q.directory"].refresh(session)
    with app.app_context(), tenant_session(2) as session:
        panel = Panel(app, session)
        made = [panel.application(*scores) for scores in ((4, 4), (3, 3), (1, 1), (4, 1), (3, 2), (3,), ())]
        panel.ask()
    with app.app_context():
        db.engine.dispose()
    server = servers.serve(database, tmp_path_factory.mktemp("rules"), QP_DEMO="1")
    yield Site(server, panel.window, made[0])
    server.stop()


def try_on_past_cases(database: Database) -> None:
    """Do what a worker would."""
    app = _make(config_for(database))
    with app.app_context(), tenant_session(2) as session:
        for run_id in session.scalars(sa.select(ShadowRun.id).where(ShadowRun.state == "queued")).all():
            rule_jobs.shadow_run(session, run_id=run_id)
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_lead_tries_other_rules_agrees_and_uses_them(
    site: Site, database: Database, new_page: Callable[..., Page], axe: Callable[[Page], None], scripts: bool
) -> None:
    page = new_page(java_script_enabled=scripts, viewport={"width": 1280, "height": 900})
    check = axe if scripts else lambda _: None
    rules, again = ("Panel with lay assessors (1.0.0)", "2.75") if scripts else ("Standard (1.0.0)", "2.6")
    sign_in(page, site.server, LEAD)
    page.goto(site.at)
    page.get_by_role("navigation", name="Pages of this window").get_by_role("link", name="Rules").click()
    check(page)
    page.get_by_label("Rules", exact=True).select_option(label=rules)
    page.get_by_role("button", name="Continue").click()
    check(page)
    page.get_by_label("Mean score to accept").fill("4")
    page.get_by_role("button", name="Use these rules").click()
    expect(page.get_by_role("alert")).to_contain_text("The national policy allows 2.25 to 3.")
    check(page)
    page.get_by_label("Mean score to accept").fill(again)
    page.get_by_label("Why the rules are changed").fill("The panel asked for it.")
    page.get_by_role("button", name="Try them on past cases first").click()
    expect(page.locator("main")).to_contain_text("The rules are being tried.")
    check(page)
    try_on_past_cases(database)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("heading", name="Each difference")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Agree to what changes").click()
    page.get_by_role("link", name="Use these rules").click()
    expect(page.get_by_label("Mean score to accept")).to_have_value(again)
    page.get_by_label("Why the rules are changed").fill("The panel asked for it.")
    page.get_by_role("button", name="Use these rules").click()
    expect(page.locator("main")).to_contain_text("standard: 2.5")
    page.goto(site.at)
    expect(page.locator("main")).to_contain_text(f"→ {again}")


def test_every_page_fits_a_phone_in_the_dark(
    site: Site, new_page: Callable[..., Page], axe: Callable[[Page], None]
) -> None:
    page = new_page(viewport=PHONE, color_scheme="dark")
    sign_in(page, site.server, LEAD)
    for path in ("/rules", f"/rules/edit?rule={LAY}", "/proposals", f"/proposals/{site.application}"):
        page.goto(site.at + path)
        expect(page.locator("h1")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        axe(page)
    page = new_page(viewport=PHONE, color_scheme="dark")
    sign_in(page, site.server, CENTRAL)
    for path in ("policy/", "policy/1/", "policy/new", "rules/"):
        page.goto(f"{site.server.url}/console/admissions/{path}")
        expect(page.locator("h1")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        axe(page)


def test_the_central_team_sees_what_a_policy_would_not_allow(
    site: Site, page: Page, axe: Callable[[Page], None]
) -> None:
    sign_in(page, site.server, CENTRAL)
    page.goto(f"{site.server.url}/console/admissions/policy/new")
    page.get_by_label("Fewest assessors").fill("4")
    page.get_by_label("Why the policy is changed").fill("Four pairs of eyes.")
    page.get_by_role("button", name="Look at what changes").click()
    expect(page.get_by_role("heading", name="What changes", exact=True)).to_be_visible()
    expect(page.locator("main")).to_contain_text("The national policy asks for at least 4 assessors.")
    axe(page)
