"""Suppressed tables against an attacker who tries every table that fits what is published."""

import itertools
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.admissions.measure.disclosure import Hidden, Shown
from core.admissions.measure.suppression import ProtectedTable, protected_list, protected_table
from tests.support.thorough import examples
from tests.unit.admissions.measure.examples import WHENEVER

FEWEST = 5


def _tables(rows: int, columns: int, most: int = 9) -> st.SearchStrategy[list[list[int]]]:
    counts = st.one_of(st.integers(0, 4), st.integers(0, most))
    return st.lists(st.lists(counts, min_size=columns, max_size=columns), min_size=rows, max_size=rows)


def _fits(shown: Shown, value: int) -> bool:
    """What is shown is so; what is hidden is known to be no zero."""
    return value >= 1 if shown.value is None else value == shown.value


def _line_fits(cells: Sequence[int], total: Shown) -> bool:
    return _fits(total, sum(cells))


def attack(table: ProtectedTable, most: int) -> list[tuple[tuple[int, ...], ...]]:
    """Every table of counts up to `most` that fits what is published."""
    choices = [
        [
            row
            for row in itertools.product(*([range(1, most + 1), [s.value or 0]][s.value is not None] for s in line))
            if _line_fits(row, total)
        ]
        for line, total in zip(table.cells, table.row_totals, strict=True)
    ]
    return [
        found
        for found in itertools.product(*choices)
        if all(
            _line_fits(column, total)
            for column, total in zip(zip(*found, strict=True), table.column_totals, strict=True)
        )
        and _fits(table.total, sum(map(sum, found)))
    ]


def check(counts: list[list[int]], most: int) -> None:
    """Every hidden small count could be anything from 1 to 4, every small total anything its parts allow; shown is true."""
    table = protected_table(counts)
    found = attack(table, most)
    assert tuple(map(tuple, counts)) in found
    rows, columns = range(len(counts)), range(len(counts[0]))
    read: list[tuple[list[tuple[int, int]], Shown]] = [
        *(([(i, j)], table.cells[i][j]) for i in rows for j in columns),
        *(([(i, j) for j in columns], table.row_totals[i]) for i in rows),
        *(([(i, j) for i in rows], table.column_totals[j]) for j in columns),
        ([(i, j) for i in rows for j in columns], table.total),
    ]
    for places, shown in read:
        parts = [counts[i][j] for i, j in places]
        value, least = sum(parts), sum(part > 0 for part in parts)
        if 0 < value < FEWEST:
            assert shown == Shown(None, Hidden.SUPPRESSED)
            possible = {sum(one[i][j] for i, j in places) for one in found}
            assert possible >= set(range(least, FEWEST)), (counts, table, value, possible)
            assert len(possible) > 1
        else:
            assert shown.value == value or (shown.value is None and value > 0)


@given(_tables(2, 2))
@settings(WHENEVER, max_examples=examples(30).max_examples)
def test_an_attacker_cannot_solve_a_two_by_two_table(counts: list[list[int]]) -> None:
    check(counts, most=14)


@given(_tables(2, 3, most=6))
@settings(WHENEVER, max_examples=examples(15).max_examples)
def test_an_attacker_cannot_solve_a_two_by_three_table(counts: list[list[int]]) -> None:
    check(counts, most=9)


@given(st.lists(st.one_of(st.integers(0, 4), st.integers(0, 40)), max_size=6))
@settings(WHENEVER, max_examples=150)
def test_an_attacker_cannot_solve_a_list_with_its_total(counts: list[int]) -> None:
    found = protected_list(counts)
    hidden = [n for n, shown in zip(counts, found.cells, strict=True) if shown.value is None]
    for value, shown in zip([*counts, sum(counts)], [*found.cells, found.total], strict=True):
        if 0 < value < FEWEST:
            assert shown.value is None
    small = [n for n in hidden if n < FEWEST]
    if small and found.total.value is not None:
        # The hidden counts add up to a known number, and each of them is at least 1.
        assert len(hidden) > 1
        assert sum(hidden) - (len(hidden) - 1) >= FEWEST - 1
        assert sum(hidden) > len(hidden)


def test_nothing_small_hides_nothing() -> None:
    found = protected_table([[10, 0], [7, 25]])
    assert found.hidden == 0
    assert found.cells == ((Shown(10), Shown(0)), (Shown(7), Shown(25)))
    assert (found.row_totals, found.column_totals, found.total) == (
        (Shown(10), Shown(32)), (Shown(17), Shown(25)), Shown(42),
    )  # fmt: skip
    assert protected_list([]).total == Shown(0)


def test_one_small_count_takes_a_rectangle_of_the_smallest_with_it() -> None:
    found = protected_table([[3, 40, 9], [50, 60, 70], [8, 90, 12]])
    hidden = {(i, j) for i, row in enumerate(found.cells) for j, shown in enumerate(row) if shown.value is None}
    assert hidden == {(0, 0), (0, 2), (2, 0), (2, 2)}
    assert found.hidden == 4


def test_a_zero_never_covers_for_a_small_count() -> None:
    found = protected_table([[3, 0, 30], [0, 12, 20], [25, 0, 40]])
    assert all(found.cells[i][j] == Shown(0) for i, j in ((0, 1), (1, 0), (2, 1)))
    hidden = {(i, j) for i, row in enumerate(found.cells) for j, shown in enumerate(row) if shown.value is None}
    assert hidden == {(0, 0), (0, 2), (2, 0), (2, 2)}


def test_small_sums_of_small_counts_take_more() -> None:
    """Two hidden ones that add up to two would be two ones: a third is hidden with them, or their total."""
    found = protected_list([1, 1, 20, 30])
    assert [shown.value for shown in found.cells] == [None, None, None, 30]
    assert found.total == Shown(52)
    assert [shown.value for shown in protected_list([2, 3, 20, 30]).cells] == [None, None, 20, 30]
    assert protected_list([3, 0, 0]).total.value is None
    assert protected_table([[3, 0], [0, 0]]).hidden == 4


def test_what_is_no_table() -> None:
    bad: list[list[list[int]]] = [[], [[]], [[1], [1, 2]]]
    for counts in bad:
        with pytest.raises(ValueError, match="one length"):
            protected_table(counts)
    with pytest.raises(ValueError, match="below zero"):
        protected_table([[-1, 2]])
    with pytest.raises(ValueError, match="below zero"):
        protected_list([-1, 2])


@given(st.integers(1, 12).flatmap(lambda columns: _tables(12, columns)))
@settings(WHENEVER, max_examples=20)
def test_every_line_with_a_small_count_hides_another(counts: list[list[int]]) -> None:
    found = protected_table(counts)
    lines = [[*row, total] for row, total in zip(found.cells, found.row_totals, strict=True)]
    for line in [*lines, [*found.column_totals, found.total], *map(list, zip(*lines, strict=True))]:
        if sum(shown.value is None for shown in line) == 1:
            pytest.fail(f"one hidden entry alone in {line}") if len(line) > 1 else None


def test_a_large_table_takes_no_time() -> None:
    counts = [[(i * 7 + j * 11) % 23 for j in range(25)] for i in range(20)]
    started = time.process_time()
    assert protected_table(counts).hidden > 0
    assert time.process_time() - started < 2
