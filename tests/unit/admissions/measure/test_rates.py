"""Rates: the examples of the Uniform Guidelines, a worked two-by-two, and what must hold of any."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.admissions.measure.rates import (
    FOUR_FIFTHS,
    Rate,
    fisher,
    four_fifths,
    funnel,
    funnel_limits,
    selection_ratio,
    two_rates,
    wilson,
)
from core.admissions.measure.results import Caution
from tests.unit.admissions.measure.examples import WHENEVER

RATES = st.integers(0, 60).flatmap(lambda total: st.builds(Rate, st.integers(0, total), st.just(total)))


def test_the_uniform_guidelines_questions_and_answers() -> None:
    """UGESP's example of 1979: only the first is below four fifths, and .80 itself is not."""
    found = four_fifths(
        {"White": Rate(60, 100), "American Indian": Rate(45, 100), "Hispanic": Rate(48, 100), "Black": Rate(51, 100)}
    )
    assert [one.ratio.value for one in found] == [1, Fraction(3, 4), FOUR_FIFTHS, Fraction(17, 20)]
    assert [one.group for one in found if one.flagged] == ["American Indian"]
    assert {one.reference for one in found} == {"White"}


def test_the_boundary_is_exact_where_floats_fail() -> None:
    """12 of 20 against 15 of 20 is four fifths, and in floating point comes out below .8."""
    assert (12 / 20) / (15 / 20) < 0.8
    assert not four_fifths({"a": Rate(15, 20), "b": Rate(12, 20)})[1].flagged
    assert four_fifths({"a": Rate(15, 20), "b": Rate(11999, 20000)})[1].flagged


def test_forty_eight_of_eighty_against_twelve_of_forty() -> None:
    one, other = Rate(48, 80), Rate(12, 40)
    ratio = selection_ratio(other, one)
    assert ratio.value == Fraction(1, 2)
    assert ratio.interval
    assert (round(ratio.interval.low, 3), round(ratio.interval.high, 3)) == (0.301, 0.829)
    tested = two_rates(one, other)
    assert tested
    assert round(tested.chi_square, 9) == 9.6
    assert round(tested.p, 6) == 0.001946
    assert round(tested.z, 4) == 3.0984
    assert round(fisher(one, other), 6) == 0.003409
    assert fisher(other, one) == fisher(one, other)
    assert fisher(one, other, mid=True) < fisher(one, other)


def test_fisher_on_the_lady_tasting_tea() -> None:
    """Fisher (1935): eight cups, three of four right, 17/70 for each tail."""
    assert fisher(Rate(3, 4), Rate(1, 4)) == pytest.approx(34 / 70)
    assert fisher(Rate(4, 4), Rate(0, 4)) == pytest.approx(2 / 70)
    assert fisher(Rate(4, 4), Rate(0, 4), mid=True) == pytest.approx(1 / 70)
    assert fisher(Rate(0, 0), Rate(3, 9)) == 1
    assert fisher(Rate(2000, 4000), Rate(1900, 4000)) == pytest.approx(0.0267, abs=1e-3)


def test_wilson_on_published_intervals() -> None:
    """R. Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    for selected, total, low, high in (
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718),
    ):  # fmt: skip
        found = wilson(selected, total)
        assert found
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert wilson(0, 0) is None


def test_nobody_and_nobody_chosen() -> None:
    assert selection_ratio(Rate(0, 0), Rate(1, 2)).value is None
    assert selection_ratio(Rate(1, 2), Rate(0, 5)).cautions == (Caution.ZERO_COUNT,)
    none = selection_ratio(Rate(0, 9), Rate(1, 2))
    assert none.value == 0
    assert (none.interval, none.cautions) == (None, (Caution.ZERO_COUNT,))
    found = four_fifths({"a": Rate(0, 0), "b": Rate(0, 9), "c": Rate(3, 9)})
    assert [one.flagged for one in found] == [False, True, False]
    assert not four_fifths({"a": Rate(0, 0)})[0].flagged
    assert not any(one.flagged for one in four_fifths({"a": Rate(0, 4), "b": Rate(0, 9)}))
    assert four_fifths({}) == []
    assert two_rates(Rate(0, 3), Rate(0, 4)) is None
    assert two_rates(Rate(0, 0), Rate(1, 4)) is None
    assert funnel({"a": Rate(0, 0)}) == []
    for selected, total in ((-1, 3), (4, 3)):
        with pytest.raises(ValueError, match="no rate"):
            Rate(selected, total)
    with pytest.raises(ValueError, match="funnel"):
        funnel_limits(0.5, 0, 0.95)


@given(st.integers(0, 500), st.integers(0, 500), st.sampled_from([0.5, 0.8, 0.95, 0.998]))
@WHENEVER
def test_wilson_stays_within_and_around(selected: int, others: int, confidence: float) -> None:
    total = selected + others
    found = wilson(selected, total, confidence)
    if not total:
        assert found is None
        return
    assert found
    assert 0 <= found.low <= selected / total <= found.high <= 1
    other = wilson(others, total, confidence)
    assert other
    assert other.low == pytest.approx(1 - found.high)


@given(RATES, RATES)
@WHENEVER
def test_exact_and_large_sample_tests_stay_probabilities(one: Rate, other: Rate) -> None:
    p = fisher(one, other)
    assert 0 < p <= 1
    assert p / 2 <= fisher(one, other, mid=True) <= p
    ratio = selection_ratio(one, other)
    if ratio.value and ratio.interval:
        assert ratio.interval.low <= float(ratio.value) <= ratio.interval.high
        back = selection_ratio(other, one)
        assert back.value == 1 / ratio.value


@given(st.dictionaries(st.sampled_from("abcdef"), RATES))
@WHENEVER
def test_the_screen_flags_below_four_fifths_of_the_best_and_nothing_else(groups: dict[str, Rate]) -> None:
    best = max((rate.exact for rate in groups.values() if rate.exact is not None), default=None)
    for one in four_fifths(groups):
        expected = bool(best) and one.rate.exact is not None and 5 * one.rate.exact < 4 * (best or 0)
        assert one.flagged is expected


@given(st.integers(1, 400), st.data())
@WHENEVER
def test_outside_the_funnel_exactly_when_wilson_leaves_the_rate_of_all_out(total: int, data: st.DataObject) -> None:
    selected, overall = data.draw(st.integers(0, total)), data.draw(st.floats(0.01, 0.99))
    interval, limits = wilson(selected, total), funnel_limits(overall, total, 0.95)
    assert interval
    near = min(abs(selected / total - limits.low), abs(selected / total - limits.high)) < 1e-9
    assert near or (overall in interval) is (selected / total in limits)


def test_a_funnel_of_partners() -> None:
    found = funnel({"big": Rate(500, 1000), "small": Rate(4, 10), "odd": Rate(80, 100), "empty": Rate(0, 0)})
    assert [one.name for one in found] == ["small", "odd", "big"]
    assert [one.outside for one in found] == [None, 0.998, None]
    wide, narrow = found[0].limits[0], found[2].limits[0]
    assert wide.high - wide.low > narrow.high - narrow.low
