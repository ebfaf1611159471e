"""Templates, styles and scripts: nothing inline, nothing from another host. The content security policy would refuse it."""

import re
from pathlib import Path

from tests.support.sources import files, report, text

PLACES = ("templates", "core", "plugins", "tenants")
JINJA_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
INLINE = {
    "an inline style": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    # JSON-LD is data: browsers run none of it, and the policy does not ask about it (HTML, "prepare the script element").
    "an inline script": re.compile(
        r"""<script\b(?![^>]*\bsrc\s*=)(?! type="application/ld\+json">\{\{ [\w.]+\|tojson \}\}</script>)""",
        re.IGNORECASE,
    ),
    "a javascript: address": re.compile(r"""=\s*["']?\s*javascript:""", re.IGNORECASE),
    "something from another host": re.compile(
        r"""<(?:link|use|form)\b[^>]*\b(?:href|action)\s*=\s*["']?\s*(?:https?:)?//"""
        r"""|\b(?:src|srcset|poster|formaction|data|hx-[a-z]+)\s*=\s*["']?\s*(?:https?:)?//""",
        re.IGNORECASE,
    ),
}
FOREIGN = re.compile(r"https?://(?!www\.w3\.org/)[\w.-]+|@import|\burl\(\s*[\"']?//")
EVAL = re.compile(r"\beval\(|new Function\(|\.innerHTML\s*=|document\.write")


def _is_mail(path: Path) -> bool:
    """Mail is read without our stylesheet, so its HTML may carry styles of its own."""
    return "mail" in path.parts or "mails" in path.parts


def test_no_template_has_anything_inline_or_foreign() -> None:
    found = []
    for path in files(".html", ".svg", ".xml", under=PLACES):
        source = JINJA_COMMENT.sub(lambda m: "\n" * m[0].count("\n"), text(path))
        for what, pattern in INLINE.items():
            if _is_mail(path) and "style" in what:
                continue
            found += [f"{path}:{source.count(chr(10), 0, m.start()) + 1}: {what}" for m in pattern.finditer(source)]
    assert not found, report(found)


def test_no_stylesheet_or_script_reaches_another_host() -> None:
    found = [f"{path}: {hit[0]}" for path in files(".css", ".js", under=PLACES) for hit in FOREIGN.finditer(text(path))]
    assert not found, report(found)


def test_no_script_makes_code_or_markup_from_text() -> None:
    found = [f"{path}: {hit[0]}" for path in files(".js", under=PLACES) for hit in EVAL.finditer(text(path))]
    assert not found, report(found)


def test_the_links_of_a_list_keep_the_sites_prefix() -> None:
    """`request.path` leaves a partner's prefix out: links that are built on it lead to the UK site, or nowhere."""
    bare = re.compile(r"Listing\.read\(\s*request\.path|\{\{[^}]*(?<!script_root ~ )request\.path")
    found = [f"{path}: {hit[0]}" for path in files(".py", ".html", under=PLACES) for hit in bare.finditer(text(path))]
    assert not found, report(found)
    assert bare.search("Listing.read(\n    request.path, request.args)")
    assert not bare.search("{{ request.script_root ~ request.path }}")


def test_the_patterns_see_what_they_are_for() -> None:
    bad = {
        "an inline style": '<p class="a" style="color:red">',
        "a style element": "<style>p{}</style>",
        "an inline handler": '<button type="button" onclick="go()">',
        "an inline script": "<script>go()</script>",
        "a javascript: address": '<a href="javascript:go()">',
        "something from another host": '<img alt="" src="//cdn.example/x.png">',
    }
    assert not INLINE["an inline script"].search('<script type="application/ld+json">{{ keep.data|tojson }}</script>')
    assert INLINE["an inline script"].search('<script type="application/ld+json">{{ data }}</script>')
    good = '<a href="https://q.example/about" class="x">on = off</a><script src="/static/a.js" defer></script><link href="/a.css">'
    for what, pattern in INLINE.items():
        assert pattern.search(bad[what]), what
        assert not pattern.search(good), what


def test_lists_are_searched_one_way() -> None:
    """`searched()` drops what a database refuses; a parameter taken from the request as it came would be a 500."""
    asked = re.compile(r"""args(?:\.get\(|\[)["']q["']""")
    found = [str(path) for path in files(".py", under=PLACES) if path.name != "lists.py" and asked.search(text(path))]
    assert found == []


def _pages_of_forms() -> list[tuple[Path, str]]:
    """Every page that says what is wrong with a form."""
    pages = [(path, text(path)) for path in files(".html", under=("templates", "plugins"))]
    return [(path, source) for path, source in pages if "error_summary(" in source and "{% block title %}" in source]


def test_every_page_that_says_what_is_wrong_with_a_form_says_it_first_in_its_title() -> None:
    silent = [str(path) for path, source in _pages_of_forms() if "title_prefix(" not in source]
    assert not silent, report(silent)


def test_what_is_wrong_with_a_form_stands_above_the_heading_in_every_room() -> None:
    """A room's heading comes before its `main`: there the summary goes with the way back."""
    below = []
    for path, source in _pages_of_forms():
        heading, summary = source.find("{% block heading %}"), source.find("error_summary(form)")
        if -1 < heading < summary:
            below.append(str(path))
    assert not below, report(below)


_WAY_BACK = re.compile(r"(?:ui\.|go_)?back\(url_for\([^)]*_id=\w+\.\w+")
"""The way from a page back to one thing: an event, a window, an application."""
_SAYS_NOTHING = re.compile(
    r"\{\{[^}]*title_prefix\([^}]*\}\}|\{\{ ?_\('[^']*'\) ?\}\}|\{\{ ?(?:heading|heading_words|words) ?\}\}"
)


def test_a_page_about_one_thing_says_of_which_in_its_title() -> None:
    """Else two tabs of two events, or of two windows, are called alike."""
    alike = []
    for path in files(".html", under=("templates", "plugins")):
        source = text(path)
        title = re.search(r"\{% block title %\}(.*?)\{% endblock %\}", source)
        if title and _WAY_BACK.search(source) and "{{" not in _SAYS_NOTHING.sub("", title[1]):
            named = re.search(r"\{% set (?:heading|heading_words|words) = (.*?) %\}", source)
            if not (named and "%(" in named[1]):
                alike.append(str(path))
    assert not alike, report(alike)
