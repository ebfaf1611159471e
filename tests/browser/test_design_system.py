"""The design system in a browser: accessible by day and by night, on a phone and a desk, with and without a script."""

from collections.abc import Callable
from io import BytesIO
from itertools import pairwise

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.web import tokens
from tests.support.servers import Process

PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 900}
NewPage = Callable[..., Page]

PIXEL = """names => {
    const canvas = new OffscreenCanvas(1, 1), brush = canvas.getContext("2d", {willReadFrequently: true});
    const probe = document.body.appendChild(document.createElement("i"));
    return names.map(name => {
        probe.className = "";
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(`i.probe { color: var(--${name}) !important }`);
        document.adoptedStyleSheets = [sheet];
        probe.className = "probe";
        brush.fillStyle = getComputedStyle(probe).color;
        brush.fillRect(0, 0, 1, 1);
        return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
    });
}"""


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone, day", "desk, night"])
def test_the_style_page_is_accessible(
    server: Process, new_page: NewPage, axe: Callable[[Page], None], size: dict[str, int], scheme: str
) -> None:
    page = new_page(viewport=size, color_scheme=scheme)
    page.goto(f"{server.url}/style")
    page.locator("details.more").evaluate_all("all => all.forEach(each => each.open = true)")
    axe(page)


@pytest.mark.parametrize("path", ["/style", "/", "/scotland/", "/kent-surrey-sussex/events/", "/account/sign-in"])
def test_no_page_is_wider_than_a_small_phone(server: Process, new_page: NewPage, path: str) -> None:
    page = new_page(viewport=NARROW)
    page.goto(server.url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
def test_the_colours_we_work_out_are_those_of_the_browser(server: Process, new_page: NewPage, night: bool) -> None:
    page = new_page(viewport=DESK, color_scheme="dark" if night else "light")
    page.goto(f"{server.url}/style")
    found = tokens.load()
    names = found.colours()
    for name, seen in zip(names, page.evaluate(PIXEL, names), strict=True):
        ours = found.colour(name, night=night)
        told = [int(ours[at : at + 2], 16) for at in (1, 3, 5)]
        assert all(abs(a - b) <= 2 for a, b in zip(told, seen, strict=True)), f"{name}: {told} here, {seen} there"


def test_the_menu_of_a_phone_opens_without_a_script(server: Process, new_page: NewPage) -> None:
    page = new_page(viewport=PHONE, java_script_enabled=False)
    page.goto(f"{server.url}/scotland/")
    link = page.get_by_role("navigation", name="Main").get_by_role("link", name="Events")
    expect(link).to_be_hidden()
    page.locator("summary", has_text="Menu").click()
    link.click()
    expect(page).to_have_url(f"{server.url}/scotland/events/")


@pytest.mark.parametrize(
    "path", ["/north-east-north-cumbria/", "/wales/language/cy?next=/wales/"], ids=["long", "Welsh"]
)
@pytest.mark.parametrize("width", [320, 360, 385])
def test_nothing_in_the_header_of_a_small_phone_lies_on_something_else(
    server: Process, new_page: NewPage, path: str, width: int
) -> None:
    page = new_page(viewport={**NARROW, "width": width}, java_script_enabled=False)
    page.goto(server.url + path)
    boxes = [part.bounding_box() for part in page.locator("header :is(.mark > *, .account > a, .menu > summary)").all()]
    spans = sorted((box["x"], box["x"] + box["width"]) for box in boxes if box and box["width"])
    assert len(spans) >= 3, "the mark, the name, the menu"
    assert all(end <= start for (_, end), (start, _) in pairwise(spans)), spans
    page.locator(".menu > summary").click()
    expect(page.locator(".nav a[href*='/account/sign-in']")).to_be_visible()


def test_the_menu_of_a_desk_lies_open(server: Process, page: Page) -> None:
    page.goto(f"{server.url}/scotland/")
    expect(page.get_by_role("link", name="Events", exact=True)).to_be_visible()
    expect(page.locator("summary", has_text="Menu")).to_be_hidden()


def test_the_first_stop_of_the_keyboard_leads_to_the_page_itself(server: Process, page: Page) -> None:
    page.goto(f"{server.url}/scotland/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_characters_are_counted_while_one_writes(server: Process, page: Page) -> None:
    page.goto(f"{server.url}/style")
    box = page.locator("#about")
    expect(page.locator("#about-count")).to_have_text("Characters left: 300")
    box.fill("x" * 301)
    expect(page.locator("#about-count")).to_have_text("Characters too many: 1")


def test_errors_are_read_first_and_lead_to_their_fields(server: Process, page: Page) -> None:
    page.goto(f"{server.url}/account/sign-in")
    page.locator("main").get_by_role("button", name="Sign in").click()
    problems = page.get_by_role("alert")
    expect(problems).to_be_focused()
    problems.get_by_role("link").first.click()
    expect(page.locator("main input:focus")).to_have_count(1)
    assert page.title().startswith("Error: ")


def test_a_page_prints_without_its_menus(server: Process, page: Page) -> None:
    page.goto(f"{server.url}/scotland/")
    page.emulate_media(media="print")
    expect(page.locator(".bar")).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()


def test_the_line_beside_a_question_that_is_wrong_begins_where_the_question_does(
    server: Process, new_page: NewPage
) -> None:
    page = new_page(viewport=NARROW)
    page.goto(f"{server.url}/style")
    group = page.locator("fieldset.field:has(input[type=radio])").first
    group.evaluate("""group => {
        group.classList.add("bad");
        group.querySelector("legend").textContent = "A question of many words, as long as such questions are. ".repeat(3);
    }""")
    place = group.locator("legend").evaluate("""legend => {
        legend.scrollIntoView();
        const question = legend.getBoundingClientRect(), after = legend.nextElementSibling.getBoundingClientRect();
        return {x: legend.parentElement.getBoundingClientRect().x, y: question.y, clear: after.y >= question.bottom};
    }""")
    assert place["clear"], "what follows the question stands below it"
    beside = page.screenshot(clip={"x": place["x"], "y": place["y"] + 2, "width": 3, "height": 3})
    colour = Image.open(BytesIO(beside)).convert("RGB").getpixel((1, 1))
    assert isinstance(colour, tuple)
    assert colour[0] > 2 * colour[1], "the line's colour, and not the page's"
