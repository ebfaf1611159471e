"""A page has one address: with slashes doubled it leads there, wherever in the address they stand, and never to another host."""

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.factories.people import client_of, make_person

pytestmark = pytest.mark.mainly("sqlite")  # addresses have nothing to do with the engine


def _ask(app: Flask, path: str, query: str = "", **options: object) -> TestResponse:
    """The answer to an address as a server hands it on: a test client would take `//x/` for a host."""
    given = {"environ_overrides": {"PATH_INFO": path, "QUERY_STRING": query}, **options}
    return app.test_client().open("/", **given)  # type: ignore[arg-type]  # the client's many options


@pytest.mark.parametrize(
    ("path", "query", "location"),
    [
        ("/scotland//events/", "", "/scotland/events/"),
        ("/scotland////events/", "q=a%2Fb&page=2", "/scotland/events/?q=a%2Fb&page=2"),
        ("/scotland//", "", "/scotland/"),
        ("//events/", "x=//evil.example/", "/events/?x=//evil.example/"),
        ("//", "", "/"),
        ("//privacy", "", "/privacy"),
        ("//healthz", "", "/healthz"),
        ("///readyz", "x=1", "/readyz?x=1"),
        ("/scotland//healthz", "", "/scotland/healthz"),
        ("/scotland//events/", "x=\xff\r\ny", "/scotland/events/?x=%FF%0D%0Ay"),
    ],
)
def test_a_sites_address_with_doubled_slashes_leads_to_the_one(
    app: Flask, path: str, query: str, location: str
) -> None:
    answer = _ask(app, path, query)
    assert (answer.status_code, answer.headers["Location"]) == (308, location)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_static_file_has_one_address_too(app: Flask) -> None:
    address = app.extensions["q.assets"].url("q.svg")
    answer = _ask(app, f"/{address}")
    assert (answer.status_code, answer.headers["Location"]) == (308, address)


def test_further_on_in_an_address_they_lead_there_too(app: Flask) -> None:
    """Werkzeug does that; both at once take one step."""
    for path in ("/scotland/events//", "/scotland//events//"):
        answer = _ask(app, path)
        assert answer.status_code == 308
        assert answer.headers["Location"].removeprefix("http://localhost") == "/scotland/events/"


def test_on_a_host_of_its_own_too(make_app: Callable[..., Flask]) -> None:
    app = make_app(hosts={"scotland.example.org": "scotland"})
    answer = _ask(app, "//events/", base_url="http://scotland.example.org")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/events/")


def test_a_form_is_sent_on_as_it_was(app: Flask) -> None:
    """308 keeps the method and the body; nothing is done at the address that is not the page's."""
    client = client_of(app, make_person(app, "sam@example.org", home="scotland"))
    answer = client.post("/scotland//events/visits/new", data={"title": "A visit"})
    assert (answer.status_code, answer.headers["Location"]) == (308, "/scotland/events/visits/new")


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/", "//evil.example", "///evil.example/..", "/scotland//evil.example", "/scotland//evil.example/",
        "/scotland/\\evil", "/scotland//\\evil.example", "//\\evil.example/", "/\\evil.example/", "//scotland/events/",
        "//nothing//here/",
    ],
)  # fmt: skip
def test_where_there_is_no_page_they_lead_nowhere(app: Flask, path: str) -> None:
    answer = _ask(app, path)
    assert (answer.status_code, answer.headers.get("Location")) == (404, None)


def test_a_host_that_nobody_knows_is_led_nowhere(app: Flask) -> None:
    assert _ask(app, "//events/", base_url="http://evil.example").status_code == 404
