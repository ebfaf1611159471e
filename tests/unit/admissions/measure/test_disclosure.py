"""Rounding and suppression of single figures, and the guard against differencing."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.admissions.measure.disclosure import (
    DifferencingGuard,
    Hidden,
    Refused,
    Shown,
    apart,
    average,
    fewer_than,
    percentage,
    rounded,
    rounded_total,
)
from tests.unit.admissions.measure.examples import WHENEVER

PEOPLE = st.frozensets(st.integers(0, 30), max_size=30)


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, 0), (1, 0), (2, 0), (2.5, 5), (3, 5), (7, 5), (7.5, 10), (12, 10), (12.5, 15), (13, 15), (17, 15), (22, 20),
        (23, 25), (2.4999999, 0), (Fraction(5, 2), 5), (997.5, 1000), (10**18 + 3, 10**18 + 5),
    ],
)  # fmt: skip
def test_the_rounding_methodology(count: float, shown: int) -> None:
    assert rounded(count) == shown


def test_totals_are_rounded_after_they_are_reckoned() -> None:
    assert rounded_total([2, 2, 2]) == 5
    assert sum(map(rounded, [2, 2, 2])) == 0
    assert rounded_total([1.25, 1.25]) == 5
    assert rounded_total([]) == 0


def test_percentages_and_averages_of_few() -> None:
    assert percentage(11, 22) is None
    assert percentage(11.2, 22.4) is None
    assert percentage(Fraction(45, 4), Fraction(45, 2)) == 50
    assert percentage(23, 23) == 100
    assert percentage(0, 0) is None
    assert average([3] * 7) is None
    assert average([3] * 8) == 3
    assert average([4] * 8 + [None] * 9) == 4
    assert average([4] * 7 + [None] * 9) is None
    assert average([]) is None
    for part, whole in ((5, 4), (-1, 40)):
        with pytest.raises(ValueError, match="no part"):
            percentage(part, whole)


def test_fewer_than_five() -> None:
    assert fewer_than(0) == Shown(0)
    assert [fewer_than(count) for count in (1, 4)] == [Shown(None, Hidden.FEWER_THAN)] * 2
    assert fewer_than(5) == Shown(5)
    assert fewer_than(9, fewest=10).value is None
    for attempt in (fewer_than, rounded):
        with pytest.raises(ValueError, match="below zero"):
            attempt(-1)


@given(st.fractions(0, 10_000))
@WHENEVER
def test_rounding_moves_by_at_most_half_the_base(count: Fraction) -> None:
    assert rounded(count) % 5 == 0
    assert -Fraction(5, 2) < rounded(count) - count <= Fraction(5, 2)
    assert rounded(rounded(count)) == rounded(count)


def test_filters_that_differ_by_a_few_people() -> None:
    assert apart(range(100), range(99)) == 1
    assert apart(range(100), range(90)) is None
    assert apart(range(100), range(91)) == 9
    assert apart(range(50), range(45, 95)) is None
    assert apart(range(50), range(3, 53)) == 3
    assert apart(range(50), range(50)) is None
    assert apart(range(5), range(5, 200)) is None
    assert apart([], range(5)) is None


def test_the_guard_remembers_what_it_answered() -> None:
    guard = DifferencingGuard(everybody=range(100))
    assert guard.ask("all but five", range(95)) == Refused("everybody", 5)
    assert guard.ask("nurses", range(40)) is None
    assert guard.ask("nurses", range(40)) is None
    assert guard.ask("nurses but one", range(39)) == Refused("nurses", 1)
    assert guard.ask("nurses but one", range(39)) == Refused("nurses", 1)  # a refusal teaches it nothing
    assert guard.ask("nurses", range(42)) == Refused("nurses", 2)  # two joined since
    assert guard.ask("nurses", range(60)) is None
    assert guard.ask("nurses of before", range(41)) == Refused("nurses", 1)
    assert guard.ask("others", range(60, 100)) is None
    again = DifferencingGuard(range(100), {"nurses": range(40)})
    assert again.ask("nurses but one", range(39)) == Refused("nurses", 1)


@given(st.lists(PEOPLE, max_size=8))
@WHENEVER
def test_no_two_answers_differ_by_a_few(filters: list[frozenset[int]]) -> None:
    guard = DifferencingGuard(range(31))
    answered = [frozenset(range(31))]
    answered += [people for place, people in enumerate(filters) if guard.ask(place, people) is None]
    for one in answered:
        for other in answered:
            if one & other:
                assert not 0 < len(one - other) < 10
