"""Registering and confirming, from the form to the finished account."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.session import ScopedSession
from core.kernel.errors import Invalid, Refused
from core.people.models import Account, SignIn
from core.people.queries import account_by_email
from core.people.service import accounts
from core.people.service.tools import Tools
from core.work.models import Mail
from tests.factories.people import PASSWORD, client_of, make_person
from tests.integration.people.conftest import Post, link_in
from tests.support.app_fixtures import FrozenClock
from tests.support.client import FormClient

Mails = Callable[[], list[Mail]]
SAM = {"name": "Sam Example", "email": "sam@example.org"}


def _count(session: ScopedSession) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(Account)) or 0


@pytest.mark.parametrize("name", ["\u200b\u200d", "\u202e\u202c", "\u00a0 \ufeff"])
def test_a_name_that_cannot_be_seen_is_none(client: FormClient, mails: Mails, name: str) -> None:
    answer = client.submit("/scotland/account/register", {**SAM, "name": name})
    assert (answer.status_code, "Enter your name" in answer.text) == (422, True)
    assert mails() == []


def test_from_the_form_to_being_signed_in(client: FormClient, mails: Mails) -> None:
    answer = client.submit("/scotland/account/register", SAM)
    assert (answer.status_code, answer.location) == (303, "/scotland/account/check-mail")
    [mail] = mails()
    assert (mail.to_address, mail.secret, mail.locale) == ("sam@example.org", True, "en")
    assert "Sam" not in mail.text + mail.html, "whoever fills in the form must not write to a third person"
    link = link_in(mail)
    assert link.startswith("/scotland/account/confirm/")

    for _ in range(2):  # mail scanners open links: nothing is used up by looking
        assert client.get(link).status_code == 200
        assert client.head(link).status_code == 200
    done = client.submit(link, {"name": "Sam E. Example", "password": PASSWORD})
    assert (done.status_code, done.location) == (303, "/scotland/account/")
    page = client.get(done.location)
    assert "Your account is ready" in page.text
    assert "Sam E. Example" in page.text

    again = client.get(link)
    assert again.status_code == 410
    assert "This link no longer works" in again.text


def test_whoever_wanted_a_page_gets_there_when_the_account_is_ready(client: FormClient, mails: Mails) -> None:
    asked = client.get("/scotland/apply/start")
    assert asked.location == "/scotland/account/sign-in?next=/scotland/apply/start&asked=1"
    register = re.findall(r'href="(/scotland/account/register[^"]*)"', client.get(asked.location).text)[-1]
    client.submit(register, SAM)
    [mail] = mails()
    done = client.submit(link_in(mail), {"name": "Sam", "password": PASSWORD})
    assert done.location == "/scotland/apply/start"
    client.submit("/account/", form="sign-out")
    client.submit(register, SAM)
    assert "/account/sign-in?next=" in mails()[-1].text, "the letter to somebody who has an account leads on, too"


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example/x", "/\\evil.example"])
def test_a_new_account_leads_to_no_other_host(client: FormClient, mails: Mails, elsewhere: str) -> None:
    client.submit("/account/register", {**SAM, "next": elsewhere})
    [mail] = mails()
    link = link_in(mail)
    assert "evil" not in mail.text
    done = client.submit(f"{link}?next={elsewhere}", {"name": "Sam", "password": PASSWORD})
    assert done.location == "/account/"


def test_double_post_writes_one_letter(client: FormClient, mails: Mails) -> None:
    page = client.get("/account/register")
    hidden = dict(re.findall(r'name="(csrf_token|form_key)"[^>]*value="([^"]+)"', page.text))
    for _ in range(2):
        assert client.post("/account/register", data={**SAM, **hidden}).status_code == 303
    assert len(mails()) == 1


def test_the_answer_is_the_same_whether_an_address_has_an_account(
    app: Flask, make_client: Callable[[], FormClient], mails: Mails
) -> None:
    make_person(app, "known@example.org")
    make_person(app, "closed@example.org")
    answers = []
    for email in ("known@example.org", "new@example.org", "KNOWN@Example.org"):
        client = make_client()
        answer = client.submit("/account/register", {"name": "A", "email": email})
        shown = client.get(answer.location)
        headers = {name: value for name, value in answer.headers if name not in {"Set-Cookie", "X-Request-Id"}}
        answers.append((answer.status_code, answer.data, headers, re.sub(r"csrf\S+", "", shown.text)))
    assert answers[0] == answers[1] == answers[2]
    kinds = [(mail.to_address, mail.subject, mail.secret) for mail in mails()]
    assert kinds == [
        ("known@example.org", "You already have an account", False),
        ("new@example.org", "Confirm your email address", True),
        ("known@example.org", "You already have an account", False),
    ]


def test_what_was_typed_stays_on_a_form_with_errors(client: FormClient, mails: Mails) -> None:
    answer = client.submit("/account/register", {"name": "", "email": "sam at example"})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert 'value="sam at example"' in answer.text
    assert "Enter your name" in answer.text
    assert not mails()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "name"),
        ({"email": "x"}, "email"),
        ({"email": "a@example.org\r\nBcc: b@example.org"}, "email"),
    ],
)
def test_the_service_checks_by_itself(
    session: ScopedSession, tools: Tools, key: Callable[[], str], values: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        accounts.register(session, tools, **{**SAM, **values}, locale="en", key=key())
    assert list(refused.value.field_errors) == [field]


def test_registering_again_before_confirming_sends_the_link_again(
    session: ScopedSession, tools: Tools, post: Post, key: Callable[[], str]
) -> None:
    for name in ("Sam", "Somebody Else"):
        accounts.register(session, tools, name=name, email="sam@example.org", locale="cy", key=key())
    assert [letter.kind for letter in post.letters] == ["confirm", "confirm"]
    assert _count(session) == 1
    first, second = post.letters
    account_id = accounts.confirm(session, tools, token=second.token, name="Sam", password=PASSWORD)
    assert account_id == second.account_id
    with pytest.raises(Refused):  # both links end with the first that is used
        accounts.confirm(session, tools, token=first.token, name="Sam", password=PASSWORD)


def test_the_link_grows_old(
    session: ScopedSession, tools: Tools, post: Post, key: Callable[[], str], frozen_clock: FrozenClock
) -> None:
    accounts.register(session, tools, **SAM, locale="en", key=key())
    frozen_clock.advance(days=3, minutes=1)
    with pytest.raises(Refused):
        accounts.confirm(session, tools, token=post.last.token, name="Sam", password=PASSWORD)


@pytest.mark.parametrize("password", ["short", "password1234", "sam@example.org"])
def test_a_weak_password_does_not_use_the_link_up(
    session: ScopedSession, tools: Tools, post: Post, key: Callable[[], str], password: str
) -> None:
    accounts.register(session, tools, **SAM, locale="en", key=key())
    with pytest.raises(Invalid):
        accounts.confirm(session, tools, token=post.last.token, name="Sam", password=password)
    accounts.confirm(session, tools, token=post.last.token, name="Sam", password=PASSWORD)


def test_a_failed_letter_leaves_nothing_behind(session: ScopedSession, key: Callable[[], str]) -> None:
    def fail(_session: ScopedSession, _letter: object) -> None:
        raise OSError("no post today")

    broken = Tools("k" * 40, fail, quick=True)
    with pytest.raises(OSError, match="no post"):
        accounts.register(session, broken, **SAM, locale="en", key=key())
    assert _count(session) == 0


def test_the_mail_speaks_the_readers_language(app: Flask, client: FormClient, mails: Mails) -> None:
    client.get("/wales/language/cy?next=/wales/")
    client.submit("/wales/account/register", SAM)
    [mail] = mails()
    assert mail.locale == "cy"
    assert '<html lang="cy">' in mail.html
    assert "Iechyd Cyhoeddus Cymru" in mail.text
    assert "Public Health Wales" not in mail.text + mail.html
    with app.test_request_context():
        pass
    page = client.get(link_in(mail))
    assert '<html lang="cy">' in page.text
    assert "Public Health Wales" not in page.text


def test_the_account_remembers_its_language(session: ScopedSession, tools: Tools, key: Callable[[], str]) -> None:
    accounts.register(session, tools, **SAM, locale="cy", key=key())
    session.rollback()
    found = account_by_email(session, "SAM@example.org ")
    assert found is not None
    assert (found.locale, found.confirmed_at, found.password_hash) == ("cy", None, None)
    assert session.scalar(sa.select(sa.func.count()).select_from(SignIn)) == 0


def test_an_account_can_be_made_from_the_menu_of_a_phone_too(app: Flask, client: FormClient) -> None:
    menu = client.get("/scotland/events/").text.split('<nav class="nav"')[1].split("</nav>")[0]
    assert 'href="/scotland/account/register?next=/scotland/events/"' in menu
    member = client_of(app, make_person(app, "menu@example.org"))
    assert "/account/register" not in member.get("/scotland/events/").text
