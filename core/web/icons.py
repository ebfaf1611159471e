"""Lucide's icons, written into the page: no request, no font, and they take the colour of the text around them."""

import re
from functools import cache, lru_cache
from importlib.resources import files
from xml.sax.saxutils import escape
from zipfile import ZipFile

from markupsafe import Markup

_BETWEEN_TAGS = re.compile(r">\s+<")


@cache
def _drawings() -> ZipFile:
    """Lucide's file of drawings, opened once: the package's own function opens it for each icon, which takes 20 ms."""
    return ZipFile(str(files("lucide") / "lucide.zip"))


@lru_cache(maxsize=256)
def _drawing(name: str) -> str:
    """What stands inside the icon's <svg>. Raises LookupError for a name that lucide does not have."""
    try:
        svg = _drawings().read(f"{name}.svg").decode()
    except KeyError as error:
        raise LookupError(f"there is no icon {name!r}") from error
    svg = _BETWEEN_TAGS.sub("><", svg.strip())
    return svg[svg.index(">") + 1 : svg.rindex("</svg>")].replace(" />", "/>")


@lru_cache(maxsize=512)
def icon(name: str, label: str | None = None) -> Markup:
    """Lucide's icon `name` as inline SVG of class `icon`; the stylesheet says how its lines look.

    Hidden from assistive technology, because the words beside it say the same; an icon that stands alone
    gets a `label` (in the reader's language). Raises LookupError for a name that lucide does not have.
    """
    spoken = f'role="img" aria-label="{escape(label, {chr(34): "&quot;"})}"' if label else 'aria-hidden="true"'
    drawn = f'<svg class="icon" viewBox="0 0 24 24" width="20" height="20" {spoken}>{_drawing(name)}</svg>'
    return Markup(drawn)  # noqa: S704 - the drawing is lucide's own file, and the label is escaped
