"""What plugins offer, what is refused, and what it is called."""

from typing import Any

import pytest
from pydantic import ConfigDict

from core.admissions.rules import RuleConfig, RuleSet, UnknownRule, collect
from tests.unit.admissions.rules.cases import Plain


class Newer(Plain):
    version = "1.1.0"


def test_exactly_one_pack_answers_to_a_reference():
    found = collect([("one", Plain()), ("one", Newer())])
    assert found.problems == ()
    assert found.resolve("plain@1.1.0").version == "1.1.0"
    assert found.resolve("plain@1.0.0").ref == "plain@1.0.0"
    for ref in ("plain@2.0.0", "plain", "plain@latest", ""):
        with pytest.raises(UnknownRule):
            found.resolve(ref)


def test_a_window_may_choose_from_the_plugins_that_are_on():
    class Other(Plain):
        id = "other"

    found = collect([("one", Plain()), ("two", Other())])
    assert [rules.ref for rules in found.offered({"two"})] == ["other@1.0.0"]
    assert [rules.ref for rules in found.offered({"one", "two"})] == ["other@1.0.0", "plain@1.0.0"]
    assert found.offered(()) == ()


def test_an_id_that_two_plugins_claim_is_refused_to_both():
    found = collect([("one", Plain()), ("two", Newer())])
    assert found.packs == {}
    assert [(one.plugin, one.ref) for one in found.problems] == [("one", "plain@1.0.0"), ("two", "plain@1.1.0")]
    assert "one, two" in found.problems[0].error


def test_a_reference_that_is_offered_twice_is_refused():
    found = collect([("one", Plain()), ("one", Plain()), ("one", Newer())])
    assert list(found.packs) == ["plain@1.1.0"]
    assert len(found.problems) == 2


class Loose(RuleConfig):
    model_config = ConfigDict(strict=False)


class Untitled(RuleConfig):
    more: int = 1


@pytest.mark.parametrize("change", [
    {"id": "Two Words"},
    {"id": 7},
    {"version": "1"},
    {"title": None},
    {"config_model": dict},
    {"config_model": Loose},
    {"config_model": Untitled},
    {"words": {}},
    {"words": {"a": 1}},
    {"inputs": frozenset({"name"})},
])  # fmt: skip
def test_a_pack_that_cannot_be_offered_is_told_why(change: dict[str, Any]):
    wrong: RuleSet[Any] = type("Wrong", (Plain,), change)()
    found = collect([("one", wrong), ("two", Plain())])
    assert [problem.plugin for problem in found.problems] == ["one"]
    assert list(found.packs) == ["plain@1.0.0"]


def test_what_is_no_pack_is_refused():
    assert [one.error for one in collect([("one", object()), ("one", Plain)]).problems] == ["it is no RuleSet"] * 2
