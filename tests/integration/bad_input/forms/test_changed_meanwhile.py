"""Two people, or one with two tabs, change the same thing: the second is told, finds the own answers in the form, and can go on
from there; and nobody's change is lost because a slip was mended."""

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from werkzeug.test import TestResponse

from core.kernel.errors import Conflict
from core.kernel.ids import new_token
from tests.integration.bad_input.discovery import Way
from tests.integration.bad_input.judge import accepted, listed
from tests.integration.bad_input.world import CSRF, World
from tests.support.client import FoundForm, forms

pytestmark = pytest.mark.mainly("postgres")  # as every form's other trials, with which it shares its world
HIDDEN_AFTERWARDS = {"assessing.recuse", "expense_approvals_manage.policy_discard"}
"""What is done takes the page away from whoever did it: there is nothing to show the form on."""
DONE_ALREADY = {"moving.move", "expense_approvals_manage.policy_publish"}
"""Whoever comes second is told that it is done, and that is all."""
WRONG = ("x" * 100_000, "", "2031-02-30T25:61", "a\x07\x1b")
"""Slips: whatever the field, one of them is refused."""
NUMBERS = {"version", "revision"}
"""Hidden fields that say from what the form was made."""


@pytest.fixture
def stale(world: World, ways: list[Way]) -> Iterator[Way]:
    """Every form of what has a version, one after the other, each after somebody else has sent it well."""
    found = [
        way
        for way in ways
        if NUMBERS & set(way.fields)
        and way.fields.get("step") not in (["edit"], ["try"])
        and way.fields.get("do") != ["try"]
    ]
    assert {way.endpoint for way in found} >= {"account.home", "local_events.edit", "console.plugin", "manage.plugin"}
    apply = {way.endpoint: way for way in found if way.fields.get("step") == ["apply"]}

    def overtaken() -> Iterator[Way]:
        for way in found:
            first = apply.get(way.endpoint, way)
            other = first.fields.get("step") == ["apply"] and "why" in first.fields  # else it is one change, sent twice
            reason = {"why": ["Another reason"]} if other else {}
            _send(world, first, {**first.fields, **reason})
            assert world.watch.written(), way.name
            yield way
            world.put_back()

    return overtaken()


def _send(world: World, way: Way, fields: dict[str, list[str]], action: str = "") -> TestResponse:
    response = world.send(way.browser, "POST", action or way.action, data=fields)
    assert b"This form has no field named" not in response.data, way.name
    return response


def _again(way: Way, response: TestResponse) -> tuple[FoundForm, dict[str, list[str]]] | None:
    """The form as the answer shows it again, and what it sends; None where it is not offered any more."""
    for form in forms(response.text):
        if form.method == "post" and NUMBERS & set(form.kinds) and way.visible() <= set(form.kinds):
            pressed = {name: value for name, value in way.fields.items() if name not in form.kinds}
            return form, {**form.fields, **pressed, CSRF: [way.browser.token]}
    return None


@pytest.fixture
def conflicts(monkeypatch: pytest.MonkeyPatch) -> list[Conflict]:
    """Every Conflict that was raised since the list was emptied last."""
    raised: list[Conflict] = []
    make = Conflict.__init__

    def noting(self: Conflict, *words: Any, **params: Any) -> None:
        make(self, *words, **params)
        raised.append(self)

    monkeypatch.setattr(Conflict, "__init__", noting)
    return raised


def test_a_form_made_before_somebody_elses_change(
    world: World, stale: Iterator[Way], conflicts: list[Conflict]
) -> None:
    """The second of two people is told and finds the own answers in a form that is made from what is there now."""
    wrong, overtaken = [], 0
    for way in stale:
        conflicts.clear()
        before, moment = world.watch.written(), world.watch.moment()
        response = _send(world, way, {**way.fields, "form_key": [new_token()]})
        wrote = world.watch.moment() != moment and world.watch.written() != before
        shown = unescape(response.text)
        lost = [value for _, value in way.typed() if value not in shown]
        hidden = way.endpoint in HIDDEN_AFTERWARDS and response.status_code == 404
        done = hidden or (way.endpoint in DONE_ALREADY and response.status_code == 303)
        once_more = _again(way, response) if conflicts else None
        overtaken += bool(once_more)
        if wrote or (response.status_code not in {409, 422} and not done):
            wrong.append((way.name, f"answered {response.status_code}"))
        elif not done and lost and way.fields.get("step") != ["apply"]:
            wrong.append((way.name, f"lost {lost}"))
        elif once_more and any(once_more[1][name] == way.fields[name] for name in NUMBERS & set(way.fields)):
            wrong.append((way.name, "can never be sent: its form is still made from what was there before"))
    assert overtaken > 20
    assert not wrong, listed(wrong)


def test_a_slip_mended_after_somebody_elses_change(world: World, stale: Iterator[Way]) -> None:
    """An answer that is refused for a slip leaves the form made from what its reader saw: sent again, it does not write over
    the change that they have not seen."""
    wrong, seen = [], 0
    for way in stale:
        name = next((name for name, _ in way.typed()), "")
        slips = (_send(world, way, {**way.fields, "form_key": [new_token()], name: [value]}) for value in WRONG if name)
        slip = next((slip for slip in slips if slip.status_code == 422 and _again(way, slip)), None)
        once_more = _again(way, slip) if slip else None
        if once_more is None:
            continue
        seen += 1
        form, fields = once_more
        if accepted(way, _send(world, way, {**fields, name: way.fields[name]}, form.action)):
            wrong.append((way.name, f"wrote over it once {name} was mended"))
    assert seen > 30
    assert not wrong, listed(wrong)
