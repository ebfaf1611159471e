"""Two people, or one with two tabs, change the same thing: the second is told, finds the own answers in the form, and can go on
from there; and nobody's change is lost because a slip was mended."""

from html import unescape

import pytest

from tests.integration.bad_input.discovery import Way
from tests.integration.bad_input.judge import accepted, listed
from tests.integration.bad_input.trials import NUMBERS, Overtaken, Trials

pytestmark = pytest.mark.mainly("postgres")  # as every form's other trials, with which it shares its world
HIDDEN_AFTERWARDS = {"assessing.recuse", "expense_approvals_manage.policy_discard"}
"""What is done takes the page away from whoever did it: there is nothing to show the form on."""
DONE_ALREADY = {"moving.move", "expense_approvals_manage.policy_publish"}
"""Whoever comes second is told that it is done, and that is all."""


@pytest.fixture(scope="module")
def overtaken(trials: Trials) -> dict[Way, Overtaken]:
    """Every form of what has a version, each after somebody else has sent it well."""
    assert {way.endpoint for way in trials.overtaken} >= {
        "account.home", "local_events.edit", "console.plugin", "manage.plugin"
    }  # fmt: skip
    for way, tried in trials.overtaken.items():
        assert tried.changed, way.name
        assert not any(b"This form has no field named" in answer.data for answer in tried.answers), way.name
    return trials.overtaken


def test_a_form_made_before_somebody_elses_change(overtaken: dict[Way, Overtaken]) -> None:
    """The second of two people is told and finds the own answers in a form that is made from what is there now."""
    wrong, shown_again = [], 0
    for way, tried in overtaken.items():
        response, again = tried.response, tried.again
        shown = unescape(response.text)
        lost = [value for _, value in way.typed() if value not in shown]
        hidden = way.endpoint in HIDDEN_AFTERWARDS and response.status_code == 404
        done = hidden or (way.endpoint in DONE_ALREADY and response.status_code == 303)
        shown_again += bool(again)
        if tried.wrote or (response.status_code not in {409, 422} and not done):
            wrong.append((way.name, f"answered {response.status_code}"))
        elif not done and lost and way.fields.get("step") != ["apply"]:
            wrong.append((way.name, f"lost {lost}"))
        elif again and any(again[name] == way.fields[name] for name in NUMBERS & set(way.fields)):
            wrong.append((way.name, "can never be sent: its form is still made from what was there before"))
    assert shown_again > 20
    assert not wrong, listed(wrong)


def test_a_slip_mended_after_somebody_elses_change(overtaken: dict[Way, Overtaken]) -> None:
    """An answer that is refused for a slip leaves the form made from what its reader saw: sent again, it does not write over
    the change that they have not seen."""
    mended = {way: tried for way, tried in overtaken.items() if tried.mended is not None}
    wrong = [
        (way.name, f"wrote over it once {tried.slip} was mended")
        for way, tried in mended.items()
        if tried.mended is not None and accepted(way, tried.mended)
    ]
    assert len(mended) > 30
    assert not wrong, listed(wrong)
