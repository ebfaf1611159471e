"""Writing iCalendar (RFC 5545, with RFC 7986's words and RFC 5546's messages): what any calendar program reads.

Times are written on a London clock, with the zone's rules beside them. The one hour of the year that a London clock shows
twice is written in UTC: RFC 5545 (3.3.5) has no name for its second reading.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from core.kernel import clock
from core.kernel.clock import LONDON, london

if TYPE_CHECKING:
    import icalendar

CONFIRMED, TENTATIVE, CANCELLED = "confirmed", "tentative", "cancelled"
STATUSES = (CONFIRMED, TENTATIVE, CANCELLED)
REQUEST, CANCEL = "REQUEST", "CANCEL"
METHODS = (REQUEST, CANCEL)
KEPT_CANCELLED = timedelta(days=30)
"""How long feeds still say that something was cancelled: long enough for a calendar that is read once a month."""
REFRESH = timedelta(hours=6)
PRODUCT = "-//Q//Q platform//EN"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ZONE = """\
BEGIN:VTIMEZONE
TZID:Europe/London
X-LIC-LOCATION:Europe/London
BEGIN:DAYLIGHT
DTSTART:19970330T010000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:BST
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T020000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:GMT
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
END:STANDARD
END:VTIMEZONE
"""
"""London's clock as it has gone since October 1996 (The Summer Time Order 1997 and 2002). A test compares it with `zoneinfo`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a calendar. Instants are aware UTC; `uid` names the thing for ever, `sequence` rises when its time, its
    place or its state changes. `href` is its page; `join_href` is how to take part online, for those alone who may."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    title: str
    modified_at: datetime
    status: str = CONFIRMED
    place: str = ""
    text: str = ""
    kind: str = ""
    href: str = ""
    join_href: str = ""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Somebody to whom, or in whose name, mail goes."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """The part of a message that a mail program puts into its calendar, or takes out of it: `method` REQUEST or CANCEL."""

    method: str
    text: str


def feed(entries: Iterable[Entry], *, name: str, source: str, language: str = "en") -> bytes:
    """A calendar to subscribe to, called `name`. `source` is the address where it can be read again, without any key."""
    from icalendar import Calendar, vText  # a third of a second to load; most processes write no calendar

    calendar: Any = _begun(Calendar())
    calendar.add("name", vText(_clean(name)), parameters={"LANGUAGE": language})
    calendar.add("x-wr-calname", vText(_clean(name)))
    calendar.add("x-wr-timezone", LONDON.key)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("source", source, parameters={"VALUE": "URI"})
    return _written(calendar, entries)


def single(entry: Entry) -> bytes:
    """A file with one entry, to put into a calendar by hand."""
    from icalendar import Calendar  # a third of a second to load; most processes write no calendar

    return _written(_begun(Calendar()), [entry])


def invitation(method: str, entry: Entry, *, organiser: Mailbox, attendee: Mailbox) -> Invitation:
    """What tells one person's mail program to keep `entry`, or to take it out (RFC 5546, 3.2.2 and 3.2.5).

    Nobody is asked to answer: places are taken and given back on the site. The one attendee is who the message goes to.
    Raises ValueError for another method.
    """
    from icalendar import Calendar, vCalAddress  # a third of a second to load; most processes write no calendar

    if method not in METHODS:
        raise ValueError(f"no invitation has the method {method}")
    calendar: Any = _begun(Calendar())
    calendar.add("method", method)
    event: Any = _event(entry, clock.now())
    host, guest = vCalAddress(f"mailto:{organiser.address}"), vCalAddress(f"mailto:{attendee.address}")
    host.params["CN"] = _clean(organiser.name)
    guest.params.update(
        {"CN": _clean(attendee.name), "CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "RSVP": "FALSE"}
    )
    if method == REQUEST:
        guest.params["PARTSTAT"] = "ACCEPTED" if entry.status == CONFIRMED else "TENTATIVE"
    event.add("organizer", host)
    event.add("attendee", guest)
    _zone_into(calendar)
    calendar.add_component(event)
    return Invitation(method, calendar.to_ical().decode())


def _begun(calendar: "icalendar.Calendar") -> Any:
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _written(calendar: Any, entries: Iterable[Entry]) -> bytes:
    _zone_into(calendar)
    for entry in entries:
        calendar.add_component(_event(entry))
    written: bytes = calendar.to_ical()
    return written


@cache
def _zone() -> Any:
    from icalendar import Timezone  # a third of a second to load; most processes write no calendar

    return Timezone.from_ical(_ZONE)


def _zone_into(calendar: Any) -> None:
    calendar.add_component(_zone())


def _event(entry: Entry, stamp: datetime | None = None) -> Any:
    """The entry as a component. `stamp` is when the message was made; in a file without a METHOD it is when the entry last
    changed (RFC 5545, 3.8.7.2), which also keeps the same calendar the same bytes."""
    from icalendar import Event  # a third of a second to load; most processes write no calendar

    event: Any = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", (stamp or entry.modified_at).astimezone(UTC))
    event.add("last-modified", entry.modified_at.astimezone(UTC))
    event.add("sequence", entry.sequence)
    event.add("dtstart", _clocked(entry.starts_at))
    event.add("dtend", _clocked(entry.ends_at))
    event.add("summary", _clean(entry.title))
    event.add("status", entry.status.upper())
    event.add("transp", "OPAQUE" if entry.status == CONFIRMED else "TRANSPARENT")
    text = "\n\n".join(filter(None, (entry.text, entry.href)))
    if text:
        event.add("description", _clean(text))
    if entry.place:
        event.add("location", _clean(entry.place))
    if entry.kind:
        event.add("categories", [_clean(entry.kind)])
    if entry.href:
        event.add("url", entry.href)
    if entry.join_href and entry.status == CONFIRMED:
        event.add("conference", entry.join_href, parameters={"VALUE": "URI", "FEATURE": "VIDEO"})
    return event


def _clocked(instant: datetime) -> datetime:
    """The instant as it is written: on a London clock, or in UTC where that clock shows the time for the second time."""
    wall = london(instant)
    return instant.astimezone(UTC) if wall.fold else wall.replace(microsecond=0)


def _clean(text: str) -> str:
    """Words without the characters that RFC 5545 (3.1) forbids; every line break is one."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
