"""From an event to an entry of a calendar, and to how it stands in one person's calendar."""

from typing import TYPE_CHECKING

from core.sdk import calendars, shelf
from plugins.local_events.queries.calendars import Dated
from plugins.local_events.states import ACTIVE, CANCELLED, CONFIRMED

if TYPE_CHECKING:
    from plugins.local_events.service.counting import Turn


def entry(event: Dated, href: str, kind: str, join_href: str = "", closed: str = "") -> calendars.Entry:
    """An event as everybody sees it; `kind` in the reader's words, `join_href` only for who has a place. `closed` says why
    there is no `href`."""
    return calendars.Entry(
        uid=event.uid, sequence=event.sequence, starts_at=event.starts_at, ends_at=event.ends_at, title=event.title,
        modified_at=event.modified_at, status=calendars.CANCELLED if event.state == CANCELLED else calendars.CONFIRMED,
        place=event.place, text="\n\n".join(filter(None, (event.summary, closed))), kind=kind, href=href, join_href=join_href,
    )  # fmt: skip


def in_calendar(turn: "Turn", state: str) -> shelf.InCalendar | None:
    """How an event stands in the calendar of somebody whose registration is in `state`: fixed with a place, possible while
    waiting for one or for an answer, not at all otherwise.

    Its revision is the event's `turn`, which rises with every step of anybody's: for one person it rises with each of theirs.
    """
    if state not in ACTIVE:
        return None
    return shelf.InCalendar(turn.uid, turn.turn, turn.ends_at, turn.place, turn.online_url, status_of(state))


def status_of(state: str) -> str:
    """An active registration's state as a calendar says it."""
    return calendars.CONFIRMED if state == CONFIRMED else calendars.TENTATIVE
