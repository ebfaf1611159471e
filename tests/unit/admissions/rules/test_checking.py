"""Bounds are checked when a configuration is saved; an answer that may not stand is found whoever gave it."""

from typing import Any

import pytest

from core.admissions.rules import ConfigRefused, NationalPolicy, Outcome, PolicyException, Proposal, Reason
from core.admissions.rules.checking import checked_config, proposal_faults, snapshot_faults
from core.kernel.errors import Invalid
from tests.unit.admissions.rules.cases import GOOD, POLICY, Plain, assessed, case

ALLOWED = NationalPolicy(exceptions=(PolicyException(rule="plain", min_assessors=1, decision="board-2026-03"),))


def test_the_defaults_and_what_a_partner_may_choose_are_taken():
    assert checked_config(Plain(), {}, POLICY).n_assessors == 2
    chosen = checked_config(Plain(), {"threshold": 3, "floor": None, "sign_off": ["central_team"]}, POLICY)
    assert (chosen.threshold, chosen.floor, chosen.sign_off) == (3.0, None, ("central_team",))


@pytest.mark.parametrize(("raw", "field"), [
    ({"threshold": 3.5}, "threshold"),
    ({"threshold": 2.24}, "threshold"),
    ({"n_assessors": 1}, "n_assessors"),
    ({"max_assessors": 7}, "max_assessors"),
    ({"floor": 4}, "floor"),
    ({"borderline": 0.75}, "borderline"),
    ({"discrepancy": 3}, "discrepancy"),
    ({"sign_off": ["partner_lead"]}, "sign_off"),
    ({"sign_off": ["partner_lead", "central_team", "anybody"]}, "sign_off"),
    ({"sign_off": ["central_team", "central_team"]}, ""),
    ({"max_assessors": 1}, ""),
    ({"threshold": "2.5"}, "threshold"),
    ({"threshold": float("nan")}, "threshold"),
    ({"n_assessors": 2.5}, "n_assessors"),
    ({"no_such_thing": 1}, "no_such_thing"),
    ({"threshold": object()}, ""),
])  # fmt: skip
def test_what_the_policy_or_the_model_forbids_is_refused_at_its_field(raw: dict[str, Any], field: str):
    with pytest.raises(ConfigRefused) as refused:
        checked_config(Plain(), raw, POLICY)
    assert field in {problem.field.split(".")[0] for problem in refused.value.problems}
    assert isinstance(refused.value, Invalid)
    assert all(refused.value.field_errors.values())


def test_every_problem_is_told_at_once():
    with pytest.raises(ConfigRefused) as refused:
        checked_config(Plain(), {"threshold": 1, "n_assessors": 1, "sign_off": ["partner_lead"]}, POLICY)
    assert [problem.field for problem in refused.value.problems] == ["n_assessors", "threshold", "sign_off"]
    assert refused.value.field_errors["threshold"] == "The national policy allows 2.25 to 3."


def test_an_exception_of_the_central_team_allows_one_pack_fewer_assessors():
    assert checked_config(Plain(), {"n_assessors": 1}, ALLOWED).n_assessors == 1

    class Other(Plain):
        id = "other"

    with pytest.raises(ConfigRefused):
        checked_config(Other(), {"n_assessors": 1}, ALLOWED)


def test_scores_outside_the_scale_or_the_criteria_are_found():
    assert list(snapshot_faults(GOOD, POLICY)) == []
    strange = GOOD.assessments[0].scores[0].model_copy(update={"criterion": "charm"})
    wrong = case(
        assessed("a", (5, 0, 3, 3, None)),
        GOOD.assessments[0].model_copy(update={"scores": (strange,), "assessor": "z"}),
    )
    assert len(list(snapshot_faults(wrong, POLICY))) == 3


def _proposal(**more: Any) -> Proposal:
    reason = Reason.of("mean", mean="3.00")
    return Proposal(**{"outcome": Outcome.ACCEPT, "reasons": (reason,), "sign_off": ("central_team",)} | more)


@pytest.mark.parametrize("change", [
    {"sign_off": ("partner_lead",)},
    {"sign_off": ("central_team", "friend")},
    {"reasons": (Reason.of("unheard_of"),)},
    {"reasons": (Reason.of("mean", average="3"),)},
    {"notices": (Reason.of("unheard_of"),)},
])  # fmt: skip
def test_a_proposal_that_may_not_stand_is_found(change: dict[str, Any]):
    assert list(proposal_faults(Plain(), _proposal(), GOOD, POLICY)) == []
    assert len(list(proposal_faults(Plain(), _proposal(**change), GOOD, POLICY))) == 1


@pytest.mark.parametrize("outcome", list(Outcome))
def test_below_the_national_minimum_nothing_final_stands(outcome: Outcome):
    alone = case(assessed("a", (4, 4, 4, 4, 4)), assessed("b", (None,) * 5))
    faults = list(proposal_faults(Plain(), _proposal(outcome=outcome), alone, POLICY))
    assert bool(faults) == outcome.final
    assert list(proposal_faults(Plain(), _proposal(outcome=outcome), alone, ALLOWED)) == []
