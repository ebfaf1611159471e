"""Somebody's browser: signed in without the page for it, which is tested once; and pressing what leads to another page."""

from flask import Flask
from playwright.sync_api import Locator, Page

from tests.factories.people import client_of


def press(page: Page, what: Locator) -> None:
    """Press a link or a button, and wait for the page that it leads to: it may have the same address."""
    with page.expect_navigation():
        what.click()


def signed_in(page: Page, app: Flask, account_id: str, url: str) -> Page:
    """The page, in a browser in which that person is signed in at `url`."""
    held = client_of(app, account_id).get_cookie("q")
    assert held is not None
    page.context.add_cookies([{"name": "q", "value": held.value, "url": url}])
    return page
