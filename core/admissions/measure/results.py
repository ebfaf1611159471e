"""What all measures share: intervals, cautions, marks and how marks are grouped."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import NamedTuple

CONFIDENCE = 0.95


class Caution(StrEnum):
    """Why a figure is missing, or must not be leant on. Pages show each beside the figure, in words of their own."""

    TOO_FEW = "too_few"
    """There is a figure, from fewer cases than it takes to trust it."""
    NO_PAIRS = "no_pairs"
    """Nothing was marked twice: no figure."""
    NO_VARIATION = "no_variation"
    """All marks are alike, so agreement cannot be told from everybody saying the same of everything: no figure."""
    NO_SPARE_MARKS = "no_spare_marks"
    """The marks are just enough to fit and leave nothing to judge the error by: no interval."""
    ZERO_COUNT = "zero_count"
    """A count is zero, so the interval of a ratio does not exist."""
    UNBALANCED = "unbalanced"
    """Cases have different numbers of marks: figure and interval are approximate."""
    NEGATIVE_VARIANCE = "negative_variance"
    """A variance came out below zero, as it may by chance when it is small, and is reported as zero."""


class Interval(NamedTuple):
    """A confidence interval, both ends included."""

    low: float
    high: float

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high


class Mark(NamedTuple):
    """What one assessor gave one application (on one criterion, or overall). None is "not able to score"."""

    assessor: str
    application: str
    score: float | None


def given(marks: Iterable[Mark]) -> dict[str, dict[str, float]]:
    """The marks that are numbers: application → assessor → score, both sorted, so that no result depends on order.

    Raises ValueError when an assessor marked an application twice, or when a score is not a finite number.
    """
    table: dict[str, dict[str, float]] = defaultdict(dict)
    for mark in sorted(marks, key=lambda mark: (mark.application, mark.assessor)):
        if mark.score is None:
            continue
        if not math.isfinite(mark.score):
            raise ValueError(f"the score {mark.score} is not a number to reckon with")
        if mark.assessor in table[mark.application]:
            raise ValueError(f"{mark.assessor} marked {mark.application} twice")
        table[mark.application][mark.assessor] = float(mark.score)
    return dict(table)


def units(marks: Iterable[Mark]) -> list[list[float]]:
    """For each application the scores it has, without saying whose: what agreement and one-way reliability need."""
    return [list(scores.values()) for scores in given(marks).values()]


def complete_table(marks: Iterable[Mark], assessors: Collection[str] | None = None) -> list[list[float]]:
    """Applications (rows) that every one of `assessors` (columns) scored, as the two-way coefficients need them.

    `assessors` are all that appear when None. Rows and columns are sorted by name; applications with a gap are left out.
    """
    table = given(marks)
    columns = sorted(assessors if assessors is not None else {name for row in table.values() for name in row})
    return [[row[name] for name in columns] for row in table.values() if all(name in row for name in columns)]
