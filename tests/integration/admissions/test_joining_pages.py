"""Joining by hand, without JavaScript: the offer, the compact, the equality questions, the partner's and the central pages."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import IntegerConverter

from core.admissions import content
from core.admissions.equality import link
from core.admissions.jobs import joining as joining_jobs
from core.admissions.models import EqualityResponse, MembershipOffer
from core.admissions.queries import compact as compacts
from core.admissions.queries import equality
from core.data.db import tenant_session
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.people.models import Account, Membership
from core.work.models import Mail
from tests.factories.admissions import make_form, make_window
from tests.factories.assessing import make_assessor, make_assignment, make_submitted
from tests.factories.joining import make_accepted, make_compact, make_offer
from tests.factories.people import PASSWORD, client_of, make_person
from tests.support.client import FormClient

CENTRAL = "/console/admissions/compact/"
TOKEN = re.compile(r'name="(csrf_token|form_key)" value="[^"]*"')


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    """A session on Scotland's rows."""
    return session_for("scotland")


@pytest.fixture
def central(app: Flask) -> FormClient:
    """Somebody of the central team."""
    return client_of(app, make_person(app, "central@example.org", name="Cen Tral", grants=[(Role.CENTRAL_TEAM, "uk")]))


@pytest.fixture
def lead(app: Flask) -> FormClient:
    """Scotland's lead."""
    return client_of(app, make_person(app, "lead@example.org", name="Isla", grants=[(Role.PARTNER_LEAD, "scotland")]))


def offered(app: Flask, session: ScopedSession, **changes: Any) -> tuple[FormClient, str, str]:
    """(browser, offer's page, offer) of somebody with an offer."""
    account, application = make_accepted(app, session, name="Ann Roy")
    offer = make_offer(session, application, account, **changes)
    return client_of(app, account), f"/scotland/apply/{application}/offer", offer


def flat(page: str) -> str:
    return TOKEN.sub("", page)


def letters(session: ScopedSession) -> list[Any]:
    session.rollback()
    return list(session.scalars(sa.select(Mail).order_by(Mail.created_at, Mail.id)))


def test_the_offer_is_read_promised_and_accepted(app: Flask, session: ScopedSession) -> None:
    make_compact(session, promise="I will try")
    ann, place, _ = offered(app, session)
    page = ann.get(place).text
    assert "I will try" in page
    assert ann.get(place).headers["Cache-Control"] == "no-store"
    missing = ann.submit(place, {"promise": None})
    assert missing.status_code == 422
    assert "Tick the promise" in missing.text
    done = ann.submit(place, {"promise": "y"}, follow_redirects=True)
    assert "Welcome to Q: you are a member." in done.text
    assert "You are a member of Q." in done.text
    assert 'class="btn" href="/scotland/account/"' in done.text, "whoever joined is told where to begin"
    [welcome] = letters(session)
    assert welcome.subject == "Welcome to Q"
    assert "/scotland/account/" in welcome.text
    assert "promise" not in ann.get(place).text.split("<main")[1]
    assert session.scalar(sa.select(sa.func.count()).select_from(Membership)) == 1


def test_a_compact_that_changed_meanwhile_is_shown_anew(app: Flask, session: ScopedSession) -> None:
    make_compact(session)
    ann, place, _ = offered(app, session)
    ann.get(place)
    token = re.search(r'name="csrf_token" value="([^"]*)"', ann.get(place).text)
    shown = re.search(r'name="shown"[^>]*value="([^"]*)"', ann.get(place).text)
    assert token
    assert shown
    make_compact(session, 2, promise="A newer promise")
    answer = ann.post(place, data={"csrf_token": token[1], "shown": shown[1], "promise": "y"})
    assert answer.status_code == 409
    assert "was changed while you were reading" in answer.text
    assert "A newer promise" in answer.text
    assert "checked" not in answer.text.split("<main")[1]
    assert session.scalar(sa.select(sa.func.count()).select_from(Membership)) == 0
    assert ann.submit(place, {"promise": "y"}).status_code == 303


def test_an_offer_is_turned_down_or_over(app: Flask, session: ScopedSession) -> None:
    ann, place, offer = offered(app, session)
    assert "not published yet" in ann.get(place).text
    make_compact(session)
    assert ann.submit(f"{place}/decline", form=-1).status_code == 303
    assert "You turned this offer down" in ann.get(place).text
    assert ann.get(f"{place}/decline").status_code == 422
    with transaction(session):
        session.execute(
            sa.update(MembershipOffer).where(MembershipOffer.id == offer).values(state="lapsed")
        )  # fmt: skip
    assert "has lapsed" in ann.get(place).text
    assert "scotland@q.example" in ann.get(place).text


def test_a_member_already_is_told_plainly(app: Flask, session: ScopedSession) -> None:
    make_compact(session)
    _, place, _ = offered(app, session)
    account = session.scalar(sa.select(MembershipOffer.account_id))
    with transaction(session):
        session.add(Membership(account_id=account, cohort="founding", since=clock.today()))
    ann = client_of(app, str(account))
    page = ann.get(place).text
    assert "You are a member of Q already." in page
    assert "promise" not in page
    assert ann.submit(f"{place}/decline", form=-1).status_code == 303


def test_anothers_offer_is_a_missing_one_byte_for_byte(app: Flask, session: ScopedSession) -> None:
    make_compact(session)
    _, place, _ = offered(app, session)
    bob = client_of(app, make_person(app, "bob@example.org"))
    for end in ("", "/decline"):
        missing = bob.get(f"/scotland/apply/{new_id()}/offer{end}")
        for path in (f"{place}{end}", f"{place}{end}".replace("/scotland", "/wales")):
            found = bob.get(path)
            assert found.status_code == 404
            if path.startswith("/scotland"):
                assert flat(found.text) == flat(missing.text)


def test_the_lead_sees_filters_takes_away_and_renews_offers(
    app: Flask, session: ScopedSession, lead: FormClient
) -> None:
    at = "/scotland/manage/admissions/offers"
    assert "No offers yet" in lead.get(at).text
    _, _, offer = offered(app, session)
    assert lead.get(f"{at}/{offer}/renew").status_code == 422
    with transaction(session):
        session.execute(
            sa.update(MembershipOffer).values(state="lapsed", ended_at=clock.now())
        )  # fmt: skip
    page = lead.get(f"{at}?state=lapsed&q=roy").text
    assert "Ann Roy" in page
    assert "No offer here is like that" in lead.get(f"{at}?state=joined").text
    assert "ann@example.org" in lead.get(f"{at}?format=csv").text
    assert lead.get(f"{at}?format=xlsx").data.startswith(b"PK")
    wrong = lead.submit(f"{at}/{offer}/renew", {"until": "2001-01-01", "why": "Was ill"})
    assert wrong.status_code == 422
    assert "Was ill" in wrong.text
    until = (clock.today() + timedelta(days=30)).isoformat()
    assert lead.submit(f"{at}/{offer}/renew", {"until": until, "why": "Was ill"}).status_code == 303
    assert letters(session)[-1].subject == "Your offer of membership of Q stands again"
    assert lead.get(f"{at}/{new_id()}/renew").status_code == 404


def test_the_jobs_write_each_letter_in_the_readers_language(app: Flask, session: ScopedSession) -> None:
    account, application = make_accepted(app, session)
    make_offer(session, application, account, lapses_at=clock.now() + timedelta(days=5))
    make_compact(session, asks_again=True)
    welsh = make_person(app, "wyn@example.org", home="scotland")
    with transaction(session):
        session.execute(sa.update(Account).values(locale="cy"))
    with app.app_context(), tenant_session(2) as own:
        for _ in range(2):
            joining_jobs.end_offers(own, clock.now())
            joining_jobs.tell_compact(own, clock.now())
        joining_jobs.end_offers(own, clock.now() + timedelta(days=6))
        joining_jobs.sweep_equality(own, clock.now())
        joining_jobs.mix_equality(own, clock.now())
    found = letters(session)
    assert sorted(letter.account_id for letter in found) == sorted([account, account, welsh])
    assert {letter.locale for letter in found} == {"cy"}
    assert not [
        letter for letter in found if "membership" in letter.text.lower() or "compact" in letter.subject.lower()
    ]


def test_everybody_reads_the_compact_in_both_languages_with_older_versions(
    app: Flask, client: FormClient, session: ScopedSession
) -> None:
    assert "There is no compact yet" in client.get("/compact").text
    make_compact(session, 1, promise="First promise")
    make_compact(session, 2, promise="Second promise")
    for site in ("", "/scotland", "/wales"):
        page = client.get(f"{site}/compact").text
        assert "Second promise" in page
        assert "Second promise (cy)" in client.get(f"{site}/compact/2?language=cy").text
    old = client.get("/compact/1").text
    assert "First promise" in old
    assert "This is an older version" in old
    named = {
        path: re.findall(r"<(?:title|h1)>([^<]*)</", client.get(path).text)
        for path in ("/compact", "/compact/1", "/compact/2")
    }
    assert [["version 1" in words for words in named[path]] for path in named] == [[False] * 2, [True] * 2, [False] * 2]
    assert [["version 2" in words for words in named[path]] for path in named] == [[False] * 2, [False] * 2, [True] * 2]
    assert (
        "fersiwn 1"
        in re.findall(r"<h1>([^<]*)</h1>", client.get("/compact/1", headers={"Accept-Language": "cy"}).text)[0]
    )
    for missing in ("/compact/3", "/compact/0", f"/compact/{10**30}"):
        assert client.get(missing).status_code == 404
    assert 'href="/scotland/compact"' in client.get("/scotland/").text


def test_a_member_is_asked_after_signing_in_and_on_my_items_and_accepts(app: Flask, session: ScopedSession) -> None:
    make_compact(session, promise="First promise")
    account = make_person(app, "mem@example.org", name="Mem Ber", home="scotland")
    member = client_of(app, account)
    assert "has changed" not in member.get("/me/").text
    make_compact(session, 2, asks_again=True, promise="Second promise")
    fresh: Any = app.test_client()
    landed = fresh.submit(
        "/scotland/account/sign-in", {"email": "mem@example.org", "password": PASSWORD}, follow_redirects=True
    )
    assert landed.text.count("The compact has changed") == 1
    assert 'href="/scotland/me/compact"' in landed.text
    assert "The compact has changed" in member.get("/me/").text
    assert member.submit("/me/compact", {"promise": None}).status_code == 422
    assert member.submit("/me/compact", {"promise": "y"}).status_code == 303
    assert "You accepted version 2" in member.get("/me/compact").text
    assert "has changed" not in member.get("/me/").text
    outsider = client_of(app, make_person(app, "out@example.org"))
    assert "accepted when you join" in outsider.get("/me/compact").text
    assert outsider.get("/me/compact/refuse").status_code == 404


def test_a_member_who_does_not_accept_is_heard_by_the_central_team(
    app: Flask, session: ScopedSession, central: FormClient
) -> None:
    make_compact(session, 1, asks_again=True)
    account = make_person(app, "mem@example.org", name="Mem Ber", home="scotland")
    member = client_of(app, account)
    assert member.submit("/me/compact/refuse", {"words": "<b>Too vague</b>"}).status_code == 303
    page = member.get("/me/compact").text
    assert "You said on" in page
    assert "&lt;b&gt;Too vague" in page
    listed = central.get(f"{CENTRAL}members?standing=refused").text
    assert "&lt;b&gt;Too vague" in listed
    assert "Mem Ber" in central.get(f"{CENTRAL}members?format=csv&home=scotland").text
    assert "Nobody found" in central.get(f"{CENTRAL}members?home=wales").text
    assert "do not accept it" in central.get(CENTRAL).text
    assert session.scalar(sa.select(Membership.left_on).where(Membership.account_id == account)) is None


def test_the_central_team_drafts_compares_and_publishes(
    app: Flask, session: ScopedSession, central: FormClient
) -> None:
    assert "There is no compact yet" in central.get(CENTRAL).text
    assert central.submit(CENTRAL, form="compact/new").status_code == 303
    assert central.submit(CENTRAL, form="compact/new").location.endswith("/compact/2/")
    draft = f"{CENTRAL}2/"
    for path in ("", "changes", "frame", "expectations/new", "expectations/learn", "publish", "discard"):
        assert central.get(draft + path).status_code == 200, path
    assert "There is nothing to publish yet" in central.get(f"{draft}publish").text
    new = {"key": "kind", "title_en": "Be kind", "text_en": "We are kind."}
    assert central.submit(f"{draft}expectations/new", {**new, "key": "Not A Key"}).status_code == 422
    assert central.submit(f"{draft}expectations/new", {**new, "key": "learn"}).status_code == 422
    assert central.submit(f"{draft}expectations/new", new).status_code == 303
    assert "Words are missing" in central.get(draft).text
    asked = {"note": "Kindness", "asks_again": "yes", "sure": "y"}
    assert central.submit(f"{draft}publish", asked).status_code == 422
    welsh = {"title_cy": "Bod yn garedig", "text_cy": "Rydym yn garedig."}
    assert central.submit(f"{draft}expectations/kind", welsh).status_code == 303
    assert central.submit(draft, form="/kind/up").status_code == 303
    assert central.submit(draft, form="/learn/remove").status_code == 303
    changes = central.get(f"{draft}changes").text
    assert all(word in changes for word in ("Be kind", "Bod yn garedig", "Removed", "Added"))
    for lacking in ("note", "asks_again", "sure"):
        assert central.submit(f"{draft}publish", {k: v for k, v in asked.items() if k != lacking}).status_code == 422
    assert central.submit(f"{draft}publish", asked).status_code == 303
    session.rollback()
    newest = compacts.newest(session)
    assert newest is not None
    assert (newest.version.number, newest.version.asks_again, newest.text.version) == (2, True, 2)
    assert central.get(f"{draft}frame").status_code == 422
    assert "never changes" in central.get(f"{draft}frame").text


def test_two_who_edit_at_once_lose_nothing(central: FormClient, session: ScopedSession) -> None:
    central.submit(CENTRAL, form="compact/new")
    central.submit(CENTRAL, form="compact/new")
    place = f"{CENTRAL}2/frame"
    page = central.get(place).text
    stale = {name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', page) for name in ("csrf_token", "version")}
    assert central.submit(place, {"title_en": "Hers"}).status_code == 303
    sent = {name: found[1] for name, found in stale.items() if found}
    words = {f"{name}_{code}": "His" for name in ("title", "intro", "promise") for code in ("en", "cy")}
    answer = central.post(place, data={**sent, **words})
    assert answer.status_code == 409
    assert "Hers" in answer.text
    assert "His" in answer.text
    session.rollback()
    assert compacts.one(session, 2).text.title.en == "Hers"


def submitted(app: Flask, session: ScopedSession) -> tuple[FormClient, str, str]:
    """(browser, place, application) of somebody who has submitted."""
    form = make_form(session)
    account = make_person(app, "ann@example.org", name="Ann Roy")
    application = make_submitted(session, make_window(session, form), form, account)
    return client_of(app, account), f"/scotland/apply/{application}/", application


def test_the_equality_questions_are_answered_changed_and_deleted(app: Flask, session: ScopedSession) -> None:
    ann, place, application = submitted(app, session)
    key = app.config["Q"].secret_key
    page = ann.get(f"{place}equality")
    assert page.status_code == 200
    assert "Skip these questions" in page.text
    assert ann.submit(f"{place}equality", {"age": "nonsense"}).status_code == 422
    assert ann.submit(f"{place}equality", {"age": "a25_34"}).status_code == 303
    assert equality.given(session, key, application) == {"age": "a25_34"}
    assert "checked" in ann.get(f"{place}equality").text
    assert "equality" in ann.get(place).text
    assert ann.submit(f"{place}equality", form="equality/delete").status_code == 303
    session.rollback()
    assert equality.given(session, key, application) == {}
    ann.submit(f"{place}equality", {"age": "a25_34"})
    ann.submit(f"{place}withdraw", form=-1)
    session.rollback()
    assert equality.given(session, key, application) == {}
    assert ann.get(f"{place}equality").status_code == 422
    bob = client_of(app, make_person(app, "bob@example.org"))
    assert bob.get(f"{place}equality").status_code == 404


def test_no_assessor_lead_or_central_page_shows_equality_answers(
    app: Flask, session: ScopedSession, lead: FormClient, central: FormClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Every page and every list as a file, for each of them; their own page shows the answer to the applicant alone."""
    _, _, application = submitted(app, session)
    account = make_person(app, "assess@example.org", grants=[(Role.ASSESSOR, "scotland")])
    assignment = make_assignment(session, application, make_assessor(session, account), "assessing")
    own = link(app.config["Q"].secret_key, application)
    asked = content.equality().questions[0]
    with transaction(session):
        session.execute(
            sa.insert(EqualityResponse),
            [{"link": own, "question": asked.key, "nation": "scotland", "category": "canary_category", "parent": "canary_parent"}],
        )  # fmt: skip
    given = {"application_id": application, "assignment_id": assignment, "account_id": account}
    assessor = client_of(app, account)
    lookers = ((lead, "/scotland"), (assessor, "/scotland"), (central, "/scotland"), (central, ""))
    looked = 0
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or not rule.rule.startswith(("/manage", "/console", "/apply", "/me")):
            continue
        whole = {name for name, kind in rule._converters.items() if isinstance(kind, IntegerConverter)}
        values = {name: 1 if name in whole else given.get(name, application) for name in rule.arguments}
        path = app.url_map.bind("localhost").build(rule.endpoint, values)
        for browser, site in lookers:
            page = browser.get(site + path).get_data(as_text=True)
            if "format=csv" in page:
                page += browser.get(f"{site}{path}?format=csv").get_data(as_text=True)
            looked += 1
            assert "canary_" not in page, path
            assert own not in page, path
    assert looked > 100
    assert "canary_" not in caplog.text
    assert equality.given(session, app.config["Q"].secret_key, application) == {asked.key: "canary_category"}  # control
