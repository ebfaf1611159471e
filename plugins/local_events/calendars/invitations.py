"""What a letter about a place asks of its reader's calendar.

With a place the event is to be kept (REQUEST), again when it moves; when the place is gone, or the event is off, it is to be
taken out (CANCEL), which only who was asked to keep it is asked. Answers are not wanted, and the link for joining online is
not in it: mail is passed on, and the event's page has the link for who has a place.
"""

from datetime import datetime
from typing import NamedTuple

from core.sdk import calendars
from plugins.local_events.states import ACTIVE, CONFIRMED


class Asked(NamedTuple):
    """One request to one person's calendar. `turn` is the event's, which rises with each step: of two requests about the same
    `uid` the one with the higher `turn` counts."""

    method: str
    uid: str
    turn: int
    title: str
    summary: str
    place: str
    starts_at: datetime
    ends_at: datetime
    modified_at: datetime


def method_for(state: str, *, in_calendar: bool) -> str:
    """REQUEST, CANCEL, or "" for nothing to ask: by a registration's state, and whether its person was asked to keep it."""
    if state == CONFIRMED:
        return calendars.REQUEST
    return calendars.CANCEL if in_calendar and state not in ACTIVE else ""


def entry_of(asked: Asked, href: str) -> calendars.Entry:
    """The entry that the request is about; `href` is the event's page."""
    return calendars.Entry(
        uid=asked.uid, sequence=asked.turn, starts_at=asked.starts_at, ends_at=asked.ends_at, title=asked.title,
        modified_at=asked.modified_at, place=asked.place, text=asked.summary, href=href,
        status=calendars.CONFIRMED if asked.method == calendars.REQUEST else calendars.CANCELLED,
    )  # fmt: skip
