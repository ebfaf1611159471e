"""Krippendorff's alpha: the examples of his paper of 2011, and what must hold of any marks."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.admissions.measure.agreement import Level, agreement, agreements, band
from core.admissions.measure.results import Caution
from tests.unit.admissions.measure.examples import SHROUT_FLEISS, WHENEVER, columns, numbers

SCORES = st.lists(st.lists(st.sampled_from([None, 1, 2, 3, 4]), min_size=2, max_size=4), min_size=2, max_size=15)
FOUR = numbers(
    "1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 ."
)


def test_krippendorff_a_binary_two_observers() -> None:
    found = agreement(columns("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"), Level.NOMINAL)
    assert found.alpha == pytest.approx(0.0952381, abs=5e-8)
    assert (found.units, found.values) == (10, 20)


def test_krippendorff_b_nominal_two_observers() -> None:
    found = agreement(columns("a a b b d c c c e d d a", "b a b b b c c c e d d d"), Level.NOMINAL)
    assert found.alpha == pytest.approx(0.6919643, abs=5e-8)


@pytest.mark.parametrize(
    ("level", "alpha"),
    [
        (Level.NOMINAL, 0.7434211), (Level.ORDINAL, 0.8153875), (Level.INTERVAL, 0.8491071), (Level.RATIO, 0.7974028),
    ],
)  # fmt: skip
def test_krippendorff_c_four_observers_with_missing_values(level: Level, alpha: float) -> None:
    found = agreement(FOUR, level)
    assert found.alpha == pytest.approx(alpha, abs=5e-8)
    assert (found.units, found.values) == (11, 40)  # unit 12 has one value and drops out
    assert found.name == f"Krippendorff's alpha ({level.value})"
    assert found.interval
    assert found.alpha in found.interval


def test_alpha_of_shrout_and_fleiss() -> None:
    assert agreement(SHROUT_FLEISS, Level.INTERVAL).alpha == pytest.approx(0.147308, abs=5e-7)


def test_too_few_nothing_doubled_and_nothing_different() -> None:
    few = agreement([[1, 2], [2, 2], [3, 3]], Level.ORDINAL)
    assert few.alpha is not None
    assert few.cautions == (Caution.TOO_FEW,)
    single = agreement([[1, None], [3], []], Level.ORDINAL)
    assert (single.alpha, single.interval, single.units) == (None, None, 0)
    assert single.cautions == (Caution.TOO_FEW, Caution.NO_PAIRS)
    alike = agreement([[3, 3]] * 40, Level.ORDINAL)
    assert alike.alpha is None
    assert alike.cautions == (Caution.NO_VARIATION,)
    assert agreement([[1, 1], [2, 2]] * 15, Level.ORDINAL).cautions == ()
    assert agreement([[1, 2], [2, 2]], Level.ORDINAL, resamples=0).interval is None


def test_what_a_level_cannot_take() -> None:
    with pytest.raises(ValueError, match="nominal level alone"):
        agreement([["a", "b"]], Level.ORDINAL)
    with pytest.raises(ValueError, match="no negative"):
        agreement([[-1, 2]], Level.RATIO)
    with pytest.raises(ValueError, match="reckon"):
        agreement([[float("nan"), 2]], Level.INTERVAL)


def test_the_interval_is_seeded_and_narrows() -> None:
    source = random.Random(7)
    truth = [source.gauss(2.5, 1) for _ in range(800)]
    marked = [[min(4, max(1, round(source.gauss(at, 0.6)))) for _ in range(2)] for at in truth]
    few, many = agreement(marked[:50], Level.INTERVAL), agreement(marked, Level.INTERVAL)
    assert few.interval
    assert many.interval
    assert few.interval.high - few.interval.low > 2 * (many.interval.high - many.interval.low)
    assert many.alpha is not None
    assert many.alpha in few.interval
    assert agreement(marked, Level.INTERVAL) == many
    assert agreement(marked, Level.INTERVAL, seed=1) != many


def test_the_interval_covers_as_often_as_it_says() -> None:
    """Nominal alpha of two observers who guess alike with chance ½ is ½; 95 % intervals miss it about one time in 20."""
    source, hits = random.Random(11), 0
    for trial in range(200):
        marked = []
        for _ in range(60):
            first = source.randint(0, 1)
            marked.append([first, first if source.random() < 0.5 else source.randint(0, 1)])
        found = agreement(marked, Level.NOMINAL, resamples=200, seed=trial)
        hits += found.interval is not None and 0.5 in found.interval
    assert 0.89 <= hits / 200 <= 0.99


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(2, 4)), min_size=1, max_size=20))
@WHENEVER
def test_perfect_agreement_is_exactly_one(cases: list[tuple[int, int]]) -> None:
    for found in agreements([[score] * times for score, times in cases], tuple(Level), resamples=0).values():
        assert found.alpha == (1 if len({score for score, _ in cases}) > 1 else None)


@given(SCORES, st.randoms())
@settings(WHENEVER, max_examples=60)
def test_who_marked_and_in_which_order_plays_no_part(rows: list[list[float | None]], source: random.Random) -> None:
    found = agreements(rows, tuple(Level), resamples=100)
    mixed = [source.sample(row, len(row)) for row in rows]
    source.shuffle(mixed)
    assert agreements(mixed, tuple(Level), resamples=100) == found
    assert agreements([[*row, None] for row in mixed] + [[None, 4]], tuple(Level), resamples=100) == found


@given(SCORES)
@settings(WHENEVER, max_examples=60)
def test_what_each_level_ignores(rows: list[list[float | None]]) -> None:
    def alpha(level: Level, change) -> float | None:
        return agreement([[None if s is None else change(s) for s in row] for row in rows], level, resamples=0).alpha

    same = pytest.approx
    for level, change in (
        (Level.NOMINAL, lambda s: "dabc"[s - 1]), (Level.ORDINAL, lambda s: s**3), (Level.INTERVAL, lambda s: 5 * s - 40),
        (Level.RATIO, lambda s: 7 * s),
    ):  # fmt: skip
        before, after = alpha(level, lambda s: s), alpha(level, change)
        assert (before is None) is (after is None)
        if before is not None:
            assert after == same(before, abs=1e-9)
            assert before <= 1


def test_customary_marks() -> None:
    assert [band(alpha) for alpha in (0.5, 0.667, 0.79, 0.8, 1.0)] == [0, 1, 1, 2, 2]
