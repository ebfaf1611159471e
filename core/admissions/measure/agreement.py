"""Krippendorff's alpha: do assessors agree beyond chance, with missing marks, at any level of measurement.

Sources: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), whose steps and distance functions these
are; the interval is D. Rubin's Bayesian bootstrap (Annals of Statistics 9, 1981) over applications: each resample gives
every application a weight from a flat Dirichlet distribution. Applications with the same marks share one draw (a sum of
equal exponentials is a gamma), so the cost grows with the number of different sets of marks, not with applications.
"""

import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import mul

from core.admissions.measure.results import CONFIDENCE, Caution, Interval

FEWEST_UNITS = 30
"""Below this many applications marked more than once, the figure comes with `Caution.TOO_FEW`."""
RESAMPLES = 1000
SEED = 20170309

Value = str | float


class Level(StrEnum):
    """What may be said of two scores: that they differ, which is higher, by how much, or how many times."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Krippendorff's alpha at one level: 1 is perfect, 0 what chance would give, below 0 systematic disagreement."""

    level: Level
    alpha: float | None
    interval: Interval | None
    units: int
    """Applications with at least two marks: the only ones that count."""
    values: int
    """Marks on them."""
    resamples: int
    cautions: tuple[Caution, ...] = ()

    @property
    def name(self) -> str:
        """The coefficient in full, as pages and exports print it."""
        return f"Krippendorff's alpha ({self.level})"


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One set of marks: how many applications have it, how often each value (by index) is in it, and its disagreements."""

    times: int
    counts: tuple[tuple[int, int], ...]
    pairs: tuple[tuple[int, int, float], ...]
    """Value, other value, and what they add to the coincidence matrix above its diagonal."""


def agreement(
    marked: Iterable[Sequence[Value | None]], level: Level, *, resamples: int = RESAMPLES, seed: int = SEED
) -> Agreement:
    """Alpha of applications, each given as the scores it got (None for a missing one); whose they are plays no part.

    Raises ValueError for words at any level but nominal, numbers that are not finite, and negative ones at ratio level.
    """
    return agreements(marked, (level,), resamples=resamples, seed=seed)[level]


def agreements(
    marked: Iterable[Sequence[Value | None]],
    levels: Sequence[Level] = (Level.NOMINAL, Level.ORDINAL, Level.INTERVAL),
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    confidence: float = CONFIDENCE,
) -> dict[Level, Agreement]:
    """`agreement` at several levels from the same resamples. `resamples=0` leaves the intervals out."""
    found = [[_clean(value) for value in unit if value is not None] for unit in marked]
    pairable = [unit for unit in found if len(unit) > 1]
    values = sorted({value for unit in pairable for value in unit}, key=lambda value: (isinstance(value, str), value))
    _check(values, levels)
    patterns = _patterns(pairable, values)
    count, total = len(pairable), sum(map(len, pairable))
    cautions = [Caution.TOO_FEW] if count < FEWEST_UNITS else []
    if len(values) < 2:
        cautions.append(Caution.NO_VARIATION if pairable else Caution.NO_PAIRS)
        return {level: Agreement(level, None, None, count, total, 0, tuple(cautions)) for level in levels}
    points = _alphas(patterns, [pattern.times for pattern in patterns], values, levels)
    draws: dict[Level, list[float]] = {level: [] for level in levels}
    for weights in _resampled(patterns, count, resamples if count > 1 else 0, seed):
        for level, alpha in _alphas(patterns, weights, values, levels).items():
            draws[level].append(alpha)
    return {
        level: Agreement(
            level, points[level], _middle(draws[level], confidence), count, total, len(draws[level]), tuple(cautions)
        )
        for level in levels
    }


def _clean(value: Value) -> Value:
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        raise ValueError(f"the score {value} is not a number to reckon with")
    return float(value)


def _check(values: Sequence[Value], levels: Sequence[Level]) -> None:
    if any(level is not Level.NOMINAL for level in levels) and any(isinstance(value, str) for value in values):
        raise ValueError("words can be compared at the nominal level alone")
    if Level.RATIO in levels and any(not isinstance(value, str) and value < 0 for value in values):
        raise ValueError("the ratio level has no negative scores")


def _patterns(pairable: Iterable[Sequence[Value]], values: Sequence[Value]) -> list[_Pattern]:
    index = {value: place for place, value in enumerate(values)}
    kinds = Counter(tuple(sorted(index[value] for value in unit)) for unit in pairable)
    patterns = []
    for marks, times in sorted(kinds.items()):
        counts = sorted(Counter(marks).items())
        # Each ordered pair of marks adds 1 / (m - 1); the two orders of a pair are counted together here.
        pairs = [
            (one, other, 2 * n * m / (len(marks) - 1))
            for place, (one, n) in enumerate(counts)
            for other, m in counts[place + 1 :]
        ]
        patterns.append(_Pattern(times, tuple(counts), tuple(pairs)))
    return patterns


def _resampled(patterns: Sequence[_Pattern], count: int, resamples: int, seed: int) -> Iterator[list[float]]:
    source = random.Random(seed)
    for _ in range(resamples):
        drawn = [source.gammavariate(pattern.times, 1.0) for pattern in patterns]
        scale = count / sum(drawn)
        yield [weight * scale for weight in drawn]


def _alphas(
    patterns: Sequence[_Pattern], weights: Sequence[float], values: Sequence[Value], levels: Sequence[Level]
) -> dict[Level, float]:
    """Alpha = 1 - (n - 1) · Σ o·δ² / Σ n_c·n_k·δ², with each application counted `weights` times."""
    margins = [0.0] * len(values)
    crossed: dict[tuple[int, int], float] = {}
    for pattern, weight in zip(patterns, weights, strict=True):
        for place, times in pattern.counts:
            margins[place] += weight * times
        for one, other, share in pattern.pairs:
            crossed[one, other] = crossed.get((one, other), 0.0) + weight * share
    total = sum(margins)
    result = {}
    for level in levels:
        observed, expected = _disagreement(level, margins, total, crossed, values)
        result[level] = 1 - (total - 1) * observed / expected
    return result


def _disagreement(
    level: Level, margins: Sequence[float], total: float, crossed: dict[tuple[int, int], float], values: Sequence[Value]
) -> tuple[float, float]:
    """Σ o·δ² and Σ n_c·n_k·δ² over ordered pairs of values."""
    if level is Level.NOMINAL:
        return sum(crossed.values()), total * total - sum(map(mul, margins, margins))
    numbers = [value for value in values if not isinstance(value, str)]
    if level is Level.RATIO:
        ratio = {
            (one, other): ((a - b) / (a + b)) ** 2
            for one, a in enumerate(numbers)
            for other, b in enumerate(numbers[one + 1 :], one + 1)
        }
        expected = sum(2 * margins[one] * margins[other] * far for (one, other), far in ratio.items())
        return sum(share * ratio[pair] for pair, share in crossed.items()), expected
    # Krippendorff's ordinal distance, the ranks between two values, is the distance of their middle ranks.
    places = numbers if level is Level.INTERVAL else _middle_ranks(margins)
    centre = sum(map(mul, margins, places)) / total
    # Loops, because sums over so few take twice as long, and a page of figures comes here tens of thousands of times.
    expected = observed = 0.0
    for n, at in zip(margins, places, strict=True):
        expected += n * (at - centre) ** 2
    for (one, other), share in crossed.items():
        observed += share * (places[one] - places[other]) ** 2
    return observed, 2 * total * expected


def _middle_ranks(margins: Sequence[float]) -> list[float]:
    below, ranks = 0.0, []
    for n in margins:
        ranks.append(below + n / 2)
        below += n
    return ranks


def _middle(draws: Sequence[float], confidence: float) -> Interval | None:
    """The percentile interval of the resampled figures."""
    if len(draws) < 100:
        return None
    ordered = sorted(draws)
    cut = int((1 - confidence) / 2 * len(ordered))
    return Interval(ordered[cut], ordered[-1 - cut])


def band(alpha: float, marks: Sequence[float] = (0.667, 0.8)) -> int:
    """How many of Krippendorff's customary marks alpha reaches: 0 is unreliable, 1 tentative, 2 good."""
    return sum(alpha >= mark for mark in marks)
