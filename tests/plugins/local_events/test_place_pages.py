"""The pages of places, as members and organisers use them."""

import re

import pytest
import sqlalchemy as sa

from core.data.session import transaction
from core.kernel import clock
from core.kernel.ids import new_token
from core.people.models import Account
from core.work.models import Mail
from plugins.local_events import jobs
from plugins.local_events.models import SealedAnswer
from plugins.local_events.queries import places as counting
from plugins.local_events.queries import questions as reading
from plugins.local_events.service import places, questions
from plugins.local_events.service.questions import Ask
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import (
    CENTRAL,
    ORGANISER,
    coming,
    full_with,
    published,
    registration,
    state,
    visitor,
)
from tests.support.client import forms

WHO = visitor(ORGANISER)


@pytest.fixture
def mair(app):
    """A member of Scotland: account and browser."""
    account = make_person(app, "mair@example.org", name="Mair Jones", home="scotland")
    return visitor(account_id=account), client_of(app, account)


@pytest.fixture
def organiser(app):
    """An organiser's browser."""
    return client_of(app, make_person(app, "org@example.org", grants=[(ORGANISER, "scotland")]))


def _token(browser, path):
    """What the forms of a page carry."""
    return re.findall(r'name="csrf_token" value="([^"]+)"', browser.get(path).text)[0]


def test_a_person_sees_the_turn_on_the_waiting_list_and_why(session, scotland, mair):
    _, browser = mair
    event_id, first, _ = full_with(session, scotland, 1)
    path = f"/scotland/events/{event_id}"
    assert "Join the waiting list" in browser.get(path).text
    assert browser.submit(f"{path}/register", {"accepts_offers": None}, form="/register").status_code == 303
    page = browser.get(path).text
    assert "You are number 2 on the waiting list" in page
    assert "The one place is taken." in page
    places.withdraw(session, scotland, event_id, first)
    assert "1 place is being offered to somebody before you." in browser.get(path).text


def test_who_asks_to_wait_while_a_place_becomes_free_has_it(session, scotland, mair):
    """The page of a full event asks more than that of one with a place: to have answered it is no mistake."""
    who, browser = mair
    event_id, first, _ = full_with(session, scotland, 0, guests_allowed=2)
    path = f"/scotland/events/{event_id}/register"
    (form,) = [one for one in forms(browser.get(path).text) if "accepts_offers" in one.kinds]
    places.withdraw(session, scotland, event_id, first)
    data = {**form.fields, "accepts_offers": "y"}
    assert browser.post(path, data=data).status_code == 303
    session.rollback()
    assert state(session, event_id, who) == "confirmed"


def test_an_offer_is_answered_on_its_page(session, scotland, mair):
    who, browser = mair
    event_id, first, _ = full_with(session, scotland, 0)
    places.register(session, scotland, event_id, who)
    places.withdraw(session, scotland, event_id, first)
    path = f"/scotland/events/{event_id}"
    page = browser.get(path).text
    assert "A place is offered to you" in page
    assert "Answer until" in page
    assert "A place is offered" in browser.get("/scotland/me/").text
    assert browser.submit(path, form="/accept").status_code == 303
    assert "You have a place" in browser.get(path).text
    session.rollback()
    assert state(session, event_id, who) == "confirmed"


def test_a_late_press_says_that_the_offer_has_lapsed(session, scotland, mair, frozen_clock):
    who, browser = mair
    event_id, first, _ = full_with(session, scotland, 0)
    places.register(session, scotland, event_id, who)
    places.withdraw(session, scotland, event_id, first)
    path = f"/scotland/events/{event_id}"
    token = _token(browser, path)
    frozen_clock.advance(hours=49)
    late = browser.post(f"{path}/accept", data={"csrf_token": token})
    assert late.status_code == 422
    assert "This offer has lapsed" in late.text


def test_what_was_typed_is_kept_and_what_is_sensitive_is_sealed(session, scotland, mair):
    who, browser = mair
    event_id = published(session, scotland, guests_allowed=2)
    diet, hope = (
        questions.add(session, scotland, event_id, ask, WHO, new_token())
        for ask in (
            Ask("choices", "Food?", options=("Vegan", "Halal"), sensitive=True),
            Ask("short", "Hopes?", required=True),
        )
    )
    path = f"/scotland/events/{event_id}/register"
    typed = {"guests": "1", f"q_{diet}": ["Halal"], f"q_{diet}_other": "no celery"}
    wrong = browser.submit(path, {**typed, f"q_{hope}": ""}, form="/register")
    assert wrong.status_code == 422
    assert "There is a problem" in wrong.text
    assert "no celery" in wrong.text
    assert re.search(r'value="Halal"[^>]*checked|checked[^>]*value="Halal"', wrong.text)
    assert browser.submit(path, {**typed, f"q_{hope}": "Ideas"}, form="/register").status_code == 303
    session.rollback()
    own = registration(session, event_id, who)
    assert (own.guests, reading.answers_of(session, [own.id])[own.id]) == (1, {hope: "Ideas"})
    assert "celery" not in session.scalar(sa.select(SealedAnswer.sealed))
    assert "no celery" in browser.get(path).text
    assert browser.submit(path, {f"q_{hope}": "More ideas", "guests": "0"}, form="/register").status_code == 303
    session.rollback()
    assert reading.answers_of(session, [own.id])[own.id] == {hope: "More ideas"}
    assert counting.of_event(session, event_id).held == 1


def test_one_press_is_not_enough_where_something_must_be_answered(session, scotland, mair):
    _, browser = mair
    event_id = published(session, scotland)
    questions.add(session, scotland, event_id, Ask("short", "Hopes?", required=True), WHO, new_token())
    path = f"/scotland/events/{event_id}"
    token = _token(browser, f"{path}/register")
    answer = browser.post(f"{path}/register", data={"csrf_token": token})
    assert answer.status_code == 422
    assert "Answer this question" in answer.text


def test_what_is_said_anew_of_a_place_that_is_gone_brings_it_not_back(session, scotland, mair):
    """Somebody changes what they said in one window and has given their place back in another."""
    who, browser = mair
    event_id = published(session, scotland, guests_allowed=2)
    path = f"/scotland/events/{event_id}/register"
    assert browser.submit(path, {"guests": "1"}, form="/register").status_code == 303
    (change,) = [one for one in forms(browser.get(path).text) if "guests" in one.kinds]
    places.withdraw(session, scotland, event_id, who)
    answer = browser.post(path, data={**change.fields, "guests": "2"})
    assert answer.status_code == 422
    assert "You are not registered for this event any more" in answer.text
    session.rollback()
    assert state(session, event_id, who) == "withdrawn"
    (again,) = [one for one in forms(answer.text) if "guests" in one.kinds]
    assert again.fields["guests"] == ["2"]
    assert browser.post(path, data=again.fields).status_code == 303
    session.rollback()
    assert (state(session, event_id, who), registration(session, event_id, who).guests) == ("confirmed", 2)


def test_a_place_that_others_wait_for_is_given_back_only_after_a_question(session, scotland, mair):
    who, browser = mair
    event_id = published(session, scotland, capacity=1)
    places.register(session, scotland, event_id, who)
    path = f"/scotland/events/{event_id}"
    assert f'action="{path}/withdraw"' in browser.get(path).text
    places.register(session, scotland, event_id, visitor())
    page = browser.get(path).text
    assert f'action="{path}/withdraw"' not in page
    assert f'href="{path}/withdraw"' in page
    asked = browser.get(f"{path}/withdraw").text
    assert "1 person waits for a place, and gets yours." in asked
    session.rollback()
    assert state(session, event_id, who) == "confirmed"
    assert browser.submit(f"{path}/withdraw", form=-1).status_code == 303
    session.rollback()
    assert state(session, event_id, who) == "withdrawn"
    assert "Join the waiting list" in browser.get(f"{path}/withdraw").text


def test_a_turn_on_the_waiting_list_is_given_up_only_after_a_question_where_others_wait(session, scotland, mair):
    """To come after all one would wait behind them. What is said afterwards is of the list, and not of a place."""
    who, browser = mair
    event_id, _, _ = full_with(session, scotland, 0)
    places.register(session, scotland, event_id, who)
    path = f"/scotland/events/{event_id}"
    assert f'action="{path}/withdraw"' in browser.get(path).text, "nobody else waits"
    places.register(session, scotland, event_id, visitor())
    page = browser.get(path).text
    assert f'action="{path}/withdraw"' not in page
    assert f'href="{path}/withdraw">Stop waiting</a>' in page
    asked = browser.get(f"{path}/withdraw").text
    assert "to come after all, you would wait behind everybody else" in asked
    assert "gets yours" not in asked
    assert browser.submit(f"{path}/withdraw", form=-1).status_code == 303
    session.rollback()
    assert state(session, event_id, who) == "withdrawn"
    after = browser.get(path).text
    assert "You are no longer on the waiting list." in after
    assert "Your place has been given back." not in after


def test_a_request_that_is_taken_back_is_not_said_to_have_been_a_place(session, scotland, mair):
    who, browser = mair
    event_id = published(session, scotland, wants_approval=True)
    places.register(session, scotland, event_id, who)
    path = f"/scotland/events/{event_id}"
    assert browser.submit(path, form="/withdraw").status_code == 303
    page = browser.get(path).text
    assert "You have taken your request back." in page
    assert "Your place has been given back." not in page


def test_an_offered_place_is_left_to_the_next_only_after_a_question(session, scotland, mair):
    who, browser = mair
    event_id = published(session, scotland, capacity=1)
    first, last = visitor(), visitor()
    for one in (first, who, last):
        places.register(session, scotland, event_id, one)
    places.withdraw(session, scotland, event_id, first)
    path = f"/scotland/events/{event_id}"
    assert f'href="{path}/decline"' in browser.get(path).text
    assert "and gets yours" in browser.get(f"{path}/decline").text
    assert browser.submit(f"{path}/decline", form=-1).status_code == 303
    session.rollback()
    assert (state(session, event_id, who), state(session, event_id, last)) == ("declined", "offered")


def test_a_place_is_handed_on_by_address(app, session, scotland, mair):
    who, browser = mair
    make_person(app, "ifor@example.org", home="scotland")
    event_id = published(session, scotland)
    places.register(session, scotland, event_id, who)
    path = f"/scotland/events/{event_id}/hand-on"
    nobody = browser.submit(path, {"email": "nobody@example.org"}, form=1)
    assert nobody.status_code == 422
    assert "nobody@example.org" in nobody.text
    assert browser.submit(path, {"email": "ifor@example.org"}, form=1).status_code == 303
    session.rollback()
    assert (state(session, event_id, who), coming(session, event_id)) == ("withdrawn", 1)


def test_the_letters_say_it_in_the_readers_language(app, session, session_for, wales, frozen_clock):
    there = session_for("wales")
    person = make_person(app, "mair@example.org", home="wales")
    with transaction(there):
        there.execute(sa.update(Account).where(Account.id == person).values(locale="cy"))
    event_id = published(there, wales, title="Siartiau\nrhediad")
    places.register(there, wales, event_id, visitor(account_id=person))
    with app.app_context():
        jobs.tell_places(there, clock.now())
        jobs.tell_places(there, clock.now())
    (mail,) = there.execute(sa.select(Mail.subject, Mail.text, Mail.to_address, Mail.locale)).all()
    assert (mail.to_address, mail.locale) == ("mair@example.org", "cy")
    assert mail.subject == "Mae gennych le: Siartiau rhediad"
    assert f"/wales/events/{event_id}" in mail.text


def test_an_organiser_looks_after_registrations(session, scotland, organiser, mair):
    who, _ = mair
    event_id, _, (second,) = full_with(session, scotland, 1)
    places.register(session, scotland, event_id, who)
    base = f"/scotland/manage/events/{event_id}/"
    assert "2 people are waiting" in organiser.get(base).text
    assert organiser.get(f"{base}?state=confirmed").text.count('<th scope="row"') == 1
    assert "Nobody is found so." in organiser.get(f"{base}?q=nobody").text
    one = registration(session, event_id, second).id
    page = f"{base}registrations/{one}"
    for step in ("force", "remove"):
        assert organiser.submit(page, {"why": ""}, form=f"/{step}").status_code == 422
    assert organiser.submit(page, {"why": "She speaks."}, form="/force").status_code == 303
    assert "She speaks." in organiser.get(page).text
    assert organiser.submit(page, {"why": "Ill."}, form="/remove").status_code == 303
    refused = organiser.get(page).text
    assert "Ill." in refused
    assert "/remove" not in refused
    wrong = organiser.submit(f"{base}add", {"email": "nobody@example.org", "why": "Speaks"}, form=1)
    assert wrong.status_code == 422
    assert "Speaks" in wrong.text


@pytest.mark.parametrize(("step", "said"), [("refuse", "refused"), ("force", "given")])
def test_a_reason_for_a_request_that_a_colleague_decided_meanwhile_is_kept(session, scotland, organiser, step, said):
    who = visitor()
    event_id = published(session, scotland, wants_approval=True)
    places.register(session, scotland, event_id, who)
    page = f"/scotland/manage/events/{event_id}/registrations/{registration(session, event_id, who).id}"
    (form,) = [one for one in forms(organiser.get(page).text) if one.action.endswith(f"/{step}")]
    assert organiser.submit(page, form="/approve").status_code == 303
    late = organiser.post(form.action, data={**form.fields, "why": f"Why it is {said} & no other"})
    assert late.status_code == 422
    assert "This cannot be done now: its state has changed." in late.text
    assert f"<blockquote>Why it is {said} &amp; no other</blockquote>" in late.text


def test_an_organiser_sets_places_invites_and_asks(session, scotland, organiser):
    event_id = published(session, scotland, capacity=5)
    base = f"/scotland/manage/events/{event_id}/"
    saved = organiser.submit(f"{base}places", {"in_person-capacity": "3", "reserved-capacity": "2"}, form=1)
    assert saved.status_code == 303
    session.rollback()
    pools = counting.of_event(session, event_id).pools
    assert [(pool.kind, pool.capacity, pool.eligibility) for pool in pools] == [("in_person", 3, "public"), ("reserved", 2, "invited")]  # fmt: skip
    stale = organiser.submit(f"{base}places", {"in_person-capacity": "9", "version-in_person": "1"}, form=1)
    assert stale.status_code == 422
    assert "Somebody changed this" in stale.text
    assert (
        organiser.submit(f"{base}invitations", {"addresses": "a@example.org\nb@example.org"}, form=1).status_code == 303
    )
    listed = organiser.get(f"{base}invitations").text
    assert "b@example.org" in listed
    assert organiser.submit(f"{base}invitations", form="/withdraw").status_code == 303
    assert "What would help you take part?" in organiser.get(f"{base}questions?like=access").text
    added = organiser.submit(f"{base}questions?like=diet", {"hint": "Say all."}, form="/questions")
    assert added.status_code == 303
    assert organiser.submit(f"{base}questions", {"kind": "choice", "text": "Which?"}, form=-1).status_code == 422
    assert "Vegetarian" in organiser.get(f"{base}catering").text
    assert "There are no sensitive answers." in organiser.get(f"{base}answers").text
    assert organiser.submit(f"{base}questions", form="/withdraw").status_code == 303
    assert "Nothing is asked yet." in organiser.get(f"{base}questions").text


def test_reserved_places_that_are_emptied_are_none_any_more(session, scotland, organiser):
    page = f"/scotland/manage/events/{published(session, scotland, capacity=5)}/places"
    event_id = page.split("/")[-2]

    def reserved():
        session.rollback()
        return [pool.capacity for pool in counting.of_event(session, event_id).pools if pool.kind == "reserved"]

    assert organiser.submit(page, {"reserved-capacity": ""}, form=1).status_code == 303
    assert reserved() == []
    assert organiser.submit(page, {"reserved-capacity": "2"}, form=1).status_code == 303
    assert organiser.submit(page, {"in_person-capacity": "6", "reserved-capacity": ""}, form=1).status_code == 303
    assert reserved() == [0]


def test_the_uk_site_has_the_organisers_pages_too(app):
    central = client_of(app, make_person(app, "central@example.org", grants=[(CENTRAL, "uk")]))
    assert central.get("/manage/events/").status_code == 200


def test_the_list_of_what_is_to_come_leaves_nothing_out(session, scotland, organiser, statements):
    """Neither the page nor its file, however many events there are; in as many statements."""
    page, counts = "/scotland/manage/events/", []
    for more in (1, 59):
        for number in range(more):
            published(session, scotland, title=f"Event {more}-{number}")
        session.rollback()
        for end in ("?sort=-title", "?format=csv"):
            organiser.get(page + end)
            with statements() as seen:
                text = organiser.get(page + end).text
            counts.append(len(seen))
    assert text.count("\r\n") == 1 + 60
    assert "Event 59-0" in organiser.get(f"{page}?sort=-title&page=3").text
    assert counts[:2] == counts[2:], counts


def test_numbers_for_catering_of_many_questions_are_on_pages(session, scotland, organiser):
    event_id = published(session, scotland)
    for number in range(6):
        options = tuple(f"Dish {number}-{one}" for one in range(20))
        ask = Ask("choice", f"Which dish, {number}?", options=options, sensitive=True)
        questions.add(session, scotland, event_id, ask, WHO, new_token())
    first = organiser.get(f"/scotland/manage/events/{event_id}/catering").text
    assert "page=2" in first
    second = organiser.get(f"/scotland/manage/events/{event_id}/catering?page=2").text
    assert "Dish 5-19" in first + second


def test_the_list_of_registrations_takes_as_many_statements_for_fifty(session, scotland, organiser, statements):
    event_id, counts = published(session, scotland, capacity=100), []
    for more in (1, 49):
        for _ in range(more):
            places.register(session, scotland, event_id, visitor())
        session.rollback()
        for end in ("", "?format=csv"):
            organiser.get(f"/scotland/manage/events/{event_id}/{end}")
            with statements() as seen:
                assert organiser.get(f"/scotland/manage/events/{event_id}/{end}").status_code == 200
            counts.append(len(seen))
    assert counts[:2] == counts[2:], counts
