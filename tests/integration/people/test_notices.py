"""The pages about privacy and accessibility: on every site, from every page, and true."""

import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest
from flask import Flask

from core.admissions.service.attachments import REMOVED_KEPT_FOR
from core.admissions.service.interest import STOPPED_KEPT_FOR, UNCONFIRMED_KEPT_FOR
from core.people.service.sign_ins import ABSOLUTE
from core.tenancy.theme import Theme
from tests.factories.people import PASSWORD, client_of, make_person
from tests.support.client import FormClient

PAGES = ("/privacy", "/accessibility")
SITES = ("", "/wales", "/scotland")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("site", SITES)
def test_every_site_has_them(client: FormClient, site: str, path: str) -> None:
    page = client.get(site + path)
    assert page.status_code == 200
    assert len(re.findall(r"<h1[ >]", page.text)) == 1


@pytest.mark.parametrize("page", ["/", "/wales/", "/wales/events/", "/account/sign-in", "/scotland/nothing-here"])
def test_every_page_leads_there(client: FormClient, page: str) -> None:
    text = client.get(page).text
    prefix = "" if page.startswith("/account") or page == "/" else "/" + page.split("/")[1]
    for path in PAGES:
        assert f'<a href="{prefix}{path}">' in text


def test_they_name_whom_to_write_to(client: FormClient, make_app: Callable[..., Flask]) -> None:
    assert "mailto:wales@q.example" in client.get("/wales/privacy").text
    assert "mailto:help@localhost" in client.get("/privacy").text
    assert "mailto:wales@q.example" in client.get("/wales/accessibility").text
    other = make_app(contact="team@example.org").test_client()
    assert "mailto:team@example.org" in other.get("/accessibility").text
    assert "mailto:team@example.org" in other.get("/wales/privacy").text


def test_in_welsh(client: FormClient) -> None:
    client.get("/wales/language/cy")
    assert "Preifatrwydd a chwcis" in client.get("/wales/privacy").text
    assert "Dywedwch wrthym" in client.get("/wales/accessibility").text


def test_it_tells_of_applications_and_joining_in_both_languages(client: FormClient) -> None:
    """With the figures of the code that keeps to them."""
    page = client.get("/wales/privacy").text.split('id="applying"')[1].split("</table>")[0]
    for said in (
        "Your application", "The files", "equality questions", "An offer of membership", "the compact", "appeal", "If you assess",
        f"{STOPPED_KEPT_FOR.days} days longer", f"{UNCONFIRMED_KEPT_FOR.days} days if you never",
        f"{REMOVED_KEPT_FOR.days} days if you take",
    ):  # fmt: skip
        assert said in page, said
    client.get("/wales/language/cy")
    page = client.get("/wales/privacy").text.split('id="applying"')[1].split("</table>")[0]
    assert f"{REMOVED_KEPT_FOR.days} diwrnod os tynnwch" in page
    assert "Your application" not in page


def test_the_cookies_it_names_are_those_that_are_set(app: Flask, make_client: Callable[[], FormClient]) -> None:
    make_person(app, "sam@example.org", home="wales")
    client = make_client()
    given: dict[str, str] = {}

    def keep(answer: Any) -> None:
        for header in answer.headers.getlist("Set-Cookie"):
            given[header.split("=", 1)[0]] = header

    for path in ("/", "/wales/", "/wales/events/", "/account/register", "/wales/language/cy", "/privacy", "/nothing"):
        keep(client.get(path))
    keep(client.submit("/account/sign-in", {"email": "sam@example.org", "password": PASSWORD, "remember": "y"}))
    for path in ("/me/", "/account/data", "/account/close"):
        keep(client.get(path))
    text = make_client().get("/privacy").text
    named = set(re.findall(r"<code>([^<]+)</code>", text))
    assert named == set(given) == {app.config["SESSION_COOKIE_NAME"], "q_language"}
    assert f"at most {ABSOLUTE[True].days} days" in text


def test_nothing_comes_from_elsewhere(app: Flask) -> None:
    client = client_of(app, make_person(app, "sam@example.org", home="wales"))
    for path in ("/", "/wales/", "/account/", *PAGES):
        page = client.get(path)
        assert not re.findall(r"""(?:src|srcset)=["'](?:https?:)?//""", page.text), path
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_sites_own_words_stand_in_its_footer(app: Flask, client: FormClient, monkeypatch: pytest.MonkeyPatch) -> None:
    block = {"en": "<p>Looked after by {{ tenant.partner }}.</p>", "cy": "<p>Dan ofal {{ tenant.partner }}.</p>"}
    theme = Theme(blocks=MappingProxyType({"footer_note": MappingProxyType(block)}))
    monkeypatch.setitem(app.extensions["q.themes"], "wales", theme)
    for path in ("/wales/", "/wales/events/", "/wales/nothing-here"):
        footer = client.get(path).text.split("<footer")[1]
        assert "<p>Looked after by Public Health Wales.</p>" in footer, path
    client.get("/wales/language/cy")
    assert "Dan ofal" in client.get("/wales/privacy").text.split("<footer")[1]
    assert "Looked after by" not in client.get("/scotland/").text
