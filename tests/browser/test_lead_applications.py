"""Applications as their partner reads them, and files as applicants give them: in a browser, with and without JavaScript."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from core.admissions.service import submitting
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from tests.browser.visitors import signed_in
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import make_submitted
from tests.factories.people import make_person
from tests.integration.admissions.test_attachments import form_with_file, picture
from tests.integration.admissions.test_transfers import shown_window
from tests.support.servers import Process

Pages = Callable[..., Page]
Axe = Callable[[Page], None]
PHONE = {"width": 390, "height": 844}
LONG = "I first met improvement on a ward where falls were counted and nobody looked at the count. " * 6


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    """Wales's rows."""
    return session_for("wales")


@pytest.fixture
def form(session: ScopedSession) -> str:
    """A form that asks for a file."""
    return make_form(session, form_with_file())


@pytest.fixture
def window(session: ScopedSession, form: str) -> str:
    """An open window."""
    return make_window(session, form)


@pytest.fixture
def server(server: Process, window: str) -> Process:
    """The server, with what these tests look at in its database."""
    assert window
    return server


@pytest.fixture
def as_person(app: Flask, server: Process, new_page: Pages) -> Callable[..., Page]:
    """`as_person(account, **options)`: a window of that person's browser."""

    def window(account_id: str, **options: object) -> Page:
        return signed_in(new_page(**options), app, account_id, server.url)

    return window


def _seen(page: Page, axe: Axe, name: str) -> None:
    """The page is accessible and no wider than its screen."""
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name


@pytest.mark.parametrize(
    "options",
    [{"viewport": {"width": 1280, "height": 900}}, {"viewport": PHONE, "color_scheme": "dark"}],
    ids=["desktop", "phone"],
)
def test_the_partner_reads_asks_and_the_central_team_moves(
    app: Flask, session: ScopedSession, session_for: Callable[[str], ScopedSession], server: Process, form: str, window: str,
    as_person: Callable[..., Page], axe: Axe, options: dict[str, object],
) -> None:  # fmt: skip
    names = ("Ann Roy", "Zed Zulu-Hyphenated-Longname", "Bo")
    made = [
        make_submitted(
            session, window, form, make_person(app, f"p{number}@example.org", name=name),
            {"job": "Ward nurse", "story": LONG, "again": True}, reference=f"Q-WA1E-000{number}", seconds=5400,
        )
        for number, name in enumerate(names)
    ]  # fmt: skip
    scotland = session_for("scotland")
    shown_window(scotland, make_window(scotland, form))
    central = make_person(app, "central@example.org", name="Cen Tral", grants=[(Role.CENTRAL_TEAM, "uk")])
    page = as_person(central, **options)
    room = f"{server.url}/wales/manage/admissions"
    page.goto(f"{room}/windows/{window}")
    _seen(page, axe, "window")
    page.get_by_role("navigation", name="Pages of this window").get_by_role("link", name="Applications").click()
    _seen(page, axe, "list")
    page.get_by_role("link", name="Q-WA1E-0000").click()
    _seen(page, axe, "one")
    page.get_by_role("link", name="Ask for more").click()
    page.get_by_role("button", name="Ask for more").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    _seen(page, axe, "ask")
    page.get_by_label("More").check()
    page.get_by_label("What you want to know").fill("Where did you learn what you know about measuring?")
    page.get_by_label("Answer by").fill((clock.now() + timedelta(days=9)).strftime("%Y-%m-%dT12:00"))
    page.get_by_role("button", name="Ask for more").click()
    expect(page.get_by_role("status")).to_contain_text("a letter is on its way")
    _seen(page, axe, "asked")
    page.goto(f"{room}/applications/{made[1]}/move")
    _seen(page, axe, "move")
    page.get_by_label("Window it is moved to").select_option(label="Scotland: Spring (Open)")
    page.get_by_label("Why it is moved").fill("Works in Edinburgh now")
    page.get_by_role("button", name="Move the application").click()
    expect(page.get_by_text("This application was moved to Scotland.")).to_be_visible()
    _seen(page, axe, "moved")
    page.goto(f"{server.url}/console/admissions/time")
    _seen(page, axe, "time")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_file_is_given_replaced_and_removed(
    app: Flask, session: ScopedSession, server: Process, form: str, window: str, as_person: Callable[..., Page], axe: Axe,
    scripts: bool,
) -> None:  # fmt: skip
    ann = make_person(app, "ann@example.org", name="Ann Roy")
    made = make_submitted(session, window, form, ann)
    due = clock.now() + timedelta(days=7)
    submitting.ask(session, made, SYSTEM, sections=["more"], question="Send your CV.", due_at=due, known=["more"])
    page = as_person(ann, java_script_enabled=scripts, viewport=PHONE)
    part = f"{server.url}/wales/apply/{made}/part/more"
    page.goto(part)
    page.get_by_label("Your CV").set_input_files({"name": "cv.pdf", "mimeType": "application/pdf", "buffer": b"no PDF"})
    page.get_by_role("button", name="Save and come back later").click()
    expect(page.locator("#q-cv-error")).to_contain_text("Choose a PDF, PNG or JPEG file.")
    page.get_by_label("Your CV").set_input_files({"name": "me.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    page.get_by_role("button", name="Save and come back later").click()
    page.goto(part)
    if scripts:
        _seen(page, axe, "file")
    with page.expect_download() as got:
        page.get_by_role("link", name="me.jpg").click()
    assert got.value.suggested_filename == "me.jpg"
    page.get_by_role("button", name="Remove this file").click()
    expect(page.get_by_text("me.jpg")).to_have_count(0)
