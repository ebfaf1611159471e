"""A site's look: the colours that can be read, the few tokens and blocks that a `theme/` may override, and the stylesheet."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from core.kernel.colour import DARK_PAGES, LIGHT_PAGES, WHITE, contrast, is_hex

TOKENS = ("brand", "accent", "radius")
BLOCKS = ("home_intro", "home_aside", "footer_note")
TAGS = frozenset(["a", "em", "h2", "h3", "li", "ol", "p", "strong", "ul"])
TENANT_WORDS = frozenset(["name", "partner"])
LARGEST_BLOCK, LARGEST_RADIUS = 4000, 1.5
_RADIUS = re.compile(r"\d(\.\d{1,4})?rem")
_HREF = re.compile(r"(https://|/(?!/))[^\s\\{}]*")


class ThemeError(ValueError):
    """A theme overrides what it may not; the message names the file in `theme/` and the key or word."""


@dataclass(frozen=True, slots=True)
class Theme:
    """What a tenant's `theme/` overrides: tokens by name, and blocks by name and then language, as checked sources."""

    tokens: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    blocks: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))

    def block(self, name: str, language: str, tenant: Mapping[str, str]) -> Markup | None:
        """The block `name` as HTML, or None where the theme leaves it alone.

        `tenant` gives the words that a block may use, `name` and `partner`, in that language; they are escaped.
        """
        source = self.blocks.get(name, {}).get(language)
        if source is None:
            return None
        return Markup(_template(source).render(tenant=dict(tenant)))  # noqa: S704 - checked when read; its words are escaped


def colour_problems(brand: str, accent: str, dots: str) -> dict[str, str]:
    """What is wrong with a site's three colours, by their key in tenant.toml; empty when all can be read.

    The ratios are WCAG 2.2's: 7 for text (1.4.6), 3 for what is not text (1.4.11).
    """
    for key, value in (("brand", brand), ("accent", accent), ("map", dots)):
        if not is_hex(value):
            return {key: f"{value!r} is not a colour such as #1d5fa8"}
    problems = {}
    if (found := contrast(brand, WHITE)) < 7:
        problems["brand"] = f"white text on it needs a contrast of 7, and has {found:.1f}"
    if (found := contrast(accent, brand)) < 3:
        problems["accent"] = f"it needs a contrast of 3 on the brand colour, and has {found:.1f}"
    if (found := min(contrast(dots, page) for page in LIGHT_PAGES + DARK_PAGES)) < 3:
        problems["map"] = f"it needs a contrast of 3 on light and on dark pages, and has {found:.1f}"
    return problems


def tenant_css(colours: Mapping[str, str], tokens: Mapping[str, str]) -> str:
    """The stylesheet of one site, in the design system's last layer: `colours` as in tenant.toml, overridden by `tokens`.

    Raises ValueError for a colour or a radius that is not one: nothing unchecked gets into a stylesheet.
    """
    merged = dict(colours) | dict(tokens)
    brand, accent = merged["brand"], merged["accent"]
    rules = {"brand": brand, "brand-ink": WHITE, "accent": accent}
    for colour in (brand, accent):
        if not is_hex(colour):
            raise ValueError(f"{colour!r} is not a colour")
    if "radius" in merged:
        middle = _radius(merged["radius"])
        # The design system's three radii keep their proportions, 4 to 7 to 10.
        rules |= {name: f"{middle * part / 7:.3g}rem" for name, part in (("r1", 4), ("r2", 7), ("r3", 10))}
    return "@layer tenant{:root{" + ";".join(f"--{name}:{value}" for name, value in rules.items()) + "}}\n"


def read_theme(folder: Path, languages: Sequence[str]) -> Theme:
    """The theme in `folder`, an empty one where there is no such folder; blocks are wanted in each of `languages`.

    Raises ThemeError for any file, token, block or markup that is not on the lists above.
    """
    if not folder.is_dir():
        return Theme()
    strange = sorted(path.name for path in folder.iterdir() if path.name not in {"tokens.toml", "blocks"})
    if strange:
        raise ThemeError(f"{strange[0]}: a theme holds tokens.toml and blocks/, nothing else")
    return Theme(
        MappingProxyType(_tokens(folder / "tokens.toml")), MappingProxyType(_blocks(folder / "blocks", languages))
    )


def _tokens(path: Path) -> dict[str, str]:
    try:
        tokens = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ThemeError(f"{path.name}: {error}") from error
    for key, value in tokens.items():
        if key not in TOKENS:
            raise ThemeError(f"{path.name}: {key}: a theme may set {', '.join(TOKENS)}")
        if key == "radius":
            try:
                _radius(value)
            except ValueError as error:
                raise ThemeError(f"{path.name}: {key}: {error}") from error
        elif not isinstance(value, str) or not is_hex(value):
            raise ThemeError(f"{path.name}: {key}: {value!r} is not a colour such as #1d5fa8")
    return tokens


def _radius(value: object) -> float:
    """How round corners are, in rem. Raises ValueError unless it is written `0.5rem` and lies between 0 and 1.5."""
    if not isinstance(value, str) or not _RADIUS.fullmatch(value) or float(value[:-3]) > LARGEST_RADIUS:
        raise ValueError(f"{value!r} is not a length from 0rem to {LARGEST_RADIUS}rem")
    return float(value[:-3])


def _blocks(folder: Path, languages: Sequence[str]) -> dict[str, Mapping[str, str]]:
    blocks: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("*")):
        name, _, rest = path.name.partition(".")
        language = {"html": "en", "cy.html": "cy"}.get(rest)
        if name not in BLOCKS or language is None:
            raise ThemeError(f"blocks/{path.name}: a block is one of {', '.join(BLOCKS)}, with .html or .cy.html")
        if language not in languages:
            raise ThemeError(f"blocks/{path.name}: this site does not offer that language")
        blocks.setdefault(name, {})[language] = _block(path)
    for name, found in blocks.items():
        if missing := [language for language in languages if language not in found]:
            raise ThemeError(f"blocks/{name}: missing in {', '.join(missing)}, which this site offers")
    return {name: MappingProxyType(found) for name, found in blocks.items()}


_JINJA = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)


@cache
def _template(source: str) -> Template:
    return _JINJA.from_string(source)


def _block(path: Path) -> str:
    """The source of a block, after everything in it was found on the lists above."""
    where = f"blocks/{path.name}"
    try:
        source = path.read_text("utf-8")
        tree = _JINJA.parse(source)
    except (UnicodeDecodeError, TemplateSyntaxError) as error:
        raise ThemeError(f"{where}: {error}") from error
    if len(source) > LARGEST_BLOCK:
        raise ThemeError(f"{where}: longer than {LARGEST_BLOCK} characters")
    for node in tree.find_all(nodes.Node):
        if not _may_stand(node):
            words = " and ".join(f"{{{{ tenant.{word} }}}}" for word in sorted(TENANT_WORDS))
            raise ThemeError(
                f"{where}: line {node.lineno}: a block may use {words}, nothing else of the template language"
            )
    _Checker(where).check(source)
    return source


def _may_stand(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Getattr):
        return isinstance(node.node, nodes.Name) and node.attr in TENANT_WORDS
    if isinstance(node, nodes.Name):
        return node.name == "tenant"
    if isinstance(node, nodes.Output):
        # `{{ tenant }}` by itself would print the whole of it.
        return all(isinstance(part, nodes.TemplateData | nodes.Getattr) for part in node.nodes)
    return isinstance(node, nodes.TemplateData)


class _Checker(HTMLParser):
    """Lets through the tags of TAGS, closed in order, with `href` (https or a path) on links, and `lang`."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self._where = where
        self._open: list[str] = []
        self._tags = 0

    def check(self, source: str) -> None:
        """Raises ThemeError for the first thing in `source` that may not stand there."""
        self.feed(source)
        self.close()
        if self._open:
            self._refuse(f"<{self._open[-1]}> is not closed")
        if self._tags != source.count("<"):
            self._refuse("a < that opens no tag must be written &lt;")

    def _refuse(self, what: str) -> None:
        raise ThemeError(f"{self._where}: line {self.getpos()[0]}: {what}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self._refuse(f"<{tag}> is not allowed; {', '.join(sorted(TAGS))} are")
        for name, value in attrs:
            if tag == "a" and name == "href":
                if not _HREF.fullmatch(value or ""):
                    self._refuse(f"href: {value!r} is neither https:// nor a path of this site")
            elif name != "lang" or value not in {"en", "cy"}:
                self._refuse(f"<{tag} {name}> is not allowed")
        self._open.append(tag)
        self._tags += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._refuse(f"<{tag}/> is not allowed")

    def handle_endtag(self, tag: str) -> None:
        self._tags += 1
        if not self._open or self._open.pop() != tag:
            self._refuse(f"</{tag}> closes nothing")

    def handle_comment(self, data: str) -> None:
        self._refuse("comments would be sent to every reader")

    def handle_decl(self, decl: str) -> None:
        self._refuse("declarations are not allowed")

    def unknown_decl(self, data: str) -> None:
        self._refuse("declarations are not allowed")

    def handle_pi(self, data: str) -> None:
        self._refuse("processing instructions are not allowed")
