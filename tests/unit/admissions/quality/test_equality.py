"""What is published by equality group, against somebody who knows the method, the totals and everything that is shown."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.admissions.measure.disclosure import FEWEST_SHOWN
from core.admissions.measure.suppression import put_together
from core.admissions.quality.equality import NO_ANSWER, TOGETHER, Published, published
from tests.unit.admissions.measure.examples import WHENEVER

Row = tuple[int, int]
SMALL = st.tuples(st.integers(0, 6), st.integers(0, 6))
LARGE = st.tuples(st.integers(5, 14), st.integers(5, 14))


def _splits(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _splits(total - first, parts - 1):
            yield (first, *rest)


def attack(counts: Sequence[Row], together: frozenset[int]) -> list[dict[int, Row]]:
    """Everything that the lines put together can be, for somebody who runs the method themselves and has the exact counts of
    all that is shown and of all totals; readers see them rounded."""
    places = sorted(together)
    accepted, declined = (sum(counts[i][side] for i in places) for side in (0, 1))
    found = []
    for a in _splits(accepted, len(places)):
        for d in _splits(declined, len(places)):
            inside = dict(zip(places, zip(a, d, strict=True), strict=True))
            if put_together([inside.get(i, row) for i, row in enumerate(counts)]) == together:
                found.append(inside)
    return found


@given(st.tuples(SMALL, LARGE), st.lists(st.one_of(SMALL, LARGE), max_size=1))
@settings(WHENEVER, max_examples=25)
def test_invariant_no_small_count_can_be_worked_out_by_who_knows_the_method_and_the_totals(
    pair: tuple[Row, Row], more: list[Row]
) -> None:
    counts = [*pair, *more, (300, 300)]
    together = put_together(counts)
    if not together:
        assert together is None or not any(0 < n < FEWEST_SHOWN for row in counts for n in (*row, sum(row)))
        return
    if len(together) > 2:
        together_sum = sum(sum(counts[i]) for i in together)
        if together_sum > 40:
            return  # more ways than there is time for, and the more there are the less is known
    possible = attack(counts, together)
    assert {i: counts[i] for i in together} in possible
    for place in together:
        row = counts[place]
        for at, value in enumerate((*row, sum(row))):
            if 0 < value < FEWEST_SHOWN:
                assert len({(*one[place], sum(one[place]))[at] for one in possible}) > 1, (counts, place, at)


def test_the_attack_finds_what_hiding_single_counts_would_give_away() -> None:
    """The negative control: one small group alone in its line is told by the totals."""
    assert attack([(3, 1), (300, 300)], frozenset({0})) == []
    assert put_together([(3, 1), (300, 300)]) is None


@given(st.lists(st.one_of(SMALL, LARGE), min_size=1, max_size=8))
@settings(WHENEVER, max_examples=100)
def test_invariant_no_line_shows_a_small_count(counts: list[Row]) -> None:
    together = put_together(counts)
    if together is None:
        return
    lines = [row for place, row in enumerate(counts) if place not in together]
    if together:
        assert len(together) > 1
        lines.append((sum(counts[i][0] for i in together), sum(counts[i][1] for i in together)))
    assert not any(0 < n < FEWEST_SHOWN for row in lines for n in (*row, sum(row)))


def _of(sizes: dict[str, Row], unanswered: str = "") -> Published:
    outcome = {
        f"{group}{side}{n}": side == 0
        for group, row in sizes.items()
        for side, size in enumerate(row)
        for n in range(size)
    }
    answers = {"faith": {name: name[0] for name in outcome if name[0] != unanswered}}
    return published(outcome, answers, {"faith": tuple(key for key in sizes if key != unanswered)})


def test_small_groups_are_one_line_rounded_with_a_rate_only_from_enough_people() -> None:
    found = _of({"a": (62, 31), "b": (12, 9), "c": (3, 1), "d": (41, 12)}, unanswered="d")
    [table] = found.questions
    assert (found.accepted, found.declined) == (118, 53)
    assert [row.key for row in table.groups] == ["a", NO_ANSWER, TOGETHER]
    assert table.together == ("b", "c")
    lines = {row.key: (row.accepted, row.declined, row.total, row.rate) for row in table.groups}
    assert lines == {"a": (60, 30, 95, 67), NO_ANSWER: (40, 10, 55, 77), TOGETHER: (15, 10, 25, 60)}


def test_the_screen_compares_groups_alone() -> None:
    [table] = _of({"a": (80, 20), "b": (30, 30), "c": (50, 10)}).questions
    assert {row.key: row.flagged for row in table.groups} == {"a": False, "b": True, "c": False, NO_ANSWER: False}


def test_where_nothing_may_be_shown_by_itself_nothing_is() -> None:
    assert [one.groups for one in _of({"a": (119, 1), "b": (0, 0)}).questions] == [()]


def test_a_group_that_the_question_does_not_have_stops_it() -> None:
    with pytest.raises(ValueError, match="no such group: purple"):
        published({"a": True}, {"sex": {"a": "purple"}}, {"sex": ("female",)})
