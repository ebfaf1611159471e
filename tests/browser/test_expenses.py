"""Costs agreed beforehand, in a browser without scripts: every page accessible on desktop and phone, and asked for by keyboard alone."""

import os
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page

from core.data.session import ScopedSession
from core.kernel.permissions import Role
from core.sdk import Visitor
from plugins.expense_approvals.service import deciding, declaring
from tests.browser.visitors import signed_in
from tests.factories.people import make_person
from tests.plugins.expense_approvals.helpers import APPROVER, activity, asked, cost, opened, switched_on
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
    deciding.query(session, open_question, 1, "Is there a railcard?", APPROVER)
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
            page.context.close()
