"""The forms of a page, read as a browser reads them: for whoever tests pages by sending the forms that they show."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_FORM = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>|(<form\b.*?(?:</form\s*>|\Z))", re.IGNORECASE | re.DOTALL)
"""A form with all that is in it; comments, scripts and styles are passed over, as what they hold is none."""


@dataclass
class FoundForm:
    """One form of a page: where it goes and what it holds as served.

    `kinds` says what each field is (an input's type, `select`, `textarea`), `options` what a select, radio buttons or boxes offer, `buttons` the
    (name, value) pairs that its buttons send.
    """

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[FoundForm] = []
        self._select = ""
        self._area = ""
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(FoundForm(given.get("action", ""), given.get("method", "get").lower()))
            self._open = True
        if not self._open or "disabled" in given:
            return
        name = given.get("name", "")
        if name and tag in {"input", "select", "textarea"}:
            self.forms[-1].kinds[name] = given.get("type", "text") if tag == "input" else tag
        if given.get("type") in {"radio", "checkbox"} and name:
            self.forms[-1].options.setdefault(name, []).append(given.get("value", ""))
        if tag == "button" and name:
            self.forms[-1].buttons.append((name, given.get("value", "")))
        if tag == "option" and self._select:
            self.forms[-1].options.setdefault(self._select, []).append(given.get("value", ""))
        if tag == "input" and name and given.get("type", "text") not in {"submit", "button", "image", "file", "reset"}:
            if given.get("type") not in {"checkbox", "radio"} or "checked" in given:
                self._add(name, given.get("value", "on" if given.get("type") == "checkbox" else ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self._add(self._select, given.get("value", ""))
        elif tag == "textarea" and name:
            self._area = name
            self._add(name, "")

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "form"
        if tag == "select":
            self._select = ""
        elif tag == "textarea" and self._area:
            held = self.forms[-1].fields[self._area]
            held[-1] = held[-1].replace("\r\n", "\n").removeprefix("\n")  # a browser drops the first line break too
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].fields[self._area][-1] += data

    def _add(self, name: str, value: str) -> None:
        self.forms[-1].fields.setdefault(name, []).append(value)


def forms(html: str) -> list[FoundForm]:
    """The forms of a page, in order."""
    parser = _Forms()
    # Most of a page stands outside its forms, and reading that would take longer than the rest.
    for found in _FORM.finditer(html):
        parser.feed(found[2] or "")
    return parser.forms
