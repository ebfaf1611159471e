"""When letters are left until the morning."""

from datetime import datetime, time, timedelta

from core.sdk import clock
from plugins.local_events.settings import Settings

SOON = timedelta(hours=24)
"""What concerns an event that begins so soon cannot wait for the morning."""
NEVER_WAITS = frozenset(
    {
        "change",
        "cancelled",
        "confirmed",
        "offered",
        "handed_on",
        "removed",
        "visit_confirm",
        "visit_decline",
        "visit_move",
        "visit_withdraw",
    }
)
"""Kinds of news that decide whether somebody sets out."""


def is_night(now: datetime, settings: Settings) -> bool:
    """Whether `now` is within the site's quiet hours, on a London clock. They may pass midnight; none where both are the same."""
    hour, since, until = clock.london(now).hour, settings.quiet_from, settings.quiet_until
    if since <= until:
        return since <= hour < until
    return hour >= since or hour < until


def may_go(kind: str, starts_at: datetime, now: datetime, settings: Settings) -> bool:
    """Whether news of `kind` about an event that begins at `starts_at` is written to people now."""
    urgent = kind in NEVER_WAITS and starts_at - now <= SOON
    return urgent or not is_night(now, settings)


def wait(kind: str, starts_at: datetime | None, now: datetime, settings: Settings) -> timedelta | None:
    """How long news of `kind` waits for the morning; None where it goes at once. `starts_at` None: it is about nothing that
    has a time yet."""
    urgent = starts_at is not None and may_go(kind, starts_at, now, settings)
    if urgent or not is_night(now, settings):
        return None
    local, until = clock.london(now), settings.quiet_until
    day = local.date() + timedelta(days=local.hour >= until)
    return clock.from_london(datetime.combine(day, time(until))) - now
