"""What the marks of one application say together, and which applications a panel should talk about first.

"Not able to score" is None and is never zero: the mean of (None, 4) is 4, from half of those asked.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import fmean
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Score = float | None


@dataclass(frozen=True, slots=True)
class Spread:
    """Marks on one thing. Everything about their size is None when nobody was able to score."""

    asked: int
    given: int
    mean: float | None
    median: float | None
    lowest: float | None
    highest: float | None
    deviation: float | None
    """The standard deviation of the marks (n - 1); None with fewer than two."""

    @property
    def coverage(self) -> Fraction | None:
        """The share of those asked who scored; None when nobody was asked."""
        return Fraction(self.given, self.asked) if self.asked else None

    @property
    def range(self) -> float | None:
        """The distance of the highest mark from the lowest."""
        return None if self.highest is None or self.lowest is None else self.highest - self.lowest


@dataclass(frozen=True, slots=True)
class Discussion(Generic[Key]):
    """An application in the order of discussion: its widest disagreement, and the criteria that have it."""

    key: Key
    range: float | None
    criteria: tuple[str, ...]
    total: float
    """The ranges of all criteria added up."""
    coverage: Fraction | None
    spreads: Mapping[str, Spread]


@dataclass(frozen=True, slots=True)
class Shift:
    """How marks moved in discussion: on average, by how much, and how many came nearer to the panel's sealed mean."""

    both: int
    mean: float | None
    size: float | None
    nearer: int
    further: int


def spread(scores: Sequence[Score]) -> Spread:
    """Mean, median, range and coverage of the scores of everybody asked. Raises ValueError for what is not a number."""
    found = [score for score in scores if score is not None]
    if not all(map(math.isfinite, found)):
        raise ValueError("a score is not a number to reckon with")
    if not found:
        return Spread(len(scores), 0, None, None, None, None, None)
    found.sort()
    mean, count = math.fsum(found) / len(found), len(found)
    middle = (found[(count - 1) // 2] + found[count // 2]) / 2
    # `statistics` reckons these in fractions, which a list of thousands of applications would wait for.
    squares = math.fsum((score - mean) ** 2 for score in found)
    deviation = math.sqrt(squares / (count - 1)) if count > 1 else None
    return Spread(len(scores), count, mean, middle, found[0], found[-1], deviation)


def order_of_discussion(cases: Mapping[Key, Mapping[str, Sequence[Score]]]) -> list[Discussion[Key]]:
    """Applications with the marks on each criterion, disagreements first.

    First the widest range on any criterion, then the sum of ranges, then where fewer were able to score; the rest stays
    in the order given, so that the caller's order (oldest first, say) settles ties.
    """
    found = [_discussion(key, criteria) for key, criteria in cases.items()]
    return sorted(found, key=lambda one: (-(one.range or 0), -one.total, one.coverage or Fraction(0)))


def _discussion(key: Key, criteria: Mapping[str, Sequence[Score]]) -> Discussion[Key]:
    spreads = {name: spread(scores) for name, scores in criteria.items()}
    ranges = {name: found.range for name, found in spreads.items() if found.range is not None}
    widest = max(ranges.values(), default=None)
    named = tuple(name for name, wide in ranges.items() if wide == widest and wide > 0)
    asked = sum(found.asked for found in spreads.values())
    coverage = Fraction(sum(found.given for found in spreads.values()), asked) if asked else None
    return Discussion(key, widest, named, math.fsum(ranges.values()), coverage, spreads)


def shift(sealed: Mapping[Key, Score], discussed: Mapping[Key, Score]) -> Shift:
    """Sealed marks of one application against those after discussion, by assessor; who lacks either is passed over."""
    before = {key: score for key, score in sealed.items() if score is not None}
    pairs = [(score, after) for key, score in before.items() if (after := discussed.get(key)) is not None]
    if not pairs:
        return Shift(0, None, None, 0, 0)
    middle = fmean(before.values())
    moves = [abs(after - middle) - abs(first - middle) for first, after in pairs]
    return Shift(
        len(pairs),
        fmean(after - first for first, after in pairs),
        fmean(abs(after - first) for first, after in pairs),
        sum(move < 0 for move in moves),
        sum(move > 0 for move in moves),
    )
