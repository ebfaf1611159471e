"""Means that leave "not able to score" out, and the order in which a panel talks."""

import statistics
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.admissions.measure.spread import order_of_discussion, shift, spread
from tests.unit.admissions.measure.examples import WHENEVER

SCORES = st.lists(st.sampled_from([None, 1, 2, 3, 4]), max_size=6)


def test_none_is_never_zero() -> None:
    """Acceptance test 3 of the anchors: (None, 4) has mean 4 and coverage 1/2, never 2."""
    found = spread([None, 4])
    assert found.mean == 4
    assert found.median == 4
    assert found.coverage == Fraction(1, 2)
    assert (found.asked, found.given, found.range, found.deviation) == (2, 1, 0, None)


def test_nobody_scored_and_nobody_asked() -> None:
    none = spread([None, None])
    assert (none.mean, none.median, none.range, none.deviation) == (None, None, None, None)
    assert none.coverage == 0
    assert spread([]).coverage is None
    with pytest.raises(ValueError, match="reckon"):
        spread([float("nan"), 3])


@given(SCORES, st.integers(0, 3))
@WHENEVER
def test_those_not_able_to_score_change_coverage_alone(scores: list[float | None], more: int) -> None:
    found, with_more = spread(scores), spread([*scores, *[None] * more])
    assert (found.mean, found.median, found.range, found.deviation) == (
        with_more.mean, with_more.median, with_more.range, with_more.deviation,
    )  # fmt: skip
    assert with_more.asked == found.asked + more
    if found.mean is not None:
        assert found.lowest is not None
        assert found.highest is not None
        assert found.lowest <= found.mean <= found.highest
        known = [score for score in scores if score is not None]
        assert found.mean == pytest.approx(statistics.mean(known))
        assert found.median == statistics.median(known)
        assert found.deviation == (pytest.approx(statistics.stdev(known)) if len(known) > 1 else None)


def test_disagreements_come_first() -> None:
    found = order_of_discussion(
        {
            "calm": {"experience": [3, 3], "knowledge": [2, 2]},
            "wide": {"experience": [1, 4], "knowledge": [2, 2]},
            "both": {"experience": [1, 4], "knowledge": [2, 3]},
            "gaps": {"experience": [3, None], "knowledge": [2, 2]},
            "later": {"experience": [4, 4], "knowledge": [1, 1]},
            "none": {"experience": [None, None]},
            "mild": {"experience": [2, 3], "knowledge": [2, 3]},
        }
    )
    assert [one.key for one in found] == ["both", "wide", "mild", "none", "gaps", "calm", "later"]
    assert [one.range for one in found] == [3, 3, 1, None, 0, 0, 0]
    assert found[0].criteria == ("experience",)
    assert found[2].criteria == ("experience", "knowledge")
    assert found[5].criteria == ()
    assert found[4].coverage == Fraction(3, 4)


@given(st.dictionaries(st.integers(), st.dictionaries(st.sampled_from("abc"), SCORES)))
@WHENEVER
def test_the_order_holds_every_application_once(cases: dict[int, dict[str, list[float | None]]]) -> None:
    found = order_of_discussion(cases)
    assert sorted(one.key for one in found) == sorted(cases)
    ranges = [one.range or 0 for one in found]
    assert ranges == sorted(ranges, reverse=True)


def test_what_discussion_moved() -> None:
    found = shift({"ann": 1, "bob": 4, "cat": 4, "dan": None}, {"ann": 3, "bob": 4, "cat": None, "dan": 2})
    assert (found.both, found.mean, found.size, found.nearer, found.further) == (2, 1, 1, 1, 0)
    assert shift({"ann": None}, {"ann": 3}).mean is None
