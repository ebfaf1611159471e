"""Every page of an account answers, in English and Welsh, to the people it is for."""

from typing import cast

import pytest
from flask import Flask

from tests.factories.people import PASSWORD, client_of, make_person
from tests.support.client import FormClient, forms

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
    assert page.location == f"/scotland/account/sign-in?next=/scotland{path}&asked=1"


@pytest.mark.parametrize("path", OWN)
def test_own_pages(app: Flask, path: str) -> None:
    client = client_of(app, make_person(app, "sam@example.org", home="wales"))
    for site in ("", "/scotland", "/wales"):
        page = client.get(site + path)
        assert page.status_code == 200, path
        assert "Sam Example" in page.text


def test_a_member_finds_home_from_every_other_site(app: Flask) -> None:
    client = client_of(app, make_person(app, "sam@example.org", home="wales"))
    for path in ("/", "/scotland/", "/account/"):
        assert ">Wales</a></li>" in client.get(path).text.split("</header>")[0], path
    assert ">Wales</a></li>" not in client.get("/wales/").text.split("</header>")[0]
    guest = client_of(app, make_person(app, "guest@example.org"))
    assert ">Wales</a></li>" not in guest.get("/").text.split("</header>")[0]


def test_who_is_signed_out_and_finds_nothing_can_sign_in_and_look_again(app: Flask, client: FormClient) -> None:
    page = client.get("/scotland/events/nothing-here")
    assert page.status_code == 404
    assert "/scotland/account/sign-in?back=1" in page.text
    path = "/scotland/account/sign-in?back=1"
    make_person(app, "ann@example.org")
    for left, then in (
        ("/scotland/events/nothing-here?a=b", "/scotland/events/nothing-here?a=b"),
        ("//elsewhere", "/scotland/"),
    ):
        asked = client.get(path, headers={"Referer": f"http://localhost{left}"})
        (form,) = [one for one in forms(asked.text) if "email" in one.fields]
        sent = {**form.fields, "email": "ann@example.org", "password": PASSWORD}
        assert client.post(form.action or path, data=sent).location == then
        client = cast("FormClient", app.test_client())
    foreign = client.get(path, headers={"Referer": "http://elsewhere.example/scotland/events/"})
    assert "events" not in foreign.text.split("<main")[1]
    assert "look again" not in client_of(app, make_person(app, "sam@example.org")).get("/scotland/nothing").text
