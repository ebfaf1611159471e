"""What somebody who is named for one event, and has no role, may open: its check-in, its people, and their own actions."""

from datetime import timedelta

import pytest

from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import Role
from core.sdk import Forbidden, Invalid
from plugins.local_events.queries import organisers
from plugins.local_events.service import checking_in, feedback_actions
from plugins.local_events.service import organisers as naming
from plugins.local_events.service.feedback_actions import Plan
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.day_helpers import figures, press, with_people
from tests.plugins.local_events.helpers import ORGANISER, published, visitor


@pytest.fixture
def ann(app, session):
    """A member of Scotland's account."""
    found = make_person(app, "ann@example.org", name="Ann Baird", home="scotland")
    session.rollback()
    return found


@pytest.fixture
def day(session, scotland, ann, frozen_clock):
    """An event in an hour that Ann is named for: its id, and its registrations."""
    event_id, people = with_people(session, scotland, 2)
    naming.add(session, scotland, event_id, "ann@example.org", visitor(ORGANISER))
    session.rollback()
    return event_id, people


def test_who_is_named_for_an_event_checks_people_in(app, session, ann, day):
    event_id, [first, _] = day
    browser, path = client_of(app, ann), f"/scotland/events/{event_id}/check-in"
    page = browser.get(path)
    assert page.status_code == 200
    assert "Guest 0" in page.text
    assert "/scotland/manage/" not in page.text  # no way to what needs a role
    assert browser.submit(path, {"press": f"in registration {first}"}, form="/check-in").status_code == 303
    assert browser.submit(path, {"name": "Rhys Davies"}, form="/walk-in").status_code == 303
    session.rollback()
    assert (figures(session, event_id).inside, figures(session, event_id).walk_ins) == (2, 1)
    assert "Guest 0" in browser.get(f"/scotland/events/{event_id}/people").text


def test_to_be_named_for_one_event_opens_nobody_beyond_its_list(app, session, ann, day):
    event_id, _ = day
    make_person(app, "bryn@example.org", name="Bryn Rees", home="scotland")
    browser, path = client_of(app, ann), f"/scotland/events/{event_id}/check-in"
    page = browser.get(f"{path}?member=Bryn").text
    assert "bryn@example.org" not in page
    assert "Find a member" not in page
    assert browser.submit(path, {"account": ann}, form="/walk-in").status_code == 404


@pytest.mark.parametrize("who", ["member", "named for another", "organiser elsewhere"])
def test_nobody_else_is_let_in_whether_or_not_there_is_such_an_event(app, session, scotland, day, who):
    event_id, _ = day
    grants = [(Role.EVENTS_ORGANISER, "wales")] if who == "organiser elsewhere" else []
    browser = client_of(app, make_person(app, "other@example.org", home="scotland", grants=grants))
    if who == "named for another":
        other = published(session, scotland)
        naming.add(session, scotland, other, "other@example.org", visitor(ORGANISER))
        session.rollback()
    token = browser.get("/scotland/events/subscribe").text.split('name="csrf_token" value="')[1].split('"')[0]
    pages = ("check-in", f"check-in/ticket/{new_token()}", f"actions/{new_id()}")
    sent = ("check-in", "check-in/code", "check-in/walk-in", "check-in/presses", *pages[1:])
    for there in (event_id, new_id()):
        base = f"/scotland/events/{there}"
        assert {browser.get(f"{base}/{page}").status_code for page in pages} == {403}
        assert {browser.post(f"{base}/{page}", data={"csrf_token": token}).status_code for page in sent} == {403}


def test_the_service_asks_too(session, scotland, ann, day):
    event_id, [first, _] = day
    someone = visitor(home=scotland.id, account_id=ann)
    other = published(session, scotland)
    for there in (event_id, other):
        with pytest.raises(Forbidden):
            checking_in.press(session, scotland, there, [press(first)], someone)
    known = organisers.at_event(session, scotland, event_id, someone)
    assert checking_in.press(session, scotland, event_id, [press(first)], known)[0].problem == ""


def _plan(owner):
    return Plan("Hot", "A fan", owner, clock.today() + timedelta(days=9))


def test_an_action_is_somebodys_who_runs_the_event(app, session, scotland, day, ann, frozen_clock):
    event_id, _ = day
    make_person(app, "bryn@example.org", home="scotland")
    make_person(app, "wales@example.org", home="scotland", grants=[(ORGANISER, "wales")])
    make_person(app, "org@example.org", grants=[(ORGANISER, "scotland")])
    make_person(app, "cen@example.org", grants=[(Role.CENTRAL_TEAM, "uk")])
    frozen_clock.advance(hours=4)
    session.rollback()
    by = visitor(ORGANISER)
    for nobody in ("bryn@example.org", "wales@example.org"):
        with pytest.raises(Invalid) as refused:
            feedback_actions.add(session, scotland, event_id, _plan(nobody), by, new_token())
        assert "does not run the event" in refused.value.field_errors["owner"]
    for version, owner in enumerate(("org@example.org", "cen@example.org", "ann@example.org")):
        if not version:
            action = feedback_actions.add(session, scotland, event_id, _plan(owner), by, new_token())
        else:
            feedback_actions.change(session, scotland, event_id, action, _plan(owner), version, by)
    with pytest.raises(Invalid):
        feedback_actions.change(session, scotland, event_id, action, _plan("bryn@example.org"), 3, by)
    session.rollback()
    browser, path = client_of(app, ann), f"/scotland/events/{event_id}/actions/{action}"
    assert path in browser.get("/scotland/me/").text
    assert "Change the action" not in browser.get(path).text
    assert browser.submit(path, {"ended": "finish", "words": "A fan it is"}).status_code == 303
    assert browser.get(f"/scotland/manage/events/{event_id}/feedback/actions/{action}/edit").status_code == 403
