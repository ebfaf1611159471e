"""Static files: kept for a year under the address of their content, and told apart by their content alone."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.web.assets import Assets, stylesheet

pytestmark = pytest.mark.mainly("sqlite")  # no file is kept in a database

NAMES = ("q.css", "htmx.js")


def _url(app: Flask, name: str) -> str:
    found: Assets = app.extensions["q.assets"]
    return found.url(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_kept_under_the_address_of_its_content(app: Flask, client: FlaskClient, name: str) -> None:
    answer = client.get(_url(app, name), buffered=True)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    tag = answer.headers["ETag"]
    assert client.get(_url(app, name), headers={"If-None-Match": tag}, buffered=True).status_code == 304
    old = client.get(f"/assets/0123456789ab/{name}", buffered=True)
    assert (old.status_code, old.headers["Cache-Control"], old.headers["ETag"]) == (200, "no-cache", tag)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_the_release_before_is_not_taken_for_the_new_one(client: FlaskClient, name: str) -> None:
    """While two releases run side by side a page of the new one may have its file answered by the old one, which has another content
    at that address."""
    of_next_release = "0123456789ab"
    given = client.get(f"/assets/{of_next_release}/{name}", buffered=True).headers["ETag"]
    assert of_next_release not in given, "the next release would say that this content is its own"


@pytest.mark.parametrize("hash_", ["a%22b", "a%0ab", "%00", "%ff", "x" * 5000])
def test_any_other_hash_finds_the_file_too(client: FlaskClient, hash_: str) -> None:
    answer = client.get(f"/assets/{hash_}/q.css", buffered=True)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


def test_the_stylesheet_is_one_file_with_all_its_parts(app: Flask, client: FlaskClient) -> None:
    assert _url(app, "q.css") in client.get("/").text
    answer = client.get(_url(app, "q.css"))
    assert (answer.mimetype, answer.text) == ("text/css", stylesheet())
    assert answer.content_length == len(stylesheet().encode())


def test_the_font_of_the_stylesheet_is_where_it_says(client: FlaskClient) -> None:
    named = re.search(r'url\("\.\./([^"]+)"\)', stylesheet())
    assert named
    answer = client.get(f"/assets/{named[1]}", buffered=True)
    assert (answer.status_code, answer.mimetype) == (200, "font/woff2")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_file_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    for name in ("none.css", "../assets.py", "%2e%2e%2fassets.py"):
        assert client.get(f"/assets/0/{name}").status_code == 404
