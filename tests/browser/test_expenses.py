"""Costs agreed beforehand, limits and adjustments in a browser: every page accessible on desktop and phone."""

import os
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page, expect

from core.data.session import ScopedSession
from core.kernel.permissions import Role
from core.sdk import Visitor, clock
from plugins.expense_approvals.service import deciding, declaring
from tests.browser.visitors import signed_in
from tests.factories.people import make_person
from tests.plugins.expense_approvals.adjusted import CAP, lunch
from tests.plugins.expense_approvals.helpers import APPROVER, activity, asked, cost, opened, switched_on, unheard
from tests.plugins.expense_approvals.test_policy_versions import published
from tests.support.databases import Database
from tests.support.servers import Process

PHONE = {"width": 390, "height": 844}
SHOTS = os.environ.get("QP_SHOTS", "")
"""A folder that pictures of the pages are put into, for whoever wants to look."""


def test_every_page_is_accessible(
    app: Flask, database: Database, start_server: Callable[..., Process], session_for: Callable[[str], ScopedSession],
    new_page: Callable[..., Page], axe: Callable[[Page], None],
) -> None:  # fmt: skip
    switched_on(app, "scotland")
    ann = make_person(app, "ann@example.org", name="Ann Llewellyn-Bartholomew", home="scotland")
    lead = make_person(app, "lena@example.org", name="Lena Lead", grants=((Role.PARTNER_LEAD, "scotland"),))
    session, member = session_for("scotland"), Visitor(ann, "Ann", "ann@example.org", is_member=True)
    budget_id = opened(session, 250_000, "Travel to events in the Highlands")
    undeclared, declared = activity(session, budget_id), activity(session, budget_id)
    declaring.declare(session, declared, member)
    made = asked(
        session,
        declared,
        member,
        cost("a", 1_240),
        cost("b", 940, category="lunch"),
        cost("c", 4_500, category="other"),
    )
    open_question = asked(session, declared, member)
    deciding.query(session, open_question, 1, "Is there a railcard?", APPROVER, unheard)
    session.rollback()
    server = start_server(database)
    own = (f"for/{undeclared}", f"for/{declared}", f"for/{declared}/ask", f"asked/{made}", f"asked/{open_question}", "")
    manage = (
        "",
        f"asked/{made}",
        "budgets",
        f"budgets/{budget_id}",
        "activities",
        "activities/new",
        f"activities/{declared}",
    )
    for who, room, pages in ((ann, "expenses", own), (lead, "manage/expenses", manage)):
        for size in ({"width": 1280, "height": 900}, PHONE):
            page = signed_in(new_page(viewport=size, java_script_enabled=True), app, who, server.url)
            for number, path in enumerate(pages):
                page.goto(f"{server.url}/scotland/{room}/{path}")
                axe(page)
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert wide <= 0, path
                if SHOTS:
                    name = f"{room.replace('/', '-')}-{number}-{size['width']}.png"
                    page.screenshot(path=Path(SHOTS) / name, full_page=True)
            page.close()


def test_limits_of_authority_and_a_late_change_of_the_policy(
    app: Flask, database: Database, start_server: Callable[..., Process], session_for: Callable[[str], ScopedSession],
    new_page: Callable[..., Page], axe: Callable[[Page], None],
) -> None:  # fmt: skip
    """Whoever may not agree to that much is told who may, instead of a button; so with an adjustment, which two people make."""
    switched_on(app, "scotland", approver_preapproval_pounds=10, approver_claim_pounds=5, lead_pounds=50)
    roles = {"Owen Approver": Role.EXPENSE_APPROVER, "Lena Lead": Role.PARTNER_LEAD, "Sian Lead": Role.PARTNER_LEAD}
    owen, lena, sian = (make_person(app, f"{name[:4].lower()}@example.org", name=name, grants=((role, "scotland"),)) for name, role in roles.items())  # fmt: skip
    ann = make_person(app, "ann@example.org", name="Ann Llewellyn-Bartholomew", home="scotland")
    session, member = session_for("scotland"), Visitor(ann, "Ann", "ann@example.org", is_member=True)
    budget_id = opened(session, 250_000)
    made = asked(session, activity(session, budget_id), member, cost(pence=1_200))
    above_all = asked(session, activity(session, budget_id), member, cost(pence=6_000))
    lunch(session, budget_id, who=member)
    published(session, on=clock.today(), pence=CAP + 150)
    session.rollback()
    server = start_server(database)
    room = f"{server.url}/scotland/manage/expenses"
    size = {"width": 1280, "height": 900}
    pages = [signed_in(new_page(viewport=size, java_script_enabled=True), app, who, server.url) for who in (owen, lena, sian)]  # fmt: skip

    def look(page: Page, name: str) -> None:
        axe(page)
        for size in ({"width": 1280, "height": 900}, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]  # two whole numbers
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert over <= 0, name
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / f"limits-{name}-{size['width']}.png", full_page=True)

    approver, lead, second = pages
    approver.goto(f"{room}/")
    expect(approver.get_by_text("Above your limit")).to_have_count(2)
    expect(approver.get_by_text("For the central team")).to_have_count(1)
    approver.goto(f"{room}/asked/{made}")
    expect(approver.get_by_text("Expense approvers may agree to at most £10.00.")).to_be_visible()
    expect(approver.get_by_role("button", name="Agree to these amounts")).to_have_count(0)
    look(approver, "asked")
    lead.goto(f"{room}/asked/{above_all}")
    expect(lead.get_by_text("Nobody of this site can agree to this.")).to_be_visible()
    lead.goto(f"{room}/asked/{made}")
    lead.get_by_role("button", name="Agree to these amounts").click()
    expect(lead.get_by_text("It is decided.")).to_be_visible()

    lead.goto(f"{room}/figures/differences")
    look(lead, "differences")
    lead.get_by_role("link", name="Look at it, and make an adjustment").click()
    look(lead, "difference")
    lead.get_by_role("button", name="Make the adjustment").click()
    expect(lead.get_by_text("You made this adjustment, so somebody else approves it.")).to_be_visible()
    approver.goto(lead.url)
    expect(approver.get_by_text("Expense approvers may agree to at most £5.00.")).to_be_visible()
    look(approver, "adjustment")
    second.goto(f"{room}/adjustments/")
    second.get_by_role("link", name="Ann Llewellyn-Bartholomew").click()
    second.get_by_role("button", name="Approve the adjustment").click()
    expect(second.get_by_text("It is decided.")).to_be_visible()
    second.goto(f"{room}/adjustments/")
    look(second, "adjustments")
