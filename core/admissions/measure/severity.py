"""How severe each assessor is, told from applications they share with others; adjusted scores beside the raw ones.

The model is additive: score = application + assessor + error. Applications are fixed, so that one who was given the
stronger applications does not pass for generous; only differences within applications count. Taking applications out
leaves the normal equations L·s = r, with L the Laplacian of the graph of assessors; it has one solution that sums to
zero in each connected component, and none that reaches from one component to another.

Two estimates of each effect (positive: marks above the others of the component) are given:
- least squares, with an interval by Student's t: what to show an assessor;
- shrunk, the best linear unbiased prediction (C. Henderson, Biometrics 31, 1975) (L + λ)·s = r with λ = error variance
  / severity variance: what to adjust by. Few marks are drawn to zero.
Variances are Henderson's method 3 (Searle, Casella and McCulloch, "Variance Components", 1992, chapter 5), pooled over
components. With a full table they are the usual ones of the two-way analysis.
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from math import fsum

from core.admissions.measure.anova import Components
from core.admissions.measure.design import Component, Design, design_of
from core.admissions.measure.distributions import t_quantile
from core.admissions.measure.matrices import Matrix, inverse, product
from core.admissions.measure.results import CONFIDENCE, Caution, Interval, Mark, given

FEWEST_MARKS = 20
"""Marks on shared applications below which an assessor's effect comes with `Caution.TOO_FEW`."""


@dataclass(frozen=True, slots=True)
class Effect:
    """An assessor's leniency (above zero) or severity (below) against the others of the same component.

    All is None for somebody who shares no application with anybody: there is nothing to compare with.
    """

    assessor: str
    component: int
    marks: int
    """Scores given on applications that somebody else scored too: the only ones that tell anything."""
    effect: float | None
    interval: Interval | None
    shrunk: float | None
    cautions: tuple[Caution, ...] = ()


@dataclass(frozen=True, slots=True)
class Adjusted:
    """An application's raw mean, which stays the record, and the mean with its assessors' severity taken out."""

    application: str
    raw: float
    adjusted: float | None
    component: int


@dataclass(frozen=True, slots=True)
class Difference:
    """How much higher the first assessors mark than the second, with its interval."""

    estimate: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class NotComparable:
    """No figure exists: nothing links these assessors. `components` are the parts of the design they are in."""

    components: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Severity:
    """Everything `severity` finds. `parts` is None, and with it what is shrunk or adjusted, with no marks to spare."""

    design: Design
    effects: dict[str, Effect]
    adjusted: dict[str, Adjusted]
    parts: Components | None
    df: int
    confidence: float
    cautions: tuple[Caution, ...]
    covariance: tuple[Matrix, ...]
    """For each component the pseudo-inverse of its Laplacian, in the order of its assessors."""

    def difference(self, first: Collection[str], second: Collection[str]) -> Difference | NotComparable:
        """The mean effect of `first` (a person, a partner's assessors) less that of `second`.

        Raises KeyError for somebody who scored nothing and ValueError for an empty side.
        """
        if not first or not second:
            raise ValueError("a comparison has two sides")
        places = sorted({self.design.of_assessor[name] for name in (*first, *second)})
        if len(places) > 1:
            return NotComparable(tuple(places))
        names = self.design.components[places[0]].assessors
        weights = [(name in first) / len(set(first)) - (name in second) / len(set(second)) for name in names]
        effects = [self.effects[name].effect or 0.0 for name in names]
        estimate = fsum(weight * effect for weight, effect in zip(weights, effects, strict=True))
        if self.parts is None:
            return Difference(estimate, None)
        spread = product(self.covariance[places[0]], weights)
        variance = self.parts.residual * fsum(w * s for w, s in zip(weights, spread, strict=True))
        return Difference(estimate, _around(estimate, variance, self.df, self.confidence))


@dataclass(slots=True)
class _Fit:
    """One component solved by least squares."""

    lifted: Matrix
    """The Laplacian with the direction it leaves free lifted; as r sums to zero, the solutions are the same."""
    right: list[float]
    effects: list[float]
    pseudo: Matrix


def severity(marks: Iterable[Mark], confidence: float = CONFIDENCE) -> Severity:
    """Effects of assessors, adjusted means of applications and variance components, from marks however incomplete.

    Adjusting moves scores only within a connected component. Raises ValueError for a mark given twice.
    """
    table = given(marks)
    found = design_of(table)
    fits = [_solve(part, table) for part in found.components]
    df, parts = _variances(table, found, fits)
    cautions: tuple[Caution, ...] = () if parts else (Caution.NO_SPARE_MARKS,)
    if parts and parts.negative:
        cautions += (Caution.NEGATIVE_VARIANCE,)
    effects: dict[str, Effect] = {}
    shared = _shared(table)
    for place, (part, fit) in enumerate(zip(found.components, fits, strict=True)):
        shrunk = _shrunk(fit, parts)
        for i, name in enumerate(part.assessors):
            if not part.comparable:
                effects[name] = Effect(name, place, 0, None, None, None, (Caution.NO_PAIRS,))
                continue
            few = (Caution.TOO_FEW,) if shared[name] < FEWEST_MARKS else ()
            variance = None if parts is None else parts.residual * fit.pseudo[i][i]
            interval = None if variance is None else _around(fit.effects[i], variance, df, confidence)
            predicted = None if shrunk is None else shrunk[i]
            effects[name] = Effect(name, place, shared[name], fit.effects[i], interval, predicted, few)
    covariance = tuple(fit.pseudo for fit in fits)
    return Severity(found, effects, _adjust(table, found, effects), parts, df, confidence, cautions, covariance)


def _shared(table: dict[str, dict[str, float]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for scores in table.values():
        for name in scores:
            counts[name] = counts.get(name, 0) + (len(scores) > 1)
    return counts


def _solve(part: Component, table: dict[str, dict[str, float]]) -> _Fit:
    size = len(part.assessors)
    place = {name: i for i, name in enumerate(part.assessors)}
    laplacian = [[0.0] * size for _ in range(size)]
    right = [0.0] * size
    for application in part.applications:
        scores = table[application]
        mean, share = fsum(scores.values()) / len(scores), 1 / len(scores)
        seats = [place[name] for name in scores]
        for i, score in zip(seats, scores.values(), strict=True):
            laplacian[i][i] += 1.0
            right[i] += score - mean
            for j in seats:
                laplacian[i][j] -= share
    if size == 1:
        return _Fit(laplacian, right, [0.0], [[0.0]])
    # Adding the same to every entry lifts the one direction that L leaves free; afterwards it is taken off again.
    lift = fsum(laplacian[i][i] for i in range(size)) / size / size
    lifted = [[entry + lift for entry in row] for row in laplacian]
    off = 1 / (lift * size * size)
    pseudo = [[entry - off for entry in row] for row in inverse(lifted)]
    return _Fit(lifted, right, product(pseudo, right), pseudo)


def _variances(table: dict[str, dict[str, float]], found: Design, fits: list[_Fit]) -> tuple[int, Components | None]:
    """Henderson's method 3: residual, severity (assessors after applications), applications (after assessors)."""
    total = sum(map(len, table.values()))
    assessors, applications, parts = len(found.of_assessor), len(table), len(found.components)
    ranks = assessors - parts, applications - parts
    df = total - applications - ranks[0]
    by_assessor: dict[str, list[float]] = {name: [] for name in found.of_assessor}
    within = 0.0
    grand = fsum(score for row in table.values() for score in row.values()) / total if total else 0.0
    for row in table.values():
        mean = fsum(row.values()) / len(row)
        within += fsum((score - mean) ** 2 for score in row.values())
        for name, score in row.items():
            by_assessor[name].append(score - grand)
    due_to_assessors = fsum(s * r for fit in fits for s, r in zip(fit.effects, fit.right, strict=True))
    left = within - due_to_assessors
    left = left if left > 1e-12 * within else 0.0  # what rounding leaves of an exact fit
    if df < 1 or ranks[0] < 1:
        return max(df, 0), None
    squares = fsum(score * score for scores in by_assessor.values() for score in scores)
    due_to_applications = squares - fsum(fsum(s) ** 2 / len(s) for s in by_assessor.values()) - left
    error = left / df
    judge = (due_to_assessors - error * ranks[0]) / (total - applications)
    target = (due_to_applications - error * ranks[1]) / (total - assessors) if total > assessors else 0.0
    return df, Components(max(0.0, target), max(0.0, judge), error, min(judge, target) < 0)


def _shrunk(fit: _Fit, parts: Components | None) -> list[float] | None:
    if parts is None:
        return None
    if parts.judge == 0:
        return [0.0] * len(fit.effects)
    if len(fit.effects) == 1:
        return [0.0]
    pull = parts.residual / parts.judge
    loaded = [[entry + pull * (i == j) for j, entry in enumerate(row)] for i, row in enumerate(fit.lifted)]
    return product(inverse(loaded), fit.right)


def _adjust(table: dict[str, dict[str, float]], found: Design, effects: dict[str, Effect]) -> dict[str, Adjusted]:
    result = {}
    for application, scores in table.items():
        raw = fsum(scores.values()) / len(scores)
        shifts = [effects[name].shrunk for name in scores]
        known = [shift for shift in shifts if shift is not None]
        adjusted = raw - fsum(known) / len(known) if len(known) == len(shifts) else None
        result[application] = Adjusted(application, raw, adjusted, found.of_assessor[next(iter(scores))])
    return result


def _around(estimate: float, variance: float, df: int, confidence: float) -> Interval:
    reach = t_quantile(1 - (1 - confidence) / 2, df) * math.sqrt(max(0.0, variance))
    return Interval(estimate - reach, estimate + reach)
