"""`bilingual_wales` and `double_mark_sample`, case by case."""

from typing import Any

import pytest

from core.admissions.rules import ConfigRefused, WindowFigures, checked_config, collect, draw, run
from core.sdk import Assessment, Outcome, Proposal, Reason
from core.sdk.testing import CHECKS, check_rule_pack, rule_pack_faults
from plugins.assessment_rules.bilingual_wales import BilingualWales, BilingualWalesConfig
from plugins.assessment_rules.double_mark_sample import DoubleMarkSample, DoubleMarkSampleConfig, too_much
from tests.plugins.assessment_rules.pinned import ALLOWED, QUIET
from tests.unit.admissions.rules.cases import POLICY, assessed, case

ACCEPT, DECLINE, PANEL, MORE = Outcome.ACCEPT, Outcome.DECLINE, Outcome.PANEL, Outcome.MORE_ASSESSORS
THREES = (3,) * 5
READER = assessed("a", THREES, roles=("cy_reader",))
OTHER = assessed("b", THREES)


def welsh(*assessments: Assessment, language: str = "cy", **more: Any) -> Proposal:
    return BilingualWales().propose(case(*assessments, language=language, **more), BilingualWalesConfig(), POLICY)


@pytest.mark.parametrize(("assessments", "translation", "outcome", "why"), [
    ((READER, assessed("b", THREES, roles=("cy_reader",))), "none", ACCEPT, ["reaches"]),
    ((READER, OTHER), "none", PANEL, ["cannot_read"]),
    ((READER, OTHER), "all", ACCEPT, ["reaches"]),
    ((READER, OTHER), "some", PANEL, ["translated_for_some"]),
    ((OTHER, assessed("c", THREES)), "all", MORE, ["no_reader"]),
    ((OTHER, assessed("c", THREES)), "none", MORE, ["no_reader", "cannot_read"]),
    ((), "none", MORE, ["too_few"]),
])  # fmt: skip
def test_an_application_in_welsh_is_read_alike_by_all(
    assessments: tuple[Assessment, ...], translation: str, outcome: Outcome, why: list[str]
):
    proposal = welsh(*assessments, translation=translation)
    assert proposal.outcome is outcome
    assert [reason.code for reason in proposal.reasons] == why
    # In English the same assessors need nothing more.
    assert welsh(*assessments, language="en").outcome is (ACCEPT if assessments else MORE)


def test_readers_are_needed_for_welsh_alone():
    assert BilingualWales().required_roles(BilingualWalesConfig(), "cy") == {"cy_reader": 1}
    assert BilingualWales().required_roles(BilingualWalesConfig()) == {}


def test_a_slower_language_is_told_and_sways_nothing():
    readers = (READER, assessed("b", THREES, roles=("cy_reader",)))
    slow = WindowFigures(median_days_cy=40, median_days_en=30)
    assert welsh(*readers, window=slow).notices == (Reason.of("slower", days=10),)
    assert welsh(*readers, window=slow).outcome is ACCEPT
    assert welsh(*readers, window=slow, language="en").notices == ()
    assert welsh(*readers, window=WindowFigures(median_days_cy=39, median_days_en=30)).notices == ()
    assert welsh(*readers, window=WindowFigures(median_days_cy=39)).notices == ()
    assert welsh(window=slow).notices == (Reason.of("slower", days=10),)


def marked(*assessments: Assessment, **more: Any) -> Proposal:
    usual: dict[str, Any] = {"draw": 9999, "window": QUIET}
    return DoubleMarkSample().propose(case(*assessments, **usual | more), DoubleMarkSampleConfig(), ALLOWED)


def test_one_mark_is_enough_for_a_clear_acceptance_that_is_not_drawn():
    proposal = marked(assessed("a", THREES))
    assert (proposal.outcome, [reason.code for reason in proposal.reasons]) == (ACCEPT, ["one_mark", "reaches"])
    assert marked().outcome is MORE


@pytest.mark.parametrize(("one", "more", "why"), [
    (assessed("a", THREES), {"draw": 1999}, "sampled"),
    (assessed("a", THREES), {"draw": 0}, "sampled"),
    (assessed("a", THREES), {"window": WindowFigures()}, "escalated"),
    (assessed("a", THREES), {"window": WindowFigures(double_marked=60, disagreed=6)}, "escalated"),
    (assessed("a", (2,) * 5), {}, "second_mark"),
    (assessed("a", (3, 3, 3, 2, 2)), {}, "second_mark"),
    (assessed("a", (4, 4, 4, 4, None)), {}, "second_mark"),
    (assessed("a", (4, 4, 4, 4, 1)), {}, "second_mark"),
    (assessed("a", THREES, recommendation="unsure"), {}, "second_mark"),
    (assessed("a", THREES, recommendation="decline"), {}, "second_mark"),
])  # fmt: skip
def test_everything_else_is_marked_twice(one: Assessment, more: dict[str, Any], why: str):
    proposal = marked(one, **more)
    assert (proposal.outcome, [reason.code for reason in proposal.reasons]) == (MORE, [why])
    assert marked(one, assessed("b", THREES), **more).outcome is not None


def test_from_the_second_mark_on_it_is_the_standard_way():
    assert marked(assessed("a", THREES), assessed("b", THREES), draw=0).outcome is ACCEPT
    assert marked(assessed("a", (2,) * 5), assessed("b", (2,) * 5)).outcome is DECLINE


def test_about_a_fifth_is_drawn():
    ones = [marked(assessed("a", THREES), draw=draw(b"window", f"case-{n}")).outcome for n in range(1000)]
    assert 160 <= ones.count(MORE) <= 240


def test_second_marks_may_disagree_in_a_tenth_with_confidence():
    assert too_much(WindowFigures(double_marked=28), 10)
    assert not too_much(WindowFigures(double_marked=29), 10)
    assert not too_much(WindowFigures(double_marked=100_000, disagreed=8_000), 10)
    assert too_much(WindowFigures(double_marked=100_000, disagreed=9_900), 10)


def test_the_national_policy_refuses_it_by_default_and_takes_it_by_exception():
    pack = DoubleMarkSample()
    with pytest.raises(ConfigRefused) as refused:
        checked_config(pack, {}, POLICY)
    assert [problem.field for problem in refused.value.problems] == ["n_assessors"]
    assert checked_config(pack, {}, ALLOWED).n_assessors == 1
    book = collect([("assessment_rules", pack)])
    alone = case(assessed("a", THREES), draw=9999, window=QUIET)
    referred = run(book, pack.ref, {}, POLICY, alone)
    assert referred.proposed().outcome is PANEL
    assert referred.incident is not None
    assert referred.incident.kind == "config_refused"
    assert run(book, pack.ref, {}, ALLOWED, alone).proposed().outcome is ACCEPT


def test_the_kit_rejects_it_by_default_and_passes_it_with_the_exception():
    pack = DoubleMarkSample()
    assert set(rule_pack_faults(pack)) == {"keeps_the_national_bounds"}
    with pytest.raises(AssertionError, match="on 1 assessments"):
        CHECKS["never_decides_below_the_minimum"](pack, DoubleMarkSampleConfig(), POLICY)
    check_rule_pack(pack, ALLOWED)
