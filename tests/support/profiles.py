"""Browser profiles for tests, used again after everything in them has been forgotten: a new one costs half a second of processor time,
because its pages get a process of their own, in which axe and the platform's scripts are compiled again."""

from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from tests.support.axe import BRINGING

WAITING_MS = 30_000
"""What must come on a page is waited for so long. Not longer: where a heading has another name, many tests wait for it in vain."""
ONE_PROCESS = "--renderer-process-limit=1"
"""Chromium gives a new page of a profile the process of an open page of the same site, once it has as many as this."""
STAYING = "http://127.0.0.1/"
"""The site of every server of the suite, whatever its port."""
FAILED_RESOURCE = "Failed to load resource"
"""Chromium writes this for every status from 400 on; what was a page's own answer is the test's business."""


class Watch:
    """Collects what goes wrong on the pages of one context, and the origins that were asked for anything."""

    def __init__(self, context: BrowserContext) -> None:
        self.problems: list[str] = []
        self.origins: set[str] = set()
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"script error: {error.error}"))

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        here = host in {"127.0.0.1", "localhost"} or host.endswith(".q.test")
        if parts.scheme in {"http", "https", "ws", "wss"}:
            self.origins.add(f"{parts.scheme}://{parts.netloc}")
            if not here:
                self.problems.append(f"request to another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type not in {"document", "xhr", "fetch"}:
            self.problems.append(f"{response.status} for {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(FAILED_RESOURCE):
            self.problems.append(f"console: {message.text}")


class Profile:
    """A profile of its own: cookies, stored data, cache. An empty page stays open in it, which keeps its process alive."""

    def __init__(self, browser: Browser, **options: Any) -> None:
        self.context = browser.new_context(**{"locale": "en-GB", "timezone_id": "Europe/London", **options})
        self.context.set_default_timeout(WAITING_MS)
        self.context.add_init_script(BRINGING)
        self._staying = self.context.new_page()
        self._staying.route(STAYING, lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))
        self._staying.goto(STAYING)
        self._staying.unroute_all()
        self._devtools = self.context.new_cdp_session(self._staying)
        self.watch = Watch(self.context)

    @property
    def closed(self) -> bool:
        """Whether a test has closed it, instead of its pages."""
        return self._staying.is_closed()

    @property
    def unused(self) -> bool:
        """Whether every page that was opened in it is closed again."""
        return not self.closed and self.context.pages == [self._staying]

    def open(self, viewport: Any, color_scheme: Any) -> Page:
        """Open a page; None: of Playwright's own size, and light."""
        page = self.context.new_page()
        if viewport is not None:
            page.set_viewport_size(viewport)
        if color_scheme is not None:
            page.emulate_media(color_scheme=color_scheme)
        return page

    def close_pages(self) -> None:
        """Close every page but the one that stays."""
        for page in self.context.pages:
            if page is not self._staying:
                page.close()

    def forget(self) -> None:
        """Make it as good as new: nothing that a page, a server or a test has left in it is there any more."""
        self.close_pages()
        self.context.set_offline(False)
        self.context.unroute_all()
        self.context.clear_permissions()
        self.context.clear_cookies()
        self._devtools.send("Network.clearBrowserCache")
        for origin in self.watch.origins:
            self._devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        self.watch.origins.clear()
        self.watch.problems.clear()


class Profiles:
    """The profiles of one browser: those that are free are given again."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[bool, list[Profile]] = {True: [], False: []}

    def take(self, java_script_enabled: bool) -> Profile:
        """One that is as good as new, for pages with scripts or without."""
        free = self._free[java_script_enabled]
        return free.pop() if free else Profile(self._browser, java_script_enabled=java_script_enabled)

    def give_back(self, java_script_enabled: bool, profile: Profile) -> None:
        """Take one back for the next test; what the test has closed is gone."""
        if not profile.closed:
            profile.forget()
            self._free[java_script_enabled].append(profile)
