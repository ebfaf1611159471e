"""Rates of outcome and how groups and partners compare: intervals first, screens second, verdicts never.

The four-fifths rule is guidance of the United States (Uniform Guidelines on Employee Selection Procedures, 29 CFR
1607.4 D, and its questions and answers of 1979). The Equality Act 2010 has no such line: it is a screen that says where
to look, shown with an interval.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from core.admissions.measure.distributions import z_quantile, z_two_sided
from core.admissions.measure.results import CONFIDENCE, Caution, Interval

FOUR_FIFTHS = Fraction(4, 5)
FUNNEL = (0.95, 0.998)
"""The customary limits of funnel plots: two and three standard errors."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`selected` of `total`. Raises ValueError unless 0 ≤ selected ≤ total."""

    selected: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.selected <= self.total:
            raise ValueError(f"{self.selected} of {self.total} is no rate")

    @property
    def exact(self) -> Fraction | None:
        """The rate as a fraction; None of nobody."""
        return Fraction(self.selected, self.total) if self.total else None


@dataclass(frozen=True, slots=True)
class Ratio:
    """One rate divided by another. None where the other is zero or of nobody."""

    value: Fraction | None
    interval: Interval | None
    cautions: tuple[Caution, ...] = ()


@dataclass(frozen=True, slots=True)
class Screened:
    """A group in the four-fifths screen: its ratio to the group with the highest rate, and whether it is below 4/5."""

    group: str
    rate: Rate
    reference: str | None
    ratio: Ratio
    flagged: bool


@dataclass(frozen=True, slots=True)
class TwoRates:
    """The large-sample comparison of two rates: z with pooled variance, its square χ², and their probability."""

    z: float
    chi_square: float
    p: float


@dataclass(frozen=True, slots=True)
class Partner:
    """A point of a funnel plot. `outside` is the narrowest of the limits it lies beyond, None when it is inside all."""

    name: str
    rate: Rate
    limits: tuple[Interval, ...]
    outside: float | None


def wilson(selected: int, total: int, confidence: float = CONFIDENCE) -> Interval | None:
    """E. Wilson's score interval (JASA 22, 1927) of a rate; None of nobody. Raises ValueError for an impossible rate."""
    rate = Rate(selected, total)
    if not rate.total:
        return None
    z = z_quantile((1 + confidence) / 2)
    share, square = selected / total, z * z / total
    middle = (share + square / 2) / (1 + square)
    reach = z / (1 + square) * math.sqrt(share * (1 - share) / total + square / (4 * total))
    # At the ends the formula gives 0 and 1, but for rounding.
    low = 0.0 if selected == 0 else max(0.0, middle - reach)
    high = 1.0 if selected == total else min(1.0, middle + reach)
    return Interval(low, high)


def selection_ratio(group: Rate, reference: Rate, confidence: float = CONFIDENCE) -> Ratio:
    """The group's rate over the reference's, with the interval of D. Katz and others (Biometrics 34, 1978) on its logarithm."""
    one, other = group.exact, reference.exact
    if one is None or not other:
        return Ratio(None, None, (Caution.ZERO_COUNT,))
    value = one / other
    if not value:
        return Ratio(value, None, (Caution.ZERO_COUNT,))
    variance = 1 / group.selected - 1 / group.total + 1 / reference.selected - 1 / reference.total
    reach = z_quantile((1 + confidence) / 2) * math.sqrt(max(0.0, variance))
    return Ratio(value, Interval(float(value) * math.exp(-reach), float(value) * math.exp(reach)))


def four_fifths(groups: Mapping[str, Rate], confidence: float = CONFIDENCE) -> list[Screened]:
    """Every group against the one with the highest rate, in the order given. Exact fractions: .80 is not below 4/5.

    Of groups that tie for the highest, the largest and then the first by name is the reference. Groups of nobody are
    not flagged.
    """
    known = [(rate.exact, rate.total, name) for name, rate in groups.items() if rate.exact is not None]
    best = min(known, key=lambda found: (-found[0], -found[1], found[2]))[2] if known else None
    result = []
    for name, rate in groups.items():
        ratio = selection_ratio(rate, groups[best], confidence) if best is not None else Ratio(None, None)
        flagged = ratio.value is not None and ratio.value < FOUR_FIFTHS
        result.append(Screened(name, rate, best, ratio, flagged))
    return result


def fisher(one: Rate, other: Rate, *, mid: bool = False) -> float:
    """R. Fisher's exact test of two rates, two-sided: how probable is any table no likelier than this one.

    Reckoned in whole numbers, so that tables exactly as likely count. `mid` takes them half (the mid-p variant).
    """
    chosen, everybody = one.selected + other.selected, one.total + other.total
    first = max(0, chosen - other.total)
    last = min(chosen, one.total)
    ways = math.comb(one.total, first) * math.comb(other.total, chosen - first)
    found = []
    for x in range(first, last + 1):
        found.append(ways)
        ways = ways * (one.total - x) * (chosen - x) // ((x + 1) * (other.total - chosen + x + 1))
    seen = found[one.selected - first]
    less = sum(count for count in found if count < seen)
    same = sum(count for count in found if count == seen)
    every = math.comb(everybody, chosen)
    return (2 * less + same) / (2 * every) if mid else (less + same) / every


def two_rates(one: Rate, other: Rate) -> TwoRates | None:
    """K. Pearson's χ² (1900) without correction, and z; None when a group is empty or everybody fared alike."""
    everybody, chosen = one.total + other.total, one.selected + other.selected
    if not one.total or not other.total or chosen in (0, everybody):
        return None
    pooled = chosen / everybody
    spread = math.sqrt(pooled * (1 - pooled) * (1 / one.total + 1 / other.total))
    z = (one.selected / one.total - other.selected / other.total) / spread
    return TwoRates(z, z * z, z_two_sided(z))


def funnel_limits(overall: float, total: int, confidence: float) -> Interval:
    """Between what limits the rate of `total` people lies by chance when `overall` holds for them too.

    D. Spiegelhalter, "Funnel plots for comparing institutional performance" (Statistics in Medicine 24, 2005). The score
    test's limits, so a partner is outside exactly when Wilson's interval of its rate leaves `overall` out.
    """
    if not 0 <= overall <= 1 or total < 1:
        raise ValueError("a funnel needs a rate from 0 to 1 and somebody in it")
    reach = z_quantile((1 + confidence) / 2) * math.sqrt(overall * (1 - overall) / total)
    return Interval(max(0.0, overall - reach), min(1.0, overall + reach))


def funnel(partners: Mapping[str, Rate], confidences: tuple[float, ...] = FUNNEL) -> list[Partner]:
    """Partners against the rate of all together, smallest first, as they lie on a funnel plot; empty ones are left out."""
    known = {name: rate for name, rate in partners.items() if rate.total}
    if not known:
        return []
    overall = sum(rate.selected for rate in known.values()) / sum(rate.total for rate in known.values())
    points = []
    for name, rate in sorted(known.items(), key=lambda item: (item[1].total, item[0])):
        limits = tuple(funnel_limits(overall, rate.total, confidence) for confidence in confidences)
        share = rate.selected / rate.total
        beyond = [level for level, limit in zip(confidences, limits, strict=True) if share not in limit]
        points.append(Partner(name, rate, limits, max(beyond, default=None)))
    return points
