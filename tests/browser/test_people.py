"""An account's whole way in a browser: with the keyboard, without scripts, on a phone in the dark, in Welsh."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.support.servers import Process

PASSWORD = "four quiet herons"
LINES = """element => {
  const lines = [], range = document.createRange(), walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  for (let at = NaN, node; (node = walker.nextNode());)
    for (let i = 0; i < node.length; i++) {
      range.setStart(node, i); range.setEnd(node, i + 1)
      const top = range.getBoundingClientRect().top
      if (top !== at) lines.push("")
      at = top; lines[lines.length - 1] += node.data[i]
    }
  return lines
}"""
"""The lines in which an element's text is shown."""
Pages = Callable[..., Page]
Axe = Callable[[Page], None]


def _newest_link(page: Page, server: Process, email: str) -> str:
    """The link in the newest message to `email`, from the demonstration's mail."""
    page.goto(f"{server.url}/demo/mail")
    message = page.locator("article", has_text=email).first
    found = re.search(r"https?://\S+/account/\S+", message.inner_text())
    assert found, message.inner_text()
    return found[0]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_registering_to_signing_out(live_demo: Process, new_page: Pages, axe: Axe, scripts: bool) -> None:
    page = new_page(java_script_enabled=scripts)
    email = f"rowena.{uuid4().hex[:10]}@improvement.people.example"
    check = axe if scripts else lambda _: None

    page.goto(f"{live_demo.url}/oxford/account/register")
    check(page)
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter your name")
    check(page)
    page.get_by_role("alert").get_by_role("link", name="Enter your name").click()
    expect(page.get_by_label("Your name")).to_be_focused()
    page.get_by_label("Your name").fill("Robin Trial")
    page.get_by_label("Email address").fill(email)
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your email")
    check(page)

    page.goto(_newest_link(page, live_demo, email))
    check(page)
    page.get_by_label("New password").fill("password1234")
    page.get_by_role("button", name="Confirm my address and sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("easy to guess")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm my address and sign in").click()
    expect(page.get_by_role("status")).to_contain_text("Your account is ready")
    check(page)

    page.get_by_label("What you do").fill("Midwife")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Your details are saved")
    shown = page.get_by_text(email, exact=True)
    for width in (1280, 390, 320) if scripts else ():
        page.set_viewport_size({"width": width, "height": 900})
        parts = shown.evaluate(LINES)
        assert "".join(parts) == email
        assert all(part[0] in "@." for part in parts[1:]), f"broken inside a word at {width}: {parts}"
    for path in (
        "/account/devices",
        "/account/password",
        "/account/email",
        "/account/home",
        "/account/data",
        "/account/close",
        "/me/",
    ):
        page.goto(f"{live_demo.url}/oxford{path}")
        expect(page.locator("h1")).to_have_count(1)
        check(page)

    page.goto(f"{live_demo.url}/oxford/account/devices")
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.goto(f"{live_demo.url}/oxford/me/")
    expect(page).to_have_url(re.compile("/oxford/account/sign-in"))
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{live_demo.url}/oxford/me/")


def test_signing_in_with_the_keyboard_alone(live_demo: Process, page: Page) -> None:
    page.goto(f"{live_demo.url}/wales/account/sign-in?next=/wales/me/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to main content")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Email address")).to_be_focused()
    page.keyboard.type("member.wales@demo.example")
    page.keyboard.press("Tab")
    page.keyboard.type("improve-together-2017")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/wales/me/(#main)?$"))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_forms_in_welsh_fit_every_screen(live_demo: Process, new_page: Pages, axe: Axe, dark: bool, width: int) -> None:
    page = new_page(viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light")
    page.goto(f"{live_demo.url}/wales/language/cy?next=/wales/account/register")
    expect(page.locator("html")).to_have_attribute("lang", "cy")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Create an account")
    for path in ("register", "sign-in", "reset"):
        page.goto(f"{live_demo.url}/wales/account/{path}")
        page.locator("main form button").click()
        expect(page.get_by_role("alert")).to_be_visible()
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
            f"{path} is wider than the screen"
        )


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_taking_ones_data_away_and_closing_the_account(
    live_demo: Process, new_page: Pages, axe: Axe, scripts: bool
) -> None:
    page = new_page(java_script_enabled=scripts, viewport={"width": 360, "height": 780}, color_scheme="dark")
    email = f"{uuid4().hex[:10]}@people.example"
    page.goto(f"{live_demo.url}/wales/account/register")
    page.get_by_label("Your name").fill("Going Soon")
    page.get_by_label("Email address").fill(email)
    page.get_by_role("button", name="Send me the link").click()
    page.goto(_newest_link(page, live_demo, email))
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm my address and sign in").click()

    page.goto(f"{live_demo.url}/wales/account/data")
    page.get_by_label("Your password").fill(PASSWORD)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download my data").click()
    assert taken.value.suggested_filename.endswith(".zip")

    page.goto(f"{live_demo.url}/wales/account/close")
    page.get_by_role("button", name="Close my account").click()
    expect(page.get_by_role("alert")).to_contain_text("Tick this")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if scripts:
        axe(page)
    page.get_by_label("I want to close my account").check()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Close my account").click()
    expect(page.get_by_role("status")).to_contain_text("Your account is closed")
    page.goto(f"{live_demo.url}/demo/mail")
    expect(page.locator("article", has_text=email).first).to_contain_text("You closed your account")


@pytest.mark.parametrize("language", ["en", "cy"])
def test_my_items_lead_to_ones_work_on_a_phone(live_demo: Process, new_page: Pages, axe: Axe, language: str) -> None:
    page = new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{live_demo.url}/wales/language/{language}?next=/wales/account/sign-in%3Fnext=/wales/me/")
    page.locator("[name=email]").fill("lead.wales@demo.example")
    page.locator("[name=password]").fill("improve-together-2017")
    page.locator("main form button").click()
    page.goto(f"{live_demo.url}/wales/me/")
    expect(page.get_by_role("heading", level=2).first).to_have_text(
        "Eich gwaith: Cymru" if language == "cy" else "Your work at Wales"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(page)
    page.locator("main").get_by_role(
        "link", name="Rheoli’r safle hwn" if language == "cy" else "Manage this site"
    ).click()
    expect(page).to_have_url(f"{live_demo.url}/wales/manage/")
