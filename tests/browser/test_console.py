"""The console and a partner's management pages in a browser: accessible, and usable without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitors import press
from tests.support.servers import Process

CONSOLE = (
    "/console/",
    "/console/tenants/scotland/",
    "/console/tenants/scotland/plugins/local_events/",
    "/console/roles/",
    "/console/roles/new",
    "/console/audit/",
    "/console/audit/chains",
    "/console/health",
    "/console/plugins/",
    "/console/people/",
    "/console/people/?q=nobody-is-called-so",
)
MANAGE = tuple(
    f"/scotland/manage/{part}"
    for part in ("", "members/", "roles/", "roles/new", "plugins/", "plugins/local_events/", "audit/")
)


def sign_in(page: Page, server: Process, email: str) -> None:
    """Sign in as one of the demonstration's people."""
    page.goto(f"{server.url}/account/sign-in")
    page.get_by_label("Email address").fill(email)
    page.locator("input[type=password]").fill("improve-together-2017")
    page.locator("main form button").first.click()
    page.wait_for_load_state()


@pytest.mark.parametrize(
    ("email", "paths"),
    [("central@demo.example", CONSOLE), ("lead.scotland@demo.example", MANAGE)],
    ids=["console", "manage"],
)
def test_every_page_is_accessible(
    live_demo: Process, page: Page, axe: Callable[[Page], None], email: str, paths: tuple[str, ...]
) -> None:
    sign_in(page, live_demo, email)
    for path in paths:
        answer = page.goto(live_demo.url + path)
        assert answer is not None
        assert answer.status == 200, path
        assert page.locator("h1").count() == 1, path
        axe(page)


def test_a_change_is_previewed_and_edited_on_a_phone_without_javascript(
    live_demo: Process, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    sign_in(page, live_demo, "central@demo.example")
    page.goto(f"{live_demo.url}/console/tenants/scotland/plugins/local_events/")
    page.get_by_role("spinbutton", name="Places in a new event").fill("77")
    page.get_by_role("button", name="Preview the change").click()
    expect(page.locator("ins", has_text="77")).to_have_count(1)
    page.get_by_role("button", name="Make this change").click()
    expect(page.locator("main")).to_contain_text("Say why you are changing this")
    page.get_by_role("button", name="Go back and edit").click()
    expect(page.get_by_role("spinbutton", name="Places in a new event")).to_have_value("77")


@pytest.mark.parametrize("width", [390, 1280])
def test_what_a_partner_may_change_is_decided_by_keyboard_without_javascript(
    live_demo: Process, new_page: Callable[..., Page], width: int
) -> None:
    page = new_page(viewport={"width": width, "height": 844}, java_script_enabled=False)
    sign_in(page, live_demo, "central@demo.example")
    page.goto(f"{live_demo.url}/console/tenants/wales/plugins/local_events/")
    group = page.get_by_role("group", name="What the partner may change")
    box = group.get_by_role("checkbox", name="Quiet hours begin at")
    expect(box).to_be_checked()
    box.focus()
    page.keyboard.press("Space")
    expect(box).not_to_be_checked()
    page.keyboard.press("Enter")
    lost = page.get_by_role("region", name="What the partner loses")
    expect(lost.get_by_role("listitem")).to_have_text(["Quiet hours begin at"])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Go back and edit").click()
    expect(box).not_to_be_checked()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_pages_of_what_a_partner_may_change_are_accessible_before_and_after(
    live_demo: Process, page: Page, axe: Callable[[Page], None]
) -> None:
    sign_in(page, live_demo, "central@demo.example")
    path = f"{live_demo.url}/console/tenants/wales/plugins/assessment_rules/"
    for button in ("Preview the change", "Leave to the partner what the plugin’s maker proposes"):
        page.goto(path)
        page.get_by_role("checkbox", name="Switch this plugin on and off").check()
        page.get_by_role("button", name=button).click()
        axe(page)
        page.get_by_label("Reason").fill("tried in a browser")
        page.get_by_role("button", name="Make this change").click()
        page.goto(path)
        axe(page)


def test_the_trail_shows_every_column_on_a_phone_and_on_a_desk(live_demo: Process, page: Page) -> None:
    """Why something was done is not to be looked for by scrolling sideways."""
    sign_in(page, live_demo, "central@demo.example")
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{live_demo.url}/console/audit/?from=2026-01-01")
        hidden = page.locator(".table").evaluate("table => table.scrollWidth - table.clientWidth")
        assert hidden <= 0, (width, hidden)


def test_a_person_is_found_and_the_closing_page_is_accessible(
    live_demo: Process, page: Page, axe: Callable[[Page], None]
) -> None:
    sign_in(page, live_demo, "central@demo.example")
    page.goto(f"{live_demo.url}/console/people/?q=member.oxford")
    press(page, page.locator("tbody a").first)
    axe(page)
    page.get_by_role("link", name="Close the account").click()
    page.get_by_role("button", name="Close the account").click()
    expect(page.locator("main")).to_contain_text("Say why")
    axe(page)


@pytest.mark.parametrize("java_script", [True, False], ids=["with scripts", "without scripts"])
def test_a_list_is_taken_away_as_a_file(live_demo: Process, new_page: Callable[..., Page], java_script: bool) -> None:
    page = new_page(java_script_enabled=java_script)
    sign_in(page, live_demo, "lead.scotland@demo.example")
    page.goto(f"{live_demo.url}/scotland/manage/members/")
    for kind in ("CSV", "Spreadsheet"):
        with page.expect_download() as taken:
            page.get_by_role("link", name=kind, exact=True).click()
        assert taken.value.suggested_filename.startswith("scotland-members-")


def test_nothing_of_a_leads_is_wider_than_the_smallest_phone(live_demo: Process, new_page: Callable[..., Page]) -> None:
    """An assessor's long address and roles, and lists whose days and states are long."""
    page = new_page(viewport={"width": 320, "height": 640})
    sign_in(page, live_demo, "lead.scotland@demo.example")
    assessors = "/scotland/manage/admissions/assessors/"
    page.goto(live_demo.url + assessors)
    each = page.locator("tbody th a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert len(each) > 3
    for path in (*each, "/scotland/manage/expenses/payments/", "/scotland/manage/events/feedback/actions"):
        page.goto(live_demo.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        for table in page.locator(".stacked").all():
            assert table.evaluate("table => table.scrollWidth - table.clientWidth") <= 0, path
