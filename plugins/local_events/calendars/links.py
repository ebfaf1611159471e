"""Addresses that open a new entry, filled in, in the calendars most people have."""

from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import urlencode

from core.sdk import calendars


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


@lru_cache(maxsize=1024)
def google(entry: calendars.Entry) -> str:
    """Google Calendar's page for a new entry."""
    asked = {
        "action": "TEMPLATE", "text": entry.title, "dates": f"{_utc(entry.starts_at)}/{_utc(entry.ends_at)}",
        "details": _details(entry), "location": entry.place,
    }  # fmt: skip
    return f"https://calendar.google.com/calendar/render?{urlencode(asked)}"


@lru_cache(maxsize=1024)
def outlook(entry: calendars.Entry) -> str:
    """Outlook's page for a new entry, for an account at work."""
    asked = {
        "path": "/calendar/action/compose", "rru": "addevent", "subject": entry.title,
        "startdt": entry.starts_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "enddt": entry.ends_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "body": _details(entry), "location": entry.place,
    }  # fmt: skip
    return f"https://outlook.office.com/calendar/0/deeplink/compose?{urlencode(asked)}"


def _details(entry: calendars.Entry) -> str:
    return "\n\n".join(filter(None, (entry.text, entry.href)))
