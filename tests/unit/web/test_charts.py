"""Where the parts of a chart stand."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.web import charts
from core.web.charts import PLOT_HEIGHT, PLOT_TOP, bars, lines, nice_ticks


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (0, (0, 1)),
        (1, (0, 1)),
        (3, (0, 1, 2, 3)),
        (7, (0, 2, 4, 6, 8)),
        (45, (0, 20, 40, 60)),
        (231, (0, 100, 200, 300)),
        (799, (0, 200, 400, 600, 800)),
        (1000, (0, 250, 500, 750, 1000)),
        (0.7, (0, 0.2, 0.4, 0.6, 0.8)),
    ],
)
def test_a_scale_has_round_figures(highest: float, ticks: tuple[float, ...]) -> None:
    assert nice_ticks(highest) == ticks


@given(st.integers(1, 10**9))
def test_a_scale_of_counts_is_whole_reaches_the_highest_and_wastes_little(highest: int) -> None:
    ticks = nice_ticks(highest)
    assert all(isinstance(tick, int) for tick in ticks)
    assert ticks[-2] < highest <= ticks[-1]
    assert 2 <= len(ticks) <= 6
    assert len({b - a for a, b in pairwise(ticks)}) == 1


def test_the_longest_bar_fills_the_width() -> None:
    chart = bars("Members", [("2015", 231), ("2016", 216), ("2017", 352), ("none", 0)])
    assert [bar.share for bar in chart.bars] == [65.62, 61.36, 100, 0]
    assert [bar.share for bar in bars("Nothing", [("a", 0)]).bars] == [0]
    assert bars("Empty", []).bars == ()


def test_a_line_runs_from_edge_to_edge_between_nought_and_the_top_of_the_scale() -> None:
    chart = lines("Members", ["a", "b", "c"], [("Members", [0, 400, 800])])
    points = chart.series[0].points
    assert [p.x for p in points] == [9, 53.5, 98]
    assert [p.y for p in points] == [PLOT_TOP + PLOT_HEIGHT, PLOT_TOP + PLOT_HEIGHT / 2, PLOT_TOP]
    assert chart.series[0].path == "9,244 53.5,134 98,24"
    assert chart.series[0].area == "9,244 9,244 53.5,134 98,24 98,244"
    assert [(label, anchor) for label, _, anchor in chart.shown] == [("a", "middle"), ("b", "middle"), ("c", "end")]
    assert lines("Long", ["the founding cohort", "b"], [("n", [1, 2])]).shown[0] == ("the founding cohort", 0, "start")


def test_one_figure_stands_in_the_middle_and_none_breaks_nothing() -> None:
    assert lines("One", ["a"], [("n", [5])]).series[0].points[0].x == 50
    empty = lines("None", [], [])
    assert empty.series == ()
    assert [tick.value for tick in empty.ticks] == [0, 1]


def test_many_labels_are_thinned_so_that_they_do_not_touch() -> None:
    chart = lines("Year", [str(n) for n in range(24)], [("n", list(range(24)))])
    assert len(chart.shown) <= 6
    assert len(chart.labels) == 24


def test_figures_that_cannot_be_drawn_are_refused() -> None:
    with pytest.raises(ValueError, match="below nought"):
        bars("x", [("a", -1)])
    with pytest.raises(ValueError, match="2 values for 1 labels"):
        lines("x", ["a"], [("n", [1, 2])])


def test_intervals_stand_on_one_scale_and_end_with_it() -> None:
    chart = charts.intervals(
        "Rates", [("A", "half", 0.5, (0.25, 2.0)), ("B", "none", 0.0, None)], (0, 1), ("0", "1"), 0.75
    )
    first, second = chart.rows
    assert (first.at, first.start, first.end) == (50.0, 25.0, 100.0)
    assert (second.at, second.start, second.end) == (0.0, None, None)
    assert chart.mark == 75.0
    with pytest.raises(ValueError, match="lower to a higher"):
        charts.intervals("Nothing", [], (1, 1), ("1", "1"))


def test_a_funnel_has_its_rates_from_the_ground_up() -> None:
    limits = [[(10, 0.2, 0.8), (40, 0.4, 0.6)]]
    chart = charts.funnel("Partners", [("A", "5 of 10", 10, 0.5, False), ("B", "40 of 40", 40, 1.0, True)], limits, 0.5)
    low, high = chart.dots
    assert low.x < high.x
    assert (low.y, high.y) == (chart.middle, float(charts.PLOT_TOP))
    assert [dot.out for dot in chart.dots] == [False, True]
    [(below, above)] = chart.limits
    assert len(below.split()) == len(above.split()) == 2
    assert charts.funnel("Nobody", [], [], 0.5).dots == ()


def test_a_line_can_stand_on_a_scale_of_its_own() -> None:
    chart = charts.lines("Feedback", ["May", "June"], [("Mean", [4.0, 3.5])], scale=range(6))
    assert [tick.value for tick in chart.ticks] == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="above the scale"):
        charts.lines("Feedback", ["May"], [("Mean", [5.5])], scale=range(6))
