"""How many assessors: the reliability that a panel of k would have, and the k that a target needs.

Sources: C. Spearman and W. Brown (British Journal of Psychology 3, 1910), who both give the formula; R. Brennan,
"Generalizability Theory" (2001), chapter 2, for the D-study with assessors as a random facet, whose absolute form
ICC(A,k) counts differences of severity as error.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.admissions.measure.anova import Components
from core.admissions.measure.reliability import stepped_up

STEPS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12)


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of `assessors` and the reliability of its mean; `name` says which coefficient that is."""

    assessors: int
    reliability: float
    name: str


@dataclass(frozen=True, slots=True)
class Needed:
    """What a target takes: the number by the formula, and whole assessors. Both None when no number is enough."""

    target: float
    exact: float | None
    assessors: int | None


def spearman_brown(single: float, k: float) -> float:
    """The reliability of the mean of `k` marks, from that of one. Raises ValueError unless k > 0 and -1 ≤ single ≤ 1."""
    if not k > 0 or not -1 <= single <= 1:
        raise ValueError("a reliability is between -1 and 1, and a panel has members")
    return stepped_up(single, k)


def assessors_needed(single: float, target: float) -> Needed:
    """How many marks make their mean as reliable as `target`. Raises ValueError unless 0 < target < 1."""
    if not 0 < target < 1:
        raise ValueError("the target is a reliability between 0 and 1")
    if single <= 0:
        return Needed(target, None, None)
    exact = target * (1 - single) / (single * (1 - target))
    # What rounding in the last digit made of a whole number is that whole number.
    return Needed(target, exact, max(1, math.ceil(exact - 1e-9)))


def spearman_brown_curve(single: float, sizes: Sequence[int] = STEPS, name: str = "Spearman–Brown") -> list[Panel]:
    """`spearman_brown` for several sizes of panel."""
    return [Panel(k, spearman_brown(single, k), name) for k in sizes]


def decision_study(parts: Components, k: float) -> float | None:
    """ICC(A,k): the absolute reliability of the mean of `k` assessors drawn anew. None when nothing varies."""
    if not k > 0:
        raise ValueError("a panel has members")
    whole = parts.target + parts.noise / k
    return parts.target / whole if whole > 0 else None


def decision_curve(parts: Components, sizes: Sequence[int] = STEPS) -> list[Panel]:
    """`decision_study` for several sizes of panel; empty when nothing varies."""
    found = [(k, decision_study(parts, k)) for k in sizes]
    return [Panel(k, value, f"ICC(A,{k})") for k, value in found if value is not None]


def standard_error(parts: Components, k: float) -> float:
    """The standard error of measurement of the mean of `k` marks: a score this near the threshold is in the noise."""
    if not k > 0:
        raise ValueError("a panel has members")
    return math.sqrt(parts.noise / k)
