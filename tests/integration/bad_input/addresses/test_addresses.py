"""Every address with something in its path or its query that nobody should send: a page or a refusal, never a 5xx."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from core.kernel.ids import new_id
from tests.integration.bad_input.discovery import ASKED, addresses, build, rules
from tests.integration.bad_input.judge import listed
from tests.integration.bad_input.values import QUERIES, SEGMENTS
from tests.integration.bad_input.world import CSRF, Browser, World, prefix
from tests.support.thorough import some

pytestmark = pytest.mark.mainly("postgres")  # the engine that refuses more: null bytes, long words, large numbers
FINE = {200, 302, 303, 304, 308, 400, 403, 404, 405, 409, 410, 413, 414, 422}
NONE = ("%00", "&&&===", "=x", "%ff=%ff", "a" * 9000, "nobody=asks&nobody=twice", "page[]=1", "\u00e9=1")
"""Queries that are none."""
TOKEN = re.compile(r'name="csrf_token" value="[^"]+"')
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


class Page(NamedTuple):
    """An address, somebody who may read it, and the names that its view asks a query for."""

    browser: Browser
    endpoint: str
    path: str
    asked: frozenset[str]


@pytest.fixture(scope="module")
def pages(world: World) -> list[Page]:
    """Every page: asked for by one browser after the other, the one without an account last, until one is let in."""
    found = []
    for rule in rules(world.app, "GET"):
        path = addresses(world, rule)[0]
        for browser in reversed(world.browsers):
            ASKED.clear()
            if world.send(browser, "GET", path).status_code in {200, 303, 404}:
                break
        assert _written(world) == set(), path
        found.append(Page(browser, rule.endpoint, path, frozenset(ASKED)))
    return found


def _written(world: World) -> set[str]:
    """The tables written to since the last time, and put back."""
    found = set(world.watch.written())
    world.put_back()
    return found


def test_every_query_parameter(world: World, pages: list[Page]) -> None:
    """Which parameters there are is what the views ask for, also on the way that another value has opened."""
    wrong: list[Any] = []
    asked_at_all: set[tuple[str, str]] = set()
    for browser, endpoint, path, asked in pages:
        ASKED.clear()
        ASKED.update(asked)
        known: set[str] = set()
        while new := ASKED - known:
            name = min(new)
            known.add(name)
            for value in some(QUERIES, 1, world.engine, endpoint, name):
                response = world.send(browser, "GET", f"{path}?{name}={value}&{name}=2")
                if response.status_code not in FINE or "Set-Cookie:x" in str(response.headers):
                    wrong.append((path, name, value[:40], response.status_code))
            if found := _written(world):
                wrong.append((path, name, "wrote", found))
        asked_at_all |= {(path, name) for name in known}
    assert not wrong, listed(wrong)
    surely = {("/scotland/events/", "page"), ("/console/audit/", "from"), ("/scotland/language/en", "next")}
    assert surely <= asked_at_all


def test_a_query_that_is_none(world: World, pages: list[Page]) -> None:
    for browser, endpoint, path, _ in pages:
        for query in some(NONE, 2, endpoint):
            status = world.send(browser, "GET", f"{path}?{query}").status_code
            assert status in FINE, (path, query[:40], status)
        assert _written(world) == set()


def _hostile(rule: Rule, world: World) -> Iterator[str]:
    """The route's addresses with one parameter at a time that is none."""
    usual = {name: world.values(rule, name)[0] for name in rule.arguments}
    for name in rule.arguments:
        for segment in some(SEGMENTS, 2, world.engine, rule.rule, name):
            values = {**usual, name: segment}
            yield prefix(rule.endpoint) + "".join(
                values[part] if number % 2 else part for number, part in enumerate(PARAMETER.split(rule.rule))
            )


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_parameter_of_a_path(world: World, method: str) -> None:
    wrong: list[Any] = []
    for rule in rules(world.app, method):
        let_in = list(world.browsers)
        for path in _hostile(rule, world):
            for browser in tuple(let_in):
                data = {CSRF: browser.token} if method == "POST" else None
                response = world.send(browser, method, path, data=data)
                if response.status_code == 403:
                    let_in.remove(browser)  # stopped before the path is read, whatever stands in it
                if response.status_code not in FINE:
                    wrong.append((browser.name, path[:80], response.status_code))
        if found := _written(world):
            wrong.append((rule.rule, "wrote", found))
    assert not wrong, listed(wrong)


def _answer(response: TestResponse, asked: str) -> tuple[int, str, str]:
    """The answer without the id that was asked for: who is not signed in is sent there again afterwards."""
    location = response.headers.get("Location", "")
    body = TOKEN.sub("", response.text)  # signed anew every second
    return response.status_code, body.replace(asked, ""), location.replace(asked, "")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_sites_and_another_kinds_ids(world: World, method: str) -> None:
    """The same bytes as for an id that there is not, and nothing is written."""
    wrong: list[Any] = []
    for rule in rules(world.app, method):
        if rule.endpoint == "console.role_end":
            continue  # the central team ends roles at every site
        for name in sorted(rule.arguments):
            foreign = world.elsewhere(rule, name)
            if not foreign:
                continue
            others = {other: world.values(rule, other)[0] for other in rule.arguments - {name}}
            for browser in world.browsers:
                data = {CSRF: browser.token} if method == "POST" else None
                theirs, none = (
                    _answer(
                        world.send(browser, method, build(world.app, rule, {**others, name: value}), data=data), value
                    )
                    for value in (foreign, new_id())
                )
                if theirs != none:
                    wrong.append((browser.name, rule.rule, theirs[0], none[0]))
        if found := _written(world):
            wrong.append((rule.rule, "wrote", found))
    assert not wrong, listed(wrong)


@pytest.mark.parametrize(
    "path", ["/%00", "/%ff", "/scotland/%00", "/scotland%00/", "//", "//evil.example/", "/scotland//", "/./..", "/%2e%2e/",
             "/assets/x/../../wsgi.py", "/assets/0/%2e%2e%2fwsgi.py", "/assets/0/%00", "/" + "a" * 20_000, "/scotland/;x",
             "/\u202e", "/SCOTLAND/", "/uk/", "/console/tenants/%00/"]
)  # fmt: skip
def test_addresses_that_make_no_sense(world: World, path: str) -> None:
    for browser in world.browsers:
        assert world.send(browser, "GET", path).status_code in FINE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Cookie", "q=nonsense"),
        ("Cookie", "q=" + "A" * 5000 + ".x.y"),
        ("Cookie", "q_language=%00; q_language=xx; q=;;=;"),
        ("Accept-Language", "cy;q=9, *;q=-1, \xff, x" + ",en" * 500),
        ("X-Request-Id", "a" * 9000),
        ("X-Request-Id", "\x7f<script>"),
        ("Host", "scotland.q.test:99999"),
        ("Host", "[::1"),
        ("X-Forwarded-Host", "evil.example"),
        ("Referer", "\xff://"),
        ("If-None-Match", '"' * 300),
        ("If-Modified-Since", "yesterday"),
        ("Range", "bytes=9-1,-,x"),
        ("Accept", "\x00;;q=x"),
        ("Content-Type", "multipart/form-data; boundary="),
        ("HX-Request", "maybe"),
        ("User-Agent", "\xff" * 3000),
    ],
)
def test_headers_that_make_no_sense(world: World, name: str, value: str) -> None:
    for path in ("/", "/scotland/events/", "/account/sign-in", "/assets/0/base.css", "/healthz"):
        response = world.send(world.browsers[0], "GET", path, headers={name: value})
        assert response.status_code < 500, (path, response.status_code)
        assert "evil.example" not in response.text
