"""Contrast as WCAG defines it, and the surfaces that colours are checked on."""

import re
from pathlib import Path

import pytest

from core.kernel.colour import DARK_PAGES, LIGHT_PAGES, contrast, is_hex

CSS = Path(__file__).resolve().parents[3] / "core" / "web" / "styles" / "tokens.css"


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),  # the well-known grey that just misses 4.5
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.0),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast_is_the_published_ratio_either_way_round(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize(
    "value", ["", "#fff", "#FFFFFF", "ffffff", "#ffffff ", "#ffffff\n", "red", "#gggggg", "#ffffff80"]
)
def test_only_six_lower_case_digits_are_a_colour(value: str) -> None:
    assert not is_hex(value)
    with pytest.raises(ValueError, match="is not a colour"):
        contrast(value, "#ffffff")


def test_the_pages_are_those_of_the_design_system() -> None:
    tokens = dict(re.findall(r"--(paper|wash): light-dark\(([^)]*)\)", CSS.read_text("utf-8")))
    light, dark = zip(*(tokens[name].split(", ") for name in ("paper", "wash")), strict=True)
    assert (light, dark) == (LIGHT_PAGES, DARK_PAGES)
