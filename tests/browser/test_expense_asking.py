"""Asking that costs be agreed in a browser: what the policy allows is said while it is typed; and a declaration that is taken back."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page, expect

from core.data.session import ScopedSession
from core.kernel.permissions import Role
from core.sdk import Visitor
from plugins.expense_approvals.queries import claims
from plugins.expense_approvals.service import declaring
from tests.browser.visitors import press, signed_in
from tests.factories.people import make_person
from tests.plugins.expense_approvals.claimed import agreed, draft
from tests.plugins.expense_approvals.helpers import activity, asked, opened, switched_on
from tests.support.databases import Database
from tests.support.servers import Process

SIZES = ({"width": 1280, "height": 900}, {"width": 390, "height": 844})
SHOTS = os.environ.get("QP_SHOTS", "")
"""A folder that pictures of the pages are put into, for whoever wants to look."""


def looked_at(page: Page, axe: Callable[[Page], None], name: str) -> None:
    """Accessible, and no wider than a desktop and a phone."""
    axe(page)
    for size in SIZES:
        page.set_viewport_size(size)  # type: ignore[arg-type]  # two whole numbers
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, name
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"asking-{name}-{size['width']}.png", full_page=True)


def test_an_estimate_is_looked_at_while_it_is_typed(
    app: Flask, database: Database, start_server: Callable[..., Process], session_for: Callable[[str], ScopedSession],
    new_page: Callable[..., Page], axe: Callable[[Page], None],
) -> None:  # fmt: skip
    """Where scripts run, beside each cost and, in all, in a live region; where none run, by the button that is there in either case."""
    switched_on(app, "scotland")
    ann = make_person(app, "ann@example.org", name="Ann", home="scotland")
    session = session_for("scotland")
    made = activity(session, opened(session))
    declaring.declare(session, made, Visitor(ann, "Ann", "ann@example.org", is_member=True))
    session.rollback()
    server = start_server(database)
    address = f"{server.url}/scotland/expenses/for/{made}/ask"

    page = signed_in(new_page(java_script_enabled=True), app, ann, server.url)
    asked_for: list[str] = []
    page.on("request", lambda one: asked_for.append(one.method) if one.method == "POST" else None)
    page.goto(address)
    beside, in_all = page.locator("[data-estimate-row='0']"), page.get_by_role("status").filter(has_text="All together")
    assert beside.get_attribute("aria-live") is None, "the sum alone speaks by itself"
    page.get_by_label("Kind of cost").select_option("lunch")
    page.get_by_label("Estimate").press_sequentially("9.40", delay=60)
    expect(beside).to_contain_text("The policy allows £8.00 of £9.40. At most £8.00 is covered.")
    expect(page.get_by_label("Estimate")).to_have_accessible_description(
        re.compile(r"The policy allows £8\.00 of £9\.40")
    )
    expect(in_all).to_contain_text("All together: The policy allows £8.00 of £9.40.")
    assert len(asked_for) <= 2, "one question after a pause, not one for each stroke"
    looked_at(page, axe, "typed")
    page.get_by_label("Estimate").fill("")
    expect(beside).to_be_empty()
    page.context.set_offline(True)
    page.get_by_label("Estimate").fill("5.00")
    expect(page.get_by_text("What the policy allows cannot be shown at the moment.")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_label("Estimate").fill("5.50")
    expect(beside).to_contain_text("The policy allows £5.50 of £5.50.")
    press(page, page.get_by_role("button", name="Add another cost"))
    page.get_by_label("Kind of cost").nth(1).select_option("coach")
    page.get_by_label("Estimate").nth(1).fill("3.00")
    expect(page.locator("[data-estimate-row='1']")).to_contain_text("£3.00 of £3.00")
    expect(in_all).to_contain_text("£8.50 of £8.50")

    plain = signed_in(new_page(java_script_enabled=False), app, ann, server.url)
    plain.goto(address)
    plain.get_by_label("Kind of cost").select_option("lunch")
    plain.get_by_label("Estimate").fill("9.40")
    plain.get_by_role("button", name="See what the policy allows").click()
    expect(plain.get_by_role("heading", name="The policy allows £8.00 of £9.40")).to_be_visible()
    expect(plain.locator("[data-estimate-row='0']")).to_be_empty()


def test_a_declaration_that_is_taken_back_is_told_and_declared_again_where_it_is_missing(
    app: Flask, database: Database, start_server: Callable[..., Process], session_for: Callable[[str], ScopedSession],
    new_page: Callable[..., Page], axe: Callable[[Page], None],
) -> None:  # fmt: skip
    """The person reads it on what they asked for and on their claim; who decides reads it too, and cannot agree."""
    switched_on(app, "scotland")
    ann = make_person(app, "ann@example.org", name="Ann Llewellyn-Bartholomew", home="scotland")
    lead = make_person(app, "lena@example.org", name="Lena Lead", grants=((Role.PARTNER_LEAD, "scotland"),))
    session, member = session_for("scotland"), Visitor(ann, "Ann", "ann@example.org", is_member=True)
    made = activity(session, opened(session), in_days=0)
    waiting = asked(session, made, member)
    claim = draft(session, agreed(session, opened(session), member), member)
    of_claim = claims.ground(session, claims.one(session, claim, member).preapproval_id).activity_id
    declaring.take_back(session, of_claim, member)
    session.rollback()
    server = start_server(database)
    own, desk = (f"{server.url}/scotland/{room}" for room in ("expenses", "manage/expenses"))
    mine = signed_in(new_page(java_script_enabled=True), app, ann, server.url)
    mine.goto(f"{own}/for/{made}")
    press(mine, mine.get_by_role("button", name="Take my declaration back"))
    expect(mine.get_by_text("Your declaration is taken back.")).to_be_visible()
    looked_at(mine, axe, "activity")

    theirs = signed_in(new_page(java_script_enabled=True), app, lead, server.url)
    theirs.goto(f"{desk}/asked/{waiting}")
    expect(theirs.get_by_text("The person has taken back their declaration")).to_be_visible()
    expect(theirs.get_by_role("button", name="Agree to these amounts")).to_have_count(0)
    expect(theirs.get_by_role("button", name="Decline")).to_be_visible()
    looked_at(theirs, axe, "decide")

    for path, then in ((f"asked/{waiting}", "Withdraw it"), (f"claims/{claim}", "Send the claim")):
        mine.goto(f"{own}/{path}")
        expect(mine.get_by_text("You have taken back your declaration")).to_be_visible()
        looked_at(mine, axe, path.split("/")[0])
        press(mine, mine.get_by_role("button", name="I declare this"))
        assert mine.url.endswith(path), "it leads back to where it was missing"
        expect(mine.get_by_text("You have declared it.")).to_be_visible()
        expect(mine.get_by_text("You have taken back your declaration")).to_have_count(0)
        expect(mine.get_by_text(then, exact=True).first).to_be_visible()
    theirs.reload()
    expect(theirs.get_by_role("button", name="Agree to these amounts")).to_be_visible()
