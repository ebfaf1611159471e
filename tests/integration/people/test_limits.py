"""Too many tries: a clear page, how long to wait, and nobody else shut out."""

import re
from collections.abc import Callable, Iterable, Iterator

import pytest
from flask import Flask

from core.people import limits
from tests.factories.people import PASSWORD, client_of, make_person
from tests.support.client import FormClient, forms

Clients = Callable[[], FormClient]
HERE, THERE = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}


@pytest.fixture(autouse=True)
def _limits_on(app: Flask) -> Iterator[None]:
    limits.limiter.enabled = True
    limits.limiter.reset()
    yield
    limits.limiter.enabled = False


def _try(client: FormClient, email: str, password: str, place: dict[str, str]) -> int:
    return _sent(client, "/account/sign-in", [({"email": email, "password": password}, place)])[0]


def _sent(client: FormClient, path: str, each: Iterable[tuple[dict[str, str], dict[str, str]]]) -> list[int]:
    """What a form, loaded once, answers each time it is sent with such values from such a place: reading is not limited."""
    form = client.form(path, {"email": "", "password": ""})
    return [client.send_again(form, values, environ_overrides=place).status_code for values, place in each]


def _from(number: int) -> dict[str, str]:
    return {"REMOTE_ADDR": f"192.0.2.{number}"}


def test_one_address_tried_from_many_places(app: Flask, make_client: Clients) -> None:
    make_person(app, "sam@example.org")
    client = make_client()
    guesses = [({"email": "sam@example.org", "password": f"guess number {n}"}, _from(n)) for n in range(12)]
    answers = _sent(client, "/account/sign-in", guesses)
    assert answers == [422] * 10 + [429] * 2
    assert _try(client, "SAM@example.org ", PASSWORD, HERE) == 429, "however the address is written"
    assert _try(client, "zoe@example.org", PASSWORD, HERE) == 422, "nobody else is shut out"


def test_spaces_before_an_address_make_no_other_of_it(client: FormClient) -> None:
    for path, more, answer, times in (
        ("/account/sign-in", {"password": "a guess"}, 422, 10),
        ("/account/reset", {}, 303, 4),
    ):
        written = (0, 1, 235, 240, 246, 250, 252, 253, 254, 260, 300, 5000)
        each = [
            ({"email": f"{' ' * spaces}sam@example.org", **more}, _from(number))
            for number, spaces in enumerate(written)
        ]
        answers = _sent(client, path, each)
        assert answers == [answer] * times + [429] * (12 - times)


def test_an_unknown_address_is_limited_as_a_known_one(client: FormClient) -> None:
    answers = _sent(client, "/account/sign-in", [({"email": "nobody@example.org", "password": "guess"}, HERE)] * 11)
    assert answers == [422] * 10 + [429]


def test_one_place_tries_many_addresses(client: FormClient) -> None:
    guesses = [({"email": f"p{n}@example.org", "password": "guess"}, HERE) for n in range(62)]
    answers = _sent(client, "/account/sign-in", guesses)
    assert answers == [422] * 60 + [429] * 2
    assert _try(client, "other@example.org", "guess", THERE) == 422


def _try_from(client: FormClient, places: Iterable[str]) -> list[int]:
    guesses = [
        ({"email": f"p{n}@example.org", "password": "guess"}, {"REMOTE_ADDR": place}) for n, place in enumerate(places)
    ]
    return _sent(client, "/account/sign-in", guesses)


def test_one_place_is_one_however_many_addresses_of_ipv6_it_makes_up(client: FormClient) -> None:
    """A house, a phone or a rented machine has 2 to the power of 64 of them (RFC 6177)."""
    assert _try_from(client, (f"2001:db8:0:1:{n:x}::{n}" for n in range(62))) == [422] * 60 + [429] * 2
    assert _try_from(client, ["2001:db8:0:2::1", "fe80::1%eth0", "", "no address"]) == [422] * 4, (
        "others are not shut out"
    )


def test_places_of_ipv4_are_told_apart_where_they_are_written_as_ipv6(client: FormClient) -> None:
    assert _try_from(client, ["::ffff:192.0.2.1"] * 30 + ["192.0.2.1"] * 31) == [422] * 60 + [429]
    assert _try_from(client, ["::ffff:192.0.2.2"]) == [422]


def test_right_passwords_cost_nothing(app: Flask, make_client: Clients) -> None:
    make_person(app, "sam@example.org")
    assert {_try(make_client(), "sam@example.org", PASSWORD, HERE) for _ in range(15)} == {303}


def test_the_page_says_how_long(client: FormClient) -> None:
    values = {"email": "nobody@example.org", "password": "guess"}
    _sent(client, "/account/sign-in", [(values, HERE)] * 10)
    answer = client.submit("/wales/account/sign-in", values, environ_overrides=HERE)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    assert "Wait 15 minutes and try again" in answer.text
    assert client.get("/account/sign-in", environ_overrides=HERE).status_code == 200, "reading is never limited"


@pytest.mark.parametrize(
    ("path", "values", "secret"),
    [
        ("/account/sign-in", {"email": "sam@example.org", "password": "guess"}, "guess"),
        ("/account/register", {"email": "sam@example.org", "name": "Sam Vimes"}, ""),
        ("/account/reset", {"email": "sam@example.org"}, ""),
        ("/wales/apply/interest", {"email": "sam@example.org"}, ""),
        ("/account/password", {"current": "guess", "new": "four quiet herons"}, "guess"),
        ("/account/email", {"email": "new@example.org", "password": "guess"}, "guess"),
        ("/account/data", {"password": "guess"}, "guess"),
        ("/account/close", {"password": "guess"}, "guess"),
    ],
)
def test_a_form_sent_too_often_is_shown_again_as_it_was_typed(
    app: Flask, make_client: Clients, path: str, values: dict[str, str], secret: str
) -> None:
    account_id = make_person(app, "sam@example.org")
    signed_in = path in {"/account/password", "/account/email", "/account/data", "/account/close"}
    client = client_of(app, account_id) if signed_in else make_client()
    form = client.form(path, values)
    for _ in range(11):
        last = client.send_again(form, values, environ_overrides=HERE)
    assert last.status_code == 429
    assert 0 < int(last.headers["Retry-After"]) <= 3600
    (form,) = [one for one in forms(last.text) if set(values) <= set(one.kinds)]
    assert 'class="problem"' in last.text
    assert "minutes and try again" in last.text
    for name, value in values.items():
        assert form.fields[name] == [""] if value in {secret, "four quiet herons"} else [value]
    assert not secret or secret not in last.text


def test_sent_too_often_a_known_address_is_answered_as_an_unknown_one(app: Flask, make_client: Clients) -> None:
    make_person(app, "sam@example.org")
    for path, values in (
        ("/account/sign-in", {"password": "guess"}),
        ("/account/reset", {}),
        ("/account/register", {"name": "S"}),
    ):
        pages = []
        for email in ("sam@example.org", "zoe@example.org"):
            _sent(make_client(), path, [({**values, "email": email}, HERE)] * 10)
            last = make_client().submit(path, {**values, "email": email}, environ_overrides=HERE)
            assert last.status_code == 429
            pages.append(re.sub(r'name="(csrf_token|form_key)"[^>]*', "", last.text).replace(email, ""))
        assert pages[0] == pages[1], path


@pytest.mark.parametrize("path", ["/account/register", "/account/reset"])
def test_mail_to_one_address_is_limited(client: FormClient, path: str) -> None:
    values = {"name": "Sam", "email": "sam@example.org"} if "register" in path else {"email": "sam@example.org"}
    answers = _sent(client, path, [(values, _from(n)) for n in range(6)])
    assert answers == [303] * 4 + [429] * 2


def test_mail_from_one_place_is_limited(client: FormClient) -> None:
    answers = _sent(client, "/account/reset", [({"email": f"p{n}@example.org"}, HERE) for n in range(31)])
    assert answers == [303] * 30 + [429]


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/account/password", {"current": "guess", "new": "four quiet herons"}),
        ("/account/email", {"email": "new@example.org", "password": "guess"}),
    ],
)
def test_the_present_password_is_limited_too(app: Flask, path: str, values: dict[str, str]) -> None:
    client, other = (client_of(app, make_person(app, f"{name}@example.org")) for name in ("sam", "zoe"))
    form = client.form(path, values)
    answers = [client.send_again(form, values, environ_overrides=HERE).status_code for _ in range(12)]
    assert answers == [422] * 10 + [429] * 2
    assert other.submit(path, values, environ_overrides=HERE).status_code == 422, "somebody else is not shut out"


@pytest.mark.parametrize("path", ["/account/register", "/account/reset", "/account/sign-in"])
def test_mistakes_in_a_form_shut_nobody_out(client: FormClient, path: str) -> None:
    assert _sent(client, path, [({"email": ""}, _from(n)) for n in range(14)]) == [422] * 14


def test_without_its_redis_each_process_counts_by_itself(
    app: Flask, make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_storage", "_limiter", "_fallback_limiter", "_fallback_storage", "_storage_dead"):
        monkeypatch.setattr(limits.limiter, name, getattr(limits.limiter, name, None))
    make_person(app, "sam@example.org")
    client = make_app(redis_url="redis://127.0.0.1:1").test_client()
    limits.limiter.enabled = True
    assert isinstance(client, FormClient)
    assert _try(client, "sam@example.org", "guess", HERE) == 422
    answers = _sent(client, "/account/sign-in", [({"email": "sam@example.org", "password": "guess"}, HERE)] * 11)
    assert answers[-1] == 429
    assert _try(client, "zoe@example.org", "guess", HERE) == 422


def test_no_address_is_kept_by_the_limits(client: FormClient) -> None:
    _try(client, "sam@example.org", "guess", HERE)
    kept = str(vars(limits.limiter.storage))
    assert "sam" not in kept
    assert "address:" in kept


def test_a_calendars_address_is_limited_by_its_token_alone(client: FormClient) -> None:
    """The programs of thousands of people ask from a few addresses: another token from the same place goes on."""
    asked = [client.get(f"/me/calendar.ics?token={'A' * 43}").status_code for _ in range(122)]
    assert asked == [404] * 120 + [429] * 2
    assert client.get(f"/me/calendar.ics?token={'B' * 43}").status_code == 404
    assert client.get("/scotland/events/feed.ics").status_code == 200
