"""Somebody's browser, signed in without the page for it: what is tested there is tested once."""

from flask import Flask
from playwright.sync_api import Page

from tests.factories.people import client_of


def signed_in(page: Page, app: Flask, account_id: str, url: str) -> Page:
    """The page, in a browser in which that person is signed in at `url`."""
    held = client_of(app, account_id).get_cookie("q")
    assert held is not None
    page.context.add_cookies([{"name": "q", "value": held.value, "url": url}])
    return page
