"""Signing in and out: the password, the cookie, the devices, and that a sign-out counts at once."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import NotFound, Refused
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.people import passwords, queries
from core.people.models import Account, SignIn
from core.people.service import accounts, sign_ins
from tests.factories.people import PASSWORD, client_of, make_person
from tests.support.app_fixtures import FrozenClock
from tests.support.client import FormClient
from tests.support.statements import Counter

Clients = Callable[[], FormClient]


def _sign_in(
    client: FormClient, email: str = "sam@example.org", password: str = PASSWORD, **more: str
) -> tuple[int, str | None]:
    answer = client.submit("/account/sign-in", {"email": email, "password": password, **more})
    return answer.status_code, answer.location


def _is_in(client: FormClient) -> bool:
    return client.get("/account/").status_code == 200


def test_one_account_works_on_every_site(app: Flask, client: FormClient) -> None:
    make_person(app, "sam@example.org")
    assert (
        client.submit("/wales/account/sign-in", {"email": "Sam@Example.org", "password": PASSWORD}).location
        == "/wales/"
    )
    for site in ("", "/wales", "/scotland"):
        assert client.get(f"{site}/account/").status_code == 200


def test_the_cookie(app: Flask, make_client: Clients) -> None:
    make_person(app, "sam@example.org")
    for remember in (False, True):
        answer = make_client().submit(
            "/account/sign-in",
            {"email": "sam@example.org", "password": PASSWORD, **({"remember": "y"} if remember else {})},
        )
        cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("q="))
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/;" in cookie
        assert ("Expires=" in cookie) == remember


def test_over_tls_the_cookie_is_secure_and_bound_to_the_host(make_app: Callable[..., Flask], app: Flask) -> None:
    make_person(app, "sam@example.org")
    client = make_app(base_url="https://q.example").test_client()
    page = client.get("/account/sign-in", base_url="https://q.example")
    [cookie] = page.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-q=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


def test_an_existing_session_is_not_carried_over(app: Flask, client: FormClient) -> None:
    make_person(app, "sam@example.org")
    client.get("/account/sign-in")
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
        before = cookie["csrf_token"]
    _sign_in(client)
    client.get("/account/")
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie["csrf_token"] != before
        token = cookie["_user_id"]
    client.post("/account/sign-out", data={"csrf_token": _csrf(client)})
    _sign_in(client)
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != token


def _csrf(client: FormClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account/devices").text)
    assert found
    return found[1]


def test_the_database_keeps_no_token(app: Flask, client: FormClient, session: ScopedSession) -> None:
    make_person(app, "sam@example.org")
    _sign_in(client)
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    row = session.scalars(sa.select(SignIn)).one()
    assert row.token_hash == sign_ins.token_hash(token)
    assert token not in str(row.__dict__)


@pytest.mark.parametrize(("email", "password"), [
    ("sam@example.org", "wrong horse battery"), ("nobody@example.org", PASSWORD), ("waiting@example.org", PASSWORD), ("", ""),
])  # fmt: skip
def test_wrong_is_wrong_in_the_same_words(app: Flask, make_client: Clients, email: str, password: str) -> None:
    make_person(app, "sam@example.org")
    make_person(app, "waiting@example.org", confirmed=False)
    client = make_client()
    answer = client.submit("/account/sign-in", {"email": email, "password": password})
    assert answer.status_code == 422
    assert ("We do not know that email address and password" in answer.text) == bool(email)
    assert PASSWORD not in answer.text
    assert not _is_in(client)


def test_failures_are_the_same_bytes(app: Flask, make_client: Clients) -> None:
    make_person(app, "sam@example.org")
    pages = []
    for email in ("sam@example.org", "zoe@example.org"):
        answer = make_client().submit("/account/sign-in", {"email": email, "password": "wrong horse battery"})
        text = re.sub(r'value="[\w.\-]{20,}"', "", answer.text.replace(email, ""))
        pages.append((answer.status_code, text, answer.headers.get("Location"), answer.headers["Cache-Control"]))
    assert pages[0] == pages[1]


def test_a_closed_account_is_out_at_once(app: Flask, session: ScopedSession) -> None:
    account_id = make_person(app, "sam@example.org")
    client = client_of(app, account_id)
    assert _is_in(client)
    accounts.close(session, SYSTEM, account_id=account_id, reason="left the community")
    assert not _is_in(client)
    answer = client.submit("/account/sign-in", {"email": "sam@example.org", "password": PASSWORD})
    assert "This account is closed" in answer.text
    answer = client.submit("/account/sign-in", {"email": "sam@example.org", "password": "wrong horse battery"})
    assert "closed" not in answer.text
    with pytest.raises(NotFound):
        sign_ins.begin(session, account_id=account_id, device="", remember=False)
    accounts.reopen(session, SYSTEM, account_id=account_id, reason="came back")
    assert _sign_in(client)[0] == 303


def test_signing_out_counts_at_once_for_a_copied_cookie(app: Flask, make_client: Clients) -> None:
    make_person(app, "sam@example.org")
    client, thief = make_client(), make_client()
    _sign_in(client)
    with client.session_transaction() as cookie, thief.session_transaction() as stolen:
        stolen.update(cookie)
    assert _is_in(thief)
    answer = client.submit("/account/", form="sign-out")
    assert answer.status_code == 303
    assert not _is_in(client)
    assert not _is_in(thief)
    with thief.session_transaction() as stolen:
        assert "_user_id" not in stolen


def test_signing_out_is_a_post(app: Flask, make_client: Clients) -> None:
    client = client_of(app, make_person(app, "sam@example.org"))
    for path in ("/account/sign-out", "/account/sign-out-everywhere"):
        assert client.get(path).status_code == 405
        assert client.post(path).status_code == 400
    assert _is_in(client)


def test_signing_out_twice_is_no_error(app: Flask) -> None:
    client = client_of(app, make_person(app, "sam@example.org"))
    page = client.get("/account/")
    other = client.get("/account/").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    assert other
    assert client.post("/account/sign-out", data={"csrf_token": token[1]}).status_code == 303


def test_devices_are_listed_and_ended_one_by_one(app: Flask) -> None:
    account_id = make_person(app, "sam@example.org")
    here, there = client_of(app, account_id), client_of(app, account_id)
    stranger = client_of(app, make_person(app, "zoe@example.org"))
    page = here.get("/account/devices").text
    [other] = re.findall(r"/account/devices/(\w{26})/end", page)
    assert page.count("This device") == 1
    csrf = _csrf(stranger)
    refused = stranger.post(f"/account/devices/{other}/end", data={"csrf_token": csrf})
    missing = stranger.post(f"/account/devices/{'0' * 26}/end", data={"csrf_token": csrf})
    broken = stranger.post("/account/devices/a%00b/end", data={"csrf_token": csrf})
    assert refused.status_code == missing.status_code == broken.status_code == 404
    assert _is_in(there)
    assert here.submit("/account/devices", form=f"{other}/end").location == "/account/devices"
    assert not _is_in(there)
    assert _is_in(here)


def test_signing_out_everywhere(app: Flask) -> None:
    account_id = make_person(app, "sam@example.org")
    clients = [client_of(app, account_id) for _ in range(3)]
    other = client_of(app, make_person(app, "zoe@example.org"))
    clients[0].submit("/account/devices", form="everywhere")
    assert not any(_is_in(client) for client in clients)
    assert _is_in(other)


@pytest.mark.parametrize(("remember", "idle", "absolute"), [(False, 12, 7 * 24), (True, 30 * 24, 90 * 24)])
def test_devices_end_when_idle_and_at_last(
    app: Flask, session: ScopedSession, frozen_clock: FrozenClock, remember: bool, idle: int, absolute: int
) -> None:
    account_id = make_person(app, "sam@example.org")
    token = sign_ins.begin(session, account_id=account_id, device="", remember=remember)
    client = app.test_client()

    def is_in() -> bool:
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return client.get("/account/").status_code == 200

    hours = 0
    while hours + idle - 1 < absolute:  # used every so often it lasts …
        assert is_in()
        hours += idle - 1
        frozen_clock.advance(hours=idle - 1)
    assert is_in()
    frozen_clock.advance(hours=absolute - hours)  # … until its end
    assert not is_in()
    session.rollback()
    token = sign_ins.begin(session, account_id=account_id, device="", remember=remember)
    frozen_clock.advance(hours=idle, minutes=1)
    assert not is_in()


def test_use_is_noted_at_most_every_five_minutes(
    app: Flask, session: ScopedSession, frozen_clock: FrozenClock, statements: Counter
) -> None:
    client = client_of(app, make_person(app, "sam@example.org"))
    for minutes, writes in ((0, 0), (4, 0), (2, 1), (1, 0)):
        frozen_clock.advance(minutes=minutes)
        with statements() as seen:
            assert _is_in(client)
        assert seen.text.count("UPDATE people_sign_in") == writes, (minutes, seen.text)


def test_a_password_changed_meanwhile_does_not_sign_in(
    app: Flask, session: ScopedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the check of the password and the sign-in it is changed: the conditional update sees it."""
    account_id = make_person(app, "sam@example.org")

    def change_it(*_: object) -> bool:
        with app.app_context(), transaction(session):
            session.execute(sa.update(Account).where(Account.id == account_id).values(password_hash="another"))
        return True

    monkeypatch.setattr(passwords, "matches", change_it)
    with pytest.raises(Refused):
        sign_ins.sign_in(session, email="sam@example.org", password=PASSWORD, device="", remember=False, quick=True)
    assert session.scalar(sa.select(sa.func.count()).select_from(SignIn)) == 0


def test_a_weaker_hash_is_made_anew(app: Flask, session: ScopedSession) -> None:
    make_person(app, "sam@example.org")
    sign_ins.sign_in(session, email="sam@example.org", password=PASSWORD, device="", remember=False, quick=False)
    session.rollback()
    found = queries.account_by_email(session, "sam@example.org")
    assert found is not None
    assert str(found.password_hash).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert found.signed_in_at is not None


def test_where_to_after_signing_in(app: Flask, make_client: Clients) -> None:
    make_person(app, "sam@example.org")
    for asked, then in (
        ("/scotland/me/", "/scotland/me/"), ("https://evil.example/", "/wales/"), ("//evil.example", "/wales/"),
        ("/%5Cevil.example", "/wales/"), ("", "/wales/"),
    ):  # fmt: skip
        client = make_client()
        path = f"/wales/account/sign-in?next={asked}"
        answer = client.submit(path, {"email": "sam@example.org", "password": PASSWORD})
        assert answer.location == then, asked
        assert client.get(path).location == then


def test_from_the_uk_sites_front_page_one_comes_to_ones_own_items(app: Flask, make_client: Clients) -> None:
    make_person(app, "sam@example.org")
    for asked, then in (
        ("", "/me/"), ("/", "/me/"), ("/?a=b", "/me/"), ("//evil.example", "/me/"), ("https://evil.example/", "/me/"),
        ("/account/security", "/account/security"), ("/scotland/", "/scotland/"),
    ):  # fmt: skip
        client = make_client()
        path = f"/account/sign-in?next={asked}"
        assert client.submit(path, {"email": "sam@example.org", "password": PASSWORD}).location == then, asked
        assert client.get(path).location == then


def test_whoever_did_not_ask_to_sign_in_is_told_why(client: FormClient) -> None:
    why = "Please sign in first: what you asked for is for people who are signed in."
    led_here = client.get("/scotland/me/").location or ""
    assert why in client.get(led_here).text
    assert why not in client.get("/scotland/account/sign-in?next=/scotland/events/").text, (
        "who pressed it in the menu knows"
    )


def test_a_mistake_does_not_lose_where_one_was_going(app: Flask, client: FormClient) -> None:
    make_person(app, "sam@example.org")
    page = client.get("/scotland/me/")
    wrong = client.submit(page.location or "", {"email": "sam@example.org", "password": "wrong horse battery"})
    assert 'value="/scotland/me/"' in wrong.text


def test_one_statement_tells_who_is_signed_in(app: Flask, statements: Counter) -> None:
    grants = [
        (role, slug) for role in (Role.ASSESSOR, Role.EVENTS_ORGANISER) for slug in ("wales", "scotland", "oxford")
    ]
    plain = client_of(app, make_person(app, "sam@example.org"))
    laden = client_of(app, make_person(app, "zoe@example.org", home="wales", grants=grants))
    anonymous = app.test_client()
    counts = []
    for client in (anonymous, plain, laden):
        client.get("/account/check-mail")
        with statements() as seen:
            client.get("/account/check-mail")
        counts.append(len(seen))
    assert counts[1] == counts[2] == counts[0] + 1


def test_a_forged_cookie_is_nobody(app: Flask, client: FormClient) -> None:
    client_of(app, make_person(app, "sam@example.org"))
    for value in ("", "x", "\x00", "é" * 100, 5, None, ["a"]):
        with client.session_transaction() as cookie:
            cookie["_user_id"] = value
        assert not _is_in(client)


def test_a_session_belongs_to_its_moment(app: Flask, session: ScopedSession) -> None:
    account_id = make_person(app, "sam@example.org")
    sign_ins.begin(session, account_id=account_id, device="Firefox, Linux", remember=True, ip="2001:db8::1")
    [device] = queries.devices(session, account_id)
    assert (device.device, device.ip, device.remember) == ("Firefox, Linux", "2001:db8::1", True)
    assert device.expires_at - device.created_at == timedelta(days=90)
    assert device.created_at <= clock.now()
