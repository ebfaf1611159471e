"""When the events of a series take place: rules for weeks and months on a London clock, and the instants they mean.

A rule speaks of a wall clock: five in the afternoon stays five in the afternoon when the clocks change. A time that a clock
skips in March is read with the offset from before, so 01:30 becomes 02:30; one that comes twice in October is the first of
the two. Both are what RFC 5545 (3.3.5) says, and what `clock.from_london` does.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import islice

from dateutil.rrule import MONTHLY, WEEKLY, rrule, weekday

from core.sdk import N_, Invalid, clock
from plugins.local_events.words import MOST_DATES, ORDINALS

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEK, MONTH = "weekly", "monthly"
MOST_INTERVAL = 12
LONGEST = timedelta(days=731)
"""How far ahead a series reaches: nobody plans rooms for longer."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Every `interval` weeks on `weekdays` (0 is Monday), or every `interval` months on `month_day`, or on the `nth` (1 to 4,
    -1 the last) of `weekdays`' one. It ends with `until` (a day, included) or after `count` dates, the first included."""

    freq: str
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    month_day: int | None = None
    nth: int | None = None
    until: date | None = None
    count: int | None = None

    def text(self) -> str:
        """The rule as RFC 5545 writes it. UNTIL is the end of its day as a wall clock says it."""
        parts = [f"FREQ={self.freq.upper()}", f"INTERVAL={self.interval}"]
        if self.month_day is not None:
            parts.append(f"BYMONTHDAY={self.month_day}")
        else:
            nth = "" if self.nth is None else str(self.nth)
            parts.append("BYDAY=" + ",".join(f"{nth}{CODES[day]}" for day in self.weekdays))
        if self.until is not None:
            parts.append(f"UNTIL={self.until.isoformat().replace('-', '')}T235959")
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        return ";".join(parts)

    @classmethod
    def parse(cls, text: str) -> "Rule":
        """The rule that `text` gave. Raises ValueError for what none of ours reads like."""
        parts = dict(part.split("=", 1) for part in text.split(";"))
        days = [day for day in parts.get("BYDAY", "").split(",") if day]
        nths = {int(day[:-2]) for day in days if day[:-2]}
        return cls(
            freq=parts["FREQ"].lower(),
            interval=int(parts["INTERVAL"]),
            weekdays=tuple(CODES.index(day[-2:]) for day in days),
            month_day=int(parts["BYMONTHDAY"]) if "BYMONTHDAY" in parts else None,
            nth=nths.pop() if nths else None,
            until=date.fromisoformat(parts["UNTIL"][:8]) if "UNTIL" in parts else None,
            count=int(parts["COUNT"]) if "COUNT" in parts else None,
        )

    def cut(self, before: date) -> "Rule":
        """The same rule, ended on the day before `before`."""
        return replace(self, until=before - timedelta(days=1), count=None)


def check(rule: Rule, first: datetime) -> None:
    """Raise Invalid, by field, for a rule that no series can have from `first` (wall clock) on."""
    wrong: dict[str, str] = {}
    if rule.freq not in (WEEK, MONTH):
        wrong["pattern"] = N_("Choose one of the list")
    if not 1 <= rule.interval <= MOST_INTERVAL:
        wrong["interval"] = N_("Enter a number from 1 to 12")
    if not set(rule.weekdays) <= set(range(7)):
        wrong["weekdays"] = N_("Choose one of the list")
    elif rule.freq == WEEK and not rule.weekdays:
        wrong["weekdays"] = N_("Choose at least one day of the week")
    if rule.nth is not None and rule.nth not in ORDINALS:
        wrong["pattern"] = N_("Choose one of the list")
    if (rule.until is None) == (rule.count is None):
        wrong["until"] = N_("Say until which day, or how many dates")
    if rule.count is not None and not 2 <= rule.count <= MOST_DATES:
        wrong["count"] = N_("Enter a number of dates from 2 to 60")
    if rule.until is not None and not timedelta(0) < rule.until - first.date() <= LONGEST:
        wrong["until"] = N_("Choose a day after the first date, and within two years of it")
    if wrong:
        raise Invalid(wrong)


def dates(rule: Rule, first: datetime) -> list[datetime]:
    """The wall-clock starts of a series that begins with `first`, which always belongs to it (RFC 5545: DTSTART); at most
    60, within two years. A month without such a day is left out, as calendars do."""
    by = (
        {"bymonthday": rule.month_day}
        if rule.month_day is not None
        else {"byweekday": [weekday(day, rule.nth) if rule.nth else weekday(day) for day in rule.weekdays]}
    )
    most_days = min(LONGEST, date.max - first.date())
    last = datetime.combine(rule.until or first.date() + most_days, time(23, 59))
    found = rrule(WEEKLY if rule.freq == WEEK else MONTHLY, dtstart=first, interval=rule.interval, until=last, **by)
    most = min(rule.count or MOST_DATES, MOST_DATES)
    return [first, *islice(_after(found, first), most - 1)]


def _after(found: rrule, first: datetime) -> Iterator[datetime]:
    return (day for day in found if day > first)


def instants(start: datetime, length: timedelta) -> tuple[datetime, datetime]:
    """The instants (UTC) of an event that begins at the wall-clock time `start` and ends `length` later on the same clock.

    Where a change of the clocks would leave no time between them, the event lasts `length` all the same.
    """
    begins, ends = clock.from_london(start), clock.from_london(start + length)
    return begins, ends if ends > begins else begins + length


def wall(instant: datetime) -> datetime:
    """An instant as a London clock shows it, without its offset."""
    return clock.london(instant).replace(tzinfo=None, fold=0)


def written(start: datetime) -> str:
    """A wall-clock time as a series keeps it: to the minute, in the order of time."""
    return start.isoformat(timespec="minutes")


def moved(instant: datetime | None, before: datetime, after: datetime) -> datetime | None:
    """An instant that belongs to an event's start, when that start moves from the wall-clock time `before` to `after`."""
    return None if instant is None else clock.from_london(wall(instant) + (after - before))


def usual_rules(first: datetime) -> dict[str, Rule]:
    """The patterns that a first date suggests, by name: its weekday, its day of the month, its place in the month."""
    day, nth = first.weekday(), (first.day - 1) // 7 + 1
    found = {"weekly": Rule(WEEK, weekdays=(day,)), "monthly_day": Rule(MONTH, month_day=first.day)}
    if nth <= 4:
        found["monthly_nth"] = Rule(MONTH, weekdays=(day,), nth=nth)
    if first.day + 7 > monthrange(first.year, first.month)[1]:
        found["monthly_last"] = Rule(MONTH, weekdays=(day,), nth=-1)
    return found
