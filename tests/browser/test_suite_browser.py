"""The browser fixtures notice what they promise to notice."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Error, Page

from tests.support.axe import REMEMBERING, violations
from tests.support.profiles import Profiles, Watch

PAGES = {
    "/good": "<!doctype html><html lang=en><title>Good</title><link rel=icon href=data:,><main><h1>Good</h1></main>",
    "/foreign": "<!doctype html><title>x</title><link rel=icon href=data:,><img alt='' src='http://cdn.example/x.png'>",
    "/missing": "<!doctype html><title>x</title><link rel=icon href=data:,><img alt='' src='/none.png'>",
    "/error": "<!doctype html><title>x</title><link rel=icon href=data:,><script>throw Error('broken')</script>",
    "/console": "<!doctype html><title>x</title><link rel=icon href=data:,><script>console.error('said so')</script>",
    "/pale": "<!doctype html><html lang=en><title>Pale</title><link rel=icon href=data:,><main style='background:#eee'><h1>Pale</h1>"
    "<p style='color:#777'>words a</p><p style='color:#777'>words b</p><p style='color:#7778'>words c</p><p style='color:oklch(.7 .1 20)'>words d</p>"
    "<p style='color:#333'>words e</p><p style='background:#0008;color:#888'>words f</p><p style='opacity:.5;color:#333'>words g</p></main>",
    "/leaving": "<!doctype html><title>x</title><script>axe = {run: () => { location.href = '/poor'; return new Promise(() => {}); }}</script>",
    "/broken": "<!doctype html><title>x</title><script>axe = {run: () => { throw Error('broken') }}</script>",
    "/poor": "<!doctype html><html><title>x</title><link rel=icon href=data:,><main><img src='data:,'></main>",
}
LEAVING = """async address => {
    document.cookie = "a=b"; document.cookie = "kept=b; max-age=600"
    localStorage.a = sessionStorage.a = "b"
    await new Promise(done => { indexedDB.open("a").onsuccess = done })
    await (await caches.open("a")).put("/a", new Response("b"))
    await fetch(address)
}"""
FOUND = """async address => [
    document.cookie, localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length,
    (await navigator.permissions.query({name: "geolocation"})).state, await (await fetch(address)).text(),
]"""
"""What is in a browser; the last is what a server said of a page that may be kept."""


class _Handler(BaseHTTPRequestHandler):
    asked = count(1)

    def do_GET(self) -> None:
        body = f"answer {next(self.asked)}" if self.path == "/kept" else PAGES.get(self.path, "")
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Cache-Control", "max-age=600" if self.path == "/kept" else "no-store")
        self.end_headers()
        self.wfile.write((body or "<!doctype html><title>Not here</title><link rel=icon href=data:,>").encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def pages() -> Iterator[str]:
    """The address of a server with the pages above."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _problems(browser: Browser, address: str) -> list[str]:
    context = browser.new_context()
    watch = Watch(context)
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    context.close()
    return watch.problems


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/foreign", "request to another host: http://cdn.example/x.png"),
        ("/missing", "404 for http://127.0.0.1"),
        ("/error", "script error: broken"),
        ("/console", "console: said so"),
    ],
)
def test_what_goes_wrong_on_a_page_is_noticed(browser: Browser, pages: str, path: str, problem: str) -> None:
    found = _problems(browser, pages + path)
    assert any(problem in line for line in found), found


@pytest.mark.parametrize("path", ["/good", "/a-page-that-is-missing"])
def test_what_is_right_is_not_called_wrong(browser: Browser, pages: str, path: str) -> None:
    assert _problems(browser, pages + path) == []


def test_a_profile_that_is_given_again_has_forgotten_everything(browser: Browser, pages: str) -> None:
    profiles = Profiles(browser)
    found = []
    for leaves in (True, False):
        profile = profiles.take(True)
        page = profile.open({"width": 390, "height": 844}, "dark") if leaves else profile.open(None, None)
        page.goto(f"{pages}/good")
        if leaves:
            first = profile
            profile.context.grant_permissions(["geolocation"])
            page.evaluate(LEAVING, "/kept")
        found.append(page.evaluate(FOUND, "/kept"))
        shown = page.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]")
        assert shown == ([390, True] if leaves else [1280, False])
        page.evaluate("setTimeout(() => { throw Error('late') }, 5)")
        page.wait_for_timeout(50)
        assert len(profile.watch.problems) == 1, profile.watch.problems
        profile.context.route("**", lambda route: route.abort())
        profile.context.set_offline(True)
        profiles.give_back(True, profile)
    assert profile is first
    kept, answer = found[0][-1], found[1][-1]
    assert found[0][:-1] == ["a=b; kept=b", 1, 1, 1, 1, "granted"]
    assert found[1][:-1] == ["", 0, 0, 0, 0, "prompt"]
    assert kept != answer, "a page that the browser had kept is asked for again"
    profile.context.close()


def test_pages_at_the_same_time_are_of_different_people(new_page: Callable[..., Page], pages: str) -> None:
    one, other = new_page(), new_page()
    for page in (one, other):
        page.goto(f"{pages}/good")
    one.evaluate(LEAVING, "/kept")
    assert other.evaluate("document.cookie + localStorage.length") == "0"
    one.close()
    again = new_page()
    again.goto(f"{pages}/good")
    assert again.evaluate("document.cookie + localStorage.length") == "0"


def test_axe_names_what_is_wrong_and_where(page: Page, pages: str, axe: Callable[[Page], None]) -> None:
    page.goto(f"{pages}/good")
    axe(page)
    page.goto(f"{pages}/poor")
    with pytest.raises(pytest.fail.Exception) as failure:
        axe(page)
    assert "image-alt" in str(failure.value)
    assert "html-has-lang" in str(failure.value)


def test_the_partners_host_names_lead_here_and_no_other_does(new_page: Callable[..., Page], pages: str) -> None:
    port = pages.rsplit(":", 1)[1]
    page = new_page(java_script_enabled=False)
    page.goto(f"http://scotland.q.test:{port}/good")
    assert page.inner_text("h1") == "Good"


def test_axe_remembers_colours_and_finds_what_it_finds_without(page: Page, pages: str) -> None:
    found = []
    for script in (AXE_SCRIPT, AXE_SCRIPT + REMEMBERING):
        page.goto(f"{pages}/pale")
        page.evaluate(script)
        found.append(violations(page))
    contrast = next(violation for violation in found[0] if violation["id"] == "color-contrast")
    assert len(contrast["nodes"]) == 6
    assert found[0] == found[1]


def test_axe_reads_the_page_that_came_while_it_read_another(page: Page, pages: str) -> None:
    page.goto(f"{pages}/leaving")
    found = {violation["id"] for violation in violations(page)}
    assert {"image-alt", "html-has-lang"} <= found
    assert page.url == f"{pages}/poor"


def test_axe_that_fails_on_a_page_that_stays_fails_its_test(page: Page, pages: str) -> None:
    page.goto(f"{pages}/broken")
    with pytest.raises(Error, match="broken"):
        violations(page)


def test_axe_reads_a_page_again_as_it_read_it_first(page: Page, pages: str) -> None:
    page.goto(f"{pages}/pale")
    first = violations(page)
    assert [violation["id"] for violation in first] == ["color-contrast"]
    assert violations(page) == first
