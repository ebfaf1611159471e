"""Figures of events, and what the console shows before local events are switched off: accessible, on a phone, and in the dark."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.test_console import sign_in
from tests.support.servers import Process

PHONE = 390
FIGURES = "/scotland/manage/events/figures"


def test_figures_and_the_preview_of_switching_off(
    live_demo: Process, new_page: Callable[..., Page], axe: Callable[[Page], None]
) -> None:
    page = new_page()
    sign_in(page, live_demo, "lead.scotland@demo.example")
    page.goto(live_demo.url + FIGURES)
    expect(page.get_by_role("heading", name="Figures of events")).to_be_visible()
    expect(page.get_by_role("heading", name="Who came")).to_be_visible()
    axe(page)
    kept = page.context.storage_state()
    page.goto(f"{live_demo.url}/scotland/manage/plugins/local_events/")
    page.get_by_label("Switched on").uncheck()
    page.get_by_role("button", name="Preview the change").click()
    expect(page.get_by_role("link", name="Write to them").first).to_be_visible()
    axe(page)

    phone = new_page(viewport={"width": PHONE, "height": 800}, color_scheme="dark", storage_state=kept)
    phone.goto(live_demo.url + FIGURES)
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE
    axe(phone)
