"""Joining in a browser: the equality questions, the offer with the compact, a member who is asked anew, the central team."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, expect

from core.admissions.models import MembershipOffer
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.permissions import Role
from tests.browser.visitors import signed_in
from tests.factories.joining import make_accepted, make_compact, make_offer
from tests.factories.people import make_person
from tests.support.servers import Process

Pages = Callable[..., Page]
Axe = Callable[[Page], None]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
CENTRAL = "/console/admissions/compact/"


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    """Wales's rows, with a compact."""
    session = session_for("wales")
    make_compact(session)
    return session


@pytest.fixture
def server(server: Process, session: ScopedSession) -> Process:
    """The server, with what these tests look at in its database."""
    return server


@pytest.fixture
def window_of(app: Flask, server: Process, new_page: Pages) -> Callable[..., Page]:
    """`window_of(account, **options)`: a window of that person's browser."""

    def window(account_id: str, **options: object) -> Page:
        return signed_in(new_page(**options), app, account_id, server.url)

    return window


def look(page: Page, axe: Axe | None) -> None:
    """One heading, nothing that scrolls sideways, nothing that axe finds."""
    expect(page.locator("h1")).to_have_count(1)
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, f"{page.url} scrolls sideways"
    if axe is not None:
        axe(page)


@pytest.mark.parametrize(
    ("viewport", "scheme", "scripts"), [(DESK, "light", True), (PHONE, "dark", False)], ids=["desktop", "phone"]
)
def test_from_the_equality_questions_to_membership(
    app: Flask, session: ScopedSession, server: Process, window_of: Pages, axe: Axe, viewport: object, scheme: str, scripts: bool
) -> None:  # fmt: skip
    account, application = make_accepted(app, session, name="Ann Roy")
    make_offer(session, application, account)
    page = window_of(account, viewport=viewport, color_scheme=scheme, java_script_enabled=scripts)
    check = axe if scripts else None
    page.goto(f"{server.url}/wales/apply/{application}/equality")
    look(page, check)
    page.get_by_label("25 to 34").check()
    page.get_by_role("button", name="Save my answers").click()
    expect(page.get_by_role("status").first).to_contain_text("kept apart from your application")

    page.goto(f"{server.url}/wales/apply/{application}/offer")
    look(page, check)
    page.get_by_role("button", name="Accept and become a member").click()
    expect(page.get_by_role("alert")).to_contain_text("Tick the promise")
    look(page, check)
    page.get_by_label("I have read the compact").check()
    page.get_by_role("button", name="Accept and become a member").click()
    expect(page.get_by_role("status").first).to_contain_text("Welcome to Q")
    page.goto(f"{server.url}/wales/apply/{application}/offer")
    expect(page.locator("main")).to_contain_text("You are a member of Q.")
    look(page, check)

    make_compact(session, 2, asks_again=True, promise="I will do what I can.")
    page.goto(f"{server.url}/wales/me/")
    look(page, check)
    page.get_by_role("link", name="Read the compact").click()
    look(page, check)
    page.get_by_role("link", name="I do not accept it").click()
    look(page, check)
    page.get_by_label("What stands in the way?").fill("I want to talk about it.")
    page.get_by_role("button", name="Tell the central team").click()
    expect(page.locator("main")).to_contain_text("You said on")
    look(page, check)
    page.get_by_label("I will do what I can.").check()
    page.get_by_role("button", name="Accept the compact").click()
    expect(page.locator("main")).to_contain_text("You accepted version 2")
    for path in ("/wales/compact", "/compact/1?language=cy"):
        page.goto(server.url + path)
        look(page, check)


@pytest.mark.parametrize(("viewport", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_the_pages_of_those_who_run_it(
    app: Flask, session: ScopedSession, server: Process, window_of: Pages, axe: Axe, viewport: object, scheme: str
) -> None:
    account, application = make_accepted(app, session, name="Ann Roy")
    offer = make_offer(session, application, account)
    with transaction(session):
        session.execute(
            sa.update(MembershipOffer).values(state="lapsed", ended_at=clock.now())
        )  # fmt: skip
    make_person(app, "mem@example.org", name="Mem Ber", home="wales")
    central = make_person(app, "central@example.org", name="Cen Tral", grants=[(Role.CENTRAL_TEAM, "uk")])
    page = window_of(central, viewport=viewport, color_scheme=scheme)
    page.goto(server.url + CENTRAL)
    page.get_by_role("button", name="Begin a draft").click()
    page.get_by_role("link", name="Edit Title, introduction and promise").click()
    page.get_by_label("What somebody promises, in English").fill("I will do what I can.")
    page.get_by_role("button", name="Save in the draft").click()
    draft = f"{CENTRAL}2/"
    for path in (
        CENTRAL, draft, f"{draft}frame", f"{draft}expectations/new", f"{draft}changes", f"{draft}publish", f"{draft}discard",
        f"{CENTRAL}members", "/wales/manage/admissions/offers", f"/wales/manage/admissions/offers/{offer}/renew",
    ):  # fmt: skip
        page.goto(server.url + path)
        look(page, axe)
