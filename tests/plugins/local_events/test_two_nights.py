"""The nights on which the clocks change: one time of the wall clock does not exist, another comes twice."""

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from core.kernel import clock
from plugins.local_events.queries import events, series
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import ORGANISER, drafted, visitor
from tests.plugins.local_events.visit_helpers import asked, offered
from tests.support.client import forms

MISSING, DOUBLED = "2027-03-28T01:30", "2027-10-31T01:30"
NO_SUCH, TWICE = "the clocks go forward that night", "the clocks go back that night"
SAID = {
    "title": "Night shift", "kind": "networking", "summary": "Tea & talk.", "mode": "in_person", "place": "Perth",
    "audience": "public", "starts_at": "2027-03-28T00:15", "ends_at": "2027-03-28T04:00",
}  # fmt: skip


@pytest.fixture
def organiser(app, frozen_clock):
    """An organiser's browser, in November 2026."""
    return client_of(app, make_person(app, "org@example.org", grants=[(ORGANISER, "scotland"), (ORGANISER, "wales")]))


def _told(answer, field, words, typed):
    """Whether a page tells `words` at the field, and still has what was typed."""
    text = unescape(answer.text)
    assert answer.status_code == 422
    assert words in text
    assert f'href="#{field}"' in answer.text, "the summary leads to the field"
    (sent,) = [one for one in forms(answer.text) if field in one.fields]
    assert sent.fields[field] == [typed]
    return sent.fields


@pytest.mark.parametrize(
    "field", ["starts_at", "ends_at", "registration_opens_at", "registration_closes_at", "withdraw_until"]
)
@pytest.mark.parametrize(("typed", "words"), [(MISSING, NO_SUCH), (DOUBLED, TWICE)])
def test_a_time_of_an_event_that_is_no_time_is_told_at_its_field(organiser, field, typed, words):
    kept = _told(organiser.submit("/scotland/events/new", {**SAID, field: typed}), field, words, typed)
    assert (kept["title"], kept["summary"]) == (["Night shift"], ["Tea & talk."])


def test_it_is_told_in_welsh(organiser):
    organiser.get("/wales/language/cy")
    answer = organiser.submit("/wales/events/new", {**SAID, "starts_at": MISSING})
    _told(answer, "starts_at", "mae’r clociau’n mynd ymlaen y noson honno", MISSING)


def test_the_end_is_not_said_to_be_before_a_start_that_is_no_time(organiser):
    """Moved on by an hour the start would be after the end; the title is told in the same round."""
    answer = organiser.submit(
        "/scotland/events/new", {**SAID, "starts_at": "2027-03-28T01:45", "ends_at": "2027-03-28T02:30", "place": ""}
    )
    _told(answer, "starts_at", NO_SUCH, "2027-03-28T01:45")
    assert "The end must be after the start" not in answer.text
    assert "Say where people should come to" in answer.text


def test_an_event_that_begins_in_the_doubled_hour_can_be_changed_and_keeps_its_time(organiser, session, scotland):
    at = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    event_id = drafted(session, scotland, starts_at=at)
    assert organiser.submit(f"/scotland/events/{event_id}/edit", {"title": "Night shift"}).status_code == 303
    kept = events.find(session, event_id)
    assert (kept.title, kept.starts_at) == ("Night shift", at)
    session.rollback()
    answer = organiser.submit(f"/scotland/events/{event_id}/edit", {"starts_at": "2027-10-31T01:45"})
    _told(answer, "starts_at", TWICE, "2027-10-31T01:45")


def test_places_that_open_at_no_time_are_told(organiser, session, scotland):
    event_id = drafted(session, scotland, starts_at=datetime(2027, 5, 1, 12, tzinfo=UTC))
    answer = organiser.submit(f"/scotland/manage/events/{event_id}/places", {"in_person-opens_at": MISSING})
    _told(answer, "in_person-opens_at", NO_SUCH, MISSING)


@pytest.mark.parametrize("way", ["copy", "visit"])
def test_a_copy_and_a_further_visit_begin_at_a_time_that_exists(organiser, session, scotland, way):
    event_id = drafted(session, scotland, kind="exchange")
    answer = organiser.submit(f"/scotland/events/{event_id}/{way}", {"starts_at": MISSING})
    _told(answer, "starts_at", NO_SUCH, MISSING)


def test_an_offer_and_a_host_s_yes_name_a_time_that_exists(app, organiser, session, scotland):
    account = make_person(app, "hilda@example.org", home="scotland")
    browser, host = client_of(app, account), visitor(account_id=account, home=scotland.id)
    offer_id = offered(session, scotland, host)
    visit_id = asked(session, scotland, offer_id, visitor(home=scotland.id))
    session.rollback()
    _told(
        browser.submit(f"/scotland/events/visits/{offer_id}/edit", {"starts_at": MISSING}),
        "starts_at",
        NO_SUCH,
        MISSING,
    )
    path = f"/scotland/events/visits/asked/{visit_id}"
    kept = _told(
        browser.submit(path, {"visit_at": MISSING, "words": "Ask for me"}, form="/agree"), "visit_at", NO_SUCH, MISSING
    )
    assert kept["words"] == ["Ask for me"]


SUNDAYS = {"pattern": "weekly", "interval": "1", "ends": "count", "count": "4"}


@pytest.mark.parametrize(
    ("begins", "told", "welsh"),
    [
        (datetime(2027, 3, 14, 1, 30, tzinfo=UTC), "there is no 01:30", "nid oes 01:30"),
        (datetime(2027, 10, 17, 0, 30, tzinfo=UTC), "01:30 comes twice", "daw 01:30 ddwywaith"),
    ],
)
def test_a_date_of_a_series_on_such_a_night_is_told_before_it_is_made(
    organiser, session_for, wales, begins, told, welsh
):
    session = session_for("wales")
    event_id = drafted(session, wales, starts_at=begins)
    path = f"/wales/events/{event_id}/repeat"
    page = organiser.submit(path, {**SUNDAYS, "step": "preview"})
    assert page.status_code == 200
    assert page.text.count(told) == 1
    assert organiser.submit(path, {**SUNDAYS, "step": "apply"}).status_code == 303
    made = series.series_of(session, event_id)
    assert made is not None
    there = series.dates(session, made)
    session.rollback()
    assert len(there) == 4
    assert len({clock.london(one.starts_at).date().weekday() for one in there}) == 1
    assert {one.ends_at - one.starts_at for one in there} <= {timedelta(hours=hours) for hours in (1, 2, 3)}
    way = f"/wales/events/series/{made}/from/{there[0].event_id}"
    later = organiser.submit(way, {"minutes": "90", "step": "preview"})
    assert later.status_code == 200
    assert later.text.count(told) == 1
    assert "it was moved by itself" not in later.text
    organiser.get("/wales/language/cy")
    assert organiser.submit(way, {"minutes": "90", "step": "preview"}).text.count(welsh) == 1


def test_a_series_is_not_changed_to_begin_at_no_time(organiser, session, scotland):
    event_id = drafted(session, scotland, starts_at=datetime(2027, 3, 14, 10, tzinfo=UTC))
    assert organiser.submit(f"/scotland/events/{event_id}/repeat", {**SUNDAYS, "step": "apply"}).status_code == 303
    made = series.series_of(session, event_id)
    assert made is not None
    third = series.dates(session, made)[2].event_id
    session.rollback()
    answer = organiser.submit(f"/scotland/events/series/{made}/from/{third}", {"starts_at": MISSING, "step": "preview"})
    _told(answer, "starts_at", NO_SUCH, MISSING)
    assert "What will happen" not in answer.text
