"""English and Welsh: catalogues are read straight from their .po files, the core's and each plugin's."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g
from flask_babel import Babel
from flask_babel.speaklater import LazyString
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from core.kernel.clock import london
from core.kernel.welsh import dates_inside

LANGUAGES = {"en": "English", "cy": "Cymraeg"}
CORE_CATALOGUES = Path(__file__).parent / "translations"
WORDS = "q.words"


@lru_cache(maxsize=64)
def _catalogue(folders: tuple[Path, ...], language: str) -> NullTranslations:
    """One language's words from every folder, the first folder winning where two say the same."""
    merged = Translations()
    for folder in reversed(folders):
        source = folder / language / "LC_MESSAGES" / "messages.po"
        if source.exists():
            compiled = BytesIO()
            with source.open("rb") as words:
                write_mo(compiled, read_po(words, locale=language))
            compiled.seek(0)
            found = Translations(compiled)
            merged.merge(found)
            merged.plural = found.plural  # else the rule of English chooses among the five forms of Welsh
    return merged


class _Words(dict[str, NullTranslations]):
    """An application's catalogues by language, each read when it is first asked for."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders

    def __missing__(self, language: str) -> NullTranslations:
        found = self[language] = _catalogue(self._folders, language)
        return found


def _words() -> NullTranslations:
    """The catalogue of this request's language."""
    known: _Words = current_app.extensions[WORDS]
    return known[language()]


def gettext(message: str, /, **values: Any) -> str:
    """`message` in this request's language, with its `%(name)s` places filled."""
    text: str = _words().ugettext(message) if message else ""
    return dates_inside(text % values) if values else text


def ngettext(one: str, many: str, num: int, /, **values: Any) -> str:
    """The right plural of a message for `num`, which is also its `%(num)s`."""
    text: str = _words().ungettext(one, many, num)
    return dates_inside(text % {"num": num, **values})


def lazy_gettext(message: str, /, **values: Any) -> LazyString:
    """A message that is translated when it is shown: for labels of forms, which are made once."""
    return LazyString(gettext, message, **values)


def language() -> str:
    """This request's language code; English outside a request."""
    try:
        found = g.get("here")
    except RuntimeError:  # Flask's word for it; asked first, it would be asked thirty times a page
        return "en"
    return found.language if found is not None else str(g.get("language", "en"))


@lru_cache(maxsize=8192)
def _shown(words: NullTranslations, message: str) -> Markup:
    """A message without values as templates show it: no different in any two requests of a language."""
    return Markup(words.ugettext(message) if message else "") % {}  # noqa: S704 - our own words, or a plugin's


def _for_templates(words: _Words) -> Callable[..., str]:
    """The `gettext` of templates: a message is always a format string, and what fills it is escaped where the template is."""

    @pass_eval_context
    def of_template(evaluated: EvalContext, message: str, /, **values: Any) -> str:
        if evaluated.autoescape and not values and type(message) is str:
            return _shown(words[language()], message)
        text = gettext(message)
        if not evaluated.autoescape:
            return dates_inside(text % values)
        return Markup(dates_inside(Markup(text) % values))  # noqa: S704 - as above, what fills it escaped before

    return of_template


def install(app: Flask, plugin_folders: Sequence[Path]) -> None:
    """Babel with our domain, and the date filters of templates."""
    words = _Words((CORE_CATALOGUES, *(folder / "translations" for folder in plugin_folders)))
    app.extensions[WORDS] = words
    Babel(app, locale_selector=language, default_timezone="Europe/London")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # by its i18n extension
    app.jinja_env.globals["_"] = app.jinja_env.globals["gettext"] = _for_templates(words)
    app.jinja_env.filters.update(
        when=when,
        day=day,
        clock=clock_time,
        when_range=when_range,
        date_parts=date_parts,
        stamp=stamp,
        month_year=month_year,
        london_day=london_day,
        short_day=short_day,
        weekday=weekday,
    )


def _locale() -> str:
    return "cy" if language() == "cy" else "en_GB"


def day(instant: datetime | date) -> str:
    """A date, or an instant's in London, in the reader's language: Monday 23 November 2026."""
    return _day(london(instant).date() if isinstance(instant, datetime) else instant, _locale())


@lru_cache(maxsize=4096)
def _day(on: date, locale: str) -> str:
    """Formatting a date takes Babel 30 µs, and a list says the same few dates again and again."""
    return str(format_date(on, "EEEE d MMMM y", locale=locale))


def month_year(on: date) -> str:
    """A day's month in the reader's language: November 2026."""
    return str(format_date(on, "LLLL y", locale=_locale()))


def weekday(on: date) -> str:
    """A day's name, short, in the reader's language: Mon."""
    return str(format_date(on, "EEE", locale=_locale())).rstrip(".")


def london_day(instant: datetime) -> date:
    """The day that it is in London at an instant."""
    return london(instant).date()


def short_day(on: date) -> str:
    """A date, short, for the columns of tables: 23 Nov 2026."""
    _, number, month, year = _date_parts(on, _locale())
    return f"{number} {month} {year}"


def date_parts(instant: datetime) -> tuple[str, str, str, str]:
    """A date in London in pieces, for a date block: Mon, 23, Nov, 2026 in the reader's language."""
    return _date_parts(london(instant).date(), _locale())


@lru_cache(maxsize=2048)
def _date_parts(on: date, locale: str) -> tuple[str, str, str, str]:
    return (
        str(format_date(on, "EEE", locale=locale)).rstrip("."),
        str(on.day),
        str(format_date(on, "MMM", locale=locale)).rstrip("."),
        str(on.year),
    )


def clock_time(instant: datetime) -> str:
    """A time of day in London: 14:30."""
    return f"{london(instant):%H:%M}"


def when(instant: datetime) -> str:
    """Day and time in London."""
    return f"{day(instant)}, {clock_time(instant)}"


def stamp(instant: datetime) -> str:
    """Day and time in London, short, for the columns of tables: 23 Nov 2026, 14:30."""
    return f"{short_day(london(instant).date())}, {clock_time(instant)}"


def when_range(start: datetime, end: datetime) -> str:
    """From `start` to `end`, the day said once where it is the same."""
    if london(start).date() == london(end).date():
        return f"{day(start)}, {clock_time(start)}–{clock_time(end)}"
    return f"{when(start)} – {when(end)}"


def say(message: str, params: dict[str, Any] | None = None) -> str:
    """A service's msgid in the reader's language, its places filled."""
    return gettext(message, **(params or {}))
