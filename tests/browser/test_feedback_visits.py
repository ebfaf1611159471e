"""Feedback and visits in a browser: accessible, without sideways scrolling on a phone, and usable without JavaScript."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.test_console import sign_in
from tests.browser.visitors import press
from tests.support.servers import Process

PHONE = 390


def test_the_organisers_pages_are_accessible(live_demo: Process, page: Page, axe: Callable[[Page], None]) -> None:
    sign_in(page, live_demo, "lead.scotland@demo.example")
    for path in ("feedback/actions", "visits/", "feedback/"):
        page.goto(f"{live_demo.url}/scotland/manage/events/{path}")
        axe(page)
    page.get_by_role("link", name="Small tests of change").click()
    expect(page.get_by_role("heading", name="What people said")).to_be_visible()
    axe(page)


def test_a_member_answers_and_asks_on_a_phone_without_javascript(
    live_demo: Process, new_page: Callable[..., Page], axe: Callable[[Page], None]
) -> None:
    def narrow(page: Any) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE

    scripted = new_page(viewport={"width": PHONE, "height": 800})
    sign_in(scripted, live_demo, "member.scotland@demo.example")
    for path in ("/scotland/events/visits/", "/scotland/events/visits/new", "/scotland/events/visits/interest"):
        scripted.goto(live_demo.url + path)
        narrow(scripted)
        axe(scripted)
    scripted.goto(f"{live_demo.url}/scotland/me/")
    press(scripted, scripted.get_by_role("link", name="Small tests of change").first)
    narrow(scripted)
    axe(scripted)
    address = scripted.url
    scripted.close()

    plain = new_page(java_script_enabled=False, viewport={"width": PHONE, "height": 800})
    sign_in(plain, live_demo, "member.scotland@demo.example")
    plain.goto(address)
    plain.get_by_role("button", name="Send your answers").click()
    expect(plain.get_by_role("heading", name="There is a problem")).to_be_visible()
    for question in plain.locator("fieldset").all():
        question.get_by_label("Agree", exact=True).check()
    plain.get_by_role("button", name="Send your answers").click()
    expect(plain.get_by_text("You have answered.")).to_be_visible()
