"""Statistical disclosure control for single figures, and a guard against filters that single people out.

Sources: the Higher Education Statistics Agency's Services Standard Rounding Methodology (round to the nearest 5, halves
up, below 2.5 to 0; no percentage of fewer than 22.5 individuals, no average of 7 or fewer; totals rounded after they
are reckoned); Ofqual's rounding policy (1 to 4 shown as "fewer than 5", a true zero as 0). Tables: `suppression`.
"""

import math
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

BASE = 5
FEWEST_FOR_PERCENTAGE = Fraction(45, 2)
MOST_WITHOUT_AVERAGE = 7
FEWEST_SHOWN = 5
FEWEST_APART = 10


class Hidden(StrEnum):
    """Why a figure is not shown."""

    FEWER_THAN = "fewer_than"
    """It is from 1 to below the threshold: printed as "fewer than 5"."""
    SUPPRESSED = "suppressed"
    """It would tell of too few people, by itself or with what else is shown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as it may be published: its value, or the reason that it has none."""

    value: int | None
    hidden: Hidden | None = None


def rounded(count: float | Fraction) -> int:
    """A count to the nearest 5, halves up (Python's `round` would take 12.5 down). Raises ValueError below zero."""
    if count < 0:
        raise ValueError("a count is not below zero")
    return BASE * math.floor(Fraction(count) / BASE + Fraction(1, 2))


def rounded_total(counts: Iterable[float | Fraction]) -> int:
    """The total of counts: reckoned first, rounded after, so it need not be the sum of the rounded counts."""
    return rounded(sum((Fraction(count) for count in counts), Fraction(0)))


def percentage(part: float | Fraction, whole: float | Fraction) -> float | None:
    """`part` of `whole` in per cent, from the counts before rounding; None when `whole` is below 22.5 individuals."""
    if not 0 <= part <= whole:
        raise ValueError(f"{part} is no part of {whole}")
    return float(100 * Fraction(part) / Fraction(whole)) if whole >= FEWEST_FOR_PERCENTAGE else None


def average(values: Collection[float | None]) -> float | None:
    """The mean of the values there are (None is none); not shown, None, when it is of 7 or fewer."""
    found = [value for value in values if value is not None]
    return math.fsum(found) / len(found) if len(found) > MOST_WITHOUT_AVERAGE else None


def fewer_than(count: int, fewest: int = FEWEST_SHOWN) -> Shown:
    """Ofqual's variant for a count on its own: 1 to 4 are "fewer than 5", a true zero is 0. In a table use `suppression`."""
    if count < 0:
        raise ValueError("a count is not below zero")
    return Shown(None, Hidden.FEWER_THAN) if 0 < count < fewest else Shown(count)


@dataclass(frozen=True, slots=True)
class Refused:
    """A filter that must not be answered. `earlier` is the one that would give it away; `people` is for the log alone."""

    earlier: Hashable
    people: int


def apart(first: Collection[Hashable], second: Collection[Hashable], fewest: int = FEWEST_APART) -> int | None:
    """How few people two overlapping filters differ by, when it is fewer than `fewest` on either side; None when safe.

    Subtracting one published figure from the other tells of exactly those people. The same people twice, or no one in
    common, tell nothing.
    """
    one, other = frozenset(first), frozenset(second)
    if one.isdisjoint(other):
        return None
    small = [size for size in (len(one - other), len(other - one)) if 0 < size < fewest]
    return min(small, default=None)


class DifferencingGuard:
    """Remembers whom the filters answered so far have selected, and refuses one that differs too little from any.

    It looks at pairs; three filters that together single somebody out are kept off by suppression of each. Begin with
    `everybody`, which stands on the page before anyone filters. The order of filters decides which of two is answered.
    """

    def __init__(
        self, everybody: Collection[Hashable] = (), answered: Mapping[Hashable, Collection[Hashable]] | None = None,
        fewest: int = FEWEST_APART,
    ) -> None:  # fmt: skip
        self.fewest = fewest
        self._answered: dict[Hashable, frozenset[Hashable]] = {"everybody": frozenset(everybody)}
        self._answered |= {name: frozenset(people) for name, people in (answered or {}).items()}

    def ask(self, name: Hashable, people: Collection[Hashable]) -> Refused | None:
        """None, and the filter is remembered as answered; or why it is refused, and nothing is remembered.

        A filter already answered is answered again while it selects the same people; when those have changed, it must
        be safe against what it selected before too.
        """
        chosen = frozenset(people)
        for earlier, others in self._answered.items():
            few = apart(chosen, others, self.fewest)
            if few is not None:
                return Refused(earlier, few)
        self._answered[(name, len(self._answered)) if self._answered.get(name, chosen) != chosen else name] = chosen
        return None
