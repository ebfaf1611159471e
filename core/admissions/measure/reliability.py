"""Intraclass correlations: how far marks tell applications apart, each under its own name.

Sources: Shrout and Fleiss (1979) for the six forms, their F and intervals; K. McGraw and S. Wong, "Forming inferences
about some intraclass correlation coefficients", Psychological Methods 1 (1996), for the interval of ICC(2,1) with
Satterthwaite's degrees of freedom. Acceptance has a fixed threshold, so agreement (the one-way and absolute forms) is
what matters to an applicant; consistency, which forgives severity, is printed under its own name beside it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.admissions.measure.anova import OneWay, Table, TwoWay, one_way, two_way
from core.admissions.measure.distributions import f_above, f_quantile
from core.admissions.measure.results import CONFIDENCE, Caution, Interval

FEWEST_TARGETS = 30
"""Below this many applications, the figure comes with `Caution.TOO_FEW`."""


class Form(StrEnum):
    """The six forms: model, then one mark or the mean of k."""

    ICC_1_1 = "ICC(1,1)"
    ICC_2_1 = "ICC(2,1)"
    ICC_3_1 = "ICC(3,1)"
    ICC_1_K = "ICC(1,k)"
    ICC_2_K = "ICC(2,k)"
    ICC_3_K = "ICC(3,k)"

    @property
    def of_mean(self) -> bool:
        """Whether it is the reliability of the mean of k marks, not of one."""
        return self.value.endswith("k)")

    @property
    def kind(self) -> str:
        """`one_way` (assessors differ by application), `absolute` (agreement) or `consistency` (severity forgiven)."""
        return {"1": "one_way", "2": "absolute", "3": "consistency"}[self.value[4]]


ONE_WAY = (Form.ICC_1_1, Form.ICC_1_K)


@dataclass(frozen=True, slots=True)
class Icc:
    """One intraclass correlation. `f` is infinite where the error is zero."""

    form: Form
    value: float | None
    interval: Interval | None
    f: float | None
    df: tuple[float, float]
    p: float | None
    targets: int
    raters: float
    confidence: float = CONFIDENCE
    cautions: tuple[Caution, ...] = ()

    @property
    def name(self) -> str:
        """The coefficient in full: `ICC(2,k)` with the number of marks in place of k."""
        return self.form.value.replace("k", f"{self.raters:g}") if self.form.of_mean else self.form.value


def one_way_reliability(rows: Iterable[Sequence[float | None]], confidence: float = CONFIDENCE) -> dict[Form, Icc]:
    """ICC(1,1) and ICC(1,k) of applications' scores, whoever gave them; empty when nothing was marked twice.

    Rows may differ in length; then k is Searle's n₀, and figure and interval are approximate (`Caution.UNBALANCED`).
    """
    analysis = one_way(rows)
    if analysis is None:
        return {}
    cautions = _cautions(analysis.targets)
    if not analysis.balanced:
        cautions += (Caution.UNBALANCED,)
    df = (float(analysis.df[0]), float(analysis.df[1]))
    f, single, bounds = _plain(analysis.between, analysis.within, analysis.raters, df, confidence)
    return _pair(ONE_WAY, f, df, single, bounds, analysis, confidence, cautions)


def reliability(table: Table, confidence: float = CONFIDENCE) -> dict[Form, Icc]:
    """All six forms for a full table: rows are applications, columns the same assessors. Empty below 2 × 2.

    Raises ValueError when rows differ in length.
    """
    analysis = two_way(table)
    if analysis is None:
        return {}
    result = one_way_reliability(table, confidence)
    cautions = _cautions(analysis.targets)
    df = (analysis.targets - 1.0, (analysis.targets - 1.0) * (analysis.raters - 1))
    f, single, bounds = _plain(analysis.between, analysis.error, analysis.raters, df, confidence)
    agreed, agreed_bounds = _absolute(analysis, confidence)
    result |= _pair((Form.ICC_2_1, Form.ICC_2_K), f, df, agreed, agreed_bounds, analysis, confidence, cautions)
    result |= _pair((Form.ICC_3_1, Form.ICC_3_K), f, df, single, bounds, analysis, confidence, cautions)
    return {form: result[form] for form in Form}


def _cautions(targets: int) -> tuple[Caution, ...]:
    return (Caution.TOO_FEW,) if targets < FEWEST_TARGETS else ()


def _plain(
    between: float, noise: float, k: float, df: tuple[float, float], confidence: float
) -> tuple[float | None, float | None, Interval | None]:
    """F, the single-mark coefficient and its interval, where both are functions of F alone: models 1 and 3."""
    if noise == 0:
        return (math.inf, 1.0, Interval(1.0, 1.0)) if between > 0 else (None, None, None)
    f = between / noise
    tail = 1 - (1 - confidence) / 2
    low, high = f / f_quantile(tail, *df), f * f_quantile(tail, df[1], df[0])
    return f, (f - 1) / (f + k - 1), Interval((low - 1) / (low + k - 1), (high - 1) / (high + k - 1))


def _absolute(analysis: TwoWay, confidence: float) -> tuple[float | None, Interval | None]:
    """ICC(2,1) with the interval of McGraw and Wong (their table 7), which depends on the estimate itself."""
    n, k = analysis.targets, analysis.raters
    between, judges, error = analysis.between, analysis.judges, analysis.error
    whole = between + (k - 1) * error + k * (judges - error) / n
    if whole <= 0:
        return None, None
    value = (between - error) / whole
    if value >= 1:
        return 1.0, Interval(1.0, 1.0)
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    spread = (a * judges) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    df = (a * judges + b * error) ** 2 / spread if spread > 0 else 0.0
    if df < 0.01:
        return value, None
    tail = 1 - (1 - confidence) / 2
    above, below = f_quantile(tail, n - 1.0, df), f_quantile(tail, df, n - 1.0)
    rest = k * judges + (k * n - k - n) * error
    low = n * (between - above * error) / (above * rest + n * between)
    high = n * (below * between - error) / (rest + n * below * between)
    # Where severity varies less than chance would have it, the approximation may leave the estimate outside.
    return value, Interval(low, high) if low <= value <= high else None


def _pair(
    forms: tuple[Form, Form], f: float | None, df: tuple[float, float], single: float | None, bounds: Interval | None,
    analysis: OneWay | TwoWay, confidence: float, cautions: tuple[Caution, ...],
) -> dict[Form, Icc]:  # fmt: skip
    """The coefficient of one mark, and that of the mean of k, which Spearman and Brown's formula makes of it."""
    k = float(analysis.raters)
    if single is None:
        cautions += (Caution.NO_VARIATION,)
    p = None if f is None else f_above(f, *df)
    mean = None if single is None else stepped_up(single, k)
    wide = None if bounds is None else Interval(stepped_up(bounds.low, k), stepped_up(bounds.high, k))
    shared = (f, df, p, analysis.targets, k, confidence, cautions)
    return {forms[0]: Icc(forms[0], single, bounds, *shared), forms[1]: Icc(forms[1], mean, wide, *shared)}


def stepped_up(single: float, k: float) -> float:
    """Spearman and Brown: the reliability of the mean of `k` marks, from that of one. Minus infinity at its pole."""
    below = 1 + (k - 1) * single
    return k * single / below if below > 0 else -math.inf
