"""What somebody can do about an event's places right now: worked out for the page, stored nowhere.

The service decides again under the lock; this is what the page says before that.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugins.local_events.queries.places import Places, PoolNow
from plugins.local_events.rules import Person, eligible
from plugins.local_events.states import PUBLISHED

CLOSED, BEGUN, NOT_YET, OVER, OTHERS, FULL, WAIT, OPEN = (
    "closed", "begun", "not_yet", "over", "others", "full", "wait", "open",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chance:
    """`kind` is one of the words above; `opens_at` goes with `not_yet`, `for_whom` (an eligibility) with `others`."""

    kind: str
    opens_at: datetime | None = None
    for_whom: str = ""


def of(event: Any, places: Places, person: Person, now: datetime) -> Chance:
    """What `person` can do about a place at `event` (its `Details`) at `now`."""
    if event.state != PUBLISHED:
        return Chance(CLOSED)
    if event.starts_at <= now:
        return Chance(OVER if event.ends_at <= now else BEGUN)
    theirs = [pool for pool in places.pools if eligible(pool.eligibility, person)]
    if not theirs:
        usual = next((pool.eligibility for pool in places.pools if pool.kind != "reserved"), "invited")
        return Chance(OTHERS, for_whom=usual)
    if event.registration_closes_at is not None and event.registration_closes_at <= now:
        return Chance(CLOSED)
    opens = [_opening(event, pool) for pool in theirs]
    begun = [pool for pool, at in zip(theirs, opens, strict=True) if at is None or at <= now]
    if not begun:
        return Chance(NOT_YET, opens_at=min(at for at in opens if at is not None))
    if any(not pool.waiting and pool.left != 0 for pool in begun) or event.wants_approval:
        return Chance(OPEN)
    if any(pool.waiting_limit is None or pool.waiting < pool.waiting_limit for pool in begun):
        return Chance(WAIT)
    return Chance(FULL)


def _opening(event: Any, pool: PoolNow) -> datetime | None:
    """When a pool opens: after the event's registration has, and not before its own time."""
    return max((at for at in (event.registration_opens_at, pool.opens_at) if at is not None), default=None)
