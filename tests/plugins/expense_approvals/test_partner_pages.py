"""A partner's rules on the pages: each of the three hooks is asked where somebody asks, agrees or approves."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from core.config import ROOT
from core.hooks.registry import discover
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.sdk import ScopedSession, Visitor
from core.tenancy.service import Change, configure
from plugins.expense_approvals.models import Preapproval
from plugins.expense_approvals.queries import claims, preapprovals
from tests.factories.people import client_of, make_person
from tests.plugins.expense_approvals import helpers
from tests.plugins.expense_approvals.claimed import CHECKER, agreed, check, draft, send, sent, spent
from tests.plugins.expense_approvals.helpers import APPROVER, activity, asked, cost, opened, visitor
from tests.plugins.expense_approvals.partner.plugin import LONG_DRIVE, LOOK, ORGANISER
from tests.plugins.expense_approvals.test_claim_pages import MANAGE
from tests.plugins.expense_approvals.test_pages import DAY, declare, member
from tests.support.app_fixtures import read_tenants
from tests.support.client import FormClient

PARTNER = "tests.plugins.expense_approvals.partner"
ASKED = "/scotland/manage/expenses/asked"


@pytest.fixture(scope="module")
def kept_site(kept_make_app: Callable[..., Flask]) -> Flask:
    """An application with the partner's rules among its plugins, for all tests of this file: it compiles its pages once."""
    return kept_make_app(packages=discover(ROOT / "plugins", installed=False) | {"own_rules": PARTNER})


@pytest.fixture
def site(kept_site: Flask, session_for) -> Flask:
    """The application with expenses and the partner's rules on in Scotland."""
    app = kept_site
    read_tenants(app)
    helpers.switched_on(app, "scotland")
    scotland = app.extensions["q.directory"].by_slug("scotland")
    with app.app_context():
        change = Change("own_rules", True, {}, 0, "test")
        configure(session_for("scotland"), app.extensions["q.registry"], scotland.ref(), change, SYSTEM)
    return app


def people(site: Flask) -> tuple[FormClient, FormClient, FormClient]:
    """An approver, one who organises events too, and somebody of the central team."""
    central = make_person(site, "cen@example.org", name="Cen", grants=((Role.CENTRAL_TEAM, "uk"),))
    return (
        member(site, "cai", Role.EXPENSE_APPROVER),
        member(site, "olga", Role.EXPENSE_APPROVER, Role.EVENTS_ORGANISER),
        client_of(site, central),
    )


def test_a_check_denies_and_refers_on_the_asking_page(site: Flask, session: ScopedSession) -> None:
    page = f"/scotland/expenses/for/{activity(session, opened(session, 1_000_00))}"
    session.rollback()
    ann = member(site, "ann")
    declare(ann, page)
    row = {"costs-0-day": DAY.isoformat(), "costs-0-reason": "Far away."}
    drive = {**row, "costs-0-category": "mileage", "costs-0-miles": "201", "costs-0-vehicle": "car"}
    assert LONG_DRIVE in ann.submit(f"{page}/ask", {**drive, "do": "check"}).text
    said = ann.submit(f"{page}/ask", {**drive, "do": "send"})
    assert (said.status_code, LONG_DRIVE in said.text, 'value="201"' in said.text) == (422, True, True)
    assert session.scalar(sa.select(sa.func.count(Preapproval.id))) == 0
    session.rollback()
    lunch = {**row, "costs-0-category": "lunch", "costs-0-amount": "7.00"}
    assert "This site covers at most £6.00." in ann.submit(f"{page}/ask", {**lunch, "do": "check"}).text
    train = {**row, "costs-0-category": "rail", "costs-0-amount": "60.00", "costs-0-travel_class": "standard"}
    assert LOOK in ann.submit(f"{page}/ask", {**train, "do": "check"}).text
    answer = ann.submit(f"{page}/ask", {**train, "do": "send"})
    assert answer.status_code == 303
    cai = member(site, "cai", Role.EXPENSE_APPROVER)
    for shown in ("/scotland/manage/expenses/", f"{ASKED}/{answer.headers['Location'][-26:]}"):
        assert "Look closely" in cai.get(shown).text


def test_a_rule_about_who_decides_holds_where_costs_are_agreed(site: Flask, session: ScopedSession) -> None:
    budget, ann = opened(session, 1_000_00), visitor()
    small = asked(session, activity(session, budget), ann, cost("a", 20_00))
    large = asked(session, activity(session, budget), ann, cost("a", 60_00))
    session.rollback()
    cai, olga, cen = people(site)

    def state(one: str) -> str:
        session.rollback()
        return preapprovals.one(session, one, APPROVER).state

    said = olga.submit(f"{ASKED}/{small}", {"do": "agree", "words": ""})
    assert (said.status_code, ORGANISER in said.text, state(small)) == (422, True, "submitted")
    assert (cai.submit(f"{ASKED}/{small}", {"do": "agree", "words": ""}).status_code, state(small)) == (303, "approved")
    assert (cai.submit(f"{ASKED}/{large}", {"do": "agree", "words": ""}).status_code, state(large)) == (
        403,
        "submitted",
    )
    assert (cen.submit(f"{ASKED}/{large}", {"do": "agree", "words": ""}).status_code, state(large)) == (303, "approved")


def test_a_rule_about_who_decides_holds_where_claims_are_approved(site: Flask, session: ScopedSession) -> None:
    budget = opened(session, 1_000_00)
    ann = Visitor(make_person(site, "ann@example.org", home="scotland"), "Ann", "ann@example.org", is_member=True)
    small = sent(session, budget, ann)
    large = draft(session, agreed(session, budget, ann, cost(in_days=0, pence=90_00)), ann, spent("a", 60_00), colour=2)
    session.rollback()
    assert LOOK in client_of(site, str(ann.account_id)).get(f"/scotland/expenses/claims/{large}").text
    send(session, large, ann)
    for one in (small, large):
        check(session, one)
    session.rollback()
    cai, olga, cen = people(site)

    def state(one: str) -> str:
        session.rollback()
        return claims.one(session, one, CHECKER).state

    said = olga.submit(f"{MANAGE}/{small}", {"do": "approve", "words": ""})
    assert (said.status_code, ORGANISER in said.text, state(small)) == (422, True, "checked")
    assert (cai.submit(f"{MANAGE}/{small}", {"do": "approve", "words": ""}).status_code, state(small)) == (
        303,
        "approved",
    )
    assert (cai.submit(f"{MANAGE}/{large}", {"do": "approve", "words": ""}).status_code, state(large)) == (
        403,
        "checked",
    )
    assert (cen.submit(f"{MANAGE}/{large}", {"do": "approve", "words": ""}).status_code, state(large)) == (
        303,
        "approved",
    )
