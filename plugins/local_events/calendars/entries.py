"""From an event to an entry of a calendar."""

from core.sdk import calendars
from plugins.local_events.queries.calendars import Dated
from plugins.local_events.states import CANCELLED, CONFIRMED


def entry(event: Dated, href: str, kind: str, join_href: str = "", closed: str = "") -> calendars.Entry:
    """An event as everybody sees it; `kind` in the reader's words, `join_href` only for who has a place. `closed` says why
    there is no `href`."""
    return calendars.Entry(
        uid=event.uid, sequence=event.sequence, starts_at=event.starts_at, ends_at=event.ends_at, title=event.title,
        modified_at=event.modified_at, status=calendars.CANCELLED if event.state == CANCELLED else calendars.CONFIRMED,
        place=event.place, text="\n\n".join(filter(None, (event.summary, closed))), kind=kind, href=href, join_href=join_href,
    )  # fmt: skip


def status_of(state: str) -> str:
    """An active registration's state as a calendar says it."""
    return calendars.CONFIRMED if state == CONFIRMED else calendars.TENTATIVE
