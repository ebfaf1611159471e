"""What another policy would make of claims that are over, and what other plugins make of one."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sdk import ExpenseLimit, Finding, Verdict
from plugins.expense_approvals.claims.changes import Past, adjustments, dry_run
from plugins.expense_approvals.claims.evaluator import evaluate
from plugins.expense_approvals.claims.lines import Line, Trip
from plugins.expense_approvals.claims.partners import combined
from plugins.expense_approvals.policy import illustrative
from plugins.expense_approvals.policy.history import Known
from plugins.expense_approvals.policy.rules import Policy
from tests.plugins.expense_approvals import drawn
from tests.support.thorough import examples

APRIL = date(2026, 4, 20)
THEN = Known(illustrative.versions(), datetime(2026, 5, 1, tzinfo=UTC))
NOW = Known(illustrative.versions(), datetime(2026, 6, 1, tzinfo=UTC))
PROVED = frozenset({"map", "receipt"})


def drive(key: str, miles: int, pence: int | None = None) -> Line:
    return Line(key, "mileage", APRIL, pence, miles=miles, vehicle="car", evidence=PROVED)


def past(ref: str, lines: list[Line], approved: dict[str, int]) -> Past:
    return Past(ref, tuple(lines), Trip(APRIL, APRIL, APRIL), approved)


def test_a_rate_published_late_pays_the_difference_to_the_penny_and_leaves_what_was_paid() -> None:
    lunch = Line("lunch", "lunch", APRIL, 700, evidence=PROVED)
    paid = past("one", [drive("out", 12_400), drive("back", 12_700), lunch], {"out": 558, "back": 572, "lunch": 700})
    found = adjustments([paid], THEN, NOW)
    assert [(one.ref, one.lines, one.total) for one in found] == [("one", (("out", 124), ("back", 127)), 251)]


def test_an_adjustment_leaves_alone_what_a_person_cut_and_what_was_asked_for_as_an_amount() -> None:
    cut, asked = past("cut", [drive("a", 10_000)], {"a": 300}), past("asked", [drive("a", 10_000, 450)], {"a": 450})
    assert adjustments([cut, asked], THEN, NOW) == []


def test_a_rate_taken_back_is_a_difference_below_nothing() -> None:
    paid = past("one", [drive("a", 10_000)], {"a": 550})
    cut = past("cut", [drive("a", 10_000)], {"a": 500})
    found = adjustments([paid, cut], NOW, THEN)
    assert [(one.ref, one.total) for one in found] == [("one", -100), ("cut", -50)]


def test_a_dry_run_says_which_lines_change_and_which_rule_does_it() -> None:
    policy = NOW(APRIL)
    assert policy is not None
    rules = [one.model_copy(update={"amounts": {"": 500}}) if one.key == "lunch_most" else one for one in policy.rules]
    tighter = policy.model_copy(update={"rules": tuple(rules)})
    lunches = [Line(key, "lunch", APRIL, pence, evidence=PROVED) for key, pence in (("a", 400), ("b", 750), ("c", 900))]
    claims = [past(ref, [line], {}) for ref, line in zip(("one", "two", "three"), lunches, strict=True)]
    found = dry_run(claims, NOW, lambda _: tighter)
    assert (found.claims, found.before, found.after) == (3, 1950, 1400)
    assert [(one.ref, one.line, one.difference, one.rules) for one in found.changes] == [
        ("two", "b", -250, ("lunch_most",)),
        ("three", "c", -300, ("lunch_most",)),  # the same rule, but it takes more
    ]
    assert found.by_rule == {"lunch_most": 2}


@examples(30)
@given(drawn.policies(), drawn.claims())
def test_the_same_policy_changes_nothing(policy: Policy, claim: tuple[list[Line], Trip]) -> None:
    lines, trip = claim
    approved = {one.line.key: one.allowed for one in evaluate(lines, trip, lambda _: policy).lines}
    one = Past("one", tuple(lines), trip, approved)
    assert dry_run([one], lambda _: policy, lambda _: policy).changes == ()
    assert adjustments([one], lambda _: policy, lambda _: policy) == []


@examples(40)
@given(drawn.policies(), drawn.policies(), drawn.claims())
def test_a_claim_and_its_adjustment_come_to_what_the_policy_now_allows(
    old: Policy, new: Policy, claim: tuple[list[Line], Trip]
) -> None:
    lines, trip = claim
    approved = {one.line.key: one.allowed for one in evaluate(lines, trip, lambda _: old).lines}
    found = adjustments([Past("one", tuple(lines), trip, approved)], lambda _: old, lambda _: new)
    due = sum(one.total for one in found)
    assert sum(approved.values()) + due == evaluate(lines, trip, lambda _: new).allowed


@examples(60)
@given(
    drawn.policies(),
    drawn.claims(),
    st.lists(st.builds(ExpenseLimit, st.sampled_from([*(f"line_{n}" for n in range(8)), "none"]), st.integers(0, 5_000), st.sampled_from("xyz"))),
    st.lists(st.sampled_from(list(Verdict))),
)  # fmt: skip
def test_partners_tighten_or_refer_and_never_approve(policy, claim, limits, verdicts) -> None:
    lines, trip = claim
    plain = evaluate(lines, trip, lambda _: policy)
    findings = [Finding(verdict, "message", "code", "plugin") for verdict in verdicts]
    found = combined(plain, [*findings, *limits])
    assert found == combined(plain, [*reversed(limits), *findings])
    for one, other in zip(plain.lines, found.evaluation.lines, strict=True):
        lowest = min([one.allowed, *(limit.pence for limit in limits if limit.line == one.line.key)])
        assert (other.allowed, other.claimed, other.referred) == (lowest, one.claimed, one.referred)
        assert (len(other.found) > len(one.found)) == (lowest < one.allowed)
    assert found.verdict >= max([*verdicts, Verdict.REFER if plain.referred else Verdict.ALLOW])


def test_a_limit_is_at_least_nothing() -> None:
    with pytest.raises(ValueError, match="at least 0"):
        ExpenseLimit("line", -1, "code")
