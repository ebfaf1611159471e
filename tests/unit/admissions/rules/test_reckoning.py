"""Exact arithmetic on scores, of which some are missing."""

import math
from fractions import Fraction

import pytest

from core.admissions.rules import draw
from core.admissions.rules import reckoning as r
from tests.unit.admissions.rules.cases import POLICY, assessed, case


def test_a_missing_score_and_a_four_have_the_mean_four():
    snapshot = case(assessed("a", (None, 3, 3, 3, 3)), assessed("b", (4, 3, 3, 3, 3)))
    assert r.mean_of(r.values(snapshot, "experience")) == 4
    assert r.values(snapshot, "experience") == (4,)


def test_a_criterion_on_which_all_agree_counts_the_same_when_one_could_not_score_it():
    whole = case(assessed("a", (4, 1, 2, 3, 3)), assessed("b", (4, 2, 2, 3, 3)))
    partly = case(assessed("a", (None, 1, 2, 3, 3)), assessed("b", (4, 2, 2, 3, 3)))
    assert r.mean_score(whole, POLICY) == r.mean_score(partly, POLICY) == Fraction(27, 10)


def test_nothing_scored_has_no_mean():
    assert r.mean_score(case(), POLICY) is r.mean_of(()) is r.median_of(()) is None
    assert r.spread(case(), POLICY) == 0
    assert r.unscored(case(assessed("a", (1, None, 2, None, 3))), POLICY) == ("knowledge", "collaboration")


def test_medians_and_spreads():
    assert r.median_of((1, 4, 2)) == 2
    assert r.median_of((1, 2)) == Fraction(3, 2)
    assert r.spread(case(assessed("a", (1, 2, 3, 4, 1)), assessed("b", (1, 4, 3, 3, 1))), POLICY) == 2


@pytest.mark.parametrize(("number", "text"), [
    (Fraction(8, 3), "2.67"), (Fraction(5, 2), "2.50"), (Fraction(1, 200), "0.01"), (Fraction(-1, 2), "-0.50"),
])  # fmt: skip
def test_numbers_are_shown_with_halves_up(number: Fraction, text: str):
    assert r.shown(number) == text


def test_configured_numbers_mean_what_is_written():
    assert r.exact(0.1) == Fraction(1, 10)
    assert r.exact(2.25) == Fraction(9, 4)


def test_the_bound_is_that_of_clopper_and_pearson():
    # Without any disagreement the upper bound is 1 - 0.05 ** (1 / n): 28.4 cases bring it to ten per cent.
    least = math.ceil(math.log(0.05) / math.log(0.9))
    assert least == 29
    assert r.may_exceed(0, least - 1, 10)
    assert not r.may_exceed(0, least, 10)
    assert r.may_exceed(0, 0, 10)
    # One of 46 has the bound 9.90 %, one of 45 has 10.11 %.
    assert r.may_exceed(1, 45, 10)
    assert not r.may_exceed(1, 46, 10)
    with pytest.raises(ValueError, match="101"):
        r.may_exceed(0, 1, 101)


def test_draws_are_spread_evenly_and_depend_on_the_secret():
    drawn = [draw(b"secret", f"case-{n}") for n in range(4000)]
    assert drawn == [draw(b"secret", f"case-{n}") for n in range(4000)]
    assert 0.17 < sum(number < 2000 for number in drawn) / 4000 < 0.23
    assert drawn[:50] != [draw(b"other", f"case-{n}") for n in range(50)]
