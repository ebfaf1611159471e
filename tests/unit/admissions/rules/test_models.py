"""What a rule may see, and the one way of writing it down."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from core.admissions.rules import (
    CRITERIA,
    Assessment,
    Bounds,
    Input,
    NationalPolicy,
    PolicyException,
    Reason,
    Score,
    Snapshot,
    WindowFigures,
    canonical,
    sha256,
)
from tests.unit.admissions.rules.cases import NOW, assessed, case


def test_the_order_of_assessors_scores_and_roles_leaves_no_trace():
    a, b = assessed("a", (3, 3, 4, 3, None), roles=("lay", "external")), assessed("b", (1, 2, 3, 4, 1))
    turned = Assessment(assessor="a", scores=tuple(reversed(a.scores)), roles=("external", "lay", "lay"))
    assert canonical(case(a, b)) == canonical(case(b, turned))


def test_the_text_survives_being_stored_and_is_the_same_in_another_zone():
    snapshot = case(assessed("a", (3, None, 4, 3, 3), recommendation="accept"), draw=17, language="cy")
    text = canonical(snapshot)
    assert canonical(Snapshot.model_validate_json(text)) == text
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5)))
    assert sha256(canonical(snapshot.model_copy(update={"now": NOW}))) == sha256(
        canonical(Snapshot.model_validate(dict(snapshot) | {"now": elsewhere}))
    )


@pytest.mark.parametrize("name", ["Mair Jones", "mair@example.org", "a b", "é", "", "x" * 65])
def test_a_name_does_not_fit_into_a_pseudonym(name: str):
    with pytest.raises(ValidationError):
        Assessment(assessor=name)
    with pytest.raises(ValidationError):
        Snapshot(case=name, now=NOW)


def test_nothing_unknown_nothing_converted_nothing_changed():
    with pytest.raises(ValidationError):
        Snapshot.model_validate({"case": "c", "now": NOW, "ethnicity": "x"})
    for value in (True, 3.0, "3"):
        with pytest.raises(ValidationError):
            Score.model_validate({"criterion": "experience", "value": value})
    with pytest.raises(ValidationError):
        Snapshot(case="c", now=datetime(2026, 1, 1))  # noqa: DTZ001 - the very thing that is refused
    with pytest.raises(ValidationError, match="frozen"):
        setattr(case(), "case", "other")  # noqa: B010 - a plain assignment is refused by the types already


def test_nobody_is_there_twice():
    one = assessed("a", (1, 2, 3, 4, 1))
    with pytest.raises(ValidationError, match="twice"):
        case(one, one)
    with pytest.raises(ValidationError, match="twice"):
        Assessment(assessor="a", scores=(one.scores[0], one.scores[0]))
    with pytest.raises(ValidationError, match="twice"):
        Reason(code="x", params=(("a", 1), ("a", 2)))
    with pytest.raises(ValidationError, match="more disagreements"):
        WindowFigures(double_marked=1, disagreed=2)


def test_a_rule_sees_what_it_declares_and_the_rest_is_blank():
    full = case(
        assessed("a", (1, 2, 3, 4, 1), roles=("lay",), recommendation="accept"),
        language="cy", area="wales", draw=5, translation="all", form_version=4, window=WindowFigures(double_marked=3),
    )  # fmt: skip
    nothing = full.seen_by(frozenset())
    assert nothing == case(
        assessed("a", (1, 2, 3, 4, 1)), case="case", now=datetime.fromisoformat("1970-01-01T00:00:00Z")
    )
    assert full.seen_by(frozenset(Input)).model_copy(update={"case": "case-1"}) == full
    assert full.seen_by(frozenset({Input.ROLES})).assessments[0].roles == ("lay",)
    assert set(Input) - {Input.ROLES, Input.RECOMMENDATION} == set(Snapshot.model_fields) - {"case", "assessments"}


def test_who_could_score_nothing_has_not_assessed():
    assert not assessed("a", (None,) * 5).scored
    assert case(assessed("a", (None,) * 5), assessed("b", (None, 1, None, None, None))).scored[0].assessor == "b"


def test_the_policy_has_the_national_criteria_and_holds_together():
    policy = NationalPolicy()
    assert policy.criteria == CRITERIA == ("experience", "knowledge", "commitment", "collaboration", "contribution")
    assert (policy.lowest, policy.highest, policy.min_assessors) == (1, 4, 2)
    allowed = PolicyException(rule="plain", min_assessors=1, decision="board-2026-03")
    wrong: list[dict[str, Any]] = [
        {"criteria": ()},
        {"criteria": ("a", "a")},
        {"lowest": 4},
        {"min_assessors": 7},
        {"sign_off_needs": ()},
        {"sign_off_roles": ("partner_lead",)},
        {"exceptions": (allowed, allowed)},
    ]
    for change in wrong:
        with pytest.raises(ValidationError):
            NationalPolicy(**change)
    with pytest.raises(ValidationError):
        Bounds(least=3, most=2)
    assert NationalPolicy(exceptions=(allowed,)).minimum_for("plain") == 1
    assert NationalPolicy(exceptions=(allowed,)).minimum_for("standard") == 2
    text = canonical(NationalPolicy(exceptions=(allowed,)))
    assert canonical(NationalPolicy.model_validate_json(text)) == text
