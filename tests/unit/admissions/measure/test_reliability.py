"""Intraclass correlations: Shrout and Fleiss's table to the printed digits, and what must hold of any table."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.admissions.measure.anova import Components, components, one_way, two_way
from core.admissions.measure.planning import (
    assessors_needed,
    decision_curve,
    decision_study,
    spearman_brown,
    spearman_brown_curve,
    standard_error,
)
from core.admissions.measure.reliability import Form, one_way_reliability, reliability
from core.admissions.measure.results import Caution, complete_table
from tests.unit.admissions.measure.examples import SHROUT_FLEISS, WHENEVER, marks

TABLES = st.integers(2, 5).flatmap(
    lambda k: st.lists(st.lists(st.integers(1, 4), min_size=k, max_size=k), min_size=2, max_size=12)
)


@pytest.mark.parametrize(
    ("form", "name", "value", "low", "high", "f", "df"),
    [
        (Form.ICC_1_1, "ICC(1,1)", 0.1657, -0.13, 0.72, 1.79, (5, 18)),
        (Form.ICC_2_1, "ICC(2,1)", 0.2898, 0.02, 0.76, 11.03, (5, 15)),
        (Form.ICC_3_1, "ICC(3,1)", 0.7148, 0.34, 0.95, 11.03, (5, 15)),
        (Form.ICC_1_K, "ICC(1,4)", 0.4428, -0.88, 0.91, 1.79, (5, 18)),
        (Form.ICC_2_K, "ICC(2,4)", 0.6201, 0.07, 0.93, 11.03, (5, 15)),
        (Form.ICC_3_K, "ICC(3,4)", 0.9093, 0.68, 0.99, 11.03, (5, 15)),
    ],
)
def test_shrout_and_fleiss(
    form: Form, name: str, value: float, low: float, high: float, f: float, df: tuple[float, float]
) -> None:
    found = reliability(SHROUT_FLEISS)[form]
    assert found.name == name
    assert found.value is not None
    assert found.interval is not None
    assert found.f is not None
    assert round(found.value, 4) == value
    assert (round(found.interval.low, 2), round(found.interval.high, 2)) == (low, high)
    assert (round(found.f, 2), found.df) == (f, df)
    assert (found.targets, found.raters, found.cautions) == (6, 4, (Caution.TOO_FEW,))
    assert reliability(complete_table(marks(SHROUT_FLEISS)))[form] == found


def test_mean_squares_and_components_of_shrout_and_fleiss() -> None:
    single, double = one_way(SHROUT_FLEISS), two_way(SHROUT_FLEISS)
    assert single
    assert double
    assert [round(x, 4) for x in (double.between, single.within, double.judges, double.error)] == [
        11.2417, 6.2639, 32.4861, 1.0194,
    ]  # fmt: skip
    assert round(double.grand, 4) == 5.2917
    assert [round(effect, 4) for effect in double.effects] == [2.375, -2.7917, -0.9583, 1.375]
    parts = components(double)
    assert [round(x, 4) for x in (parts.target, parts.judge, parts.residual)] == [2.5556, 5.2444, 1.0194]
    curve = decision_curve(parts, (1, 2, 3, 4, 6))
    assert [round(panel.reliability, 3) for panel in curve] == [0.290, 0.449, 0.550, 0.620, 0.710]
    assert [panel.name for panel in curve] == ["ICC(A,1)", "ICC(A,2)", "ICC(A,3)", "ICC(A,4)", "ICC(A,6)"]
    assert round(standard_error(parts, 4), 4) == round(math.sqrt((5.2444 + 1.0194) / 4), 4)


def test_the_forms_say_what_they_are() -> None:
    assert [form.kind for form in Form] == ["one_way", "absolute", "consistency"] * 2
    assert [form.of_mean for form in Form] == [False] * 3 + [True] * 3


def test_spearman_brown_on_the_austrian_grants() -> None:
    """Mutz, Bornmann and Daniel (2012): ICC .259 of 8,329 proposals."""
    curve = spearman_brown_curve(0.259, (1, 2, 3, 4, 5, 7, 10))
    assert [round(panel.reliability, 3) for panel in curve] == [0.259, 0.411, 0.512, 0.583, 0.636, 0.710, 0.778]
    needed = [assessors_needed(0.259, target) for target in (0.5, 0.6, 0.7, 0.8)]
    assert [round(n.exact or 0, 2) for n in needed] == [2.86, 4.29, 6.68, 11.44]
    assert [n.assessors for n in needed] == [3, 5, 7, 12]
    assert assessors_needed(0.5, 0.8).assessors == 4
    assert assessors_needed(0, 0.8).assessors is None
    assert assessors_needed(-0.1, 0.8).exact is None
    assert assessors_needed(0.9, 0.8).assessors == 1


def test_planning_refuses_nonsense() -> None:
    parts = Components(0, 0, 0)
    assert decision_study(parts, 2) is None
    assert decision_curve(parts) == []
    for attempt in (
        lambda: spearman_brown(1.2, 2), lambda: spearman_brown(0.5, 0), lambda: assessors_needed(0.5, 1),
        lambda: decision_study(parts, 0), lambda: standard_error(parts, 0),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"reliability|panel"):
            attempt()


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
@WHENEVER
def test_as_many_as_needed_reach_the_target(single: float, target: float) -> None:
    needed = assessors_needed(single, target)
    assert needed.assessors is not None
    assert spearman_brown(single, needed.assessors) >= target - 1e-6
    if needed.assessors > 1:
        assert spearman_brown(single, needed.assessors - 1) < target


def test_too_little_for_any() -> None:
    assert reliability([]) == reliability([[1, 2]]) == reliability([[1], [2]]) == {}
    assert one_way_reliability([[1, None], [2], []]) == {}
    with pytest.raises(ValueError, match="every application"):
        reliability([[1, 2], [1]])


def test_all_alike_has_no_figure_and_perfect_agreement_is_one() -> None:
    for found in reliability([[0.1, 0.1, 0.1]] * 40).values():
        assert (found.value, found.interval, found.f) == (None, None, None)
        assert found.cautions == (Caution.NO_VARIATION,)
    for found in reliability([[1, 1], [3, 3], [4, 4]]).values():
        assert (found.value, found.interval, found.f, found.p) == (1, (1, 1), math.inf, 0)


def test_rows_of_different_lengths_are_marked_so() -> None:
    found = one_way_reliability([[1, 2, None], [3, 3], [4, 4, 3], [None, None], [2]])[Form.ICC_1_1]
    assert found.cautions == (Caution.TOO_FEW, Caution.UNBALANCED)
    assert found.raters == pytest.approx((8 - (4 + 4 + 9 + 1) / 8) / 3)
    assert found.df == (3, 4)


def test_the_interval_covers_as_often_as_it_says() -> None:
    """Applications of variance 1, severity ¼, noise 1: ICC(1,1) is 1 / 2.25 where everybody has assessors of their own."""
    source, hits = random.Random(5), 0
    for _ in range(300):
        rows = [
            [at + source.gauss(0, math.sqrt(1.25)) for _ in range(3)] for at in [source.gauss(0, 1) for _ in range(30)]
        ]
        interval = one_way_reliability(rows)[Form.ICC_1_1].interval
        hits += interval is not None and 1 / 2.25 in interval
    assert 0.91 <= hits / 300 <= 0.98


@given(TABLES, st.randoms())
@settings(WHENEVER, max_examples=80)
def test_bounds_and_order(table: list[list[float]], source: random.Random) -> None:
    found = reliability(table)
    k = len(table[0])
    for form, icc in found.items():
        if icc.value is None:
            assert icc.interval is None
            continue
        assert icc.value <= 1 + 1e-12
        if form in (Form.ICC_1_1, Form.ICC_3_1):  # severity that varies less than chance would pulls ICC(2,1) lower
            assert icc.value >= -1 / (k - 1) - 1e-12
        if icc.interval:
            assert icc.interval.low - 1e-9 <= icc.value <= icc.interval.high + 1e-9
    judges = source.sample(range(k), k)
    mixed = [[row[j] for j in judges] for row in source.sample(table, len(table))]
    for form, icc in reliability(mixed).items():
        assert (icc.value is None) is (found[form].value is None)
        if icc.value is not None and math.isfinite(icc.value):
            assert icc.value == pytest.approx(found[form].value, abs=1e-9)
