"""The colours of the stylesheet can be read, on every site, by day and by night."""

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

from core.kernel.colour import contrast
from core.web import tokens
from core.web.assets import PARTS, STATIC, STYLES, stylesheet

ROOT = Path(__file__).resolve().parents[3]
CSS = stylesheet()
SITES = sorted((ROOT / "tenants").glob("*/tenant.toml"))
THE_REST = CSS.replace((STYLES / "tokens.css").read_text("utf-8"), "")


@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("site", SITES, ids=lambda path: path.parent.name)
def test_every_pair_of_colours_can_be_read_on_every_site(site: Path, night: bool) -> None:
    colours = tomllib.loads(site.read_text("utf-8"))["colours"]
    measured = tokens.load().measure(night=night, brand=colours["brand"], accent=colours["accent"])
    low = [f"{m.pair.over} on {m.pair.under}: {m.ratio:.2f} of {m.pair.least}" for m in measured if not m.enough]
    assert not low, low


@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
def test_any_brand_that_white_can_be_read_on_makes_a_readable_site(night: bool) -> None:
    wheel = [f"#{r:02x}{g:02x}{b:02x}" for r in range(0, 256, 51) for g in range(0, 256, 51) for b in range(0, 256, 51)]
    brands = [colour for colour in wheel if contrast(colour, "#ffffff") >= 7]
    assert len(brands) > 40
    drawn = {"link", "action", "action-ink", "action-hover", "tint", "header", "brand-ink"}
    for brand in brands:
        for m in tokens.load().measure(night=night, brand=brand):
            if {m.pair.over, m.pair.under} & drawn and m.pair.over != "accent":
                assert m.enough, f"{brand}: {m.pair.over} on {m.pair.under} has {m.ratio:.2f}"


def test_a_token_has_a_colour_by_day_by_night_and_for_a_site() -> None:
    found = tokens.load()
    assert found.colour("ink") == "#231c2b"
    assert found.colour("ink", night=True) == "#f3eff6"
    assert found.colour("link", brand="#123456") == "#123456"


def test_a_notation_that_is_not_read_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="color-mix"):
        tokens.Tokens({"x": "light-dark(color-mix(in oklab, red, blue), #000000)"}).colour("x")


def test_colours_are_tokens_everywhere_else_in_the_stylesheet() -> None:
    """A colour written in a component would escape the contrast test, the night and the site's own brand."""
    components = THE_REST.replace((STYLES / "modes.css").read_text("utf-8"), "")
    allowed = {"#000"}  # the opaque end of a mask
    loose = set(re.findall(r"#[0-9a-f]{3,8}\b", components)) - allowed
    assert loose <= {"#2b2333", "#0d0a10", "#fff"}, "only the demonstration's strip has colours of its own"


def test_every_token_that_is_used_is_there() -> None:
    local = set(re.findall(r"(?<![\w-])--([\w-]+):", THE_REST))
    used = set(re.findall(r"var\(--([\w-]+)\)", CSS))
    assert used <= set(tokens.load().values) | local


def test_every_token_is_used() -> None:
    known = set(tokens.load().values)
    used = set(re.findall(r"var\(--([\w-]+)\)", CSS))
    assert known <= used, known - used


def test_the_font_is_named_by_its_own_hash() -> None:
    digest = hashlib.sha256((STATIC / "manrope.woff2").read_bytes()).hexdigest()[:12]
    assert f'url("../{digest}/manrope.woff2")' in CSS


def test_braces_and_layers_are_whole() -> None:
    assert CSS.count("{") == CSS.count("}")
    order = re.search(r"@layer ([\w, ]+);", CSS)
    assert order
    named = order[1].split(", ")
    assert named == ["reset", "tokens", "base", "layout", "components", "utilities", "tenant"]
    assert CSS.index(order[0]) < CSS.index("@layer reset {"), "the first to name a layer gives it its place"
    assert set(re.findall(r"^@layer (\w+) \{", CSS, re.MULTILINE)) == set(named[:-1])


def test_every_part_of_the_stylesheet_is_in_it_once() -> None:
    assert sorted(PARTS) == sorted(path.stem for path in STYLES.iterdir())
