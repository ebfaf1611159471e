"""Calendars, read by programs that are not ours: vobject (with dateutil's reading of VTIMEZONE), ical, and the RFC's own words."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from core.kernel import calendars
from core.kernel.calendars import CANCELLED, CONFIRMED, REQUEST, TENTATIVE, Entry, Mailbox

if TYPE_CHECKING:
    from ical.event import Event

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOST, GUEST = Mailbox("Q Scotland", "no-reply@q.example"), Mailbox("Mair Jones", "mair@example.org")


def entry(starts_at: datetime = NOON, **changes: object) -> Entry:
    given: dict[str, object] = {
        "uid": "01jxyz", "sequence": 2, "starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2),
        "title": "Run charts", "modified_at": NOON, "href": "https://q.example/scotland/events/1",
    }  # fmt: skip
    return Entry(**{**given, **changes})  # type: ignore[arg-type]  # each is one of its own


def fed(*entries: Entry) -> bytes:
    return calendars.feed(entries, name="My Q calendar", source="https://q.example/me/calendar.ics")


def instants(written: bytes) -> list[tuple[datetime, datetime]]:
    """What vobject, which goes by the file's own VTIMEZONE, takes the times for."""
    read = vobject.readOne(written.decode())
    return [(one.dtstart.value.astimezone(UTC), one.dtend.value.astimezone(UTC)) for one in read.vevent_list]


def instants_of_ical(written: bytes) -> list[tuple[datetime, datetime]]:
    """The same of ical, which goes by the name of the zone."""
    read = read_by_ical(written.decode())
    return [(one.start_datetime.astimezone(UTC), one.end_datetime.astimezone(UTC)) for one in read]


def read_by_ical(written: str) -> "list[Event]":
    """The entries of a calendar, as ical reads them. Every test process imports this file, one of them the library."""
    from ical.calendar_stream import IcsCalendarStream  # takes a quarter of a second

    return IcsCalendarStream.calendar_from_ics(written).events


def properties(written: bytes) -> list[str]:
    return written.decode().replace("\r\n ", "").split("\r\n")


CHANGES = [  # both clock changes of a few years, to the hour (UTC)
    datetime(year, month, day, 1, tzinfo=UTC)
    for year, month, day in [
        (2025, 3, 30),
        (2025, 10, 26),
        (2026, 3, 29),
        (2026, 10, 25),
        (2027, 3, 28),
        (2027, 10, 31),
    ]
]


@settings(deadline=None, max_examples=40)  # the first example imports the library
@given(st.sampled_from(CHANGES), st.integers(-180, 180), st.integers(1, 300))
def test_two_readers_find_the_very_instant_on_either_side_of_both_clock_changes(
    change: datetime, minutes: int, length: int
) -> None:
    starts = change + timedelta(minutes=minutes)
    ends = starts + timedelta(minutes=length)
    written = fed(entry(starts, ends_at=ends))
    assert instants(written) == instants_of_ical(written) == [(starts, ends)]


@settings(deadline=None, max_examples=40)
@given(st.integers(1_483_228_800, 2_366_841_600))  # from 2017 to the end of 2044, in seconds
def test_a_reader_finds_the_very_instant_in_any_year(seconds: int) -> None:
    starts = datetime.fromtimestamp(seconds, UTC)
    assert instants(fed(entry(starts)))[0][0] == starts


def test_the_hour_that_comes_twice_is_written_in_utc_the_second_time() -> None:
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert "DTSTART;TZID=Europe/London:20261025T013000" in properties(fed(entry(first)))
    assert "DTSTART:20261025T013000Z" in properties(fed(entry(second)))


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=200), st.text(max_size=120))
def test_any_words_come_back_as_they_were_and_no_line_is_longer_than_75_octets(title: str, place: str) -> None:
    clean = calendars._clean(title)
    written = fed(entry(title=title, place=place))
    assert written.endswith(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in written.split(b"\r\n"))
    read = vobject.readOne(written.decode())
    assert len(read.vevent_list) == 1
    assert [line for line in properties(written) if line.startswith("UID:")] == ["UID:01jxyz"]
    escaped = clean.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    assert f"SUMMARY:{escaped}" in properties(written)


def test_a_feed_says_what_it_is_and_when_to_read_it_again() -> None:
    found = properties(
        calendars.feed([], name="Events; Wales", source="https://q.example/wales/events/feed.ics", language="cy")
    )
    for line in (
        "VERSION:2.0", "NAME;LANGUAGE=cy:Events\\; Wales", "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        "SOURCE;VALUE=URI:https://q.example/wales/events/feed.ics", "TZID:Europe/London",
    ):  # fmt: skip
        assert line in found
    assert any(line.startswith("PRODID:") for line in found)
    assert not any(line.startswith("METHOD") for line in found)


def test_an_entry_says_its_state_and_its_revision() -> None:
    found = properties(fed(entry(status=TENTATIVE)))
    for line in (
        "SEQUENCE:2",
        "STATUS:TENTATIVE",
        "TRANSP:TRANSPARENT",
        "DTSTAMP:20261123T120000Z",
        "LAST-MODIFIED:20261123T120000Z",
    ):
        assert line in found
    assert "TRANSP:OPAQUE" in properties(fed(entry()))
    assert "STATUS:CANCELLED" in properties(fed(entry(status=CANCELLED)))


@pytest.mark.parametrize(("status", "told"), [(CONFIRMED, True), (TENTATIVE, False), (CANCELLED, False)])
def test_only_who_has_a_place_is_told_how_to_join(status: str, told: bool) -> None:
    assert (b"CONFERENCE" in fed(entry(status=status, join_href="https://meet.example.org/q"))) is told


@pytest.mark.parametrize("method", calendars.METHODS)
def test_an_invitation_names_one_attendee_and_asks_nothing(method: str) -> None:
    status = CONFIRMED if method == REQUEST else CANCELLED
    made = calendars.invitation(method, entry(status=status), organiser=HOST, attendee=GUEST)
    read = vobject.readOne(made.text)
    assert made.method == method == read.method.value
    (other,) = read_by_ical(made.text)
    assert (other.uid, other.sequence, other.start_datetime) == ("01jxyz", 2, NOON)
    event = read.vevent
    assert (event.uid.value, event.sequence.value, event.status.value) == ("01jxyz", "2", status.upper())
    assert event.organizer.value == "mailto:no-reply@q.example"
    (attendee,) = event.attendee_list
    assert attendee.value == "mailto:mair@example.org"
    assert attendee.params["RSVP"] == ["FALSE"]


def test_no_invitation_has_another_method() -> None:
    with pytest.raises(ValueError, match="COUNTER"):
        calendars.invitation("COUNTER", entry(), organiser=HOST, attendee=GUEST)


def test_a_name_in_an_invitation_adds_no_line_and_no_parameter() -> None:
    guest = Mailbox('Mair "M"; Jones\r\nATTENDEE:mailto:x@example.org', "mair@example.org")
    read = vobject.readOne(calendars.invitation(REQUEST, entry(), organiser=HOST, attendee=guest).text)
    assert [one.value for one in read.vevent.attendee_list] == ["mailto:mair@example.org"]
