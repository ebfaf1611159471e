"""Analysis of variance of a table of marks, and the variance components that follow from it.

Sources: P. Shrout and J. Fleiss, "Intraclass correlations: uses in assessing rater reliability", Psychological Bulletin
86 (1979), for the mean squares; S. Searle, G. Casella and C. McCulloch, "Variance Components" (1992), for tables whose
rows have different lengths (section 3.6) and for what the mean squares expect.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum

Table = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class OneWay:
    """Each application marked by assessors of its own, or by ones unknown."""

    targets: int
    raters: float
    """Marks per application; where these differ, Searle's n₀, a little below their mean."""
    between: float
    """BMS, the mean square between applications."""
    within: float
    """WMS, the mean square within them."""
    df: tuple[int, int]
    balanced: bool


@dataclass(frozen=True, slots=True)
class TwoWay:
    """Each application marked by the same assessors."""

    targets: int
    raters: int
    between: float
    """BMS, the mean square between applications."""
    judges: float
    """JMS, the mean square between assessors."""
    error: float
    """EMS, the residual mean square."""
    grand: float
    effects: tuple[float, ...]
    """By how much each assessor's mean differs from the mean of all."""


@dataclass(frozen=True, slots=True)
class Components:
    """Variance due to applications (what is to be measured), to assessors' severity, and left over.

    A component that came out below zero is held as zero, and `negative` says so.
    """

    target: float
    judge: float
    residual: float
    negative: bool = False

    @property
    def noise(self) -> float:
        """The variance of one assessor's mark about the application's true score, whoever the assessor is."""
        return self.judge + self.residual


def one_way(rows: Iterable[Sequence[float | None]]) -> OneWay | None:
    """The one-way analysis of applications' scores; applications with no score are passed over, None is a missing mark.

    None when there are fewer than two applications, or none with two marks.
    """
    kept = [found for row in rows if (found := [score for score in row if score is not None])]
    count, marks = len(kept), sum(map(len, kept))
    if count < 2 or marks == count:
        return None
    means = [fsum(row) / len(row) for row in kept]
    grand = fsum(map(fsum, kept)) / marks
    between = fsum(len(row) * (mean - grand) ** 2 for row, mean in zip(kept, means, strict=True))
    within = fsum((score - mean) ** 2 for row, mean in zip(kept, means, strict=True) for score in row)
    raters = (marks - sum(len(row) ** 2 for row in kept) / marks) / (count - 1)
    balanced = len(set(map(len, kept))) == 1
    df = (count - 1, marks - count)
    floor = _floor(kept)
    return OneWay(count, raters, _settled(between / df[0], floor), _settled(within / df[1], floor), df, balanced)


def two_way(table: Table) -> TwoWay | None:
    """The two-way analysis of a full table (rows are applications); None with fewer than two rows or columns.

    Raises ValueError when rows differ in length.
    """
    count, raters = len(table), len(table[0]) if table else 0
    if any(len(row) != raters for row in table):
        raise ValueError("every application needs a mark by every assessor here")
    if count < 2 or raters < 2:
        return None
    grand = fsum(map(fsum, table)) / (count * raters)
    rows = [fsum(row) / raters - grand for row in table]
    columns = [fsum(column) / count - grand for column in zip(*table, strict=True)]
    left = fsum(
        (score - grand - row - column) ** 2
        for scores, row in zip(table, rows, strict=True)
        for score, column in zip(scores, columns, strict=True)
    )
    floor = _floor(table)
    between = raters * fsum(row * row for row in rows) / (count - 1)
    judges = count * fsum(column * column for column in columns) / (raters - 1)
    error = left / ((count - 1) * (raters - 1))
    return TwoWay(
        count, raters, _settled(between, floor), _settled(judges, floor), _settled(error, floor), grand, tuple(columns)
    )


def _floor(table: Table) -> float:
    """What the rounding of floating-point numbers can make of a mean square that is zero."""
    return 1e-24 * max(score * score for row in table for score in row)


def _settled(square: float, floor: float) -> float:
    return square if square > floor else 0.0


def components(analysis: TwoWay) -> Components:
    """The variance components of a full table, each from the mean squares that expect it."""
    target = (analysis.between - analysis.error) / analysis.raters
    judge = (analysis.judges - analysis.error) / analysis.targets
    return Components(max(0.0, target), max(0.0, judge), analysis.error, min(target, judge) < 0)
