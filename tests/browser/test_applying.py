"""Applying in a browser: as it is typed, without scripts, by keyboard, on a phone, in Welsh, in two tabs."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect

from core.admissions.content import first_form
from core.data.session import ScopedSession
from tests.browser.visitors import signed_in
from tests.factories.admissions import make_form, make_window
from tests.factories.people import PASSWORD, make_person
from tests.support.servers import Process

Pages = Callable[..., Page]
Axe = Callable[[Page], None]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    """Wales's rows, with an open window for the first form."""
    session = session_for("wales")
    make_window(session, make_form(session, first_form()))
    return session


@pytest.fixture
def server(server: Process, session: ScopedSession) -> Process:
    """The server, with what these tests look at in its database."""
    return server


@pytest.fixture
def as_ann(app: Flask, server: Process, new_page: Pages) -> Pages:
    """`as_ann(**options)`: another window of one applicant's browser."""
    account = make_person(app, "ann@example.org", name="Ann Roy")

    def window(**options: object) -> Page:
        return signed_in(new_page(**options), app, account, server.url)

    return window


def _begin(page: Page, server: Process) -> str:
    """Answer what is asked before the start; where the task list is."""
    page.goto(f"{server.url}/wales/apply/start")
    for asked in first_form().eligibility:
        page.locator(f"input[name={asked.key}][value={'yes' if asked.needed else 'no'}]").check()
    page.get_by_role("button", name="Start your application").click()
    expect(page.get_by_role("status")).to_contain_text("Everything you write is kept")
    return page.url


def _fill(page: Page) -> None:
    """Answer every question of the section on the page."""
    for field in page.locator("[data-question]").all():
        if field.locator("textarea").count():
            field.locator("textarea").fill("We measured falls each week, changed one thing, and measured again.")
        elif field.locator("input[type=text]").count():
            field.locator("input[type=text]").fill("Ward nurse")
        else:
            field.locator("input").first.check()


@pytest.mark.parametrize(
    ("scripts", "options"),
    [(True, {}), (False, {}), (True, {"viewport": PHONE, "color_scheme": "dark"})],
    ids=["with scripts", "without scripts", "on a phone in the dark"],
)
def test_from_the_start_to_the_reference(
    server: Process, as_ann: Pages, axe: Axe, scripts: bool, options: dict[str, object]
) -> None:
    page = as_ann(java_script_enabled=scripts, **options)
    check = axe if scripts else lambda _: None
    page.goto(f"{server.url}/wales/apply/start")
    check(page)
    page.get_by_role("button", name="Start your application").click()
    expect(page.get_by_role("alert")).to_contain_text("Answer this question")
    check(page)
    tasks = _begin(page, server)
    check(page)
    for number, section in enumerate(first_form().sections, 1):
        page.goto(f"{tasks}part/{section.key}")
        expect(page.get_by_role("heading", level=1)).to_have_text(section.title.en)
        expect(page.get_by_text(f"Part {number} of {len(first_form().sections)}")).to_be_visible()
        if number == 1:
            page.get_by_role("button", name="Save and continue").click()
            expect(page.get_by_role("alert")).to_contain_text("Answer this question")
            check(page)
        _fill(page)
        page.get_by_role("button", name="Save and continue").click()
        expect(page.get_by_role("status").first).to_contain_text("Saved")
    page.goto(f"{tasks}check")
    expect(page.get_by_text("We measured falls each week").first).to_be_visible()
    check(page)
    assert (
        page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
        if page.viewport_size
        else True
    )
    page.get_by_role("button", name="Submit your application").click()
    expect(page.get_by_role("status").first).to_contain_text("Your application is submitted")
    expect(page.get_by_text("Q-").first).to_be_visible()
    check(page)
    page.get_by_role("link", name="Skip these questions").click()
    expect(page.get_by_role("heading", name="What happens next")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Withdraw your application").click()
    check(page)
    page.goto(f"{server.url}/wales/apply/mine")
    check(page)


def test_each_answer_is_saved_as_it_is_typed(server: Process, as_ann: Pages, axe: Axe) -> None:
    page = as_ann()
    tasks = _begin(page, server)
    section = next(one for one in first_form().sections if any(asked.words for asked in one.questions))
    asked = next(one for one in section.questions if one.words)
    page.goto(f"{tasks}part/{section.key}")
    box = page.locator(f"#q-{asked.key}")
    box.press_sequentially("We asked patients.")
    expect(page.locator("[data-status]")).to_contain_text("Saved at")
    with page.expect_response(lambda answer: answer.request.method == "POST") as saved:
        box.press_sequentially(" And then?")
    assert saved.value.status == 200
    axe(page)
    other = as_ann()
    other.goto(f"{tasks}part/{section.key}")
    expect(other.locator(f"#q-{asked.key}")).to_have_value("We asked patients. And then?")


def test_two_tabs_see_both_texts(server: Process, as_ann: Pages, axe: Axe) -> None:
    page, other = as_ann(), as_ann(java_script_enabled=False)
    tasks = _begin(page, server)
    section = next(one for one in first_form().sections if any(asked.words for asked in one.questions))
    asked = next(one for one in section.questions if one.words)
    for tab in (page, other):
        tab.goto(f"{tasks}part/{section.key}")
    page.locator(f"#q-{asked.key}").fill("From the first tab")
    expect(page.locator("[data-status]")).to_contain_text("Saved at")
    other.locator(f"#q-{asked.key}").fill("From the second tab")
    other.get_by_role("button", name="Save and come back later").click()
    expect(other.get_by_role("alert")).to_contain_text("From the first tab")
    expect(other.locator(f"#q-{asked.key}")).to_have_value("From the second tab")
    other.get_by_role("button", name="Save and come back later").click()
    expect(other.get_by_role("status")).to_contain_text("Saved")
    page.locator(f"#q-{asked.key}").fill("From the first tab again")
    expect(page.locator("[data-status]")).to_contain_text("Changed in another tab")
    page.get_by_role("button", name="Save and come back later").click()
    expect(page.get_by_role("alert")).to_contain_text("From the second tab")
    axe(page)


def test_what_is_typed_during_a_save_that_finds_another_tab_is_saved_too(server: Process, as_ann: Pages) -> None:
    page = as_ann()
    tasks = _begin(page, server)
    section = next(one for one in first_form().sections if any(asked.words for asked in one.questions))
    asked = next(one for one in section.questions if one.words)
    page.goto(f"{tasks}part/{section.key}")
    held: list[Route] = []
    page.route("**/part/*", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/part/*"):
        page.locator(f"#q-{asked.key}").press_sequentially("First")
    page.locator(f"#q-{asked.key}").press_sequentially(" and more")
    page.wait_for_timeout(2000)  # longer than the page waits after a stroke: it finds the first save still running
    with page.expect_request("**/part/*", timeout=4000):
        held[0].fulfill(status=409, json={"error": "", "since": "0", "revisions": {}, "lost": [asked.key]})


def test_words_outlive_the_session(server: Process, as_ann: Pages, axe: Axe) -> None:
    page = as_ann()
    tasks = _begin(page, server)
    section = next(one for one in first_form().sections if any(asked.words for asked in one.questions))
    asked = next(one for one in section.questions if one.words)
    page.goto(f"{tasks}part/{section.key}")
    other = page.context.new_page()
    other.goto(f"{server.url}/wales/")
    other.locator("form[action$='/account/sign-out']").evaluate("form => form.submit()")  # it is in a closed menu
    expect(other.locator("form[action$='/account/sign-out']")).to_have_count(0)
    page.locator(f"#q-{asked.key}").fill("We asked those who wait, and then we listened.")
    expect(page.locator("[data-status]")).to_contain_text("You have been signed out")
    page.get_by_role("button", name="Save and come back later").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have been signed out")
    expect(page.get_by_text("We asked those who wait")).to_be_visible()
    axe(page)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    opened.value.get_by_label("Email").fill("ann@example.org")
    opened.value.get_by_label("Password").fill(PASSWORD)
    opened.value.get_by_role("button", name="Sign in").click()
    expect(opened.value.locator(f"#q-{asked.key}")).to_be_visible()
    page.get_by_role("button", name="Send what I wrote").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This page was open for too long")
    page.get_by_role("button", name="Send what I wrote").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    page.goto(f"{tasks}part/{section.key}")
    expect(page.locator(f"#q-{asked.key}")).to_have_value("We asked those who wait, and then we listened.")


def test_by_keyboard_and_in_welsh(server: Process, as_ann: Pages, axe: Axe) -> None:
    page = as_ann()
    page.goto(f"{server.url}/wales/language/cy?next=/wales/apply/start")
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    expect(page.locator("html")).to_have_attribute("lang", "cy")
    expect(page.get_by_role("main")).to_contain_text("Gwnewch gais i ymuno â Q: Cymru.")
    for asked in first_form().eligibility:
        page.locator(f"#q-{asked.key}").focus()
        page.keyboard.press("Space")
        if not asked.needed:
            page.keyboard.press("ArrowRight")
    page.get_by_role("main").get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Eich cais")
    axe(page)
