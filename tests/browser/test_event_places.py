"""Places, questions and messages in a browser: accessible, on a phone by night, and usable without JavaScript."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.test_console import sign_in
from tests.browser.visitors import press
from tests.support.servers import Process

ORGANISER, MEMBER, LEAD = (
    "organiser.scotland@demo.example",
    "member.scotland@demo.example",
    "lead.scotland@demo.example",
)
PHONE = {"width": 390, "height": 844}
FULL, ASKING = "Visit: an ambulance control room", "Human factors on a night shift"
"""The demonstration's event with a waiting list, and the one that asks about food and access."""
DESK = ("Places", "Invitations", "Questions", "Numbers for catering", "Messages", "Check-in", "Attendance")


def _whole(page: Page, axe: Callable[[Page], None]) -> None:
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    axe(page)


def test_everything_an_organiser_sets_and_sends(
    live_demo: Process, new_page: Callable[..., Page], axe: Callable[[Page], None]
) -> None:
    page = new_page(viewport=PHONE, color_scheme="dark")
    sign_in(page, live_demo, ORGANISER)
    page.goto(f"{live_demo.url}/scotland/manage/events/")
    press(page, page.get_by_role("link", name=ASKING))
    _whole(page, axe)
    for name in DESK:
        press(page, page.get_by_role("navigation").get_by_role("link", name=name, exact=True))
        _whole(page, axe)
        page.go_back()
    press(page, page.get_by_role("navigation").get_by_role("link", name="Messages", exact=True))
    press(page, page.get_by_role("link", name="Confirmation"))
    _whole(page, axe)
    page.go_back()
    press(page, page.get_by_role("link", name="Write a message"))
    page.get_by_label("Subject", exact=True).fill("Where to meet")
    page.locator("textarea").first.fill("We meet at the front door.")
    press(page, page.get_by_role("button", name="See it before it goes"))
    _whole(page, axe)
    expect(page.get_by_role("button", name="Send it to")).to_be_visible()
    expect(page.get_by_text("We meet at the front door.").first).to_be_visible()


def test_a_member_answers_an_offer_and_what_is_asked_without_javascript(
    live_demo: Process, new_page: Callable[..., Page], axe: Callable[[Page], None]
) -> None:
    looked = new_page(viewport=PHONE)
    sign_in(looked, live_demo, MEMBER)
    for title in (FULL, ASKING):
        looked.goto(f"{live_demo.url}/scotland/events/")
        press(looked, looked.get_by_role("link", name=title))
        _whole(looked, axe)
    for more in ("Change what you said", "Hand your place on"):
        press(looked, looked.get_by_role("link", name=more))
        _whole(looked, axe)
        looked.go_back()
    looked.close()

    plain = new_page(viewport=PHONE, java_script_enabled=False)
    sign_in(plain, live_demo, MEMBER)
    plain.goto(f"{live_demo.url}/scotland/events/")
    press(plain, plain.get_by_role("link", name=FULL))
    press(plain, plain.get_by_role("button", name="Take the place"))
    expect(plain.get_by_text("You have a place").first).to_be_visible()
    plain.goto(f"{live_demo.url}/scotland/events/")
    press(plain, plain.get_by_role("link", name=ASKING))
    press(plain, plain.get_by_role("link", name="Change what you said"))
    plain.get_by_label("Vegan").check()
    press(plain, plain.get_by_role("button", name="Save"))
    press(plain, plain.get_by_role("link", name="Change what you said"))
    expect(plain.get_by_label("Vegan")).to_be_checked()
