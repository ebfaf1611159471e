"""Months and weeks as calendars draw them: days, and what is on each."""

import re
from calendar import Calendar
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol, Self

from core.sdk import clock
from plugins.local_events.queries.looking import begins

WEEK = timedelta(days=7)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?")
EARLIEST, LATEST = date(2017, 1, 1), date(2099, 12, 31)


class Timed(Protocol):
    """Something that begins and ends (UTC)."""

    @property
    def starts_at(self) -> datetime:
        """When it begins."""

    @property
    def ends_at(self) -> datetime:
        """When it is over."""


class Shown(NamedTuple):
    """An event as a calendar shows it; `site` names whose it is where that is not plain."""

    title: str
    href: str
    starts_at: datetime
    ends_at: datetime
    site: str = ""


@dataclass(slots=True)
class Day:
    """One day: whether it belongs to the month shown, and what is on, in order. A longer event is on each of its days."""

    on: date
    inside: bool = True
    events: list[Timed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Span:
    """A month or a week: its days (whole weeks from Monday), and the ones before and after it, as their first days."""

    first: date
    by_week: bool
    days: tuple[date, ...]
    before: date
    after: date

    @classmethod
    def month(cls, of: date) -> Self:
        """The month that `of` lies in."""
        first = of.replace(day=1)
        days = tuple(Calendar().itermonthdates(first.year, first.month))
        return cls(first, False, days, (first - timedelta(days=1)).replace(day=1), (first + 5 * WEEK).replace(day=1))

    @classmethod
    def week(cls, of: date) -> Self:
        """The week that `of` lies in."""
        first = of - timedelta(days=of.weekday())
        days = tuple(first + timedelta(days=n) for n in range(7))
        return cls(first, True, days, first - WEEK, first + WEEK)

    @property
    def starts_at(self) -> datetime:
        """When its first day begins, in London."""
        return begins(self.days[0])

    @property
    def ends_at(self) -> datetime:
        """When its last day is over."""
        return begins(self.days[-1] + timedelta(days=1))

    def filled(self, events: Sequence[Timed]) -> list[list[Day]]:
        """Its weeks with what is on each day."""
        days = {on: Day(on, self.by_week or on.month == self.first.month) for on in self.days}
        for event in events:
            last = clock.london(
                event.ends_at - timedelta(microseconds=1)
            ).date()  # one that ends at midnight is over then
            on = clock.london(event.starts_at).date()
            while on <= last:
                if on in days:
                    days[on].events.append(event)
                on += timedelta(days=1)
        found = list(days.values())
        return [found[start : start + 7] for start in range(0, len(found), 7)]


def day_of(text: str) -> date | None:
    """A day, or the first of a month, as an address has it (2026-11-23, 2026-11); None for what is none, or far away."""
    if not _DAY.fullmatch(text):
        return None
    try:
        on = date.fromisoformat(text if len(text) == len("2026-11-23") else f"{text}-01")
    except ValueError:
        return None
    return on if EARLIEST <= on <= LATEST else None
