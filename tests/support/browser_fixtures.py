"""Chromium for tests. A page fails its test on script errors, failed resources and any request to another host."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support import tools
from tests.support.axe import violations
from tests.support.profiles import ONE_PROCESS, WAITING_MS, Profile, Profiles

expect.set_options(timeout=WAITING_MS)

# Chromium must neither phone home nor find any other machine; every *.q.test name is this one.
ARGUMENTS = (
    "--disable-gpu",
    ONE_PROCESS,
    "--js-flags=--no-opt --no-maglev",  # a page lives too short for its scripts, axe among them, to gain by being compiled with care
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.q.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium per test process, with a new profile. No Chromium: the test fails."""
    program = tools.chromium()
    if program is None:
        pytest.fail("no Chromium on this machine; `make test` installs one", pytrace=False)
    as_root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS, *as_root])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def profiles(browser: Browser) -> Profiles:
    """The profiles of this test process's browser. Ask for `new_page` instead: it gives them back."""
    return Profiles(browser)


@pytest.fixture
def new_page(browser: Browser, profiles: Profiles) -> Iterator[Callable[..., Page]]:
    """Open a page in a profile in which nothing is: `new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")`. Other
    settings of Playwright's ask for a profile that is not used again."""
    taken: list[tuple[bool, Profile]] = []
    once: list[Profile] = []
    problems: list[str] = []

    def give_back(scripts: bool, profile: Profile) -> None:
        problems.extend(profile.watch.problems)
        profiles.give_back(scripts, profile)

    def open_page(
        viewport: Any = None, color_scheme: Any = None, java_script_enabled: bool = True, **options: Any
    ) -> Page:
        if options:
            profile = Profile(browser, java_script_enabled=java_script_enabled, **options)
            once.append(profile)
        else:
            for before in [one for one in taken if one[1].unused]:
                taken.remove(before)
                give_back(*before)
            profile = profiles.take(java_script_enabled)
            taken.append((java_script_enabled, profile))
        return profile.open(viewport, color_scheme)

    yield open_page
    for scripts, profile in taken:
        if not profile.closed:
            profile.close_pages()
        give_back(scripts, profile)
    for profile in once:
        profile.context.close()
        problems += profile.watch.problems
    if problems:
        pytest.fail("the pages had problems:\n" + "\n".join(dict.fromkeys(problems)), pytrace=False)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A desktop-sized page in a fresh profile."""
    return new_page(viewport={"width": 1280, "height": 900})


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Check a page for accessibility (WCAG 2.2 A and AA): fails with each violation and where it is."""

    def check(page: Page) -> None:
        found = [
            f"- {violation['id']} ({violation['impact']}): {violation['help']}\n"
            + "\n".join(
                f"    {' '.join(map(str, node['target']))}  {node['html'][:160]}" for node in violation["nodes"]
            )
            for violation in violations(page)
        ]
        if found:
            pytest.fail(f"{page.url} has accessibility violations:\n" + "\n".join(found), pytrace=False)

    return check
