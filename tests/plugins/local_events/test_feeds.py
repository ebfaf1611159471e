"""Events for other programs: files and feeds read by readers that are not ours, and what each reader may see."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa
import vobject
from flask import Flask

from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.kernel.views import Actor
from core.people.models import AREA
from core.people.service import calendar_keys
from core.sdk import ScopedSession, TenantRef
from core.tenancy.models import ShelfItem
from plugins.local_events.models import Event
from plugins.local_events.service import drafts, offers, places, running
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import OPEN, ORGANISER, draft, drafted, published, visitor
from tests.support.app_fixtures import Counter, FrozenClock
from tests.support.client import FormClient, forms

SUMMER, WINTER = datetime(2027, 3, 28, 9, tzinfo=UTC), datetime(2027, 10, 31, 10, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"


def _titles(text: str) -> set[str]:
    return {one.summary.value for one in getattr(vobject.readOne(text), "vevent_list", [])}


def _shelf(session: ScopedSession, account_id: str | None) -> list[ShelfItem]:
    session.expire_all()
    return list(session.scalars(sa.select(ShelfItem).where(ShelfItem.account_id == account_id)))


@pytest.mark.parametrize("starts", [SUMMER, WINTER])
def test_one_event_as_a_file_has_the_right_instants_on_the_days_of_both_clock_changes(
    session: ScopedSession, scotland: TenantRef, client: FormClient, starts: datetime
) -> None:
    event_id = published(session, scotland, starts_at=starts, ends_at=starts + timedelta(hours=2))
    answer = client.get(f"/scotland/events/{event_id}.ics")
    event = vobject.readOne(answer.text).vevent
    assert (event.dtstart.value.astimezone(UTC), event.dtend.value.astimezone(UTC)) == (
        starts,
        starts + timedelta(hours=2),
    )
    assert event.uid.value == session.scalar(sa.select(Event.uid).where(Event.id == event_id))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert (
        client.get(f"/scotland/events/{event_id}.ics", headers={"If-None-Match": answer.headers["ETag"]}).status_code
        == 304
    )


def test_a_file_that_a_visitor_may_not_have_is_missing(
    session: ScopedSession, scotland: TenantRef, client: FormClient
) -> None:
    hidden = [published(session, scotland, audience="area"), drafted(session, scotland), "0" * 26]
    answers = [client.get(f"/scotland/events/{event_id}.ics") for event_id in hidden]
    answers.append(client.get(f"/wales/events/{published(session, scotland)}.ics"))
    assert {answer.status_code for answer in answers} == {404}


def test_only_who_has_a_place_is_told_how_to_join(
    session: ScopedSession, scotland: TenantRef, app: Flask, client: FormClient
) -> None:
    event_id = published(session, scotland, mode="online", place="", online_url="https://meet.example.org/q")
    account_id = make_person(app, "sam@example.org", home="scotland")
    places.register(session, scotland, event_id, visitor(home=scotland.id, account_id=account_id))
    path = f"/scotland/events/{event_id}.ics"
    assert "meet.example.org" in client_of(app, account_id).get(path).text
    assert "meet.example.org" not in client.get(path).text
    assert "meet.example.org" not in client.get("/scotland/events/feed.ics").text


def test_the_public_feed_holds_public_events_of_this_site_alone(
    session: ScopedSession,
    scotland: TenantRef,
    session_for: Callable[[str], ScopedSession],
    wales: TenantRef,
    client: FormClient,
) -> None:
    for audience in ("area", "uk", "public"):
        published(session, scotland, title=f"For {audience}", audience=audience)
    drafted(session, scotland, title="Draft")
    published(session_for("wales"), wales, title="Welsh")
    assert _titles(client.get("/scotland/events/feed.ics").text) == {"For public"}


def test_a_members_token_shows_what_the_member_may_see_at_each_site(
    app: Flask, session: ScopedSession, scotland: TenantRef, session_for: Callable[[str], ScopedSession], wales: TenantRef,
    client: FormClient,
) -> None:  # fmt: skip
    for where, site in ((session, scotland), (session_for("wales"), wales)):
        for audience in ("area", "uk", "public"):
            published(where, site, title=f"For {audience}", audience=audience)
    account_id = make_person(app, "sam@example.org", home="scotland")
    token = calendar_keys.make(session, Actor(account_id, "", frozenset(), frozenset()), AREA, new_token())
    assert _titles(client.get(f"/scotland/events/feed.ics?token={token}").text) == {"For area", "For uk", "For public"}
    assert _titles(client.get(f"/wales/events/feed.ics?token={token}").text) == {"For uk", "For public"}
    wrong = [client.get(f"/scotland/events/feed.ics?token={value}") for value in ("A" * 43, "")]
    assert [answer.status_code for answer in wrong] == [404, 404]
    assert wrong[0].data == wrong[1].data
    calendar_keys.end(session, Actor(account_id, "", frozenset(), frozenset()), AREA)
    assert client.get(f"/scotland/events/feed.ics?token={token}").data == wrong[0].data


def test_a_cancelled_event_stays_in_the_feed_for_thirty_days_with_a_higher_sequence(
    session: ScopedSession, scotland: TenantRef, client: FormClient, frozen_clock: FrozenClock
) -> None:
    event_id = published(session, scotland)
    before = int(vobject.readOne(client.get("/scotland/events/feed.ics").text).vevent.sequence.value)
    running.cancel(session, scotland, OPEN, event_id, "Snow", visitor(ORGANISER))
    drafted_only = drafted(session, scotland)
    running.cancel(session, scotland, OPEN, drafted_only, "Never shown", visitor(ORGANISER))
    read = vobject.readOne(client.get("/scotland/events/feed.ics").text)
    (event,) = read.vevent_list
    assert event.status.value == "CANCELLED"
    assert int(event.sequence.value) == before + 1
    frozen_clock.advance(days=31)
    assert _titles(client.get("/scotland/events/feed.ics").text) == set()


def test_a_feed_costs_as_much_for_fifty_as_for_one(
    session: ScopedSession, scotland: TenantRef, client: FormClient, statements: Counter
) -> None:
    counts = []
    for many in (1, 49):
        for _ in range(many):
            published(session, scotland)
        for path in ("/scotland/events/feed.ics", "/scotland/events/feed.atom", "/events/feed.ics"):
            with statements() as seen:
                assert client.get(path).status_code == 200
            counts.append(len(seen))
    assert counts[:3] == counts[3:]


def test_the_atom_feed_is_well_formed_and_its_names_never_change(
    session: ScopedSession, scotland: TenantRef, client: FormClient
) -> None:
    who = visitor(ORGANISER)
    event_id = published(session, scotland, who, title="Tŷ & <b>\x0b")
    first = ET.fromstring(client.get("/scotland/events/feed.atom").data)
    entry = first.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == "Tŷ & <b>"
    for one in (first, entry):
        assert all(one.find(f"{ATOM}{name}") is not None for name in ("id", "title", "updated"))
    assert first.find(f"{ATOM}author/{ATOM}name") is not None
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", entry.findtext(f"{ATOM}id") or "")
    drafts.edit(session, scotland, OPEN, event_id, draft(title="Another"), 2, who)
    again = ET.fromstring(client.get("/scotland/events/feed.atom").data)
    assert again.findtext(f"{ATOM}entry/{ATOM}id") == entry.findtext(f"{ATOM}id")
    assert again.findtext(f"{ATOM}entry/{ATOM}title") == "Another"


def test_a_public_page_tells_search_engines_of_the_event_and_nothing_can_break_out(
    session: ScopedSession, scotland: TenantRef, client: FormClient
) -> None:
    event_id = published(
        session,
        scotland,
        title="</script><script>alert(1)</script>",
        mode="both",
        online_url="https://meet.example.org/q",
    )
    page = client.get(f"/scotland/events/{event_id}").text
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert len(found) == 1
    told = json.loads(found[0])
    assert told["@type"] == "Event"
    assert told["name"] == "</script><script>alert(1)</script>"
    assert told["eventAttendanceMode"] == "https://schema.org/MixedEventAttendanceMode"
    assert told["url"].endswith(f"/scotland/events/{event_id}")
    assert "meet.example.org" not in page
    for other in ("calendar.google.com", "outlook.office.com"):
        assert other in page


def test_an_event_for_members_tells_search_engines_nothing(
    session: ScopedSession, scotland: TenantRef, app: Flask
) -> None:
    event_id = published(session, scotland, audience="uk")
    member = client_of(app, make_person(app, "sam@example.org", home="wales"))
    assert "ld+json" not in member.get(f"/scotland/events/{event_id}").text


def test_the_shelf_follows_a_persons_way_through_an_event(session: ScopedSession, scotland: TenantRef) -> None:
    first, second = visitor(home=scotland.id), visitor(home=scotland.id)
    who = visitor(ORGANISER)
    event_id = published(
        session, scotland, who, capacity=1, mode="both", online_url="https://meet.example.org/q", online_capacity=1
    )
    places.register(session, scotland, event_id, first)
    places.register(session, scotland, event_id, second)
    (coming,), (waiting,) = _shelf(session, first.account_id), _shelf(session, second.account_id)
    assert (coming.calendar_status, coming.join_href) == ("confirmed", "https://meet.example.org/q")
    assert (waiting.calendar_status, waiting.join_href) == ("tentative", "")
    assert coming.uid == waiting.uid != coming.ref
    before = waiting.sequence
    places.withdraw(session, scotland, event_id, first)
    assert [item.calendar_status for item in _shelf(session, first.account_id)] == []
    offers.accept(session, scotland, event_id, second)
    (now,) = _shelf(session, second.account_id)
    assert now.calendar_status == "confirmed"
    assert now.sequence > before
    before = now.sequence
    running.cancel(session, scotland, OPEN, event_id, "Snow", who)
    (off,) = _shelf(session, second.account_id)
    assert (off.calendar_status, off.join_href) == ("cancelled", "")
    assert off.sequence > before


def test_moving_an_event_moves_it_in_every_calendar_and_new_words_alone_do_not_raise_the_sequence(
    session: ScopedSession, scotland: TenantRef
) -> None:
    who, member = visitor(ORGANISER), visitor(home=scotland.id)
    event_id = published(session, scotland, who)
    places.register(session, scotland, event_id, member)
    (before,) = _shelf(session, member.account_id)
    sequence, starts, uid = before.sequence, before.when, before.uid
    assert starts is not None
    drafts.edit(session, scotland, OPEN, event_id, draft(title="New words", starts_at=starts), 2, who)
    (item,) = _shelf(session, member.account_id)
    assert (item.title, item.sequence) == ("New words", sequence)
    later = starts + timedelta(days=1)
    drafts.edit(session, scotland, OPEN, event_id, draft(title="New words", starts_at=later, place="Oban"), 3, who)
    (item,) = _shelf(session, member.account_id)
    assert (item.when, item.ends_at, item.place, item.uid) == (later, later + timedelta(hours=2), "Oban", uid)
    assert item.sequence > sequence


def test_a_ticket_never_stands_in_a_calendar(session: ScopedSession, scotland: TenantRef, app: Flask) -> None:
    event_id = published(session, scotland)
    account_id = make_person(app, "sam@example.org", home="scotland", grants=[(Role.EVENTS_ORGANISER, "scotland")])
    places.register(session, scotland, event_id, visitor(home=scotland.id, account_id=account_id))
    own = places.own_of(session, event_id, account_id)
    assert own is not None
    assert own.secret
    assert own.secret not in client_of(app, account_id).get(f"/scotland/events/{event_id}.ics").text


def test_a_form_for_an_address_that_came_incomplete_says_so(app: Flask) -> None:
    member = client_of(app, make_person(app, "sam@example.org", home="scotland"))
    answer = member.submit("/scotland/events/subscribe", {"form_key": "a\x00b"}, form="/events/subscribe")
    assert answer.status_code == 422
    assert 'class="problem"' in answer.text


def test_an_address_that_is_ended_already_is_told_as_a_problem(app: Flask) -> None:
    member = client_of(app, make_person(app, "sam@example.org", home="scotland"))
    path = "/scotland/events/subscribe"
    assert member.submit(path, form="/events/subscribe").status_code == 200
    (end,) = [one for one in forms(member.get(path).text) if one.action.endswith("/end")]
    assert member.post(end.action, data=end.fields).status_code == 303
    late = member.post(end.action, data=end.fields)
    assert late.status_code == 422
    assert 'class="problem"' in late.text
    assert "There is no such address any more." in late.text
