"""Colours as `#rrggbb`, and whether one can be read on another (WCAG 2.2, success criteria 1.4.3, 1.4.6 and 1.4.11)."""

import re

_HEX = re.compile(r"#[0-9a-f]{6}")
WHITE = "#ffffff"
LIGHT_PAGES = (WHITE, "#faf7f2")
DARK_PAGES = ("#1f1b26", "#15121a")
"""What pages are printed on by day and by night: `--paper` and `--wash` of the design system (a test compares them)."""


def is_hex(value: str) -> bool:
    """Whether `value` is a colour as this project writes them: `#rrggbb`, lower case."""
    return _HEX.fullmatch(value) is not None


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 (the same) to 21 (black on white). Raises ValueError for anything else."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of an sRGB colour, from 0 (black) to 1 (white). Raises ValueError if it is not `#rrggbb`."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[float, float, float]:
    if not is_hex(colour):
        raise ValueError(f"{colour!r} is not a colour such as #1d5fa8")
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue
