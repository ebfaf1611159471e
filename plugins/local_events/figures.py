"""What figures may be shown, and how they are put: plain reckoning, no database.

A count of people from 1 to 4 is not shown, nor what gives one away: a small area joins others until the line they share can
be anybody's, and a share is withheld where it tells of so few on either side.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from core.sdk import FEWEST_SHOWN, put_together
from plugins.local_events.feedback_steps import Step

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole. `hidden`: neither may be shown."""

    part: int
    whole: int
    hidden: bool = False

    @property
    def rate(self) -> float | None:
        """From 0 on; more than 1 where places were given beyond the limit. None for nothing, and where it is hidden."""
        return self.part / self.whole if self.whole and not self.hidden else None


def enough(people: int) -> bool:
    """Whether a count of people may be shown: nobody tells of nobody."""
    return not 0 < people < FEWEST_SHOWN


def of_people(part: int, whole: int) -> Share:
    """A share of people, hidden where fewer than five are in it, or out of it."""
    return Share(part, whole, not all(enough(count) for count in (part, whole - part, whole)))


@dataclass(frozen=True, slots=True)
class Lines(Generic[Key]):
    """Counts that may be shown one by one, the largest first; `together` is how many the others are, of `small` groups."""

    shown: tuple[tuple[Key, int], ...] = ()
    together: int = 0
    small: int = 0


def lines(people: Iterable[tuple[Key, int]]) -> Lines[Key]:
    """Counts of people (those of one key taken together) as they may be shown beside their total (`put_together`). Nothing,
    where no group could be shown by itself."""
    counts: Counter[Key] = Counter()
    for key, count in people:
        counts[key] += count
    ordered = sorted((+counts).items(), key=lambda one: (one[1], str(one[0])))
    together = put_together([(count,) for _, count in ordered])
    if together is None:
        return Lines()
    shown = tuple(one for place, one in enumerate(ordered) if place not in together)
    return Lines(shown[::-1], sum(ordered[place][1] for place in together), len(together))


@dataclass(frozen=True, slots=True)
class Month:
    """A month's feedback: of `answers` the mean, from 1 to 5."""

    first: date
    answers: int
    mean: float


def by_month(steps: Iterable[tuple[date, Step]]) -> list[Month]:
    """The months of which anything was published, the earliest first.

    Each published line ("agree or strongly agree: 14") counts with its middle, 4.5, as the mean of grouped figures is always
    reckoned: it tells nothing that the events' own pages do not, and no step is of fewer than five answers (decision 0022).
    """
    sums: dict[date, tuple[int, float]] = {}
    for on, step in steps:
        month = on.replace(day=1)
        answers, total = sums.get(month, (0, 0.0))
        worth = sum(count * (low + high) / 2 for (low, high), count in zip(step.spans, step.lines, strict=True))
        sums[month] = (answers + step.total, total + worth)
    return [Month(month, answers, total / answers) for month, (answers, total) in sorted(sums.items()) if answers]
