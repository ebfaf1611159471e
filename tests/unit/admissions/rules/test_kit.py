"""The conformance kit: a sound rule pack passes all of it, a bad one fails the check that it breaks."""

from collections import Counter

import pytest

from core.admissions.rules import Input, Outcome, RuleConfig, RuleSet
from core.sdk.testing import CHECKS, check_rule_pack, rule_pack_faults
from core.sdk.testing.rule_cases import MOST, ROLES, case_of
from tests.unit.admissions.rules import bad_packs as bad
from tests.unit.admissions.rules.cases import POLICY, Plain

CONTROLS = [
    ("explains_itself", bad.Wordless()),
    ("explains_itself", bad.WithoutTheCentralTeam()),
    ("is_deterministic", bad.Dice()),
    ("is_deterministic", bad.Remembers()),
    ("is_deterministic", bad.LooksAtTheClock()),
    ("ignores_the_order_of_assessors", bad.FirstSpeaker()),
    ("ignores_who_is_who", bad.Favourite()),
    ("is_monotone", bad.TooGood()),
    ("never_takes_missing_for_a_number", bad.Filled()),
    ("never_takes_missing_for_a_number", bad.FilledWithFour()),
    ("never_takes_missing_for_a_number", bad.ScoredOnly()),
    ("never_takes_missing_for_a_number", bad.DecidesWhatNobodyScored()),
    ("never_takes_missing_for_a_number", bad.CountsTheEmpty()),
    ("never_decides_below_the_minimum", bad.OneIsEnough()),
    *(("reads_only_what_it_declares", bad.peeking(name)) for name in (*Input, "case")),
    ("is_quick", bad.Slow()),
]


def test_a_sound_pack_passes_every_check():
    check_rule_pack(Plain())


@pytest.mark.parametrize(
    ("check", "pack"), CONTROLS, ids=lambda value: value if isinstance(value, str) else type(value).__name__
)
def test_a_bad_pack_fails_the_check_it_breaks(check: str, pack: RuleSet):
    with pytest.raises(AssertionError):
        CHECKS[check](pack, RuleConfig(), POLICY)


def test_every_check_has_a_bad_pack():
    assert {check for check, _ in CONTROLS} == set(CHECKS)


def test_every_fault_is_told_with_the_case_that_shows_it():
    found = rule_pack_faults(bad.OneIsEnough())
    assert set(found) == {"never_decides_below_the_minimum"}
    assert "on 1 assessments" in found["never_decides_below_the_minimum"]
    assert "Snapshot(" in found["never_decides_below_the_minimum"]


def test_a_pack_that_raises_or_cannot_be_offered_fails():
    assert set(rule_pack_faults(bad.Raises())) == set(CHECKS)
    assert "ZeroDivisionError" in rule_pack_faults(bad.Raises())["is_quick"]

    class Nameless(Plain):
        title = None  # type: ignore[assignment]  # what is refused

    assert set(rule_pack_faults(Nameless())) == {"can_be_offered"}
    with pytest.raises(AssertionError, match="can_be_offered"):
        check_rule_pack(Nameless())


def test_the_cases_meet_every_outcome():
    met: Counter[Outcome] = Counter()
    for number in range(300):
        snapshot = case_of(POLICY, ROLES, 0, MOST, number)
        met[Plain().propose(snapshot, RuleConfig(), POLICY).outcome] += 1
    assert all(met[outcome] >= 20 for outcome in Outcome), met
