"""Finding one's partner and being told when it opens, in a browser: with the keyboard, without scripts, on a phone in the dark."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitors import press
from tests.support.servers import Process

Pages = Callable[..., Page]
Axe = Callable[[Page], None]
PHONE = {"width": 360, "height": 740}


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_a_postcode_to_being_told(live_demo: Process, new_page: Pages, axe: Axe, scripts: bool) -> None:
    page = new_page(java_script_enabled=scripts)
    check = axe if scripts else lambda _: None
    email = f"{uuid4().hex[:10]}@people.example"

    page.goto(f"{live_demo.url}/")
    page.get_by_role("link", name="Join Q", exact=True).click()
    check(page)
    page.get_by_role("button", name="Find my partner").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter a postcode")
    check(page)
    page.get_by_label("Postcode where you are based").fill("TD15 1AA")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Which of these places are you based in?")).to_be_visible()
    check(page)
    page.get_by_label("Northumberland").check()
    page.get_by_role("button", name="Find my partner").click()
    expect(page.get_by_role("heading", name="Your partner is North East and North Cumbria")).to_be_visible()
    check(page)

    page.locator("#answer").get_by_role("link", name="North East and North Cumbria").click()
    expect(page.locator("main")).to_contain_text("Applications are closed here now")
    check(page)
    page.get_by_role("button", name="Tell me when it opens").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter your email address")
    check(page)
    page.get_by_label("Your email address").fill(email)
    page.get_by_role("button", name="Tell me when it opens").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your email")
    expect(page.get_by_role("link", name="Read the mail that was sent")).to_be_visible()
    check(page)

    page.goto(_link(page, live_demo, email, "interest"))
    check(page)
    page.get_by_role("button", name="Yes, tell me").click()
    expect(page.get_by_role("status").first).to_contain_text("We write to you when applications open")
    page.goto(_link(page, live_demo, email, "stop"))
    check(page)
    page.get_by_role("button", name="Stop these messages").click()
    expect(page.get_by_role("status").first).to_contain_text("any more")


def _link(page: Page, server: Process, email: str, kind: str) -> str:
    """The link of that kind in the newest message to `email`, from the demonstration's mail."""
    page.goto(f"{server.url}/demo/mail")
    message = page.locator("article", has_text=email).first
    found = re.search(rf"https?://\S+/apply/{kind}/\w+", message.inner_text())
    assert found, message.inner_text()
    return found[0]


@pytest.mark.parametrize("path", ["/apply/", "/apply/?postcode=SP1", "/scotland/apply/", "/wales/apply/"])
def test_on_a_phone_in_the_dark(live_demo: Process, new_page: Pages, axe: Axe, path: str) -> None:
    page = new_page(viewport=PHONE, color_scheme="dark")
    page.goto(live_demo.url + path)
    expect(page.locator("h1")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    axe(page)


def test_in_welsh(live_demo: Process, new_page: Pages, axe: Axe) -> None:
    page = new_page()
    page.goto(f"{live_demo.url}/wales/language/cy?next=/wales/apply/")
    expect(page.locator("html")).to_have_attribute("lang", "cy")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ymuno â Q: Cymru")
    axe(page)


def test_a_lead_plans_publishes_and_amends_a_window(live_demo: Process, new_page: Pages, axe: Axe) -> None:
    page = new_page()
    _as_lead(page, live_demo, "lead.oxford@demo.example")
    page.goto(f"{live_demo.url}/oxford/manage/admissions/")
    axe(page)
    page.get_by_role("link", name="Plan a window").click()
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("alert")).to_contain_text("Give the window a name")
    axe(page)
    page.get_by_label("Name").fill("A later round")
    page.get_by_label("Opens").fill("2030-03-31T01:30")
    page.get_by_label("Closes").fill("2030-04-30T23:59")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("alert")).to_contain_text("the clocks go forward that night")
    page.get_by_label("Opens").fill("2030-03-31T09:00")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A later round")
    axe(page)
    page.get_by_role("button", name="Publish the window").click()
    expect(page.get_by_role("status").first).to_contain_text("The window is published")
    press(page, page.get_by_role("link", name="Amend the window"))
    axe(page)
    page.get_by_label("Closes").fill("2030-05-02T23:59")
    page.get_by_label("Why the window is changed").fill("Two days of strikes")
    page.get_by_role("button", name="Amend the window").click()
    expect(page.locator("main")).to_contain_text("Two days of strikes")
    axe(page)
    press(page, page.get_by_role("link", name="Give one person more time"))
    axe(page)
    page.go_back()
    press(page, page.get_by_role("link", name="Cancel the window"))
    axe(page)
    page.get_by_label("Why the window is cancelled").fill("The panel is not ready")
    page.get_by_role("button", name="Cancel the window").click()
    expect(page.locator("main")).to_contain_text("This window is cancelled.")
    axe(page)


def _as_lead(page: Page, server: Process, email: str) -> None:
    page.goto(f"{server.url}/oxford/account/sign-in")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill("improve-together-2017")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Signed in as")).to_have_count(1)
