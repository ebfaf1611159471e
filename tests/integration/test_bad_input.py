"""Every form, fed with what nobody should send: a clear answer, nothing half written, never a 500."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from core.kernel.permissions import Role
from tests.factories.people import client_of, make_person
from tests.support.client import FormClient, FoundForm, forms

PAGES = (
    "/account/register",
    "/account/sign-in",
    "/account/reset",
    "/wales/account/sign-in",
)
MEMBER_PAGES = ("/account/", "/account/password", "/scotland/events/new", "/scotland/me/")
CENTRAL_PAGES = ("/console/", "/console/roles/", "/console/audit/", "/console/tenants/scotland/")
HOSTILE: dict[str, Any] = {
    "null byte": "a\x00b",
    "long": "x" * 60_000,
    "markup": "<script>alert(1)</script>",
    "right to left": "\u202e\u0645\u0631\u062d\u0628\u0627",
    "emoji": "🧪" * 200,
    "formula": "=HYPERLINK(1)",
    "number": "-99999999999999999999999",
    "nothing": "",
    "spaces": "   ",
    "quotes": "'\"; drop table people_account; --",
    "bad utf-8": b"\xff\xfe\xc3\x28",
    "surrogate": b"\xed\xa0\x80",
}
FINE = {200, 303, 400, 403, 404, 409, 413, 422, 429}


@pytest.fixture
def member(app: Flask) -> FormClient:
    return client_of(
        app, make_person(app, "fuzz@example.org", home="scotland", grants=[(Role.EVENTS_ORGANISER, "scotland")])
    )


@pytest.fixture
def central(app: Flask) -> FormClient:
    return client_of(app, make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))


def _posts(client: FormClient, path: str) -> Iterator[tuple[str, FoundForm]]:
    page = client.get(path)
    assert page.status_code in {200, 404}, path
    for form in forms(page.get_data(as_text=True)):
        if form.method == "post" and "sign-out" not in form.action:
            yield form.action or path, form


def _fuzz(client: FormClient, path: str) -> list[tuple[str, str, str, int]]:
    wrong = []
    for action, form in _posts(client, path):
        for name in form.fields:
            for kind, value in HOSTILE.items():
                data = {key: values[0] if values else "" for key, values in form.fields.items()}
                response = client.post(action, data={**data, name: value})
                if response.status_code not in FINE:
                    wrong.append((action, name, kind, response.status_code))
        extra = {key: values[0] if values else "" for key, values in form.fields.items()}
        extra |= {"tenant_id": "3", "state": "published", "version": "99", "role": "central_team", "is_system": "1"}
        if (status := client.post(action, data=extra).status_code) not in FINE:
            wrong.append((action, "unknown fields", "", status))
        for body in (b"\x00\xff", b"a=%ff&b=%00", b"&&&===", b"{}"):
            response = client.post(action, data=body, content_type="application/x-www-form-urlencoded")
            if response.status_code not in FINE:
                wrong.append((action, "raw body", repr(body), response.status_code))
    return wrong


@pytest.mark.parametrize("path", PAGES)
def test_forms_for_everybody(client: FormClient, path: str) -> None:
    assert _fuzz(client, path) == []


@pytest.mark.parametrize("path", MEMBER_PAGES)
def test_forms_for_members_and_organisers(member: FormClient, path: str) -> None:
    assert _fuzz(member, path) == []


@pytest.mark.parametrize("path", CENTRAL_PAGES)
def test_forms_of_the_console(central: FormClient, path: str) -> None:
    assert _fuzz(central, path) == []


@pytest.mark.parametrize(
    "path", ["/%00", "/%ff", "/scotland/events/%F0%9F%A7%AA", "/scotland/events/?page=%00", "/scotland/events/?page=-1",
             "/scotland/events/?page=99999999999999999999", "/?next=%0d%0aSet-Cookie:x", "/assets/x/../../wsgi.py",
             "/language/xx", "/theme-0.css", "/account/password/not-a-token", "/scotland/events/" + "a" * 5000]
)  # fmt: skip
def test_addresses_that_make_no_sense(client: FormClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code in {200, 303, 308, 400, 404, 410}, path
    assert "Set-Cookie:x" not in str(response.headers)


def test_a_forged_form_is_refused_and_a_missing_token_too(client: FormClient) -> None:
    for token in ({}, {"csrf_token": "forged"}):
        response = client.post("/account/register", data={"name": "A", "email": "a@example.org", **token})
        assert response.status_code == 400
        assert "once more" in response.get_data(as_text=True)


def test_what_was_typed_is_kept(client: FormClient) -> None:
    response = client.submit("/account/register", {"name": "Mair Jones", "email": "no address"})
    body = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "Mair Jones" in body
    assert "no address" in body
    assert "name@example.org" in body
