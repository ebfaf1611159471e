"""Time at the form: whole figures of groups, nothing of a few."""

from hypothesis import given
from hypothesis import strategies as st

from core.admissions.queries.time_spent import FEWEST, Spent, of_seconds


@given(st.lists(st.integers(1, 400), min_size=FEWEST, max_size=60))
def test_the_figures_are_those_of_somebody_and_in_order(minutes: list[int]) -> None:
    found = of_seconds([one * 60 for one in minutes])
    assert found.measured == len(minutes)
    assert found.median in minutes
    assert found.ninety in minutes
    assert found.median is not None
    assert found.ninety is not None
    assert sum(one <= found.median for one in minutes) * 2 >= len(minutes)
    assert sum(one <= found.ninety for one in minutes) * 10 >= len(minutes) * 9
    assert found.within == round(100 * sum(one <= 120 for one in minutes) / len(minutes))


def test_of_a_few_nothing_is_told() -> None:
    assert of_seconds([600] * (FEWEST - 1)) == Spent(FEWEST - 1, None, None, None)
    assert of_seconds([]) == Spent(0, None, None, None)
    assert of_seconds([60, 120, 7200, 7200, 7260]) == Spent(5, 120, 121, 80)
