"""Kinds, series, proposals and hosts in a browser: accessible, on a phone, and without JavaScript."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.test_console import sign_in
from tests.browser.visitors import press
from tests.support.servers import Process

ORGANISER, MEMBER = "organiser.scotland@demo.example", "member.scotland@demo.example"
PHONE = {"width": 390, "height": 844}


def _whole(page: Page, axe: Callable[[Page], None]) -> None:
    """One heading, nothing beside the screen, nothing for axe."""
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    axe(page)


def test_an_organisers_pages(live_demo: Process, new_page: Callable[..., Page], axe: Callable[[Page], None]) -> None:
    page = new_page(viewport=PHONE, color_scheme="dark")
    sign_in(page, live_demo, ORGANISER)
    for path in ("kinds", "kinds/workshop", "proposals", "proposals?show=all", "hosting"):
        page.goto(f"{live_demo.url}/scotland/manage/events/{path}")
        _whole(page, axe)
    page.goto(f"{live_demo.url}/scotland/events/new?kind=exchange")
    _whole(page, axe)
    page.goto(f"{live_demo.url}/scotland/manage/events/proposals")
    page.get_by_role("link", name="Reading club").click()
    page.get_by_text("Send it back, or reject it").click()
    page.get_by_role("button", name="Ask for changes").click()
    expect(page.get_by_role("alert")).to_contain_text("Say what should change")
    _whole(page, axe)
    for more in ("Copy the event", "Organisers"):
        page.goto(f"{live_demo.url}/scotland/manage/events/proposals")
        page.get_by_role("link", name="Reading club").click()
        page.get_by_text("Copy, repeat, share the work").click()
        press(page, page.get_by_role("link", name=more))
        _whole(page, axe)


def test_a_series_is_looked_at_and_changed_without_javascript(
    live_demo: Process, new_page: Callable[..., Page], axe: Callable[[Page], None]
) -> None:
    page = new_page(viewport=PHONE, java_script_enabled=False)
    sign_in(page, live_demo, ORGANISER)
    page.goto(f"{live_demo.url}/scotland/manage/events/hosting")
    page.goto(f"{live_demo.url}/scotland/events/")
    page.locator("main .grid a").first.click()
    page.get_by_role("link", name="All dates").click()
    expect(page.locator("main .list > li")).to_have_count(6)
    page.get_by_role("link", name="Change from here on").nth(3).click()
    page.get_by_label("Title").fill("Supper by the sea")
    page.get_by_role("button", name="Show what will happen").click()
    expect(page.get_by_role("heading", name="What will happen")).to_be_visible()
    page.get_by_role("button", name="Change these dates").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Supper by the sea")
    expect(page.locator("main .list > li")).to_have_count(3)


def test_a_member_sees_where_a_proposal_stands(
    live_demo: Process, new_page: Callable[..., Page], axe: Callable[[Page], None]
) -> None:
    page = new_page(viewport=PHONE)
    sign_in(page, live_demo, MEMBER)
    page.goto(f"{live_demo.url}/scotland/events/?show=drafts")
    _whole(page, axe)
    page.get_by_role("link", name="Run charts over coffee").click()
    expect(page.get_by_text("Please say where it takes place").first).to_be_visible()
    expect(page.get_by_role("button", name="Submit it again")).to_be_visible()
    _whole(page, axe)
