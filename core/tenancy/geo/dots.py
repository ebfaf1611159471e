"""The map of the United Kingdom in dots: compact SVG path data for each partner, with London again beside it, enlarged."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Literal

HERE = Path(__file__).parent
Part = Literal["uk", "london"]


@dataclass(frozen=True, slots=True)
class Dot:
    """One dot as `dots.json` has it: half-steps from the west, row from the north, size 1 (few live there) to 3 (many)."""

    part: Part
    tenant: str
    x: int
    row: int
    size: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle on the drawing, in its units."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class SiteDots:
    """One partner's place on the map.

    `dots` are (stroke width, path data) from small to large: to be stroked in the partner's `map` colour with round caps.
    `area` is path data of the same ground without gaps, `area_london` that in the enlarged London: to be stroked with the
    widths of UkMap, invisibly or faintly, so that a finger or a pointer need not hit a dot.
    """

    tenant: str
    dots: tuple[tuple[str, str], ...]
    area: str
    area_london: str


@dataclass(frozen=True, slots=True)
class UkMap:
    """The drawing: its viewBox, each partner's dots in the order of the alphabet, and where London stands enlarged."""

    view_box: str
    width: int
    height: int
    area_width: int
    area_london_width: int
    london: Frame
    london_here: Frame
    sites: tuple[SiteDots, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """How one part of the map is drawn: half a step along a row and the rows' distance in units, its corner, its widths."""

    half: int
    down: int
    left: int
    top: int
    widths: tuple[str, str, str]

    def x(self, dot: Dot) -> int:
        return self.left + dot.x * self.half

    def y(self, dot: Dot) -> int:
        return self.top + dot.row * self.down


_PARTS: dict[Part, _Part] = {
    "uk": _Part(half=5, down=9, left=12, top=12, widths=("4", "6.2", "8.4")),
    "london": _Part(half=4, down=7, left=408, top=370, widths=("3.4", "5", "6.6")),
}
_MARGIN, _EDGE = 14, 2


@cache
def load_dots() -> tuple[Dot, ...]:
    """Every dot, part by part, partner by partner, row by row."""
    raw: dict[Part, dict[str, list[int]]] = json.loads((HERE / "dots.json").read_text("utf-8"))
    return tuple(
        Dot(part, tenant, *flat[at : at + 3])
        for part, tenants in raw.items()
        for tenant, flat in tenants.items()
        for at in range(0, len(flat), 3)
    )


@cache
def uk_map() -> UkMap:
    """The drawing, made once per process from `dots.json`; the same object every time."""
    dots = load_dots()
    sites = tuple(_site(tenant, [d for d in dots if d.tenant == tenant]) for tenant in sorted({d.tenant for d in dots}))
    uk, london = ([d for d in dots if d.part == part] for part in _PARTS)
    right = max(*(_PARTS["uk"].x(d) for d in uk), *(_PARTS["london"].x(d) for d in london)) + _MARGIN + _EDGE
    bottom = max(_PARTS["uk"].y(d) for d in uk) + _MARGIN + _EDGE
    here = [d for d in uk if d.tenant in {"health-innovation-network", "imperial-college-health-partners"}]
    return UkMap(
        view_box=f"0 0 {right} {bottom}",
        width=right,
        height=bottom,
        area_width=_PARTS["uk"].down,
        area_london_width=_PARTS["london"].down,
        london=_frame(london),
        london_here=_frame(here),
        sites=sites,
    )


def _site(tenant: str, dots: Sequence[Dot]) -> SiteDots:
    by_width: dict[str, list[str]] = {}
    for part, drawn in _PARTS.items():
        for size in (1, 2, 3):
            path = _points([d for d in dots if d.part == part and d.size == size], drawn)
            if path:
                by_width.setdefault(drawn.widths[size - 1], []).append(path)
    areas = {part: _runs([d for d in dots if d.part == part], drawn) for part, drawn in _PARTS.items()}
    strokes = sorted(
        ((width, "".join(paths)) for width, paths in by_width.items()), key=lambda stroke: float(stroke[0])
    )
    return SiteDots(tenant, tuple(strokes), areas["uk"], areas["london"])


def _points(dots: Sequence[Dot], drawn: _Part) -> str:
    """A line of no length at every dot: round caps make each a disc. Steps along a row are relative, to stay short."""
    path, before = "", None
    for dot in dots:
        same_row = before is not None and before.row == dot.row
        path += f"m{drawn.x(dot) - drawn.x(before)} 0h0" if before and same_row else f"M{drawn.x(dot)} {drawn.y(dot)}h0"
        before = dot
    return path


def _runs(dots: Sequence[Dot], drawn: _Part) -> str:
    """A line along each unbroken run of dots in a row, half a step longer at either end."""
    path = ""
    for run in _unbroken(dots):
        path += f"M{drawn.x(run[0]) - drawn.half} {drawn.y(run[0])}h{len(run) * 2 * drawn.half}"
    return path


def _unbroken(dots: Sequence[Dot]) -> Iterator[list[Dot]]:
    # Dots two half-steps apart have the same difference to twice their place in the list.
    for _, run in groupby(enumerate(dots), key=lambda pair: (pair[1].row, pair[1].x - 2 * pair[0])):
        yield [dot for _, dot in run]


def _frame(dots: Sequence[Dot]) -> Frame:
    """The rectangle round these dots, with room for their size."""
    xs, ys = ([_PARTS[d.part].x(d) for d in dots], [_PARTS[d.part].y(d) for d in dots])
    return Frame(min(xs) - _MARGIN, min(ys) - _MARGIN, max(xs) - min(xs) + 2 * _MARGIN, max(ys) - min(ys) + 2 * _MARGIN)
