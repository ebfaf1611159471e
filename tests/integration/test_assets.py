"""Static files: kept for a year under the address of what is in them, and never under another."""

import re

from flask import Flask

from core.web.assets import stylesheet
from tests.support.client import FormClient

YEAR = "public, max-age=31536000, immutable"


def _address(app: Flask, name: str) -> str:
    return str(app.extensions["q.assets"].url(name))


def test_the_stylesheet_is_one_file_with_all_its_parts(app: Flask, client: FormClient) -> None:
    address = _address(app, "q.css")
    assert address in client.get("/").text
    answer = client.get(address, buffered=True)
    assert (answer.status_code, answer.mimetype, answer.text) == (200, "text/css", stylesheet())
    assert answer.headers["Cache-Control"] == YEAR
    assert answer.content_length == len(stylesheet().encode())
    again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_font_of_the_stylesheet_is_where_it_says(app: Flask, client: FormClient) -> None:
    named = re.search(r'url\("\.\./([^"]+)"\)', stylesheet())
    assert named
    answer = client.get(f"/assets/{named[1]}", buffered=True)
    assert (answer.status_code, answer.mimetype) == (200, "font/woff2")
    assert answer.headers["Cache-Control"] == YEAR


def test_under_another_release_s_address_a_file_is_given_and_not_kept(client: FormClient) -> None:
    """A page of the release before may ask for it while the new one is taking over."""
    for name in ("q.css", "q.js"):
        answer = client.get(f"/assets/000000000000/{name}", buffered=True)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


def test_a_file_that_is_not_there_is_not_found(client: FormClient) -> None:
    for name in ("none.css", "../assets.py", "%2e%2e%2fassets.py"):
        assert client.get(f"/assets/0/{name}").status_code == 404
