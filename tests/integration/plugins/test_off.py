"""Where a plugin is off, nothing below its address tells that it exists, whatever is asked by whichever method."""

from typing import Any

import pytest
from flask import Flask

from core.data.db import tenant_session
from core.web.access import needs, signed_in, tenantless, while_off
from tests.integration.plugins.conftest import Switch

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
PATHS = ("/everywhere/", "/everywhere", "/everywhere/sent", "/everywhere//sent", "/everywhere/none")


def seen(app: Flask, path: str, method: str) -> tuple[Any, ...]:
    answer = app.test_client().open(path, method=method)
    headers = sorted((name, value) for name, value in answer.headers if name != "X-Request-Id")
    return answer.status_code, answer.data, headers


@pytest.mark.parametrize("site", ["", "/scotland"])
def test_every_method_gets_the_bytes_of_a_missing_page(wide: Flask, site: str) -> None:
    for method in METHODS:
        missing = seen(wide, f"{site}/no-such-page", method)
        assert missing[0] == 404, method
        for path in PATHS:
            assert seen(wide, site + path, method) == missing, (method, path)
        if site:  # at the root the test's browser would take the name for a host
            assert seen(wide, f"{site}//everywhere/", method) == missing, method


def test_where_it_is_on_the_methods_are_told(wide: Flask, switch: Switch) -> None:
    switch(True)
    client = wide.test_client()
    assert client.post("/scotland/everywhere/").status_code in {400, 405}
    assert client.put("/scotland/everywhere/").status_code == 405
    assert client.get("/scotland/everywhere/sent").status_code == 405
    assert client.get("/scotland/everywhere").status_code == 308
    assert client.options("/scotland/everywhere/").status_code == 200
    assert client.head("/scotland/everywhere/").status_code == 200
    assert client.get("/scotland/everywhere/").headers["X-Everywhere"] == "1"


def test_a_plugin_that_broke_after_it_was_mounted_is_as_absent(wide: Flask, switch: Switch) -> None:
    switch(True)
    wide.extensions["q.registry"].mark_broken("everywhere", "test")
    with wide.app_context(), tenant_session(1) as session:
        wide.extensions["q.directory"].refresh(session)
    for method in ("GET", "PUT", "OPTIONS"):
        assert seen(wide, "/scotland/everywhere/", method) == seen(wide, "/scotland/no-such-page", method)


FEED = "/scotland/everywhere/feed.txt"


def test_a_feed_says_so_and_answers_reads_where_it_was_on_before(wide: Flask, switch: Switch) -> None:
    assert seen(wide, FEED, "GET") == seen(wide, "/scotland/no-such-page", "GET"), "nobody can have subscribed yet"
    switch(True)
    switch(False, revision=1)
    assert (wide.test_client().get(FEED).text, wide.test_client().head(FEED).status_code) == ("still here", 200)
    for method in METHODS[2:]:
        assert seen(wide, FEED, method) == seen(wide, "/scotland/no-such-page", method), method
    assert seen(wide, f"{FEED}/", "GET") == seen(wide, "/scotland/no-such-page", "GET")


def test_a_feed_of_a_plugin_that_broke_is_absent(wide: Flask, switch: Switch) -> None:
    switch(True)
    switch(False, revision=1)
    wide.extensions["q.registry"].mark_broken("everywhere", "test")
    assert seen(wide, FEED, "GET") == seen(wide, "/scotland/no-such-page", "GET")


def test_only_a_public_view_can_answer_while_its_plugin_is_off() -> None:
    for view in (signed_in(lambda: ""), needs("x")(lambda: ""), tenantless(lambda: ""), lambda: ""):
        with pytest.raises(TypeError, match="public"):
            while_off(view)
