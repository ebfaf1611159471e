"""A form is taken apart only as far as one can be: anybody may send one, and to read millions of fields takes a server's memory."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.web import gate
from core.web.gate import FORM, LONGEST_FORM, MOST_FIELDS
from tests.factories.people import client_of, make_person
from tests.support.client import FormClient

pytestmark = pytest.mark.mainly("sqlite")  # how a form is read has nothing to do with the engine


def _sent(client: FormClient, body: bytes, *, told: bool = True, path: str = "/account/sign-in") -> TestResponse:
    """The answer to `body`; without its length `told`, as a server hands on what comes in pieces (chunked)."""
    given: dict[str, Any] = {"wsgi.input_terminated": True, **({} if told else {"CONTENT_LENGTH": ""})}
    return client.post(path, data=body, content_type=FORM, environ_overrides=given)


@pytest.mark.parametrize("told", [True, False], ids=["length told", "in pieces"])
@pytest.mark.parametrize(
    "body", [b"a=" + b"x" * LONGEST_FORM, b"a&" * MOST_FIELDS], ids=["too many bytes", "too many fields"]
)
@pytest.mark.parametrize("path", ["/account/sign-in", "/scotland/account/register"])
def test_a_form_that_is_too_large_is_not_taken_apart(
    client: FormClient, monkeypatch: pytest.MonkeyPatch, path: str, body: bytes, told: bool
) -> None:
    def too_dear(_: bytes) -> bytes:
        raise AssertionError("it was taken apart")

    monkeypatch.setattr(gate, "unquote_to_bytes", too_dear)
    monkeypatch.setattr("werkzeug.formparser.parse_qsl", too_dear)
    answer = _sent(client, body, told=told, path=path)
    assert answer.status_code == 413
    assert "Send a smaller file or less text." in answer.text


@pytest.mark.parametrize("told", [True, False], ids=["length told", "in pieces"])
def test_one_that_is_just_small_enough_is_read(client: FormClient, told: bool) -> None:
    body = b"&".join([b"a=" + b"x" * (LONGEST_FORM - 2 * MOST_FIELDS - 1), *[b"a"] * (MOST_FIELDS - 1)])
    assert len(body) == LONGEST_FORM - 1
    answer = _sent(client, body, told=told)
    assert answer.status_code == 400, "read, and without its token"


def test_five_long_answers_of_letters_that_take_nine_bytes_each_are_taken(app: Flask) -> None:
    """What is typed is not lost for its length: a page refuses it by its own words."""
    client = client_of(app, make_person(app, "sam@example.org"))
    answer = client.submit("/account/", {"about": "ᚠ" * 200_000})
    assert answer.status_code == 422
    assert "Write at most 1,000 characters" in answer.text
