"""Every page of an account answers, in English and Welsh, to the people it is for."""

import pytest
from flask import Flask

from tests.factories.people import client_of, make_person
from tests.support.client import FormClient

PUBLIC = ("/account/register", "/account/sign-in", "/account/reset", "/account/check-mail")
OWN = (
    "/account/",
    "/account/devices",
    "/account/password",
    "/account/email",
    "/account/home",
    "/account/data",
    "/account/close",
    "/me/",
)


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("site", ["", "/wales"])
def test_public_pages(client: FormClient, site: str, path: str) -> None:
    page = client.get(site + path)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", OWN)
def test_own_pages_ask_to_sign_in(client: FormClient, path: str) -> None:
    page = client.get(f"/scotland{path}")
    assert page.status_code == 303
    assert page.location == f"/scotland/account/sign-in?next=/scotland{path}"


@pytest.mark.parametrize("path", OWN)
def test_own_pages(app: Flask, path: str) -> None:
    client = client_of(app, make_person(app, "sam@example.org", home="wales"))
    for site in ("", "/scotland", "/wales"):
        page = client.get(site + path)
        assert page.status_code == 200, path
        assert "Sam Example" in page.text
