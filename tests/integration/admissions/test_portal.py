"""The portal: which partner covers me, when it takes applications, and nothing that only assessors should know."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from core.admissions.queries import windows as queries
from core.admissions.service import extensions, windows
from core.admissions.service.windows import Plan
from core.data.session import ScopedSession
from core.kernel.ids import new_token
from core.kernel.views import SYSTEM
from tests.factories.admissions import make_form, make_window
from tests.factories.people import client_of, make_person
from tests.support.app_fixtures import FrozenClock
from tests.support.client import FormClient

START = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession], frozen_clock: FrozenClock) -> ScopedSession:
    """A session on Scotland's rows, on 1 March 2027."""
    frozen_clock.move_to(START)
    return session_for("scotland")


@pytest.fixture
def spring(session: ScopedSession) -> str:
    """Scotland's window from 9 March to 10 April 2027, published by its service; its id."""
    opens, closes = datetime(2027, 3, 9, tzinfo=UTC), datetime(2027, 4, 10, 22, 59, tzinfo=UTC)
    window_id = windows.plan(session, SYSTEM, Plan("Spring", opens, closes, 1800, make_form(session)), new_token())
    windows.publish(session, SYSTEM, window_id, 1)
    session.rollback()
    return window_id


def test_a_postcode_gives_the_partner(client: FormClient) -> None:
    text = client.get("/apply/?postcode=eh1+1yz").text
    assert "Your partner is Scotland" in text
    assert "It covers EH1." in text
    assert client.get("/apply").status_code == 308


def test_a_code_that_straddles_is_asked_about(client: FormClient) -> None:
    asked = client.get("/apply/?postcode=TD15+1AA").text
    assert "TD15 lies in the areas of several partners" in asked
    assert "Your partner is" not in asked
    assert 'value="S12000026"' in asked
    assert "Your partner is Scotland" in client.get("/apply/?postcode=TD15&authority=S12000026").text
    wrong = client.get("/apply/?postcode=TD15&authority=E99")
    assert wrong.status_code == 422
    assert "Choose one of the places shown" in wrong.text


def test_a_divided_authority_leaves_the_choice_to_the_person(client: FormClient) -> None:
    text = client.get("/apply/?postcode=SP1").text
    assert "Choose your partner" in text
    assert "More than one partner covers Wiltshire" in text
    answer = text[text.index('id="answer"') : text.index('id="all"')]
    assert "/wessex/apply/" in answer
    assert "/west-of-england/apply/" in answer


@pytest.mark.parametrize(
    ("typed", "words"),
    [("", "Enter a postcode"), ("hello", "Enter a postcode"), ("QZ9 9ZZ", "We do not know this postcode")],
)
def test_what_is_no_postcode_is_said_and_kept(client: FormClient, typed: str, words: str) -> None:
    answer = client.get("/apply/", query_string={"postcode": typed})
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{typed}"' in answer.text


def test_the_state_follows_the_clock_and_grace_is_shown_as_closed(
    client: FormClient, session: ScopedSession, spring: str, frozen_clock: FrozenClock
) -> None:
    assert queries.one(session, spring).state == "published"
    closed = "Applications are closed here now"
    moments = [
        (START, "Applications open on Tuesday 9 March 2027, 00:00", "Opens on Tuesday 9 March 2027, 00:00", True),
        (datetime(2027, 3, 9, tzinfo=UTC), "open until Saturday 10 April 2027, 23:59", "Open until Saturday 10 April", False),
        (datetime(2027, 4, 10, 22, 59, tzinfo=UTC), "open until Saturday 10 April", "Open until Saturday 10 April", False),
        (datetime(2027, 4, 10, 22, 59, 1, tzinfo=UTC), closed, "", True),
        (datetime(2027, 5, 10, tzinfo=UTC), closed, "", True),
    ]  # fmt: skip
    for at, here, uk, asks in moments:
        frozen_clock.move_to(at)
        page = client.get("/scotland/apply/").text
        assert here in page, at
        assert ("Tell me when it opens" in page) is asks
        assert uk in client.get("/apply/").text
        assert "race" not in page


def test_the_button_is_there_while_an_application_can_begin(
    app: Flask, session: ScopedSession, spring: str, frozen_clock: FrozenClock
) -> None:
    ann, bob = make_person(app, "ann@example.org"), make_person(app, "bob@example.org")
    extensions.extend(
        session, SYSTEM, spring, email="ann@example.org", closes_at=datetime(2027, 4, 12, 11, tzinfo=UTC), why="Ill",
        key=new_token(), post=lambda *_: None,
    )  # fmt: skip

    def page(who: str) -> str:
        return client_of(app, who).get("/scotland/apply/").text  # signed in anew: weeks go by

    def offered(who: str) -> bool:
        return "Start your application" in page(who)

    there = "applying.start" in app.view_functions
    assert (offered(ann), offered(bob)) == (False, False)
    frozen_clock.move_to(datetime(2027, 3, 9, tzinfo=UTC))
    assert (offered(ann), offered(bob)) == (there, there)
    frozen_clock.move_to(datetime(2027, 4, 12, 10, tzinfo=UTC))
    assert (offered(ann), offered(bob)) == (there, False)
    assert "until Monday 12 April 2027, 12:00" in page(ann)
    assert "12 April" not in page(bob)
    frozen_clock.move_to(datetime(2027, 4, 12, 11, 0, 1, tzinfo=UTC))
    assert (offered(ann), offered(bob)) == (False, False)


def test_the_button_waits_for_the_page_it_leads_to(
    app: Flask, client: FormClient, session: ScopedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_window(session, make_form(session))
    session.rollback()
    monkeypatch.setattr("core.admissions.views.portal.START", "nobody.wrote_it_yet")
    assert "Start your application" not in client.get("/scotland/apply/").text


def test_join_q_is_for_those_who_have_not(app: Flask, client: FormClient) -> None:
    for path in ("/", "/scotland/", "/apply/", "/scotland/apply/"):
        assert ">Join Q</a>" in client.get(path).text
    member = client_of(app, make_person(app, "member@example.org", home="scotland"))
    assert ">Join Q</a>" not in member.get("/scotland/").text
    page = member.get("/scotland/apply/").text
    assert "You are a member of Q already" in page
    assert not any(words in page for words in ("Start your application", "Leave your email address", "Tell me when"))


def test_windows_do_not_stand_among_events(client: FormClient, session: ScopedSession, spring: str) -> None:
    assert queries.one(session, spring).name == "Spring"
    assert "Spring" not in client.get("/").text


def test_in_welsh(client: FormClient, session_for: Callable[[str], ScopedSession]) -> None:
    wales = session_for("wales")
    make_window(wales, make_form(wales), 1, 20)
    client.get("/wales/language/cy")
    text = client.get("/wales/apply/").text
    assert "Ymuno â Q: Cymru" in text
    assert "Bydd ceisiadau’n agor" in text
    assert "Rhowch wybod i mi pan fydd yn agor" in text
    text = client.get("/apply/?postcode=CF10").text
    assert "Eich partner yw Cymru" in text


def test_many_windows_cost_what_none_costs(
    client: FormClient, session: ScopedSession, statements: Callable[[], object]
) -> None:
    def cost() -> list[int]:
        found = []
        for path in ("/apply/", "/scotland/apply/"):
            client.get(path)
            with statements() as seen:  # type: ignore[attr-defined]  # the fixture's own class
                assert client.get(path).status_code == 200
            found.append(len(seen))
        return found

    before, form = cost(), make_form(session)
    for number in range(30):
        opens = START + timedelta(days=30 + 3 * number)
        window_id = windows.plan(session, SYSTEM, Plan("Many", opens, opens + timedelta(days=1), 0, form), new_token())
        windows.publish(session, SYSTEM, window_id, 1)
    assert cost() == before
