"""One's own name, language and profile, and the home partner."""

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.session import ScopedSession
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from core.kernel.permissions import Permission
from core.kernel.views import SYSTEM, Actor
from core.people import queries
from core.people.models import Affiliation, Cohort, Membership
from core.people.service import accounts, membership
from core.tenancy.directory import TenantSnapshot
from tests.factories.people import client_of, make_person
from tests.support.app_fixtures import FrozenClock
from tests.support.client import forms

Tenants = Callable[[str], TenantSnapshot]
WORDS = {
    "name": "Sam New",
    "job_title": "Midwife",
    "organisation": "A trust",
    "sector": "ambulance",
    "locality": "Bangor",
    "about": "Line one\nLine two",
}


def test_saving_and_seeing_it(app: Flask, session: ScopedSession) -> None:
    account_id = make_person(app, "sam@example.org")
    client = client_of(app, account_id)
    assert client.submit("/account/", WORDS).location == "/account/"
    page = client.get("/account/").text
    for words in ("Your details are saved", "Sam New", "Midwife", "A trust", "Bangor", "Line two"):
        assert words in page
    own = queries.own(session, account_id)
    assert (own.name, own.job_title, own.sector, own.version) == ("Sam New", "Midwife", "ambulance", 2)
    client.submit("/account/", {**WORDS, "job_title": ""})
    session.rollback()
    assert queries.own(session, account_id).job_title == ""


def test_the_language_one_has_just_chosen_is_spoken_at_once(app: Flask) -> None:
    client = client_of(app, make_person(app, "sam@example.org"))
    client.submit("/account/", {**WORDS, "locale": "cy"})
    page = client.get("/account/").text
    assert "Mae’ch manylion wedi’u cadw." in page
    assert "Your details are saved" not in page


def test_a_language_that_a_site_has_not_is_not_spoken_there(app: Flask) -> None:
    client = client_of(app, make_person(app, "sam@example.org"))
    assert client.submit("/scotland/account/", {**WORDS, "locale": "cy"}).status_code == 303
    page = client.get("/scotland/account/").text
    assert "Your details are saved." in page
    assert "Mae’ch manylion wedi’u cadw." not in page


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""},
        {"name": "x" * 121},
        {"about": "x" * 1001},
        {"locale": "fr"},
        {"job_title": "a\x00b"},
        {"sector": "farming"},
    ],
)
def test_what_cannot_be_saved(app: Flask, session: ScopedSession, values: dict[str, str]) -> None:
    account_id = make_person(app, "sam@example.org")
    answer = client_of(app, account_id).submit("/account/", {**WORDS, **values})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "A trust" in answer.text, "what was typed stays"
    assert queries.own(session, account_id).name == "Sam Example"


def test_another_window_is_not_overwritten(app: Flask) -> None:
    """Whoever comes second is told what differs, keeps what they typed, and can send it again."""
    client = client_of(app, make_person(app, "sam@example.org"))
    client.submit("/account/", {"name": "First window"})
    stale = client.submit("/account/", {"name": "Second window", "locale": "cy", "version": "1"})
    assert stale.status_code == 422
    assert "Somebody changed this while you were looking at it" in stale.text
    assert "<del>First window</del>" in stale.text
    assert "<ins>Second window</ins>" in stale.text
    assert "<ins>Cymraeg</ins>" in stale.text
    assert stale.text.count("<del>") == 2, "what does not differ is left out"
    assert "First window" in client.get("/account/").text
    (again,) = [form for form in forms(stale.text) if "job_title" in form.kinds]
    assert again.fields["name"] == ["Second window"]
    assert client.post("/account/", data=again.fields).status_code == 303
    assert "Second window" in client.get("/account/").text


def test_a_slip_mended_does_not_write_over_another_windows_change(app: Flask) -> None:
    client = client_of(app, make_person(app, "sam@example.org"))
    client.submit("/account/", {"name": "First window"})
    slip = client.submit("/account/", {"name": "", "version": "1"})
    assert slip.status_code == 422
    (again,) = [form for form in forms(slip.text) if "job_title" in form.kinds]
    mended = client.post("/account/", data={**again.fields, "name": "Second window"})
    assert "Somebody changed this while you were looking at it" in mended.text
    assert "First window" in client.get("/account/").text


def test_nobody_changes_more_than_the_form_offers(app: Flask, session: ScopedSession) -> None:
    account_id = make_person(app, "sam@example.org")
    extra = {
        "email": "evil@example.org",
        "account_id": "x",
        "disabled_at": "2026-01-01",
        "cohort": "founding",
        "id": "y",
    }
    client_of(app, account_id).submit("/account/", {**WORDS, **extra})
    own = queries.own(session, account_id)
    assert (own.account_id, own.email, own.cohort) == (account_id, "sam@example.org", None)


def test_the_language_is_the_accounts_own(app: Flask) -> None:
    account_id = make_person(app, "sam@example.org")
    client = client_of(app, account_id)
    client.get("/wales/language/en?next=/wales/")
    client.submit("/wales/account/", {"locale": "cy"})
    assert '<html lang="cy">' in client.get("/wales/account/").text
    assert '<html lang="en">' in client.get("/scotland/account/").text, "a site in English only"
    assert '<html lang="cy">' in client_of(app, account_id).get("/wales/account/").text, "on every device"


def test_a_name_is_shown_as_text(app: Flask) -> None:
    client = client_of(app, make_person(app, "sam@example.org"))
    client.submit("/account/", {"name": "<b>Sam</b> & {{7*7}}"})
    page = client.get("/account/").text
    assert "<b>Sam</b>" not in page
    assert "&lt;b&gt;Sam&lt;/b&gt; &amp; {{7*7}}" in page


def test_moving_home_keeps_the_history(app: Flask, session: ScopedSession) -> None:
    account_id = make_person(app, "sam@example.org", home="wales")
    client = client_of(app, account_id)
    assert client.submit("/wales/account/home", {"home": "oxford", "reason": "a new post"}).status_code == 303
    page = client.get("/account/home").text
    assert page.index("Oxford</strong>") < page.index("Wales</strong>")
    stays = queries.homes(session, account_id)
    assert stays[0].ends_on is None
    assert stays[1].ends_on == stays[0].starts_on
    again = client.submit("/account/home", {"home": "oxford"})
    assert "That is the home already" in again.text
    assert (
        "You have no home partner yet" in client_of(app, make_person(app, "zoe@example.org")).get("/account/home").text
    )


def test_who_may_move_whom(app: Flask, session: ScopedSession, tenant: Tenants) -> None:
    account_id = make_person(app, "sam@example.org", home="wales")
    to = tenant("oxford").ref()
    with pytest.raises(Forbidden):
        membership.move_home(session, Actor("x" * 26, ""), account_id=account_id, home=to, reason="")
    with pytest.raises(Invalid):
        membership.move_home(session, SYSTEM, account_id=account_id, home=tenant("uk").ref(), reason="")
    with pytest.raises(NotFound):
        membership.move_home(session, SYSTEM, account_id=make_person(app, "zoe@example.org"), home=to, reason="")
    central = Actor("x" * 26, "", permissions=frozenset({Permission.ROLES_GRANT}))
    membership.move_home(session, central, account_id=account_id, home=to, reason="moved")
    assert queries.own(session, account_id).home_tenant_id == to.id


def test_joining_leaving_and_coming_back(
    app: Flask, session: ScopedSession, tenant: Tenants, frozen_clock: FrozenClock
) -> None:
    account_id = make_person(app, "sam@example.org")
    wales, oxford = tenant("wales").ref(), tenant("oxford").ref()

    def join(home: object, cohort: Cohort, since: date) -> None:
        membership.join(session, SYSTEM, account_id=account_id, home=home, cohort=cohort, since=since)  # type: ignore[arg-type]  # both kinds

    join(wales, Cohort.PHASED, date(2016, 11, 14))
    with pytest.raises(Refused):
        join(oxford, Cohort.LATER, date(2017, 1, 1))
    assert queries.members_by_tenant(session) == {wales.id: 1}
    membership.leave(session, Actor(account_id, ""), account_id=account_id)
    assert queries.members_by_tenant(session) == {}
    assert queries.own(session, account_id).cohort is None
    with pytest.raises(NotFound):
        membership.leave(session, SYSTEM, account_id=account_id)
    with pytest.raises(Forbidden):
        membership.leave(session, Actor("x" * 26, ""), account_id=account_id)
    frozen_clock.advance(days=200)
    join(oxford, Cohort.LATER, frozen_clock.now.date())
    own = queries.own(session, account_id)
    assert (own.cohort, own.since, own.home_tenant_id) == (Cohort.PHASED, date(2016, 11, 14), oxford.id)
    assert len(queries.homes(session, account_id)) == 2


def test_one_home_is_open_at_a_time(app: Flask, session: ScopedSession, tenant: Tenants) -> None:
    account_id = make_person(app, "sam@example.org", home="wales")
    session.add(Affiliation(account_id=account_id, home_tenant_id=tenant("oxford").id, starts_on=date(2026, 1, 1)))
    with pytest.raises(sa.exc.IntegrityError):
        session.flush()
    session.rollback()
    session.add(Membership(account_id=make_person(app, "zoe@example.org"), cohort="royal", since=date(2026, 1, 1)))
    with pytest.raises(sa.exc.IntegrityError):
        session.flush()


def test_stale_and_empty_details_are_refused(app: Flask, session: ScopedSession) -> None:
    actor = Actor(make_person(app, "sam@example.org"), "")
    with pytest.raises(Conflict):
        accounts.change_details(session, actor, details=accounts.Details("Sam", "en"), version=7)
    with pytest.raises(Invalid):
        accounts.change_details(session, actor, details=accounts.Details("  ", "en"), version=1)


@pytest.mark.parametrize("sent", [b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80"])
def test_what_is_no_utf_8_is_refused_and_nothing_is_kept(app: Flask, session: ScopedSession, sent: bytes) -> None:
    account_id = make_person(app, "sam@example.org")
    client = client_of(app, account_id)
    (form,) = [one for one in forms(client.get("/account/").text) if "about" in one.fields]
    fields = {name: values[0] for name, values in form.fields.items()}
    answer = client.post("/account/", data={**fields, "about": sent})
    assert answer.status_code == 400
    assert "Something in what was sent is damaged" in answer.text
    line = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    parts = [
        line % (name.encode(), value.encode())
        for name, value in {**fields, "name": "Sam Kept"}.items()
        if name != "about"
    ]
    body = b"".join([*parts, line % (b"about", sent), b"--b--\r\n"])
    answer = client.post("/account/", data=body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 422
    assert "Remove the characters that cannot be shown" in answer.text
    assert "Sam Kept" in answer.text
    assert queries.own(session, account_id).about == ""


def test_marks_that_turn_writing_round_are_left_out_of_a_line_and_kept_in_a_text(
    app: Flask, session: ScopedSession
) -> None:
    account_id = make_person(app, "sam@example.org")
    client = client_of(app, account_id)
    sent = {"name": "Sam \u202etsigoloehtap\u2069", "about": "\u2067שרה\u2069, I am Sam"}
    assert client.submit("/account/", sent).status_code == 303
    own = queries.own(session, account_id)
    assert (own.name, own.about) == ("Sam tsigoloehtap", "\u2067שרה\u2069, I am Sam")
