"""Assessing in a browser: with and without scripts, by keyboard, on a phone; a panel's screen."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from core.admissions.content.shapes import CRITERIA
from core.data.session import ScopedSession
from core.kernel.views import Actor
from tests.browser.visitors import signed_in as sign_in
from tests.integration.admissions.panel import Panel
from tests.integration.admissions.test_panel_meetings import item_of, meet
from tests.support.servers import Process

Pages = Callable[..., Page]
Axe = Callable[[Page], None]
PHONE = {"width": 390, "height": 844}
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture
def panel(app: Flask, session_for: Callable[[str], ScopedSession]) -> Panel:
    return Panel(app, session_for("scotland"))


@pytest.fixture
def server(server: Process, panel: Panel) -> Process:
    """The server, with what these tests look at in its database."""
    assert panel.window_id
    return server


@pytest.fixture
def signed_in(panel: Panel, server: Process, new_page: Pages) -> Pages:
    """`signed_in(actor, **options)`: a browser of somebody."""

    def window(actor: Actor, **options: object) -> Page:
        return sign_in(new_page(**options), panel.app, str(actor.account_id), server.url)

    return window


@pytest.mark.parametrize(
    ("scripts", "options"),
    [(True, {}), (False, {"viewport": PHONE}), (True, {"viewport": PHONE, "color_scheme": "dark"})],
    ids=["with scripts", "without scripts", "on a phone in the dark"],
)
def test_from_the_list_to_what_the_others_sealed(
    panel: Panel, server: Process, signed_in: Pages, axe: Axe, scripts: bool, options: dict[str, object]
) -> None:
    application = panel.application("zoe")
    panel.sealed("bob", application, 2)
    ann = panel.assessor("ann")
    panel.give(application, "ann")
    page = signed_in(ann, java_script_enabled=scripts, **options)

    def check() -> None:
        if scripts:
            axe(page)
        assert page.evaluate(FITS) if scripts else True

    page.goto(f"{server.url}/scotland/assess/")
    check()
    page.get_by_role("rowheader").get_by_role("link").click()
    check()
    page.get_by_role("button", name="Declare and go on").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose one of these")
    page.get_by_label("No, none that I know of").check()
    page.get_by_role("button", name="Declare and go on").click()
    expect(page.get_by_text("We made the ward safer.").first).to_be_visible()
    assert page.locator("input[type=radio]:checked").count() == 0
    check()
    page.get_by_role("button", name="Save and check").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a level")
    check()
    for key in CRITERIA:
        page.locator(f"#q-{key}-2").check()
        page.locator(f"#q-{key}_why").fill("One piece of work, from problem to result.")
    page.get_by_role("button", name="Save and check").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your scores")
    check()
    page.get_by_role("button", name="Seal your scores").click()
    expect(page.get_by_role("status").first).to_contain_text("Your scores are sealed")
    expect(page.get_by_role("region", name="Sealed scores")).to_contain_text("2.50")
    check()


def test_scores_are_saved_as_they_are_typed_and_two_tabs_see_both(
    panel: Panel, server: Process, signed_in: Pages, axe: Axe
) -> None:
    ann = panel.assessor("ann")
    assignment = panel.give(panel.application("zoe"), "ann")
    panel.declare(ann, assignment)
    page, other = signed_in(ann), signed_in(ann)
    for tab in (page, other):
        tab.goto(f"{server.url}/scotland/assess/{assignment}/scores")
    page.locator("#q-knowledge").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#q-knowledge-1")).to_be_checked()
    page.locator("#q-knowledge_why").press_sequentially("From the first tab")
    expect(page.locator("[data-status]")).to_contain_text("Saved at")
    other.locator("#q-knowledge_why").fill("From the second tab")
    expect(other.locator("[data-status]")).to_contain_text("Changed in another tab")
    other.get_by_role("button", name="Save and come back later").click()
    expect(other.get_by_role("alert")).to_contain_text("From the first tab")
    expect(other.locator("#q-knowledge_why")).to_have_value("From the second tab")
    axe(other)


def test_a_panel_meets(panel: Panel, server: Process, signed_in: Pages, axe: Axe) -> None:
    application = panel.application("zoe")
    panel.sealed("ann", application, {**dict.fromkeys(CRITERIA, 3), "knowledge": None})
    panel.sealed("bob", application, {**dict.fromkeys(CRITERIA, 3), "experience": 1})
    meeting = meet(panel, [application])
    item = item_of(panel, meeting, application)
    page = signed_in(panel.lead, viewport=PHONE)
    room = f"{server.url}/scotland/manage/admissions"
    for place in (
        f"windows/{panel.window_id}", f"windows/{panel.window_id}/prepare", f"windows/{panel.window_id}/meetings",
        f"meetings/{meeting}", f"meetings/{meeting}/agenda", f"applications/{application}/redact",
        f"applications/{application}/translate", f"applications/{application}/assessments", "declarations",
        f"meetings/items/{item.id}",
    ):  # fmt: skip
        page.goto(f"{room}/{place}")
        axe(page)
        assert page.evaluate(FITS), place
    page.get_by_role("button", name="Discuss it now").click()
    expect(page.get_by_role("status").first).to_contain_text("Now:")
    page.get_by_label("Accept").check()
    page.get_by_label("Minutes").fill("Bob had missed the second example.")
    axe(page)
    page.get_by_role("button", name="Note the outcome").click()
    expect(page.get_by_role("status").first).to_contain_text("It is kept in the minutes")
    expect(page.get_by_role("table", name="Agenda")).to_contain_text("Concluded")


def test_hidden_words_stay_hidden_from_the_first_look_to_the_sealed_scores(
    panel: Panel, server: Process, signed_in: Pages, axe: Axe
) -> None:
    panel.blind("until_sealed")
    application, ann = panel.application("zoe"), panel.assessor("ann")
    assignment = panel.give(application, "ann")
    panel.declare(ann, assignment)
    lead = signed_in(panel.lead, java_script_enabled=False)
    lead.goto(f"{server.url}/scotland/manage/admissions/applications/{application}/redact")
    lead.get_by_label("In which answer").select_option("story")
    lead.get_by_label("The exact words").fill("the ward")
    lead.get_by_label("What assessors read instead").fill("[a place]")
    lead.get_by_role("button", name="Look at it first").click()
    seen = lead.get_by_role("region", name="As an assessor would see it")
    expect(seen).to_contain_text("These words are not hidden yet.")
    expect(seen).to_contain_text("We made [a place] safer.")
    lead.get_by_role("button", name="Hide these words").click()
    expect(lead.get_by_role("region", name="As an assessor sees it")).to_contain_text("We made [a place] safer.")

    page, room = signed_in(ann, viewport=PHONE), f"{server.url}/scotland/assess/{assignment}/"
    panel.score(ann, assignment, 3)
    for place in ("", "scores", "scores/check", "recuse", "turn-down"):
        page.goto(f"{room}{place}")
        assert "the ward" not in page.content(), place
        assert "Zoe" not in page.content(), place
    page.goto(f"{room}scores")
    expect(page.get_by_text("We made [a place] safer.").first).to_be_visible()
    axe(page)
    page.goto(f"{room}scores/check")
    page.get_by_role("button", name="Seal your scores").click()
    expect(page.get_by_role("status").first).to_contain_text("Your scores are sealed")
    assert "Zoe" in page.content()  # until sealed, and no longer
    assert "the ward" not in page.content()  # hidden words stay hidden

    lead.get_by_role("button", name="Show again").click()
    expect(lead.get_by_role("status").first).to_contain_text("Assessors see these words again.")
    page.goto(room)
    assert "We made the ward safer." in page.content()
