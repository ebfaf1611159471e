"""A theme: the tokens and blocks on the list, and nothing else, whatever it is made to look like."""

import re
from pathlib import Path

import pytest

from core.tenancy.files import read_tenant_files, read_themes
from core.tenancy.theme import Theme, ThemeError, read_theme, tenant_css

TENANTS = Path(__file__).resolve().parents[3] / "tenants"
FILES = read_tenant_files(TENANTS)
COLOURS = {"brand": "#6c26a2", "accent": "#eeb32b", "map": "#9147ca"}


def _theme(folder: Path, *, tokens: str = "", languages: tuple[str, ...] = ("en",), **blocks: str) -> Theme:
    (folder / "blocks").mkdir()
    (folder / "tokens.toml").write_text(tokens)
    for name, source in blocks.items():
        (folder / "blocks" / (f"{name}.html")).write_text(source)
    return read_theme(folder, languages)


def test_no_folder_is_no_theme(tmp_path: Path) -> None:
    assert read_theme(tmp_path / "theme", ("en",)) == Theme()
    assert Theme().block("home_intro", "en", {"name": "Wales", "partner": "P"}) is None


def test_wales_has_one_in_both_its_languages() -> None:
    themes = read_themes(TENANTS, FILES)
    assert list(themes) == ["wales"]
    wales = themes["wales"]
    assert dict(wales.tokens) == {"radius": "0.5rem"}
    english = wales.block("home_intro", "en", {"name": "Wales", "partner": "Public Health Wales"})
    welsh = wales.block("home_intro", "cy", {"name": "Cymru", "partner": "Iechyd Cyhoeddus Cymru"})
    assert english is not None
    assert welsh is not None
    assert "Wales site" in english
    assert "safle Cymru" in welsh


def test_words_put_into_a_block_are_escaped(tmp_path: Path) -> None:
    theme = _theme(tmp_path, home_intro='<p><a href="/events/">{{ tenant.name }}</a> {{ tenant.partner }}</p>')
    made = theme.block("home_intro", "en", {"name": "<b>A & B</b>", "partner": "P"})
    assert made == '<p><a href="/events/">&lt;b&gt;A &amp; B&lt;/b&gt;</a> P</p>'


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        ('link = "#000000"', "tokens.toml: link: a theme may set brand, accent, radius"),
        ('[brand]\ncolour = "#000000"', "tokens.toml: brand: "),
        ('brand = "purple"', "tokens.toml: brand: 'purple' is not a colour"),
        ("brand = 6", "tokens.toml: brand: 6 is not a colour"),
        ('accent = "#fff;}body{display:none"', "tokens.toml: accent: "),
        ('radius = "5px"', "tokens.toml: radius: "),
        ('radius = "1.6rem"', "tokens.toml: radius: "),
        ('radius = "-1rem"', "tokens.toml: radius: "),
        ("radius = 1", "tokens.toml: radius: "),
        ('radius = "1rem;}"', "tokens.toml: radius: "),
        ("radius = ", "tokens.toml: Invalid value"),
    ],
)
def test_a_token_that_is_not_on_the_list_is_refused(tmp_path: Path, tokens: str, said: str) -> None:
    with pytest.raises(ThemeError) as raised:
        _theme(tmp_path, tokens=tokens)
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize(
    "source",
    [
        "{% include 'layouts/page.html' %}",
        "{% extends 'layouts/page.html' %}",
        "{% set x = 1 %}",
        "{% for a in tenant.name %}{% endfor %}",
        "{% if tenant.name %}{% endif %}",
        "{{ tenant }}",
        "{{ tenant.details }}",
        "{{ tenant['name'] }}",
        "{{ tenant.name|safe }}",
        "{{ tenant.name.upper() }}",
        "{{ tenant.name ~ 'x' }}",
        "{{ tenant.__class__ }}",
        "{{ here.session }}",
        "{{ config }}",
        "{{ 7 * 7 }}",
        "{{ tenant.name",
        "<script src=/x.js></script>",
        "<SCRIPT>1</SCRIPT>",
        "<style>p{}</style>",
        "<img src='/x.png'>",
        "<iframe src='/'></iframe>",
        "<form action='/'></form>",
        "<p style='color:red'>x</p>",
        "<p onclick='x()'>x</p>",
        "<p class='btn'>x</p>",
        "<p id='main'>x</p>",
        "<p lang='xx'>x</p>",
        "<p lang>x</p>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='&#106;avascript:alert(1)'>x</a>",
        "<a href='//other.example/'>x</a>",
        "<a href='/\\other.example/'>x</a>",
        "<a href='http://other.example/'>x</a>",
        "<a href='/{{ tenant.name }}'>x</a>",
        "<a href>x</a>",
        "<a target='_blank' href='/'>x</a>",
        "<p>x",
        "<p><strong>x</p></strong>",
        "</p>",
        "<p/>",
        "<p>1 < 2</p>",
        "<p>x</p><a href='/x",
        "<p>x</p><a",
        "<!-- x -->",
        "<!DOCTYPE html>",
        "<?php ?>",
        "<![CDATA[x]]>",
        "<p>" + "x" * 4000 + "</p>",
    ],
)
def test_a_block_with_more_than_words_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(ThemeError, match=r"^blocks/home_intro\.html: "):
        _theme(tmp_path, home_intro=source)


@pytest.mark.parametrize("name", ["header", "home_intro.fr", "home_intro.en", "HOME_INTRO", "home_intro.cy"])
def test_a_block_that_is_not_on_the_list_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / f"{name}.html").write_text("<p>x</p>")
    with pytest.raises(ThemeError, match=rf"^blocks/{re.escape(name)}\.html: "):
        read_theme(tmp_path, ("en",))


def test_a_block_is_wanted_in_every_language_of_the_site(tmp_path: Path) -> None:
    with pytest.raises(ThemeError, match="blocks/footer_note: missing in cy"):
        _theme(tmp_path, languages=("en", "cy"), footer_note="<p>x</p>")


@pytest.mark.parametrize("name", ["page.html", "static", "blocks.html", "q.css", ".hidden"])
def test_nothing_else_may_lie_in_a_theme(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    with pytest.raises(ThemeError, match=re.escape(f"{name}: a theme holds tokens.toml and blocks/")):
        read_theme(tmp_path, ("en",))


def test_the_stylesheet_is_one_rule_in_the_last_layer() -> None:
    css = tenant_css(COLOURS, {})
    assert css == "@layer tenant{:root{--brand:#6c26a2;--brand-ink:#ffffff;--accent:#eeb32b}}\n"
    assert css.count("{") == css.count("}") == 2


def test_tokens_override_colours_and_keep_the_radii_in_proportion() -> None:
    css = tenant_css(COLOURS, {"accent": "#ffffff", "radius": "0.875rem"})
    assert "--accent:#ffffff;--r1:0.5rem;--r2:0.875rem;--r3:1.25rem}" in css
    assert "--r1:0rem;--r2:0rem;--r3:0rem" in tenant_css(COLOURS, {"radius": "0rem"})


@pytest.mark.parametrize("wrong", [{"brand": "red"}, {"accent": "#fff}"}, {"radius": "1rem}"}])
def test_nothing_unchecked_gets_into_the_stylesheet(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="is not a"):
        tenant_css(COLOURS, wrong)
