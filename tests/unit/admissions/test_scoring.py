"""Scores as they are typed: what lacks is named, what is sealed is what was typed, and unable is no number."""

import pytest

from core.admissions import scoring
from core.admissions.content.shapes import CRITERIA

WHOLE = dict.fromkeys(CRITERIA, "3") | {scoring.reason_of(key): "As the answer shows." for key in CRITERIA}


def test_a_whole_draft_has_no_problems_and_comes_back() -> None:
    draft = {**WHOLE, "knowledge": scoring.UNABLE, scoring.RECOMMENDATION: "unsure"}
    assert scoring.problems(draft) == {}
    found = scoring.verdicts(draft)
    knowledge = next(one for one in found if one.criterion == "knowledge")
    assert (knowledge.value, knowledge.words, knowledge.not_scored) == (None, "", "As the answer shows.")
    assert scoring.as_draft(found, "unsure") == draft


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"knowledge": ""}, "knowledge"),
        ({"knowledge_why": "  "}, "knowledge_why"),
        ({"knowledge_why": "x" * 4001}, "knowledge_why"),
        ({"knowledge": scoring.UNABLE, "knowledge_why": "x" * 501}, "knowledge_why"),
    ],
)
def test_what_lacks_is_named(changes: dict[str, str], field: str) -> None:
    assert set(scoring.problems(WHOLE | changes)) == {field}


@pytest.mark.parametrize(
    ("field", "sent", "read"),
    [
        ("knowledge", ["4"], "4"), ("knowledge", ["5"], ""), ("knowledge", ["unable"], "unable"), ("knowledge", [], ""),
        ("recommendation", ["accept"], "accept"), ("recommendation", ["maybe"], ""), ("knowledge_why", [" a\r\nb "], "a\nb"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_nothing(field: str, sent: list[str], read: str) -> None:
    assert scoring.read(field, sent) == read


def test_the_sum_is_of_the_words_and_of_the_version() -> None:
    sums = {
        scoring.digest(draft, version)
        for draft in (WHOLE, WHOLE | {"knowledge": "4"}, WHOLE | {"knowledge_why": "Other"})
        for version in ("a", "b", None)
    }
    assert len(sums) == 9
    assert scoring.digest({**WHOLE, "recommendation": ""}, "a") == scoring.digest(WHOLE, "a")
