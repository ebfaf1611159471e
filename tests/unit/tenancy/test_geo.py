"""The map and the table of areas, from the data in the repository."""

import json
import math
import re
from itertools import pairwise
from pathlib import Path

import pytest

from core.tenancy.files import read_tenant_files
from core.tenancy.geo.areas import HERE, AreasError, load_areas, load_outcodes, read_areas
from core.tenancy.geo.dots import load_dots, uk_map

TENANTS = Path(__file__).resolve().parents[3] / "tenants"
PARTNERS = {f.slug: f for f in read_tenant_files(TENANTS) if f.kind != "uk"}
LONDON = {"health-innovation-network", "imperial-college-health-partners", "uclpartners"}


def test_every_partner_has_authorities_and_dots() -> None:
    assert load_areas().slugs() == set(PARTNERS)
    assert {d.tenant for d in load_dots()} == set(PARTNERS)
    assert [site.tenant for site in uk_map().sites] == sorted(PARTNERS)
    assert {d.tenant for d in load_dots() if d.part == "london"} == LONDON


def test_the_united_kingdom_has_361_authorities_each_named_once() -> None:
    areas = load_areas()
    nations = {letter: sum(code.startswith(letter) for code in areas.tenant) for letter in "EWSN"}
    assert nations == {"E": 296, "W": 22, "S": 32, "N": 11}
    assert len(set(areas.names.values())) == len(areas.names) == 361
    for letter, slug in (("W", "wales"), ("S", "scotland"), ("N", "northern-ireland")):
        codes = {code for code in areas.tenant if code.startswith(letter)}
        assert codes == {code for code, covered in areas.tenant.items() if covered == slug}


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Camden", "uclpartners"),
        ("Lambeth", "health-innovation-network"),
        ("Westminster", "imperial-college-health-partners"),
        ("Watford", "uclpartners"),
        ("Luton", "uclpartners"),
        ("Chelmsford", "uclpartners"),
        ("Norwich", "eastern"),
        ("Birmingham", "west-midlands"),
        ("Salford", "greater-manchester"),
        ("Liverpool", "north-west-coast"),
        ("Cumberland", "north-east-north-cumbria"),
        ("Sheffield", "yorkshire-humber"),
        ("Swindon", "west-of-england"),
        ("Plymouth", "south-west"),
        ("Portsmouth", "wessex"),
        ("Medway", "kent-surrey-sussex"),
        ("Milton Keynes", "oxford"),
        ("Leicester", "east-midlands"),
        ("Belfast", "northern-ireland"),
    ],
)
def test_places_lie_where_people_would_look_for_them(name: str, slug: str) -> None:
    areas = load_areas()
    assert [areas.tenant[code] for code, called in areas.names.items() if called == name] == [slug]


def test_greater_london_is_divided_among_three() -> None:
    areas = load_areas()
    boroughs = [slug for code, slug in areas.tenant.items() if code.startswith("E09")]
    assert {slug: boroughs.count(slug) for slug in set(boroughs)} == {
        "health-innovation-network": 12,
        "imperial-college-health-partners": 8,
        "uclpartners": 13,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('outside=[]\n[partly]\n[covers.a]\nE1="One"\n[covers.b]\nE1="One"', "E1 (One) is listed for both a and b"),
        ('outside=[]\n[partly]\nE2=["a"]\n[covers.a]\nE1="One"', "E2 in `partly`"),
        ('outside=[]\n[partly]\nE1=["a"]\n[covers.a]\nE1="One"', "E1 in `partly`"),
        ('outside=[]\n[partly]\nE1=["c"]\n[covers.a]\nE1="One"', "E1 in `partly`"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(text: str, said: str) -> None:
    with pytest.raises(AreasError) as raised:
        read_areas(text)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("outcode", "first", "others"),
    [
        ("EH1", "scotland", ()),
        ("CF10", "wales", ()),
        ("BT1", "northern-ireland", ()),
        ("SW9", "health-innovation-network", ()),
        ("NE1", "north-east-north-cumbria", ()),
        ("TD15", "north-east-north-cumbria", ("scotland",)),
        ("SY10", "west-midlands", ("wales",)),
        ("SP1", "west-of-england", ("wessex",)),
        ("SK13", "east-midlands", ("greater-manchester",)),
    ],
)
def test_an_outward_code_knows_its_partners(outcode: str, first: str, others: tuple[str, ...]) -> None:
    found = load_outcodes()[outcode]
    assert found[0] == first
    assert set(others) <= set(found[1:])


def test_outward_codes_are_complete_and_name_partners_only() -> None:
    codes = load_outcodes()
    assert len(codes) > 2900
    # NPT was once the code of Newport.
    assert [code for code in codes if not re.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]?", code)] == ["NPT"]
    assert {slug for slugs in codes.values() for slug in slugs} == set(PARTNERS)
    assert all(len(set(slugs)) == len(slugs) for slugs in codes.values())


def test_the_data_is_small() -> None:
    assert (HERE / "dots.json").stat().st_size < 30_000
    assert (HERE / "outcodes.json").stat().st_size < 60_000
    json.loads((HERE / "dots.json").read_text("utf-8"))


def test_the_drawing_is_small_and_made_once() -> None:
    drawn = uk_map()
    paths = [d for site in drawn.sites for _, d in site.dots] + [site.area + site.area_london for site in drawn.sites]
    assert sum(map(len, paths)) < 30_000
    assert uk_map() is drawn


def _points(path: str) -> list[tuple[int, int]]:
    """Where the dots of a path are, by walking it as a browser does."""
    at, found = (0, 0), []
    for move, x, y in re.findall(r"([Mm])(-?\d+) (-?\d+)h0", path):
        at = (int(x), int(y)) if move == "M" else (at[0] + int(x), at[1] + int(y))
        found.append(at)
    return found


@pytest.mark.parametrize("site", uk_map().sites, ids=lambda site: site.tenant)
def test_every_dot_is_drawn_inside_the_picture_and_in_its_area(site: object) -> None:
    drawn, slug = uk_map(), site.tenant  # type: ignore[attr-defined]  # pytest gives parameters as objects
    assert drawn.view_box == f"0 0 {drawn.width} {drawn.height}"
    points = [point for _, path in site.dots for point in _points(path)]  # type: ignore[attr-defined]  # as above
    assert len(points) == len(set(points)) == sum(d.tenant == slug for d in load_dots())
    assert all(5 < x < drawn.width - 5 and 5 < y < drawn.height - 5 for x, y in points)
    runs = [
        (int(x), int(y), int(length))
        for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)", site.area + site.area_london)  # type: ignore[attr-defined]  # as above
    ]
    assert all(any(x < px < x + length and y == py for x, y, length in runs) for px, py in points)


def test_london_stands_clear_of_everything_else() -> None:
    frame = uk_map().london
    inside = {
        (site.tenant, x, y)
        for site in uk_map().sites
        for _, path in site.dots
        for x, y in _points(path)
        if frame.x <= x <= frame.x + frame.width and frame.y <= y <= frame.y + frame.height
    }
    assert {tenant for tenant, _, _ in inside} == LONDON
    assert len(inside) == sum(d.part == "london" for d in load_dots())
    # The smallest of the three is large enough for a finger on a telephone 360 units wide, where a unit is 0.6 pixels.
    for slug in LONDON:
        xs, ys = zip(*((x, y) for tenant, x, y in inside if tenant == slug), strict=True)
        assert min(max(xs) - min(xs), max(ys) - min(ys)) * 0.6 >= 24


def test_dots_stand_in_rows_like_bricks() -> None:
    for part in ("uk", "london"):
        rows: dict[int, list[int]] = {}
        for d in (d for d in load_dots() if d.part == part):
            assert d.x % 2 == d.row % 2
            assert d.size in {1, 2, 3}
            rows.setdefault(d.row, []).append(d.x)
        assert all(b - a >= 2 for xs in rows.values() for a, b in pairwise(sorted(xs)))


def _oklab(colour: str) -> tuple[float, float, float]:
    """A colour in OKLab (Ottosson 2020), where distance is roughly what the eye sees."""
    r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (r, g, b))
    l_ = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    m_ = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    s_ = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * l_ + 0.7936177850 * m_ - 0.0040720468 * s_,
        1.9779984951 * l_ - 2.4285922050 * m_ + 0.4505937099 * s_,
        0.0259040371 * l_ + 0.7827717662 * m_ - 0.8086757660 * s_,
    )


def test_neighbours_on_the_map_can_be_told_apart() -> None:
    places = {(d.part, d.x, d.row): d.tenant for d in load_dots()}
    borders = {
        (tenant, other)
        for (part, x, row), tenant in places.items()
        for dx, dy in ((2, 0), (1, 1), (-1, 1))
        if (other := places.get((part, x + dx, row + dy))) and other != tenant
    }
    assert len({frozenset(pair) for pair in borders}) > 30
    near = {pair: math.dist(*(_oklab(PARTNERS[slug].colours.map) for slug in pair)) for pair in borders}
    assert {pair: round(distance, 3) for pair, distance in near.items() if distance < 0.12} == {}
