"""The colours of the stylesheet, worked out as a browser would: what `/style` shows and what the contrast test measures.

It reads the notation that tokens.css keeps to: `#rrggbb`, `var(--name)`, `light-dark(day, night)` and
`oklch(from <colour> <lightness> <chroma> h)` with a number, `l`, `c`, `calc(l ± n)` or `min(c, n)`.
The formulas are those of CSS Color 4 (OKLab to sRGB); what lies outside sRGB is clipped, as Chromium does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import atan2, cos, hypot, sin

from core.kernel.colour import contrast
from core.kernel.text import N_
from core.web.assets import STYLES

_LAYER = re.compile(r"@layer tokens \{\s*:root \{(.*?)\n  \}", re.DOTALL)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DECLARATION = re.compile(r"--([\w-]+):\s*([^;]+);")
_CALL = re.compile(r"([\w-]+)\((.*)\)", re.DOTALL)
_HEX = re.compile(r"#[0-9a-f]{6}")

TEXT, SHAPE = 4.5, 3.0
"""WCAG 2.2: 1.4.3 for text, 1.4.11 for what must be seen but is not text."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One colour upon another, the least contrast it needs, and where it is used (a msgid)."""

    over: str
    under: str
    least: float
    use: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A pair with its two colours and their contrast, by day or by night."""

    pair: Pair
    over: str
    under: str
    ratio: float

    @property
    def enough(self) -> bool:
        """Whether the contrast is what the pair needs."""
        return self.ratio >= self.pair.least


_PAGES = ("paper", "wash", "sunk")
_KINDS = ("ok", "info", "warn", "err")
PAIRS = (
    *(Pair("ink", page, TEXT, N_("Text")) for page in (*_PAGES, "tint")),
    *(Pair("muted", page, TEXT, N_("Quiet text")) for page in (*_PAGES, "tint")),
    *(Pair("link", page, TEXT, N_("Links")) for page in (*_PAGES, "tint")),
    Pair("brand-ink", "header", TEXT, N_("The header")),
    Pair("accent", "header", SHAPE, N_("The dot of the mark")),
    Pair("action-ink", "action", TEXT, N_("The main button")),
    Pair("action-ink", "action-hover", TEXT, N_("The main button, pointed at")),
    *(Pair("action", page, SHAPE, N_("The main button on the page, bars and lines")) for page in (*_PAGES, "tint")),
    Pair("paper", "err", TEXT, N_("The dangerous button")),
    *(Pair(kind, f"{kind}-wash", TEXT, N_("Tags and notices")) for kind in _KINDS),
    *(Pair("ink", f"{kind}-wash", TEXT, N_("The words of a notice")) for kind in _KINDS),
    *(Pair("err", page, TEXT, N_("Error messages")) for page in _PAGES),
    *(Pair("edge", page, SHAPE, N_("The edge of an input")) for page in _PAGES),
    *(Pair(f"series-{n}", "paper", SHAPE, N_("Lines of a chart")) for n in (2, 3)),
    Pair("focus-ink", "focus", SHAPE, N_("The ring around what has the focus")),
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The stylesheet's declarations by name, without the leading dashes."""

    values: Mapping[str, str]

    def colours(self) -> list[str]:
        """The names that are colours, in the stylesheet's order."""
        return [name for name, value in self.values.items() if _is_colour(value)]

    def colour(self, name: str, *, night: bool = False, brand: str = "", accent: str = "") -> str:
        """The colour of a token as `#rrggbb`, by day or by night, for a site with that brand and accent.

        Raises KeyError for an unknown token and ValueError for a notation that is not read here.
        """
        given = {"brand": brand, "accent": accent}
        return self._work_out(given.get(name) or self.values[name], night, given)

    def measure(self, *, night: bool = False, brand: str = "", accent: str = "") -> list[Measured]:
        """Every pair of colours that stand on each other, with its contrast."""
        found = []
        for pair in PAIRS:
            over, under = (self.colour(n, night=night, brand=brand, accent=accent) for n in (pair.over, pair.under))
            found.append(Measured(pair, over, under, contrast(over, under)))
        return found

    def _work_out(self, value: str, night: bool, given: Mapping[str, str]) -> str:
        value = value.strip()
        if _HEX.fullmatch(value):
            return value
        call = _CALL.fullmatch(value)
        if call is None:
            raise ValueError(f"{value!r} is not a colour in the notation of the stylesheet")
        name, inside = call[1], call[2]
        if name == "var":
            token = inside.strip().removeprefix("--")
            return self._work_out(given.get(token) or self.values[token], night, given)
        if name == "light-dark":
            day, dark = _split(inside, ",")
            return self._work_out(dark if night else day, night, given)
        if name == "oklch" and inside.startswith("from "):
            source, *channels = _split(inside.removeprefix("from "), " ")
            return _relative(self._work_out(source, night, given), channels)
        raise ValueError(f"{name}() is not used in the tokens")


@lru_cache(maxsize=1)
def load() -> Tokens:
    """The tokens of the stylesheet."""
    layer = _LAYER.search(_COMMENT.sub("", (STYLES / "tokens.css").read_text("utf-8")))
    if layer is None:
        raise ValueError("tokens.css has no layer of tokens")
    return Tokens({name: " ".join(value.split()) for name, value in _DECLARATION.findall(layer[1])})


def _is_colour(value: str) -> bool:
    return bool(_HEX.fullmatch(value)) or (value.startswith(("light-dark(", "oklch(")) and "transparent" not in value)


def _split(text: str, by: str) -> list[str]:
    """The parts of `text` between the separators that stand in no parentheses."""
    parts, depth, part = [], 0, ""
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == by and not depth:
            parts.append(part)
            part = ""
        else:
            part += char
    return [piece.strip() for piece in (*parts, part) if piece.strip()]


def _channel(expression: str, own: float) -> float:
    """One channel of a relative colour. `own` is what the source colour has there."""
    call = _CALL.fullmatch(expression)
    if call and call[1] == "min":
        return min(own, float(_split(call[2], ",")[1]))
    if call and call[1] == "calc":
        _, sign, by = call[2].split()
        return own + float(by) * (1 if sign == "+" else -1)
    return own if expression in {"l", "c", "h"} else float(expression)


def _relative(source: str, channels: list[str]) -> str:
    lightness, chroma, hue = (_channel(e, own) for e, own in zip(channels, _to_oklch(source), strict=True))
    return _from_oklch(lightness, chroma, hue)


def _to_oklch(colour: str) -> tuple[float, float, float]:
    r, g, b = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    middle = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    bee = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return lightness, hypot(a, bee), atan2(bee, a)


def _from_oklch(lightness: float, chroma: float, hue: float) -> str:
    a, b = chroma * cos(hue), chroma * sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    channels = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(_encoded(min(max(c, 0), 1)) * 255):02x}" for c in channels)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _encoded(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055
