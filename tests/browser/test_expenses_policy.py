"""The expenses policy, a site's rules and one's account in a browser: every page accessible on desktop and phone."""

import os
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page

from core.data.session import ScopedSession
from core.kernel.permissions import Role
from plugins.expense_approvals.queries import policies as reading
from plugins.expense_approvals.service import policies
from tests.browser.visitors import signed_in
from tests.factories.people import make_person
from tests.plugins.expense_approvals.helpers import switched_on
from tests.plugins.expense_approvals.test_policy_versions import CENTRAL, added, drafted, lunch_at_most
from tests.support.databases import Database
from tests.support.servers import Process

SHOTS = os.environ.get("QP_SHOTS", "")
"""A folder that pictures of the pages are put into, for whoever wants to look."""


def test_every_page_is_accessible(
    app: Flask, database: Database, start_server: Callable[..., Process], session_for: Callable[[str], ScopedSession],
    new_page: Callable[..., Page], axe: Callable[[Page], None],
) -> None:  # fmt: skip
    switched_on(app, "scotland")
    switched_on(app, "uk")
    central = make_person(app, "cen@example.org", name="Cen Tral", grants=((Role.CENTRAL_TEAM, "uk"),))
    lead = make_person(app, "lena@example.org", name="Lena Lead", grants=((Role.PARTNER_LEAD, "scotland"),))
    uk, scotland = session_for("uk"), session_for("scotland")
    good, wrong = drafted(uk), drafted(uk, 500)
    policy = lunch_at_most(reading.one(uk, 2).policy, 500, examples=True)
    policies.save(uk, wrong, 2, policy, CENTRAL)
    added(scotland)
    for session in (uk, scotland):
        session.rollback()
    server = start_server(database)
    own = ("policy", "policy/2", f"policy/drafts/{good}", f"policy/drafts/{wrong}", f"policy/drafts/{good}/edit", f"policy/drafts/{good}/publish")  # fmt: skip
    for who, room, pages in (
        (central, "/manage/expenses", own), (lead, "/scotland/manage/expenses", ("rules",)), (lead, "/scotland/expenses", ("account",)),
    ):  # fmt: skip
        for size in ({"width": 1280, "height": 900}, {"width": 390, "height": 844}):
            page = signed_in(new_page(viewport=size, java_script_enabled=True), app, who, server.url)
            for number, path in enumerate(pages):
                page.goto(f"{server.url}{room}/{path}")
                axe(page)
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert wide <= 0, path
                if SHOTS:
                    page.screenshot(
                        path=Path(SHOTS) / f"policy{room.replace('/', '-')}-{number}-{size['width']}.png",
                        full_page=True,
                    )
            page.close()
