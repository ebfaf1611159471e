"""The first pages a newcomer opens, in a browser, with the demonstration community."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.support.servers import Process


@pytest.mark.parametrize("path", ["/", "/scotland/", "/wales/", "/demo/", "/privacy", "/wales/accessibility"])
def test_a_first_page_opens_clean_and_accessible(
    live_demo: Process, page: Page, axe: Callable[[Page], None], path: str
) -> None:
    answer = page.goto(live_demo.url + path)
    assert answer is not None
    assert answer.status == 200
    assert page.locator("h1").count() == 1
    axe(page)
