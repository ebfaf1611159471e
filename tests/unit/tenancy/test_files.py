"""The tenant files: the nineteen that are there, and what a wrong one is told."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from core.kernel.colour import DARK_PAGES, LIGHT_PAGES, contrast
from core.tenancy.files import RESERVED, TenantFileError, read_tenant_files, read_themes

TENANTS = Path(__file__).resolve().parents[3] / "tenants"
FILES = read_tenant_files(TENANTS)
NATIONS = ["scotland", "wales", "northern-ireland"]
REGIONS = [
    "east-midlands",
    "eastern",
    "greater-manchester",
    "health-innovation-network",
    "imperial-college-health-partners",
    "kent-surrey-sussex",
    "north-east-north-cumbria",
    "north-west-coast",
    "oxford",
    "south-west",
    "uclpartners",
    "wessex",
    "west-midlands",
    "west-of-england",
    "yorkshire-humber",
]


def test_there_are_the_uk_site_three_nations_and_fifteen_regions() -> None:
    assert [f.slug for f in FILES] == ["uk", *NATIONS, *REGIONS]
    assert {f.slug: f.kind for f in FILES} == {"uk": "uk"} | dict.fromkeys(NATIONS, "nation") | dict.fromkeys(
        REGIONS, "region"
    )
    assert {path.name for path in TENANTS.iterdir() if path.is_dir()} == {f.slug for f in FILES}


def test_they_speak_the_languages_of_their_place() -> None:
    assert [f.slug for f in FILES if f.languages == ("en", "cy")] == ["uk", "wales"]
    assert all(f.languages == ("en",) for f in FILES if f.slug not in {"uk", "wales"})
    assert {f.slug: f.name_cy for f in FILES if f.kind == "nation"} == {
        "scotland": "Yr Alban",
        "wales": "Cymru",
        "northern-ireland": "Gogledd Iwerddon",
    }
    # The UK site lists all of them in Welsh, so each says in Welsh where it is.
    assert [f.slug for f in FILES if not f.area_cy] == []


def test_each_starts_with_local_events_and_nothing_else() -> None:
    assert all(f.plugins == {"local_events": {}} and f.hosts == () for f in FILES)


def test_partners_are_those_the_source_names() -> None:
    partners = {f.slug: (f.partner, f.through) for f in FILES}
    assert partners["uk"] == ("The Health Foundation and NHS Improvement", "")
    assert partners["scotland"][0] == "Healthcare Improvement Scotland"
    assert partners["wales"][0] == "Public Health Wales"
    assert partners["northern-ireland"][0] == "Health and Social Care Northern Ireland"
    assert {slug: through for slug, (_, through) in partners.items() if through} == {
        "north-west-coast": "Innovation Academy",
        "yorkshire-humber": "Improvement Academy",
    }
    own_name = {"health-innovation-network", "imperial-college-health-partners", "uclpartners"}
    assert all("Academic Health Science Network" in partners[slug][0] for slug in set(REGIONS) - own_name)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.slug)
def test_colours_can_be_read(file: Any) -> None:
    colours = file.colours
    assert contrast(colours.brand, "#ffffff") >= 7
    assert contrast(colours.accent, colours.brand) >= 3
    for page in (*LIGHT_PAGES, *DARK_PAGES, "#0f1419"):
        assert contrast(colours.map, page) >= 3


def test_no_two_sites_look_the_same() -> None:
    for key in ("brand", "map"):
        assert len({getattr(f.colours, key) for f in FILES}) == len(FILES)


def _write(folder: Path, slug: str, **changes: Any) -> None:
    """A right file for `slug`, with `changes` in it; a value of None leaves the key out."""
    text = (TENANTS / "uk" / "tenant.toml").read_text("utf-8")
    values: dict[str, Any] = tomllib.loads(text) | {"slug": slug} | changes
    lines, tables = [], []
    for key, value in values.items():
        if isinstance(value, dict):
            inner = [f"{k} = {_toml(v)}" for k, v in value.items() if not isinstance(v, dict)]
            tables += [f"[{key}]", *inner, *(f"[{key}.{k}]" for k, v in value.items() if isinstance(v, dict))]
        elif value is not None:
            lines.append(f"{key} = {_toml(value)}")
    (folder / slug).mkdir()
    (folder / slug / "tenant.toml").write_text("\n".join([*lines, *tables]), "utf-8")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    return str(value) if isinstance(value, int) else '"' + str(value) + '"'


def _colours(**changes: str) -> dict[str, str]:
    return {"brand": "#6c26a2", "accent": "#eeb32b", "map": "#9147ca"} | changes


def test_the_files_that_the_next_test_spoils_are_right_to_begin_with(tmp_path: Path) -> None:
    _write(tmp_path, "uk")
    _write(tmp_path, "north", id=2, position=1, kind="region")
    assert [f.slug for f in read_tenant_files(tmp_path)] == ["uk", "north"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nickname": "N"}, "north/tenant.toml: nickname: Extra inputs are not permitted"),
        ({"colours": _colours(text="#ffffff")}, "north/tenant.toml: colours.text: Extra inputs"),
        ({"name": None}, "north/tenant.toml: name: Field required"),
        ({"name": ""}, "north/tenant.toml: name: String should have at least 1"),
        ({"name": "x" * 121}, "north/tenant.toml: name: String should have at most 120"),
        ({"kind": "county"}, "north/tenant.toml: kind: Input should be 'uk', 'nation' or 'region'"),
        ({"position": "first"}, "north/tenant.toml: position: Input should be a valid integer"),
        ({"position": 0}, "north/tenant.toml: position: 0 is taken by uk/tenant.toml"),
        ({"id": True}, "north/tenant.toml: id: Input should be a valid integer"),
        ({"id": 1}, "north/tenant.toml: id: 1 is taken by uk/tenant.toml"),
        ({"languages": []}, "north/tenant.toml: languages: "),
        ({"languages": ["en", "fr"]}, "north/tenant.toml: languages.1: "),
        ({"languages": ["en", "en"]}, "north/tenant.toml: languages: each language once"),
        ({"welcome_cy": None}, "north/tenant.toml: welcome_cy: a site that offers Welsh says this in Welsh too"),
        ({"hosts": ["Q.example"]}, "north/tenant.toml: hosts: host names in lower case"),
        ({"hosts": ["https://q.example"]}, "north/tenant.toml: hosts: host names in lower case"),
        (
            {"colours": _colours(brand="#8f5fc0")},
            "north/tenant.toml: colours: brand: white text on it needs a contrast of 7",
        ),
        ({"colours": _colours(brand="#6C26A2")}, "north/tenant.toml: colours: brand: '#6C26A2' is not a colour"),
        ({"colours": _colours(accent="#7a3ab0")}, "north/tenant.toml: colours: accent: it needs a contrast of 3"),
        ({"colours": _colours(map="#4a2574")}, "north/tenant.toml: colours: map: it needs a contrast of 3"),
        ({"colours": _colours(map="#c9a9f0")}, "north/tenant.toml: colours: map: it needs a contrast of 3"),
        ({"plugins": {"local_events": 1}}, "north/tenant.toml: plugins.local_events: "),
        ({"slug": "south"}, "north/tenant.toml: slug: must be the folder's name, north"),
        ({"kind": "uk"}, "exactly one tenant file has kind uk"),
    ],
    ids=str,
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    _write(tmp_path, "uk")
    slug = changes.pop("slug", "north")
    _write(tmp_path, "north", **{"id": 2, "position": 1, "kind": "region"} | changes)
    if slug != "north":
        path = tmp_path / "north" / "tenant.toml"
        path.write_text(path.read_text("utf-8").replace('slug = "north"', f'slug = "{slug}"'), "utf-8")
    with pytest.raises(TenantFileError) as raised:
        read_tenant_files(tmp_path)
    assert said in str(raised.value)


@pytest.mark.parametrize("slug", ["North", "north_west", "-north", "n", "ünorth"])
def test_a_slug_is_a_part_of_an_address(tmp_path: Path, slug: str) -> None:
    _write(tmp_path, "uk")
    _write(tmp_path, slug, id=2, position=1, kind="region")
    with pytest.raises(TenantFileError, match="slug: String should match pattern"):
        read_tenant_files(tmp_path)


@pytest.mark.parametrize("slug", sorted(slug for slug in RESERVED - {"uk"} if "." not in slug))
def test_a_tenant_cannot_take_the_name_of_the_platforms_own_pages(tmp_path: Path, slug: str) -> None:
    _write(tmp_path, "uk")
    _write(tmp_path, slug, id=2, position=1, kind="region")
    with pytest.raises(TenantFileError, match=f"slug: the platform itself uses the name {slug}"):
        read_tenant_files(tmp_path)


def test_the_names_that_must_be_reserved_are() -> None:
    first = "console me style static assets healthz readyz metrics demo events apply account manage theme language directory"
    assert {*first.split(), "noticeboard"} <= RESERVED
    assert not RESERVED & {f.slug for f in FILES if f.kind != "uk"}


def test_what_is_no_toml_is_named(tmp_path: Path) -> None:
    _write(tmp_path, "uk")
    (tmp_path / "uk" / "tenant.toml").write_text("id = = 1")
    with pytest.raises(TenantFileError, match=r"uk/tenant.toml: Invalid value"):
        read_tenant_files(tmp_path)
    (tmp_path / "uk" / "tenant.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(TenantFileError, match=r"uk/tenant.toml: 'utf-8'"):
        read_tenant_files(tmp_path)


def test_two_sites_cannot_have_one_host(tmp_path: Path) -> None:
    _write(tmp_path, "uk", hosts=["q.example"])
    _write(tmp_path, "north", id=2, position=1, kind="region", hosts=["q.example"])
    with pytest.raises(TenantFileError, match=r"north/tenant.toml: hosts: q.example is taken by uk"):
        read_tenant_files(tmp_path)


def test_the_row_keeps_what_pages_show() -> None:
    wales = next(f for f in FILES if f.slug == "wales")
    details = wales.details()
    assert details["partner_cy"] == "Iechyd Cyhoeddus Cymru"
    assert details["languages"] == ["en", "cy"]
    assert set(details["colours"]) == {"brand", "accent", "map"}


def test_a_theme_that_cannot_be_read_is_named_with_its_file(tmp_path: Path) -> None:
    _write(tmp_path, "uk")
    (tmp_path / "uk" / "theme").mkdir()
    tokens = tmp_path / "uk" / "theme" / "tokens.toml"
    tokens.write_text('accent = "#6c26a2"\n')
    with pytest.raises(TenantFileError, match=r"uk/theme: tokens.toml: accent: it needs a contrast of 3"):
        read_themes(tmp_path, read_tenant_files(tmp_path))
    tokens.write_text('font = "Comic"\n')
    with pytest.raises(TenantFileError, match=r"uk/theme: tokens.toml: font: a theme may set"):
        read_themes(tmp_path, read_tenant_files(tmp_path))
