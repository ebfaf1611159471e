"""The geometry of charts: figures in, places on the picture out. The templates draw, and show the same figures as a table.

Places from left to right are percentages, so that a picture takes the width it is given while its words keep their size;
places from top to bottom are pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

PLOT_TOP = 24
PLOT_HEIGHT = 220
LABEL_ROOM = 32
START, END = 9.0, 98.0
"""Where the first and the last figure of a line stand: beside the words of the scale, and with room for a dot."""
MOST_LABELS = 6
SHORT = 9


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `share` is its length in percent of the longest there can be, 0 to 100."""

    label: str
    value: float
    share: float


@dataclass(frozen=True, slots=True)
class BarChart:
    """A horizontal bar chart, ready to draw."""

    title: str
    unit: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the scale: the figure, and its pixels from the top."""

    value: float
    y: float


@dataclass(frozen=True, slots=True)
class Point:
    """One figure of a line: percent from the left, pixels from the top."""

    label: str
    value: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its points; the same as SVG `points`; and the closed area between the line and nought."""

    name: str
    points: tuple[Point, ...]
    path: str
    area: str


@dataclass(frozen=True, slots=True)
class LineChart:
    """A line chart, ready to draw. `shown` are the labels below it that have room, each with its place and `text-anchor`."""

    title: str
    unit: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    ticks: tuple[Tick, ...]
    shown: tuple[tuple[str, float, str], ...]
    height: int
    ground: int


@dataclass(frozen=True, slots=True)
class Reach:
    """One figure with its interval; places are percent from the left. `start` and `end` are None where there is no interval,
    `words` says both."""

    label: str
    words: str
    at: float
    start: float | None
    end: float | None


@dataclass(frozen=True, slots=True)
class IntervalChart:
    """Figures with their intervals, one below the other on one scale. `mark` is where the line to hold them against stands,
    `ends` what the scale begins and ends with."""

    title: str
    rows: tuple[Reach, ...]
    mark: float | None
    ends: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a funnel: percent from the left, pixels from the top. `out` says that it is beyond a limit."""

    label: str
    words: str
    x: float
    y: float
    out: bool


@dataclass(frozen=True, slots=True)
class FunnelChart:
    """Rates over numbers, with limits that narrow as numbers grow. `limits` are SVG `points` of pairs of lines."""

    title: str
    dots: tuple[Dot, ...]
    limits: tuple[tuple[str, str], ...]
    middle: float
    ticks: tuple[Tick, ...]
    shown: tuple[tuple[str, float, str], ...]
    height: int
    ground: int


def nice_ticks(highest: float, wanted: int = 4) -> tuple[float, ...]:
    """Round figures from 0 to at or just above `highest`, in about `wanted` steps of 1, 2, 2.5 or 5 times a power of ten.

    Whole figures step by whole numbers. Nothing to show gives (0, 1).
    """
    if highest <= 0:
        return (0, 1)
    whole = float(highest).is_integer()
    rough = highest / wanted
    power = 10.0 ** floor(log10(rough))
    steps = [power * factor for factor in (1, 2, 2.5, 5, 10)]
    step = next(s for s in steps if s >= rough * 0.999 and (not whole or s.is_integer() or s < 1))
    step = max(step, 1.0) if whole else step
    return tuple(plain(step * n) for n in range(ceil(round(highest / step, 9)) + 1))


def plain(value: float) -> float:
    """A whole figure as int, so that it is written without a point; any other to six places."""
    return int(value) if float(value).is_integer() else round(value, 6)


def _check(values: Sequence[float]) -> None:
    if any(value < 0 for value in values):
        raise ValueError("these charts show counts and amounts: no figure may be below nought")


def bars(title: str, rows: Sequence[tuple[str, float]], unit: str = "") -> BarChart:
    """A bar for each (label, value), the largest filling the width. `unit` stands after each figure.

    Raises ValueError for a value below nought.
    """
    _check([value for _, value in rows])
    most = max((value for _, value in rows), default=0)
    return BarChart(
        title, unit, tuple(Bar(label, value, round(100 * value / most, 2) if most else 0) for label, value in rows)
    )


def lines(
    title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[float]]], unit: str = "",
    scale: Sequence[float] = (),
) -> LineChart:  # fmt: skip
    """A line for each (name, values), its values standing over `labels` at even distances. `scale` are the figures beside it,
    from 0, where these are given (points from 1 to 5); else round ones up to the highest value.

    Raises ValueError when a line has not one value for each label, or one below nought or above the scale.
    """
    for name, values in series:
        if len(values) != len(labels):
            raise ValueError(f"{name}: {len(values)} values for {len(labels)} labels")
        _check(values)
    highest = max((value for _, values in series for value in values), default=0)
    scale = scale or nice_ticks(highest)
    if highest > scale[-1]:
        raise ValueError(f"{highest} stands above the scale")
    ground = PLOT_TOP + PLOT_HEIGHT
    last = len(labels) - 1
    xs = [round(START + (END - START) * n / last, 2) if last else 50.0 for n in range(len(labels))]

    def y(value: float) -> float:
        return round(ground - PLOT_HEIGHT * value / scale[-1], 1)

    drawn = []
    for name, values in series:
        points = tuple(Point(label, value, x, y(value)) for label, value, x in zip(labels, values, xs, strict=True))
        path = " ".join(f"{p.x:g},{p.y:g}" for p in points)
        area = f"{xs[0]:g},{ground} {path} {xs[-1]:g},{ground}" if points else ""
        drawn.append(Series(name, points, path, area))
    every = max(1, ceil(len(labels) / MOST_LABELS))
    shown = tuple(_below(labels[n], xs[n], n, last) for n in range(0, len(labels), every))
    ticks = tuple(Tick(value, y(value)) for value in scale)
    return LineChart(title, unit, tuple(labels), tuple(drawn), ticks, shown, ground + LABEL_ROOM, ground)


def intervals(
    title: str,
    rows: Sequence[tuple[str, str, float, tuple[float, float] | None]],
    scale: tuple[float, float],
    ends: tuple[str, str],
    mark: float | None = None,
) -> IntervalChart:
    """A dot with its interval for each (label, words, value, interval), on `scale` from left to right; what lies beyond the
    scale is drawn at its end. Raises ValueError for a scale without length."""
    low, high = scale
    if not low < high:
        raise ValueError("a scale goes from a lower to a higher figure")

    def x(value: float) -> float:
        return round(100 * (min(max(value, low), high) - low) / (high - low), 2)

    drawn = tuple(
        Reach(label, words, x(value), *((None, None) if reach is None else (x(reach[0]), x(reach[1]))))
        for label, words, value, reach in rows
    )
    return IntervalChart(title, drawn, None if mark is None else x(mark), ends)


def funnel(
    title: str,
    points: Sequence[tuple[str, str, int, float, bool]],
    limits: Sequence[Sequence[tuple[int, float, float]]],
    middle: float,
) -> FunnelChart:
    """A dot for each (label, words, number, rate from 0 to 1, whether it is beyond a limit), between `limits`: for each kind
    (number, lower, upper) from the smallest number to the largest."""
    most = max((number for _, _, number, _, _ in points), default=0)
    scale = nice_ticks(most)
    ground = PLOT_TOP + PLOT_HEIGHT

    def x(number: float) -> float:
        return round(START + (END - START) * number / scale[-1], 2)

    def y(rate: float) -> float:
        return round(ground - PLOT_HEIGHT * rate, 1)

    def line(places: Sequence[tuple[int, float]]) -> str:
        return " ".join(f"{x(number):g},{y(rate):g}" for number, rate in places)

    drawn = tuple((line([(n, low) for n, low, _ in kind]), line([(n, high) for n, _, high in kind])) for kind in limits)
    dots = tuple(Dot(label, words, x(number), y(rate), out) for label, words, number, rate, out in points)
    ticks = tuple(Tick(percent, y(percent / 100)) for percent in (0, 25, 50, 75, 100))
    shown = tuple((f"{value:g}", x(value), "end" if value == scale[-1] else "middle") for value in scale)
    return FunnelChart(title, dots, drawn, y(middle), ticks, shown, ground + LABEL_ROOM, ground)


def _below(label: str, x: float, n: int, last: int) -> tuple[str, float, str]:
    """A label under its figure; the last one ends there, and a long first one begins at the edge."""
    if n == last and last:
        return label, x, "end"
    if n == 0 and last and len(label) > SHORT:
        return label, 0.0, "start"
    return label, x, "middle"
