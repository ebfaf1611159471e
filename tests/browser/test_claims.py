"""Claims in a browser without scripts: every page accessible on desktop and phone, and a receipt given as people do it."""

import os
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page

from core.data.session import ScopedSession
from core.kernel.permissions import Role
from core.sdk import Visitor, store_of
from plugins.expense_approvals.manifest import MANIFEST
from plugins.expense_approvals.queries import claims
from plugins.expense_approvals.service import judging
from tests.browser.visitors import signed_in
from tests.factories.people import make_person
from tests.plugins.expense_approvals.claimed import CHECKER, agreed, check, draft, picture, send, spent, unheard
from tests.plugins.expense_approvals.helpers import cost, opened, switched_on
from tests.support.databases import Database
from tests.support.servers import Process

PHONE = {"width": 390, "height": 844}
SHOTS = os.environ.get("QP_SHOTS", "")
"""A folder that pictures of the pages are put into, for whoever wants to look."""


def test_every_page_of_a_claim_is_accessible(
    app: Flask, database: Database, start_server: Callable[..., Process], session_for: Callable[[str], ScopedSession],
    new_page: Callable[..., Page], axe: Callable[[Page], None],
) -> None:  # fmt: skip
    switched_on(app, "scotland")
    ann = make_person(app, "ann@example.org", name="Ann Llewellyn-Bartholomew", home="scotland")
    lead = make_person(app, "lena@example.org", name="Lena Lead", grants=((Role.PARTNER_LEAD, "scotland"),))
    session, member = session_for("scotland"), Visitor(ann, "Ann", "ann@example.org", is_member=True)
    budget_id = opened(session, 250_000, "Travel to events in the Highlands")
    with app.app_context():
        store = store_of(MANIFEST.name)
    ground = [agreed(session, budget_id, member, cost(in_days=0, pence=3_000)) for _ in range(5)]
    car = spent("car", None, category="mileage", vehicle="car", miles=12_400)
    over = draft(session, ground[0], member, car, spent("b", 4_250), colour=2, store=store)
    asking, checked, waiting = (
        draft(session, one, member, spent("a", 940, category="lunch"), spent("b"), colour=3 + n, store=store)
        for n, one in enumerate(ground[1:4])
    )
    for one in (asking, checked, waiting):
        send(session, one, member)
    judging.query(
        session, asking, claims.one(session, asking, CHECKER).version, "Is there a railcard?", CHECKER, unheard
    )
    check(session, checked)
    line = claims.lines(session, over)[0].id
    session.rollback()
    server = start_server(database)
    own = (
        "",
        over,
        f"{over}/cost",
        f"{over}/cost/{line}",
        f"{over}/cost/{line}/proof",
        f"{over}/more",
        asking,
        checked,
    )
    rooms = ((ann, "expenses/claims", own), (lead, "manage/expenses/claims", ("", waiting, checked, asking)))
    for who, room, pages in rooms:
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
    page = signed_in(new_page(viewport=PHONE, java_script_enabled=False), app, ann, server.url)
    page.goto(f"{server.url}/scotland/expenses/claims/")
    page.get_by_role("button", name="Begin a claim").click()
    page.get_by_role("link", name="Add a cost").click()
    page.get_by_label("Kind of cost").select_option("coach")
    page.get_by_label("What you paid").fill("12.40")
    page.get_by_role("button", name="Save and add a proof").click()
    page.get_by_label("Photograph or file").set_input_files(
        {"name": "ticket.jpg", "mimeType": "image/jpeg", "buffer": picture(999)}
    )
    page.get_by_role("button", name="Add it").click()
    assert page.get_by_role("link", name="ticket.jpg").is_visible()
    page.get_by_role("button", name="Send the claim").click()
    assert page.get_by_text("Waiting for a check").is_visible()
    page.close()
