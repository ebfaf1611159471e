"""Forgotten and changed passwords, changed addresses."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.audit import AuditEntry, verify
from core.data.session import ScopedSession
from core.kernel.errors import Conflict, Invalid, Refused
from core.kernel.views import Actor
from core.people import passwords, queries
from core.people.service import accounts, credentials, sign_ins
from core.people.service.tools import Tools
from core.work.models import Mail
from tests.factories.people import PASSWORD, client_of, make_person
from tests.integration.people.conftest import Post, link_in
from tests.support.app_fixtures import FrozenClock
from tests.support.client import FormClient, forms

Clients = Callable[[], FormClient]
Mails = Callable[[], list[Mail]]
NEW = "four quiet herons"


def _may_sign_in(session: ScopedSession, email: str, password: str) -> bool:
    try:
        sign_ins.sign_in(session, email=email, password=password, device="", remember=False, quick=True)
    except Refused:
        return False
    return True


def test_from_forgetting_to_signing_in(app: Flask, client: FormClient, session: ScopedSession, mails: Mails) -> None:
    account_id = make_person(app, "sam@example.org")
    other = client_of(app, account_id)
    assert client.submit("/wales/account/reset", {"email": " SAM@example.org"}).location == "/wales/account/check-mail"
    [mail] = mails()
    assert (mail.subject, mail.secret) == ("Choose a new password", True)
    link = link_in(mail)
    assert client.get(link).status_code == 200
    done = client.submit(link, {"password": NEW})
    assert (done.status_code, done.location) == (303, "/wales/account/sign-in")
    assert other.get("/account/").status_code == 303, "every device is signed out"
    assert client.get(link).status_code == 410
    assert client.submit("/account/sign-in", {"email": "sam@example.org", "password": NEW}).status_code == 303
    assert not _may_sign_in(session, "sam@example.org", PASSWORD)
    assert mails()[-1].subject == "Your password was changed"


@pytest.mark.parametrize(
    ("email", "kind"),
    [("known@example.org", "reset"), ("waiting@example.org", "confirm"), ("nobody@example.org", "unknown"), ("closed@example.org", "closed")],
)  # fmt: skip
def test_which_letter_goes_out(
    app: Flask, session: ScopedSession, tools: Tools, post: Post, key: Callable[[], str], email: str, kind: str
) -> None:
    make_person(app, "known@example.org")
    accounts.register(session, tools, name="W", email="waiting@example.org", locale="cy", key=key())
    closed = make_person(app, "closed@example.org")
    accounts.close(session, Actor(None, "", is_system=True), account_id=closed, reason="test")
    credentials.request_reset(session, tools, email=email, locale="en", key=key())
    assert (post.last.kind, post.last.email) == (kind, email)
    assert bool(post.last.token) == (kind in {"reset", "confirm"})
    assert post.last.locale == ("cy" if kind == "confirm" else "en")


def test_the_answer_is_the_same_whether_an_address_has_an_account(
    app: Flask, make_client: Clients, mails: Mails
) -> None:
    make_person(app, "known@example.org")
    answers = []
    for email in ("known@example.org", "nobody@example.org"):
        client = make_client()
        answer = client.submit("/account/reset", {"email": email})
        shown = client.get(answer.location)
        headers = {name: value for name, value in answer.headers if name not in {"Set-Cookie", "X-Request-Id"}}
        answers.append((answer.status_code, answer.data, headers, shown.text))
    assert answers[0] == answers[1]
    assert len(mails()) == 2, "the same work is done for both"


def test_a_reset_link_is_used_up_by_any_change(
    app: Flask, session: ScopedSession, tools: Tools, post: Post, key: Callable[[], str], frozen_clock: FrozenClock
) -> None:
    account_id = make_person(app, "sam@example.org")

    def link() -> str:
        credentials.request_reset(session, tools, email="sam@example.org", locale="en", key=key())
        return post.last.token

    first, second = link(), link()
    credentials.reset_password(session, tools, token=first, password=NEW)
    third = link()
    credentials.change_password(
        session, tools, Actor(account_id, ""), current=NEW, new="three loud geese", keep_sign_in=""
    )
    fourth = link()
    accounts.close(session, Actor(None, "", is_system=True), account_id=account_id, reason="test")
    accounts.reopen(session, Actor(None, "", is_system=True), account_id=account_id, reason="test")
    fifth = link()
    frozen_clock.advance(hours=1, minutes=1)
    for dead in (first, second, third, fourth, fifth, first[:-3] + "abc", "", "x.y.z"):
        with pytest.raises(Refused):
            credentials.reset_password(session, tools, token=dead, password="two slow snails")
    assert _may_sign_in(session, "sam@example.org", "three loud geese")


@pytest.mark.parametrize("purpose", ["confirm", "email"])
def test_a_link_for_something_else_resets_nothing(
    app: Flask, session: ScopedSession, tools: Tools, purpose: str
) -> None:
    make_person(app, "sam@example.org")
    found = queries.account_by_email(session, "sam@example.org")
    assert found
    with pytest.raises(Refused):
        credentials.reset_password(session, tools, token=tools.sign(purpose, found.id, found.stamp), password=NEW)


def test_changing_the_password(app: Flask, make_client: Clients, session: ScopedSession, mails: Mails) -> None:
    account_id = make_person(app, "sam@example.org")
    here, there = client_of(app, account_id), client_of(app, account_id)
    wrong = here.submit("/account/password", {"current": "wrong horse battery", "new": NEW})
    assert "That is not your present password" in wrong.text
    assert NEW not in wrong.text
    weak = here.submit("/account/password", {"current": PASSWORD, "new": "password1234"})
    assert "easy to guess" in weak.text
    assert here.submit("/account/password", {"current": PASSWORD, "new": NEW}).location == "/account/"
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 303
    assert _may_sign_in(session, "sam@example.org", NEW)
    assert [mail.subject for mail in mails()] == ["Your password was changed"]


def test_two_changes_of_the_password_at_once(
    app: Flask, session: ScopedSession, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have checked the present password; only one changes it."""
    actor = Actor(make_person(app, "sam@example.org"), "")
    original = passwords.problem

    def meanwhile(password: str, about: tuple[str, ...]) -> str | None:
        monkeypatch.setattr(passwords, "problem", original)
        credentials.change_password(session, tools, actor, current=PASSWORD, new=NEW, keep_sign_in="")
        return None

    monkeypatch.setattr(passwords, "problem", meanwhile)
    with pytest.raises(Conflict):
        credentials.change_password(session, tools, actor, current=PASSWORD, new="two slow snails", keep_sign_in="")
    assert _may_sign_in(session, "sam@example.org", NEW)


def test_changing_the_address(app: Flask, make_client: Clients, session: ScopedSession, mails: Mails) -> None:
    account_id = make_person(app, "sam@example.org")
    client, reader = client_of(app, account_id), make_client()
    asked = client.submit("/oxford/account/email", {"email": "sam@new.example", "password": PASSWORD})
    assert asked.location == "/oxford/account/"
    [mail] = mails()
    assert (mail.to_address, mail.secret) == ("sam@new.example", True)
    link = link_in(mail)
    assert reader.get(link).status_code == 200
    assert _may_sign_in(session, "sam@example.org", PASSWORD), "nothing changes before the button is pressed"
    assert reader.submit(link).status_code == 303
    assert _may_sign_in(session, "sam@new.example", PASSWORD)
    assert not _may_sign_in(session, "sam@example.org", PASSWORD)
    told = mails()[-1]
    assert (told.to_address, told.subject) == ("sam@example.org", "Your email address was changed")
    assert "choose a new password" not in told.text, "a link to choose one goes to the new address alone"
    assert "If that was not you, write to help@" in told.text
    assert "/account/reset" not in told.text
    assert reader.get(link).status_code == 410
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize(("email", "password", "field"), [
    ("sam@new.example", "wrong horse battery", "password"), ("SAM@example.org", PASSWORD, "email"), ("no address", PASSWORD, "email"),
])  # fmt: skip
def test_changes_of_address_that_are_refused(
    app: Flask,
    session: ScopedSession,
    tools: Tools,
    post: Post,
    key: Callable[[], str],
    email: str,
    password: str,
    field: str,
) -> None:
    actor = Actor(make_person(app, "sam@example.org"), "")
    with pytest.raises(Invalid) as refused:
        credentials.request_email(session, tools, actor, email=email, password=password, key=key())
    assert list(refused.value.field_errors) == [field]
    assert not post.letters


def test_an_address_that_is_taken_is_not_told_here(
    app: Flask, session: ScopedSession, tools: Tools, post: Post, key: Callable[[], str]
) -> None:
    actor = Actor(make_person(app, "sam@example.org"), "")
    make_person(app, "zoe@example.org")
    credentials.request_email(session, tools, actor, email="zoe@example.org", password=PASSWORD, key=key())
    assert (post.last.kind, post.last.email, post.last.token) == ("already", "zoe@example.org", "")


def test_an_address_taken_meanwhile(
    app: Flask, session: ScopedSession, tools: Tools, post: Post, key: Callable[[], str]
) -> None:
    actor = Actor(make_person(app, "sam@example.org"), "")
    credentials.request_email(session, tools, actor, email="new@example.org", password=PASSWORD, key=key())
    token = post.last.token
    make_person(app, "New@example.org")
    with pytest.raises(Refused):
        credentials.confirm_email(session, tools, token=token)
    session.rollback()
    assert queries.account_by_email(session, "sam@example.org") is not None


def test_a_new_address_kills_older_links(
    app: Flask, session: ScopedSession, tools: Tools, post: Post, key: Callable[[], str]
) -> None:
    actor = Actor(make_person(app, "sam@example.org"), "")
    tokens = []
    for email in ("one@example.org", "two@example.org"):
        credentials.request_email(session, tools, actor, email=email, password=PASSWORD, key=key())
        tokens.append(post.last.token)
    credentials.confirm_email(session, tools, token=tokens[1])
    with pytest.raises(Refused):
        credentials.confirm_email(session, tools, token=tokens[0])


def test_the_audit_trail_tells_what_happened_and_names_nobody(
    app: Flask, client: FormClient, session: ScopedSession, mails: Mails
) -> None:
    client.submit("/account/register", {"name": "Quirrel Zebedee", "email": "quirrel@example.org"})
    client.submit(link_in(mails()[0]), {"password": NEW, "name": "Quirrel Zebedee"})
    client.submit("/account/email", {"email": "zebedee@example.org", "password": NEW})
    client.submit(link_in(mails()[-1]), {"form_key": "a-key"})
    client.submit("/account/password", {"current": NEW, "new": PASSWORD})
    client.submit("/account/", {"name": "Quirrel Z", "organisation": "Hogsmeade trust"})
    client.submit("/account/devices", form="everywhere")
    session.rollback()
    entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq)).all()
    actions = [entry.action for entry in entries if entry.action.startswith("account.")]
    assert actions == [
        "account.register", "account.confirm", "account.email_asked", "account.email", "account.password", "account.details",
        "account.sign_out_everywhere",
    ]  # fmt: skip
    told = " ".join(str((e.subject, e.before, e.after, e.why, e.actor_name)) for e in entries)
    assert not re.search("quirrel|zebedee|hogsmeade|example.org", told, re.IGNORECASE)
    assert verify(session).ok


def test_who_goes_back_mends_the_address_and_sends_again_is_heard(app: Flask, client: FormClient, mails: Mails) -> None:
    for email in ("sma@example.org", "sam@example.org"):
        make_person(app, email)
    (form,) = [one for one in forms(client.get("/account/reset").text) if "email" in one.fields]
    for email in ("sma@example.org", "sma@example.org", "sam@example.org"):
        assert client.post("/account/reset", data={**form.fields, "email": email}).status_code == 303
    assert [mail.to_address for mail in mails()] == ["sma@example.org", "sam@example.org"]
