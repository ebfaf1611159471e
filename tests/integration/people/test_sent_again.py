"""What was typed outlives the session: a form sent too late is shown once more, with every answer."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse
from wtforms import StringField

from core.data.session import ScopedSession, transaction
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.people import queries
from core.people.models import RoleGrant
from core.people.service import sign_ins
from core.tenancy.service import Change, configure
from core.web.forms import Form, SecretField
from tests.factories.people import PASSWORD, client_of, make_person
from tests.support.client import FormClient, forms

HERE = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
MANAGE = "/scotland/manage/roles/new"
ABOUT = "Twenty years of wards,\nand <b>still</b> learning."


def _send(
    client: FormClient, found: dict[str, list[str]], headers: dict[str, str], path: str = "/account/"
) -> TestResponse:
    return client.post(path, data=found, headers=headers)


def _typed(client: FormClient) -> dict[str, list[str]]:
    (form,) = [one for one in forms(client.get("/account/").text) if "about" in one.fields]
    return {**form.fields, "about": [ABOUT], "name": ["Sam"]}


def _signed_out(app: Flask, account_id: str, session: ScopedSession) -> None:
    """As by "sign out everywhere" on another device."""
    with app.app_context():
        sign_ins.end_all(session, account_id)


def test_a_form_sent_after_the_session_ended_keeps_its_words_and_can_be_sent_after_signing_in(
    app: Flask, session: ScopedSession
) -> None:
    account_id = make_person(app, "sam@example.org")
    client = client_of(app, account_id)
    typed = _typed(client)
    _signed_out(app, account_id, session)
    late = _send(client, typed, HERE)
    assert late.status_code == 403
    assert "/account/sign-in?next=/account/" in late.text
    assert "<b>still</b>" not in late.text
    (kept,) = [one for one in forms(late.text) if "about" in one.fields]
    assert kept.fields["about"] == [ABOUT]
    client.submit("/account/sign-in?next=/account/", {"email": "sam@example.org", "password": PASSWORD})
    old = _send(client, kept.fields, HERE)
    assert old.status_code == 400, "signing in gave this browser another form token"
    (again,) = [one for one in forms(old.text) if "about" in one.fields]
    assert _send(client, again.fields, HERE).location == "/account/"
    session.rollback()
    assert queries.own(session, account_id).about == ABOUT


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_words_from_another_page_are_never_shown(app: Flask, headers: dict[str, str]) -> None:
    client = app.test_client()
    sent = client.post("/account/", data={"about": ABOUT}, headers=headers)
    assert sent.status_code == 303
    token = client_of(app, make_person(app, "sam@example.org")).post(
        "/account/", data={"about": ABOUT}, headers=headers
    )
    assert token.status_code == 400
    assert "learning" not in token.text


class _Prize(Form):
    """A plugin's form with a field that says itself that it is secret."""

    riddle = SecretField("What nobody may see")
    word = StringField("What everybody may")


@pytest.mark.parametrize("name", ["password", "current", "riddle", "inner-0-riddle"])
def test_secrets_are_not_shown_again(app: Flask, name: str) -> None:
    """Fields for passwords, by their type, and what says so itself, whatever it is called."""
    sent = app.test_client().post("/account/", data={"about": ABOUT, name: "what nobody may see"}, headers=HERE)
    assert sent.status_code == 303


@pytest.mark.parametrize("name", ["word", "password_hint", "secretary"])
def test_what_only_sounds_like_a_secret_is_kept(app: Flask, name: str) -> None:
    sent = app.test_client().post("/account/", data={"about": ABOUT, name: "what everybody may"}, headers=HERE)
    assert (sent.status_code, "what everybody may" in sent.text) == (403, True)


def _lead(app: Flask, session: ScopedSession) -> FormClient:
    """A browser of somebody who led Scotland until today, whose role was ended while a form of theirs was open."""
    account_id = make_person(app, "sam@example.org", grants=[(Role.PARTNER_LEAD, "scotland")])
    client = client_of(app, account_id)
    assert client.get(MANAGE).status_code == 200
    with transaction(session):
        session.execute(sa.delete(RoleGrant).where(RoleGrant.account_id == account_id))
    return client


def test_a_form_sent_after_its_role_ended_keeps_its_words_and_says_who_can(app: Flask, session: ScopedSession) -> None:
    late = _lead(app, session).post(MANAGE, data={"about": ABOUT}, headers=HERE)
    assert (late.status_code, "Partner lead" in late.text, "&lt;b&gt;still&lt;/b&gt; learning" in late.text) == (
        403,
        True,
        True,
    )


def test_what_is_too_large_to_be_read_is_refused_for_its_role_all_the_same(app: Flask, session: ScopedSession) -> None:
    data = {"about": "x" * (app.config["MAX_CONTENT_LENGTH"] + 1)}
    assert _lead(app, session).post(MANAGE, data=data, headers=HERE).status_code == 403


@pytest.mark.parametrize("path", ["/scotland/events/new", "/scotland/no-such-page"])
def test_a_form_sent_to_a_page_that_is_gone_keeps_its_words(
    app: Flask, session_for: Callable[[str], ScopedSession], path: str
) -> None:
    """A plugin is switched off while somebody types: the answer is that of any missing page, with the own words in it."""
    scotland = app.extensions["q.directory"].by_slug("scotland").ref()
    off = Change("local_events", False, {}, 1, "test")
    configure(session_for("scotland"), app.extensions["q.registry"], scotland, off, SYSTEM)
    client = client_of(app, make_person(app, "sam@example.org"))
    late = client.post(path, data={"about": ABOUT}, headers=HERE)
    assert (late.status_code, "&lt;b&gt;still&lt;/b&gt; learning" in late.text) == (404, True)
    elsewhere = client.post(path, data={"about": ABOUT}, headers={"Origin": "https://elsewhere.example"})
    assert (elsewhere.status_code, "learning" in elsewhere.text) == (404, False)
    garbled = client.post(
        path, data=b"about=Learning+%FF", content_type="application/x-www-form-urlencoded", headers=HERE
    )
    assert (garbled.status_code, "Learning" in garbled.text) == (400, False)


def test_where_costs_are_paid_to_is_not_shown_again(app: Flask) -> None:
    for name in ("sort_code", "account"):
        sent = app.test_client().post("/scotland/account/", data={"about": ABOUT, name: "31926819"}, headers=HERE)
        assert sent.status_code == 303


def test_a_press_of_a_button_leads_to_signing_in_and_back_to_its_page(app: Flask) -> None:
    sent = app.test_client().post("/scotland/account/", data={"csrf_token": "x", "form_key": "y"}, headers=HERE)
    assert sent.location == "/scotland/account/sign-in?next=/scotland/account/&asked=1"
