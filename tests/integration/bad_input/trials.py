"""What becomes of a good form that is sent more than once, and of one that somebody else's change has overtaken.

All of it begins with a form whose good answers were taken, as looking for what lies behind it does: they are sent once for all, and what is
sent after them is refused, or writes nothing more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.test import TestResponse

from core.kernel.errors import Conflict
from core.kernel.ids import new_token
from tests.integration.bad_input.discovery import Way, find_ways
from tests.integration.bad_input.world import CSRF, World
from tests.support.client import FoundForm, forms

WRONG = ("x" * 100_000, "", "2031-02-30T25:61", "a\x07\x1b")
"""Slips: whatever the field, one of them is refused."""
NUMBERS = {"version", "revision"}
"""Hidden fields that say from what the form was made."""
Fields = dict[str, list[str]]


@dataclass
class Twice:
    """Good answers, sent twice: how the second time was answered, and the tables that had been written to after each."""

    second: TestResponse
    once: dict[str, int]
    twice: dict[str, int]


@dataclass
class Overtaken:
    """A form that was made before somebody else's change, sent after it; and the same with a slip, which is then mended."""

    changed: dict[str, int]
    """The tables that the change wrote to."""
    response: TestResponse
    wrote: bool
    again: Fields | None
    """What the form sends in which it is shown again; None without one, and where no Conflict was raised."""
    slip: str = ""
    """The field with the slip; empty where none was answered with the form."""
    mended: TestResponse | None = None
    answers: list[TestResponse] = field(default_factory=list)
    """Every answer in turn."""


@dataclass
class Trials:
    """What was tried, by form: `answered` has every form, in the order in which they were found."""

    answered: dict[Way, TestResponse] = field(default_factory=dict)
    twice: dict[Way, Twice] = field(default_factory=dict)
    overtaken: dict[Way, Overtaken] = field(default_factory=dict)


def try_all(world: World) -> Trials:
    """Find every form, and try each."""
    trials = Trials()

    def taken(way: Way, answer: TestResponse) -> None:
        """The world is as the good answers have left it."""
        trials.twice[way] = tried = _twice(world, way)
        if _has_a_version(way) and "step" not in way.fields and tried.once == tried.twice:
            trials.overtaken[way] = _overtaken(world, way, [answer])

    found = find_ways(world, taken)
    for way, answer in found.items():
        trials.answered[way] = answer or _send(world, way, way.fields)
        if answer is None:  # it lies behind another
            taken(way, trials.answered[way])
            world.put_back()
    _overtake_steps(world, trials)
    return trials


def _twice(world: World, way: Way) -> Twice:
    once, at_once = world.watch.written(), world.watch.moment()
    second = _send(world, way, way.fields)
    return Twice(second, once, once if world.watch.moment() == at_once else world.watch.written())


def _overtake_steps(world: World, trials: Trials) -> None:
    """Forms of several steps, and those that were not tried yet: another person has gone through with it, for another reason."""
    found = [way for way in trials.answered if _has_a_version(way)]
    apply = {way.endpoint: way for way in found if way.fields.get("step") == ["apply"]}
    for way in found:
        first = apply.get(way.endpoint, way)
        if first is way and way in trials.overtaken:
            continue
        other = first.fields.get("step") == ["apply"] and "why" in first.fields  # else it is one change, sent twice
        answer = _send(world, first, {**first.fields, **({"why": ["Another reason"]} if other else {})})
        trials.overtaken[way] = _overtaken(world, way, [answer])
        world.put_back()


def _has_a_version(way: Way) -> bool:
    """Whether it is a form of what has a version, and writes."""
    looks = way.fields.get("step") in (["edit"], ["try"]) or way.fields.get("do") == ["try"]
    return bool(NUMBERS & set(way.fields)) and not looks


def _overtaken(world: World, way: Way, answers: list[TestResponse]) -> Overtaken:
    before, moment = world.watch.written(), world.watch.moment()
    with _conflicts() as raised:
        response = _send(world, way, {**way.fields, "form_key": [new_token()]})
    wrote = world.watch.moment() != moment and world.watch.written() != before
    again = _again(way, response) if raised else None
    found = Overtaken(before, response, wrote, again and again[1], answers=[*answers, response])
    name = next((name for name, _ in way.typed()), "")
    for value in WRONG if name else ():
        slip = _send(world, way, {**way.fields, "form_key": [new_token()], name: [value]})
        found.answers.append(slip)
        if slip.status_code == 422 and (once_more := _again(way, slip)):
            form, fields = once_more
            found.slip = name
            found.mended = _send(world, way, {**fields, name: way.fields[name]}, form.action)
            found.answers.append(found.mended)
            break
    return found


def _send(world: World, way: Way, fields: Fields, action: str = "") -> TestResponse:
    return world.send(way.browser, "POST", action or way.action, data=fields)


def _again(way: Way, response: TestResponse) -> tuple[FoundForm, Fields] | None:
    """The form as the answer shows it again, and what it sends; None where it is not offered any more."""
    for form in forms(response.text):
        if form.method == "post" and NUMBERS & set(form.kinds) and way.visible() <= set(form.kinds):
            pressed = {name: value for name, value in way.fields.items() if name not in form.kinds}
            return form, {**form.fields, **pressed, CSRF: [way.browser.token]}
    return None


@contextmanager
def _conflicts() -> Iterator[list[Conflict]]:
    """Every Conflict that is raised meanwhile."""
    raised: list[Conflict] = []
    make = Conflict.__init__

    def noting(self: Conflict, *words: Any, **params: Any) -> None:
        make(self, *words, **params)
        raised.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Conflict, "__init__", noting)
        yield raised
