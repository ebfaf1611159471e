"""Payments in a browser: prepared by one, released by another, fetched, and settled by what the bank says; and an absence.

Every page on the way accessible on desktop and phone."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page

from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.sdk import Sealer, Visitor
from plugins.expense_approvals.service import bank_details
from tests.browser.visitors import signed_in
from tests.factories.people import make_person
from tests.plugins.expense_approvals.claimed import sent
from tests.plugins.expense_approvals.helpers import opened, switched_on, visitor
from tests.plugins.expense_approvals.paid import approved, nobody
from tests.support.databases import Database
from tests.support.servers import Process

SIZES = ({"width": 1280, "height": 900}, {"width": 390, "height": 844})
SHOTS = os.environ.get("QP_SHOTS", "")
"""A folder that pictures of the pages are put into, for whoever wants to look."""


class Looked:
    """Looks at a page in both sizes: accessible, and no wider than the screen."""

    def __init__(self, axe: Callable[[Page], None]) -> None:
        self.axe, self.number = axe, 0

    def __call__(self, page: Page) -> None:
        self.number += 1
        for size in SIZES:
            page.set_viewport_size(size)  # type: ignore[arg-type]  # two whole numbers
            self.axe(page)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, page.url
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / f"payments-{self.number:02}-{size['width']}.png", full_page=True)


def test_from_what_is_ready_to_what_the_bank_says(
    app: Flask, database: Database, start_server: Callable[..., Process], session_for: Callable[[str], ScopedSession],
    new_page: Callable[..., Page], axe: Callable[[Page], None],
) -> None:  # fmt: skip
    switched_on(app, "scotland")
    leads = [make_person(app, f"{name.lower()}@example.org", name=f"{name} Lead", grants=((Role.PARTNER_LEAD, "scotland"),)) for name in ("Lena", "Sian")]  # fmt: skip
    mair = make_person(app, "mair@example.org", name="Mair Jones", home="scotland")
    session, seal = session_for("scotland"), Sealer(app.config["Q"].secret_key, bank_details.PURPOSE)
    budget_id = opened(session, 250_000, "Travel to events in the Highlands")
    for number, name in enumerate(("Ann Llewellyn-Bartholomew", "Ben Ito", "Cai Without-an-Account")):
        who = Visitor(
            make_person(app, f"p{number}@example.org", name=name, home="scotland"),
            name,
            "p@example.org",
            is_member=True,
        )
        approved(session, budget_id, who, colour=number + 1)
        if number < 2:
            bank_details.change(
                session, name, "20-00-00", f"3192681{number}", who, form_key=new_token(), seal=seal, post=nobody
            )
    claim = sent(session, budget_id, visitor(), colour=9)
    session.rollback()
    server, look = start_server(database), Looked(axe)
    lena, sian = (signed_in(new_page(java_script_enabled=True), app, one, server.url) for one in leads)
    room = f"{server.url}/scotland/manage/expenses"

    lena.goto(f"{room}/payments/")
    look(lena)
    lena.get_by_role("link", name="First give the account").click()
    for label, words in (("Name on the account", "Q in Scotland"), ("Sort code", "20-00-00"), ("Account number", "55779911"), ("Service user number", "123456")):  # fmt: skip
        lena.get_by_label(label).fill(words)
    look(lena)
    lena.get_by_role("button", name="Keep this account").click()
    lena.get_by_role("link", name="Prepare a batch").click()
    look(lena)
    lena.get_by_role("button", name="Prepare the batch").click()
    assert lena.get_by_text("You prepared this batch, so somebody else releases it.").is_visible()
    look(lena)

    sian.goto(lena.url)
    look(sian)
    sian.get_by_role("button", name="Release the batch").click()
    look(sian)
    with sian.expect_download() as fetched:
        sian.get_by_role("button", name="Fetch: Bank CSV").click()
    listed = Path(fetched.value.path()).read_text("utf-8")
    first, second = re.findall(r"Q[0-9A-Z]{11}", listed)
    assert "31926810" in listed

    lena.reload()
    lena.get_by_role("link", name="Say what the bank did").click()
    for content, told in ((f"{first},perhaps\n", "Line 1: It is not a reference"), (f"reference,result\n{first},paid\n{second},bounced\n", "2 payments have changed.")):  # fmt: skip
        lena.get_by_label("The bank’s list").set_input_files(
            {"name": "bank.csv", "mimeType": "text/csv", "buffer": content.encode()}
        )
        lena.get_by_role("button", name="Take this list in").click()
        assert lena.get_by_text(told).is_visible()
        look(lena)
    lena.goto(f"{room}/payments/")
    look(lena)
    lena.goto(f"{room}/payments/new")
    assert lena.get_by_text("The person has to give a bank account again.").is_visible()
    look(lena)

    lena.goto(f"{room}/absences")
    lena.get_by_label("Email address").fill("mair@example.org")
    today = clock.today().isoformat()
    lena.get_by_label("First day").fill(today)
    lena.get_by_label("Last day").fill(today)
    lena.get_by_role("button", name="Set it down").click()
    look(lena)
    stand_in = signed_in(new_page(java_script_enabled=True), app, mair, server.url)
    for path in ("", "standing-in/claims/", f"standing-in/claims/{claim}"):
        stand_in.goto(f"{server.url}/scotland/expenses/{path}")
        look(stand_in)
