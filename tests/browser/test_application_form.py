"""The central team's pages of the application form in a browser: accessible on desktop and phone, usable without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_console import sign_in
from tests.support.servers import Process

AT = "/console/admissions/form/"
PARTS = (
    "", "changes", "preview", "preview?language=cy", "preview/approaches", "preview/about_you?language=cy", "sections/new",
    "sections/approaches", "sections/approaches/new", "questions/reflection", "questions/approaches_used", "eligibility/new",
    "eligibility/based_in_area", "remove/section/approaches", "publish", "discard",
)  # fmt: skip
PHONE = {"width": 390, "height": 844}


def open_draft(page: Page, server: Process) -> str:
    """Sign in as the central team and begin a draft, or go on with the one there is; its address."""
    sign_in(page, server, "central@demo.example")
    page.goto(server.url + AT)
    first = page.get_by_role("button", name="Publish the first form")
    if first.count():
        first.click()
    begin = page.get_by_role("button", name="Begin a draft")
    if begin.count():
        begin.click()
    else:
        page.get_by_role("link", name="Go on with the draft").click()
    page.wait_for_url("**/form/*/")
    return page.url


@pytest.mark.parametrize(
    ("viewport", "scheme"), [({"width": 1280, "height": 900}, "light"), (PHONE, "dark")], ids=["desktop", "phone"]
)
def test_every_page_is_accessible(
    live_demo: Process,
    new_page: Callable[..., Page],
    axe: Callable[[Page], None],
    viewport: dict[str, int],
    scheme: str,
) -> None:
    page = new_page(viewport=viewport, color_scheme=scheme)
    draft = open_draft(page, live_demo)
    for path in (*(draft + part for part in PARTS), live_demo.url + AT, f"{live_demo.url}/console/admissions/"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert page.locator("h1").count() == 1, path
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{path} scrolls sideways"
        axe(page)


def test_a_question_is_added_on_a_phone_without_javascript(live_demo: Process, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport=PHONE, java_script_enabled=False)
    draft = open_draft(page, live_demo)
    page.goto(f"{draft}sections/commitment/new")
    page.get_by_label("Question in English").fill("How did you hear of Q?")
    page.get_by_role("button", name="Save in the draft").click()
    expect(page.locator(".problem")).to_contain_text("Enter a key")
    page.get_by_label("Key", exact=True).fill("heard_of")
    page.get_by_label("Answered with").select_option("one")
    page.get_by_label("Options").fill("A colleague | Cydweithiwr\nweb | The website | Y wefan")
    page.get_by_label("Must be answered").uncheck()
    page.get_by_role("button", name="Save in the draft").click()
    added = page.locator("#q-heard_of")
    expect(added).to_contain_text("How did you hear of Q?")
    assert "2 options" in added.inner_text()
    assert "Words are missing" in page.locator("main").inner_text()
    page.goto(f"{draft}preview/commitment")
    assert page.get_by_role("group", name="How did you hear of Q? (optional)").get_by_label("A colleague").count() == 1
    page.goto(f"{draft}remove/question/heard_of")
    page.get_by_role("button", name="Take it out").click()
    expect(page.locator("#q-heard_of")).to_have_count(0)


def test_the_preview_counts_words_as_they_are_typed(
    live_demo: Process, page: Page, axe: Callable[[Page], None]
) -> None:
    draft = open_draft(page, live_demo)
    page.goto(f"{draft}preview/approaches")
    box = page.locator("#q-reflection")
    count = page.locator("#q-reflection-count")
    assert count.inner_text() == "Words left: 300"
    box.fill("It isn't – well-being\n\nMae'n 👍 braf")
    assert count.inner_text() == "Words left: 295"
    box.fill("word " * 302)
    assert count.inner_text() == "Words too many: 2"
    axe(page)
