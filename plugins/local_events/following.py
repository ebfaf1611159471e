"""What “this date and all later ones” does to each date of a series: a plan, worked out before anything is written.

A date is settled when it is over or closed, when anybody ever registered for it, or when its organiser moved it by itself. A
settled date keeps its identity and its time, whatever becomes of the rest; it stands for the nearest of the new rule's dates in its week
(or month), so that no second one is made beside it; and so does a date that was left out or cancelled. The others move to the new rule's dates
in their order; dates that are left over are added, events that are left over end.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.sdk import clock
from plugins.local_events.recurrence import MONTH, Rule, wall, written
from plugins.local_events.states import APPROVED, DRAFT, PUBLISHED

STAYS, MOVES, ADDED, ENDS = "stays", "moves", "added", "ends"
OPEN = (DRAFT, APPROVED, PUBLISHED)
OVER, CLOSED, REGISTERED, BY_ITSELF = "over", "closed", "registered", "by_itself"


@dataclass(frozen=True, slots=True)
class Line:
    """What happens to one date. `before` and `after` are wall-clock times; `why` says what settles one that stays."""

    what: str
    event_id: str | None
    before: datetime | None
    after: datetime | None
    why: str = ""

    def order(self) -> str:
        """What lines are sorted by: when the date will be, or was."""
        when = self.after or self.before
        return written(when) if when is not None else ""

    def text(self) -> str:
        """The line as a preview's digest has it."""
        times = (written(one) if one is not None else "" for one in (self.before, self.after))
        return " ".join((self.what, self.event_id or "", *times))


def settled(date: Any, now: datetime) -> str:
    """What settles a date (`queries.series.Date`); "" for one that may still move."""
    if date.registered:
        return REGISTERED
    if date.state not in OPEN:
        return CLOSED
    if date.starts_at <= now:
        return OVER
    usual = clock.from_london(datetime.fromisoformat(date.original_start))  # later where the clocks left that hour out
    return BY_ITSELF if written(wall(date.starts_at)) != written(wall(usual)) else ""


def plan(
    later: Sequence[Any], left_out: Iterable[str], rule: Rule, days: Iterable[datetime], now: datetime
) -> list[Line]:
    """What happens to the dates `later` (the chosen one and those after it, by time) when `days` are the new rule's.
    `left_out` are the wall-clock times that the series did without."""

    def period(day: datetime) -> tuple[int, int]:
        return (day.year, day.month) if rule.freq == MONTH else day.isocalendar()[:2]

    keep = [(date, settled(date, now)) for date in later]
    lines = [Line(STAYS, one.event_id, wall(one.starts_at), wall(one.starts_at), why) for one, why in keep if why]
    free = [one for one, why in keep if not why]
    stand = [(wall(one.starts_at), datetime.fromisoformat(one.original_start)) for one, why in keep if why]
    # what was left out before the chosen date belongs to the series that ends there
    out = [datetime.fromisoformat(day) for day in left_out if day > later[0].original_start]
    wanted = _beside([*stand, *((day, day) for day in out)], list(days), period)
    for position, day in enumerate(wanted):
        if position < len(free):
            lines.append(Line(MOVES, free[position].event_id, wall(free[position].starts_at), day))
        else:
            lines.append(Line(ADDED, None, None, day))
    lines += [Line(ENDS, one.event_id, wall(one.starts_at), None) for one in free[len(wanted) :]]
    return sorted(lines, key=Line.order)


def _beside(
    stand: Sequence[tuple[datetime, datetime]], days: list[datetime], period: Callable[[datetime], tuple[int, int]]
) -> list[datetime]:
    """`days` without those for which something stands already, given as its time now and the one that it began with.

    Each stands for one day of a week (or month), that it began in and that it is in now: the very same time, else the same
    day, else the nearest. With several days a week the others of that week are held all the same.
    """
    left, rest = list(days), []
    for now, before in stand:
        if now in left:
            left.remove(now)
            rest += [] if period(now) == period(before) else [before]
        else:
            rest += [before] if period(now) == period(before) else [before, now]
    further = []
    for at in rest:
        same = next((day for day in left if day.date() == at.date()), None)
        if same is None:
            further.append(at)
        else:
            left.remove(same)
    for at in further:
        near = [day for day in left if period(day) == period(at)]
        if near:
            left.remove(min(near, key=lambda day: abs(day - at)))
    return left
