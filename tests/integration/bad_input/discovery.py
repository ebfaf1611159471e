"""Which forms and which query parameters the application has, found by looking at its pages and at what its views ask for."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from core.kernel.ids import is_id
from core.web.sent import FormRequest, Sent
from tests.integration.bad_input.rooms.cast import FIRST
from tests.integration.bad_input.world import CSRF, Browser, World, prefix
from tests.support.client import FoundForm, forms

ASKED: set[str] = set()
"""The names that views have asked the query for, since the set was emptied last."""
TYPED = {"text", "email", "url", "number", "date", "datetime-local", "textarea", "search", "tel", "time"}
"""Kinds of fields that people type into and see again."""


class NotingQuery(Sent):
    """A request's parameters that note which names somebody asks for."""

    def get(self, key: Any, *rest: Any, **more: Any) -> Any:
        ASKED.add(key)
        return super().get(key, *rest, **more)

    def __getitem__(self, key: Any) -> Any:
        ASKED.add(key)
        return super().__getitem__(key)

    def getlist(self, key: Any, *rest: Any, **more: Any) -> Any:
        ASKED.add(key)
        return super().getlist(key, *rest, **more)

    def __contains__(self, key: object) -> bool:
        ASKED.add(str(key))
        return super().__contains__(key)


class NotingRequest(FormRequest):
    """A request whose parameters note what they are asked for."""

    parameter_storage_class = NotingQuery


@dataclass(frozen=True, eq=False)
class Way:
    """A form and how to send it well: `fields` are good answers to all of its questions."""

    browser: Browser
    endpoint: str
    page: str
    action: str
    fields: dict[str, list[str]]
    form: FoundForm

    @property
    def name(self) -> str:
        """What a failure calls it."""
        step = f" {self.fields['step'][0]}" if "step" in self.fields else ""
        return f"{self.endpoint}{step} ({self.browser.name}, {self.page[:60]})"

    @property
    def key(self) -> str:
        """By which its sample is drawn: the same in every run."""
        return " ".join((self.endpoint, *self.fields.get("step", []), self.button, self.browser.name))

    @property
    def button(self) -> str:
        """What the button that was pressed says, unless it names a thing: then all such buttons are one."""
        pressed = (value for name, [value, *_] in self.fields.items() if name not in self.form.kinds)
        return next((value for value in pressed if not is_id(value)), "")

    def visible(self) -> set[str]:
        """The fields that a person sees and answers."""
        return {name for name, kind in self.form.kinds.items() if kind != "hidden"}

    def answers(self, *, typed_only: bool) -> list[str]:
        """The names of the fields; the token has tests of its own."""
        return [n for n in self.fields if n != CSRF and (self.form.kinds.get(n) in TYPED or not typed_only)]

    def typed(self, but: str = "") -> Iterator[tuple[str, str]]:
        """The visible fields that people type into, with the good answer of each."""
        for name, kind in self.form.kinds.items():
            if kind in TYPED and name != but and self.fields.get(name, [""])[0]:
                yield name, self.fields[name][0]


def rules(app: Flask, method: str) -> Iterator[Rule]:
    """Every route that takes `method`."""
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()):
            yield rule


def addresses(world: World, rule: Rule) -> list[str]:
    """Every address of a route that leads somewhere in the world. Raises KeyError for a parameter nobody can fill."""
    given = [[(name, value) for value in world.values(rule, name)] for name in sorted(rule.arguments)]
    return [build(world.app, rule, dict(values)) for values in itertools.product(*given)]


def build(app: Flask, rule: Rule, values: dict[str, str]) -> str:
    """The address of a route with these parameters, under the site at which it is looked at."""
    converted = {k: int(v) if k in rule.arguments and _is_number(rule, k) else v for k, v in values.items()}
    return prefix(rule.endpoint) + app.url_map.bind("localhost").build(rule.endpoint, converted)


def _is_number(rule: Rule, name: str) -> bool:
    return type(rule._converters[name]).__name__ == "IntegerConverter"


def endpoint_of(app: Flask, path: str, method: str = "POST") -> str:
    """The route that answers `path`, whichever site it is under; empty when none does."""
    inner = path[len("/scotland") :] if path.startswith("/scotland/") else path
    try:
        return str(app.url_map.bind("localhost").match(inner, method=method)[0])
    except HTTPException:
        return ""


def _good(name: str, kind: str, form: FoundForm, special: dict[str, str]) -> list[str]:
    if name in special:
        return form.options[name][:1] if special[name] == FIRST else [special[name]]
    served = form.fields.get(name, [])
    if kind == "radio":
        return served or form.options[name][:1]
    if kind in {"hidden", "checkbox"} or (served and served[0]):
        return served
    if kind == "select":
        return [next(filter(None, form.options.get(name, [])), "")]
    usual = {
        "email": f"kept-{name}@example.org", "url": f"https://kept.example.org/{name}", "number": "7",
        "date": "2031-05-06", "datetime-local": "2031-05-06T10:00", "password": "seven plain walruses",
    }  # fmt: skip
    return [usual.get(kind, f"Kept {name}")]


def _ways(world: World, browser: Browser, page: str, html: str) -> Iterator[Way]:
    for form in forms(html):
        if form.method != "post":
            continue
        action = form.action or page
        endpoint = endpoint_of(world.app, urlsplit(action).path)
        special = world.good.get(endpoint, {})
        fields = {name: _good(name, kind, form, special) for name, kind in form.kinds.items()}
        fields = {name: values for name, values in fields.items() if values}
        if CSRF in fields:
            fields[CSRF] = [browser.token]
        for name, value in form.buttons or [("", "")]:
            yield Way(browser, endpoint, page, action, {**fields, **({name: [value]} if name else {})}, form)


def find_ways(world: World, taken: Callable[[Way, TestResponse], None]) -> dict[Way, TestResponse | None]:
    """Every different form that any of the browsers is shown, those behind a first step included, and what its good answers
    were answered when it was looked for what lies behind it: None for what lay there, which was not sent. `taken` is called with
    each of these answers, while the world is as the form has left it."""
    known: set[tuple[object, ...]] = set()
    answers: dict[Way, TestResponse | None] = {}

    def take(ways: Iterable[Way]) -> list[Way]:
        new = []
        for way in ways:
            step = way.fields.get("step", [""])[0]
            opened = endpoint_of(world.app, way.page, "GET") if step else ""  # undoing leads to the same step
            key = (way.endpoint, step, opened, way.button, tuple(sorted(way.form.kinds)))
            if key not in known:
                known.add(key)
                answers[way] = None
                new.append(way)
        return new

    for rule in list(rules(world.app, "GET")):
        alike = 0
        for browser in world.browsers:
            pages = [(at, html) for at in addresses(world, rule) if (html := _page(world, browser, at))]
            new = [way for at, html in pages for way in take(_ways(world, browser, at, html))]
            world.put_back()
            for way in new:
                after = answers[way] = world.send(way.browser, "POST", way.action, data=way.fields)
                if after.status_code == 200 and after.mimetype == "text/html":
                    take(_ways(world, way.browser, way.action, after.text))
                taken(way, after)
                world.put_back()
            alike += bool(pages) and not new
            if alike == 2:
                break  # who looks at it makes no difference to this page
    return answers


def _page(world: World, browser: Browser, address: str) -> str:
    """What somebody is shown at an address; nothing where it is no page for them."""
    response = world.send(browser, "GET", address)
    assert response.status_code < 500, address
    return response.text if response.status_code == 200 and response.mimetype == "text/html" else ""
