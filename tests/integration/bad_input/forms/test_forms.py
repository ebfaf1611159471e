"""Every form, fed with what nobody should send: a clear answer that keeps what was typed, nothing half written, no 5xx."""

from html import unescape
from io import BytesIO
from typing import Any

import pytest

from tests.integration.bad_input.discovery import Way, rules
from tests.integration.bad_input.judge import FILES as WITH_A_FILE
from tests.integration.bad_input.judge import accepted, listed, wrong_with
from tests.integration.bad_input.trials import Trials
from tests.integration.bad_input.values import FIELDS, FOR_EVERY_FIELD, expired
from tests.integration.bad_input.world import CSRF, World
from tests.support.thorough import some

FORM = "application/x-www-form-urlencoded"
UNKNOWN = {
    "tenant_id": "3", "state": "published", "version": "99", "role": "central_team", "is_system": "1", "taken": "-5",
    "account_id": "0" * 26, "created_by": "0" * 26, "__class__": "x", "set-nothing": "1", "": "nameless", "a[b][c]": "1",
}  # fmt: skip
pytestmark = pytest.mark.mainly("postgres")  # the engine that refuses more: null bytes, long words, large numbers
MORE_EACH_TIME = {"account.sign_in", "demo.sign_in", "account.data", "expense_approvals_manage.batch_file"}
"""Sent twice, these do what they do twice, as they should: another device, another copy of one's data, another fetching of a
file on record."""
STEPS = {"preview", "apply", "edit", "look", "publish", "send", "try"}
"""The values of buttons that lead from one page of a form to the next."""
NOTHING_TO_DO = {"windows.proposals_ask"}
"""In this world there is nothing for these to do: they write nothing, and lead on as they do for whoever presses a second time."""
SENT_AGAIN_WORDS = "Send what I wrote"
NO_SUCH_FIELD = "This form has no field named"
SENT_AGAIN = {
    "admissions.moderation_check", "decisions.check", "decisions.batch_move", "assessors.move", "windows.tried_agree",
    "console.plugin", "manage.plugin", "expense_approvals.ask", "expense_approvals_manage.policy_publish", "local_events.new",
    "local_events.press", "local_events.scanned", "local_events.register of one press", "demo.sign_in",
}  # fmt: skip
"""Presses of a button on a page that is not the form's own, or that only lead to its next step: what they sent is kept on a page of its
own. Every other form in which something was typed, or checked to be signed, is shown again itself: so the form of a place, which
its page tells apart from the one press by `asked`."""
METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "BREW")


WITHOUT_A_FORM = {"portal.stop_at_once", "admissions.policy_first", "local_events.presses"}
"""Asked for by mail programs alone, which send no form of ours; shown only as long as there is no policy, which windows of
this world need; and sent by a script. They have tests of their own."""


def _post(world: World, way: Way, data: Any, **options: Any) -> Any:
    return world.send(way.browser, "POST", way.action, data=data, **options)


def test_every_route_that_takes_a_form_is_reached(world: World, ways: list[Way]) -> None:
    """A new route is found by itself, as long as a page that one of the browsers can open holds its form."""
    known = {way.endpoint for way in ways}
    missing = {rule.endpoint for rule in rules(world.app, "POST")} - known - WITHOUT_A_FORM
    assert not missing, f"no page of this world holds a form for {sorted(missing)}: let make_world bring one about"
    assert {way.fields["step"][0] for way in ways if "step" in way.fields} == STEPS
    assert any(way.page.rpartition("/undo/")[1] for way in ways)


def test_good_answers_are_accepted(trials: Trials) -> None:
    """What all the others start from: each refuses because of the one thing that is wrong."""
    wrong = [(way.name, answer.status_code) for way, answer in trials.answered.items() if not accepted(way, answer)]
    assert not wrong, listed(wrong)


@pytest.fixture(scope="module")
def hostile(world: World, ways: list[Way]) -> dict[str, list[tuple[Way, str]]]:
    """The fields into which each kind of value is put."""
    found: dict[str, list[tuple[Way, str]]] = {kind: [] for kind in FIELDS}
    for way in ways:
        typed = way.answers(typed_only=True)
        for name in way.answers(typed_only=False):
            for kind in some(FIELDS, 1, world.engine, way.key, name):
                if kind in FOR_EVERY_FIELD or name in typed:
                    found[kind].append((way, name))
    return found


@pytest.mark.parametrize("kind", FIELDS)
def test_a_field_with_something_else_in_it(world: World, hostile: dict[str, list[tuple[Way, str]]], kind: str) -> None:
    wrong = []
    for way, name in hostile[kind]:
        response = _post(world, way, {**way.fields, name: FIELDS[kind]})
        if found := wrong_with(world, way, response, name):
            wrong.append((way.name, name, found))
        world.put_back()
    assert not wrong, listed(wrong)


def test_a_field_that_is_missing(world: World, ways: list[Way]) -> None:
    wrong = []
    for way in ways:
        for name in some(way.fields, 1, world.engine, way.key):
            left = {key: value for key, value in way.fields.items() if key != name}
            if found := wrong_with(world, way, _post(world, way, left), name):
                wrong.append((way.name, name, found))
            world.put_back()
    assert not wrong, listed(wrong)


def test_fields_that_nobody_asked_for(world: World, ways: list[Way]) -> None:
    """Names that a table has or a program might stumble over: the form is refused as with any other that it does not have."""
    wrong = []
    for way in some(ways, 25, "unknown"):
        more = {key: value for key, value in UNKNOWN.items() if key not in way.fields}
        response = _post(world, way, {**more, **way.fields})
        idle = way.endpoint in NOTHING_TO_DO and response.status_code == 303
        if (response.status_code != 422 and not idle) or world.watch.written():
            wrong.append((way.name, f"answered {response.status_code} and wrote {world.watch.written()}"))
        world.put_back()
    assert not wrong, listed(wrong)


def test_a_field_that_the_form_does_not_have(world: World, ways: list[Way]) -> None:
    """It is refused by its name; nothing is written, and every answer is still there to be sent without it."""
    wrong = []
    for way in ways:
        response = _post(world, way, {**way.fields, "made_up": ["Anything"]})
        shown = unescape(response.text)
        lost = [value for _, value in way.typed() if value not in shown]
        no_file = (
            way.endpoint in WITH_A_FILE and 'href="#file"' in response.text
        )  # told that first, as with good answers
        if way.endpoint in NOTHING_TO_DO and response.status_code == 303 and not world.watch.written():
            continue
        if response.status_code != 422 or (f"{NO_SUCH_FIELD} “made_up”" not in shown and not no_file):
            wrong.append((way.name, f"answered {response.status_code}"))
        elif found := world.watch.written():
            wrong.append((way.name, f"wrote {found}"))
        elif lost:
            wrong.append((way.name, f"lost {lost}"))
        elif SENT_AGAIN_WORDS in shown and _pressed(way) not in SENT_AGAIN:
            wrong.append((way.name, "its form is not shown again"))
        world.put_back()
    assert not wrong, listed(wrong)


def _pressed(way: Way) -> str:
    """The endpoint, and of the two forms that ask for a place, which."""
    one_press = way.endpoint == "local_events.register" and "asked" not in way.fields
    return f"{way.endpoint} of one press" if one_press else way.endpoint


def test_a_token_that_is_missing_forged_too_old_or_somebody_elses(world: World, ways: list[Way]) -> None:
    wrong = []
    for way in ways:
        other = next(browser for browser in world.browsers if browser is not way.browser)
        tokens: tuple[list[str], ...] = (
            [],
            ["forged"],
            [way.browser.token[:-2]],
            [other.token],
            [expired(world.app, way.browser)],
            ["\x00"],
        )
        for token in some(tokens, 2, way.key):
            response = _post(world, way, {**way.fields, CSRF: token})
            if response.status_code != 400 or "once more" not in response.text or world.watch.written():
                wrong.append((way.name, token, response.status_code))
            world.put_back()
    assert not wrong, listed(wrong)


def _shapes(way: Way) -> dict[str, dict[str, Any]]:
    """Bodies of the wrong shape: each is sent with a good token in the header, so that it is read at all."""
    files = {name: (BytesIO(b"GIF89a\x00\xff"), f"../../{name}\x00.gif") for name in way.fields if name != CSRF}
    good = {name: values[0] for name, values in way.fields.items()}
    many = {f"field{number}": "x" for number in range(600)}
    return {
        "nothing": {"data": b"", "content_type": FORM},
        "noise": {"data": b"\x00\xff%ff%00&&&===", "content_type": FORM},
        "json": {"json": good},
        "json of other kinds": {"json": {name: [1, None, {"a": []}] for name in good}},
        "json list": {"json": [1, "a", None]},
        "not json": {"data": b"{", "content_type": "application/json"},
        "strange charset": {"data": b"name=x", "content_type": f"{FORM}; charset=utf-7"},
        "no such type": {"data": b"name=x", "content_type": "\x7f/;;="},
        "files for answers": {"data": files, "content_type": "multipart/form-data"},
        "a file as well": {"data": {**good, "upload": (BytesIO(b"x"), "x.txt")}, "content_type": "multipart/form-data"},
        "no boundary": {"data": b"--x\r\n\r\nx\r\n--x--", "content_type": "multipart/form-data"},
        "cut off": {
            "data": b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nab',
            "content_type": "multipart/form-data; boundary=x",
        },
        "too many parts": {"data": {**good, **many}, "content_type": "multipart/form-data"},
        "too many fields": {"data": {**good, **many}, "content_type": FORM},
        "too large": {"data": b"name=" + b"x" * 700_000, "content_type": FORM},
        "far too large": {"data": b"name=x", "content_type": FORM, "headers": {"Content-Length": str(2**40)}},
    }


def test_a_body_of_another_shape(world: World, ways: list[Way]) -> None:
    wrong = []
    for way in {way.endpoint: way for way in ways}.values():
        for kind, options in some(_shapes(way).items(), 1, way.endpoint):
            headers = {"X-CSRFToken": way.browser.token, **options.pop("headers", {})}
            response = world.send(way.browser, "POST", way.action, headers=headers, **options)
            if found := wrong_with(world, way, response):
                wrong.append((way.name, kind, found))
            world.put_back()
    assert not wrong, listed(wrong)


def test_a_form_sent_twice_does_what_it_does_once(trials: Trials) -> None:
    wrong: list[Any] = []
    for way, tried in trials.twice.items():
        second = tried.second
        if second.status_code not in {200, 303, 400, 403, 404, 409, 410, 422} or NO_SUCH_FIELD.encode() in second.data:
            wrong.append((way.name, second.status_code))
        if tried.twice != tried.once and way.endpoint not in MORE_EACH_TIME:
            wrong.append((way.name, f"once {tried.once}, twice {tried.twice}"))
    assert not wrong, listed(wrong)


@pytest.mark.parametrize("method", METHODS)
def test_another_method(world: World, ways: list[Way], method: str) -> None:
    for way in ways:
        if method not in some(METHODS, 2, way.key):
            continue
        response = world.send(way.browser, method, way.action, data=way.fields)
        assert response.status_code < 500, way.name
        assert world.watch.written() == {}, way.name
