"""What figures may be shown: nothing of one to four people, nor what gives them away."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.local_events.feedback_steps import Step, next_step
from plugins.local_events.figures import Month, Share, by_month, lines, of_people
from plugins.local_events.views.figures import a_year_before


@given(st.dictionaries(st.integers(1, 19), st.integers(0, 30), max_size=19))
def test_no_line_is_of_one_to_four_people_and_the_rest_can_be_anybodys(counts: dict[int, int]) -> None:
    found = lines(counts.items())
    assert all(count >= 5 and counts[key] == count for key, count in found.shown)
    if found.shown:
        assert sum(count for _, count in found.shown) + found.together == sum(counts.values())
        assert found.together == 0 or (found.small >= 2 and found.together >= 10)
    else:
        assert (found.together, found.small) == (0, 0)


@pytest.mark.parametrize(
    ("counts", "shown", "together"),
    [
        ({}, [], 0),
        ({1: 4}, [], 0),
        ({1: 20, 2: 6}, [(1, 20), (2, 6)], 0),
        ({1: 20, 2: 6, 3: 4}, [(1, 20)], 10),
        ({1: 20, 2: 8, 3: 6, 4: 1}, [(1, 20), (2, 8), (3, 6)][:1], 15),
        ({1: 20, 2: 4, 3: 4, 4: 4}, [(1, 20)], 12),
    ],
)
def test_small_areas_share_a_line(counts: dict[int, int], shown: list[tuple[int, int]], together: int) -> None:
    found = lines(counts.items())
    assert (list(found.shown), found.together) == (shown, together)


@pytest.mark.parametrize(
    ("part", "whole", "rate"),
    [(0, 0, None), (0, 4, None), (2, 20, None), (17, 20, None), (5, 20, 0.25), (0, 20, 0), (20, 20, 1)],
)
def test_a_share_of_few_people_is_not_shown(part: int, whole: int, rate: float | None) -> None:
    assert of_people(part, whole).rate == rate


def test_more_places_than_were_offered_are_more_than_all() -> None:
    assert Share(11, 10).rate == 1.1


def test_the_mean_of_a_month_is_that_of_the_published_lines() -> None:
    """Nine answers: eight times 5 and once 4. The page shows them as one line, 4 to 5, and so the mean is the line's middle."""
    step = next_step([], (0, 0, 0, 1, 8))
    assert step is not None
    assert by_month([(date(2027, 3, 28), step)]) == [Month(date(2027, 3, 1), 9, 4.5)]
    other = Step(10, (1, 2, 3, 4), (0, 0, 0, 0, 10))
    assert by_month([(date(2027, 3, 1), step), (date(2027, 3, 31), other), (date(2027, 2, 1), other)]) == [
        Month(date(2027, 2, 1), 10, 5.0),
        Month(date(2027, 3, 1), 19, (9 * 4.5 + 10 * 5) / 19),
    ]


@pytest.mark.parametrize(
    ("last", "first"),
    [
        (date(2027, 3, 31), date(2026, 4, 1)),
        (date(2028, 2, 29), date(2027, 3, 1)),
        (date(2026, 11, 28), date(2025, 11, 29)),
    ],
)
def test_twelve_months_are_twelve_months(last: date, first: date) -> None:
    assert a_year_before(last) == first
