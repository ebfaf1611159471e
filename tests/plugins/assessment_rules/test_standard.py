"""`standard` and `lay_panel`, case by case."""

from typing import Any

import pytest

from core.sdk import Assessment, NationalPolicy, Outcome, Proposal, Reason, RuleConfig
from plugins.assessment_rules.lay_panel import LayPanel, LayPanelConfig
from plugins.assessment_rules.standard import Standard
from tests.unit.admissions.rules.cases import POLICY, assessed, case

ACCEPT, DECLINE, PANEL, MORE = Outcome.ACCEPT, Outcome.DECLINE, Outcome.PANEL, Outcome.MORE_ASSESSORS
THREES, FOURS, TWOS = (3,) * 5, (4,) * 5, (2,) * 5


def said(*assessments: Assessment, **choices: Any) -> Proposal:
    return Standard().propose(case(*assessments), RuleConfig(**choices), POLICY)


def codes(proposal: Proposal) -> list[str]:
    return [reason.code for reason in proposal.reasons]


def two(first: Any, second: Any, **more: Any) -> Proposal:
    return said(assessed("a", first), assessed("b", second), **more)


@pytest.mark.parametrize(("first", "second", "outcome", "why"), [
    (THREES, (3, 3, 4, 3, 3), ACCEPT, ["reaches"]),
    (TWOS, (2, 2, 1, 2, 2), DECLINE, ["below", "too_low"]),
    (THREES, (3, 3, 3, 2, 2), ACCEPT, ["reaches"]),
    (FOURS, TWOS, MORE, ["far_apart"]),
    ((3, 2, 2, 3, 3), (2, 3, 3, 2, 2), PANEL, ["borderline"]),
    ((4, 4, 4, 4, 1), (4, 4, 4, 4, 1), DECLINE, ["too_low"]),
    ((3, None, 3, 3, 3), (3, None, 3, 3, 3), PANEL, ["unscored"]),
    ((None,) * 5, FOURS, MORE, ["too_few"]),
])  # fmt: skip
def test_two_assessors(first: Any, second: Any, outcome: Outcome, why: list[str]):
    proposal = two(first, second)
    assert proposal.outcome is outcome
    assert codes(proposal) == why
    assert proposal.sign_off == ("partner_lead", "central_team")


def test_the_borderline_ends_exactly_where_it_is_said():
    # 2.75 is as far from 2.5 as 0.25 and no nearer.
    eleven_quarters = [assessed(name, (3, 3, 3, 3, low)) for name, low in (("a", 2), ("b", 1), ("c", 2), ("d", 2))]
    assert said(*eleven_quarters, borderline=0.25, floor=None).reasons[0] == Reason.of(
        "reaches", mean="2.75", threshold="2.50"
    )
    assert said(*eleven_quarters, borderline=0.26, floor=None).outcome is PANEL


def test_nobody_and_one_are_too_few():
    assert said().reasons == (Reason.of("too_few", have=0, need=2),)
    assert said(assessed("a", FOURS)).outcome is MORE


def test_a_third_assessor_then_the_panel():
    pair = (assessed("a", FOURS), assessed("b", TWOS))
    assert said(*pair).outcome is MORE
    assert said(*pair, assessed("c", THREES)).outcome is PANEL
    assert said(*pair, assessed("c", THREES), max_assessors=4).outcome is MORE


def test_opposite_recommendations_are_a_disagreement():
    yes, no = assessed("a", THREES, recommendation="accept"), assessed("b", THREES, recommendation="decline")
    unsure = assessed("b", THREES, recommendation="unsure")
    assert codes(said(yes, no)) == ["split"]
    assert said(yes, unsure).outcome is ACCEPT
    # Somebody who could score nothing has no say.
    assert said(yes, assessed("c", THREES), assessed("z", (None,) * 5, recommendation="decline")).outcome is ACCEPT


def test_a_missing_score_leaves_the_criterion_to_the_others_and_is_told():
    proposal = two((None, 3, 3, 3, 3), (4, 3, 3, 3, 3))
    assert proposal.reasons == (Reason.of("reaches", mean="3.20", threshold="2.50"),)
    assert proposal.notices == (Reason.of("partly_scored", criterion="experience"),)


def test_without_a_floor_the_mean_alone_decides():
    assert two((4, 4, 4, 4, 1), (4, 4, 4, 4, 1), floor=None).outcome is ACCEPT


def lay(*assessments: Assessment, **choices: Any) -> Proposal:
    return LayPanel().propose(case(*assessments), LayPanelConfig(**choices), POLICY)


def test_a_lay_panel_waits_for_its_roles_and_its_chair_signs_every_case():
    ann, ben = assessed("a", THREES, roles=("lay",)), assessed("b", THREES)
    eve = assessed("c", THREES, roles=("external",))
    assert lay(ann, ben, eve).outcome is ACCEPT
    without = lay(ann, ben, assessed("d", THREES))
    assert without.outcome is MORE
    assert without.reasons == (Reason.of("missing_role", role="external", have=0, need=1),)
    assert lay(ben, assessed("d", THREES), eve, lay=2).reasons == (
        Reason.of("missing_role", role="lay", have=0, need=2),
    )
    chain = ("panel_chair", "partner_lead", "central_team")
    assert {lay(ann, ben, eve).sign_off, without.sign_off, lay().sign_off} == {chain}
    assert lay(ann, ben, eve, sign_off=("panel_chair", "central_team")).sign_off == ("panel_chair", "central_team")


def test_one_person_may_hold_both_roles_and_an_empty_assessment_holds_none():
    both = assessed("a", THREES, roles=("external", "lay"))
    rest = (assessed("b", THREES), assessed("c", THREES))
    assert lay(both, *rest).outcome is ACCEPT
    silent = assessed("z", (None,) * 5, roles=("external", "lay"))
    assert lay(*rest, assessed("d", THREES), silent).outcome is MORE


def test_three_are_needed_whatever_their_roles():
    both = assessed("a", THREES, roles=("external", "lay"))
    assert lay(both, assessed("b", THREES)).reasons == (Reason.of("too_few", have=2, need=3),)


def test_a_role_cannot_need_more_people_than_there_are():
    with pytest.raises(ValueError, match="more assessors of one role"):
        LayPanelConfig(lay=4)
    assert LayPanel().required_roles(LayPanelConfig(lay=2)) == {"external": 1, "lay": 2}
    assert Standard().required_roles(RuleConfig(), "cy") == {}


def test_the_policy_rules_what_counts():
    criteria = NationalPolicy(criteria=("experience", "knowledge"))
    pair = case(assessed("a", (4, 4, 1, 1, 1)), assessed("b", (4, 4, 1, 1, 1)))
    assert Standard().propose(pair, RuleConfig(), criteria).outcome is ACCEPT
