"""Looking for events and subscribing to them, in a browser: accessible, on a phone in the dark, and without JavaScript."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.test_console import sign_in
from tests.support.servers import Process

PATHS = (
    "/scotland/events/", "/scotland/events/?q=nothing-is-called-so", "/scotland/events/calendar", "/events/",
    "/scotland/events/subscribe", "/me/calendar",
)  # fmt: skip


def test_every_page_is_accessible_and_no_wider_than_a_phone(
    live_demo: Process, new_page: Callable[..., Page], axe: Callable[[Page], None]
) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    sign_in(page, live_demo, "member.scotland@demo.example")
    for path in PATHS:
        answer = page.goto(live_demo.url + path)
        assert answer is not None
        assert answer.status == 200, path
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        axe(page)


def test_from_the_list_to_a_month_and_an_event_that_the_policy_lets_speak(
    live_demo: Process, page: Page, axe: Callable[[Page], None]
) -> None:
    page.goto(f"{live_demo.url}/scotland/events/?kind=webinar")
    page.locator("main .grid a").first.click()
    expect(page.get_by_role("link", name="As a file, for any calendar")).to_be_visible()
    assert (
        page.evaluate("JSON.parse(document.querySelector('script[type=\"application/ld+json\"]').text)['@type']")
        == "Event"
    )
    axe(page)
    starts = page.evaluate("JSON.parse(document.querySelector('script[type=\"application/ld+json\"]').text).startDate")
    page.goto(f"{live_demo.url}/scotland/events/calendar?month={starts[:7]}")
    axe(page)
    first = page.locator("table.month li a").first
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/scotland/events/[0-9a-z]{26}$"))


def test_an_address_is_made_read_and_ended_without_javascript(
    live_demo: Process, new_page: Callable[..., Page]
) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, live_demo, "member.wales@demo.example")
    page.goto(f"{live_demo.url}/me/calendar")
    page.get_by_role("button", name="Make my address").click()
    address = page.get_by_label("The address of your calendar").input_value()
    feed = page.request.get(address)
    assert feed.status == 200
    assert "BEGIN:VCALENDAR" in feed.text()
    page.goto(f"{live_demo.url}/me/calendar")
    page.get_by_role("button", name="End the address").click()
    expect(page.get_by_role("status")).to_contain_text("The address is ended")
    assert page.request.get(address).status == 404
