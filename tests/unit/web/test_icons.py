"""Icons in the page."""

import re
from pathlib import Path

import pytest

from core.web.icons import icon

ROOT = Path(__file__).resolve().parents[3]
ICON = re.compile(r"\bicon\('([a-z0-9-]+)'\)")
NAMED = re.compile(r"\bicon='([a-z0-9-]+)'")


def test_an_icon_beside_words_is_hidden_from_those_who_hear_the_page() -> None:
    drawn = icon("calendar")
    assert drawn.startswith('<svg class="icon"')
    assert 'aria-hidden="true"' in drawn
    assert "<path" in drawn
    assert "style=" not in drawn
    assert "xmlns" not in drawn
    assert "\n" not in drawn


def test_an_icon_that_stands_alone_has_a_name() -> None:
    drawn = icon("x", 'Close "it" <now>')
    assert 'role="img" aria-label="Close &quot;it&quot; &lt;now&gt;"' in drawn
    assert "aria-hidden" not in drawn


def test_an_unknown_icon_is_named() -> None:
    with pytest.raises(LookupError, match="no-such-icon"):
        icon("no-such-icon")


def test_every_icon_that_a_template_names_exists() -> None:
    names = set()
    for folder in ("templates", "plugins"):
        for path in (ROOT / folder).rglob("*.html"):
            source = path.read_text("utf-8")
            names |= set(ICON.findall(source)) | set(NAMED.findall(source))
    assert len(names) > 10
    for name in sorted(names):
        icon(name)
