"""What the policy allows of a claim: its invariants, a second evaluator, and cases a person can check by hand."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.expense_approvals.claims.evaluator import evaluate
from plugins.expense_approvals.claims.lines import WORDS, Line, Trip
from plugins.expense_approvals.policy import illustrative, tightening
from plugins.expense_approvals.policy.rules import EVERYTHING, AnyRule, Cap, Policy, Rate
from tests.plugins.expense_approvals import drawn, reckoned
from tests.support.thorough import examples

NOW = illustrative.versions()[-1].policy
DAY = date(2026, 6, 10)
TRIP = Trip(DAY, DAY, DAY)
CLAIM = tuple[list[Line], Trip]


def on(policy: Policy):
    return lambda _: policy


@examples(60)
@given(drawn.policies(), drawn.claims())
def test_a_second_evaluator_agrees_to_the_penny(policy: Policy, claim: CLAIM) -> None:
    lines, trip = claim
    found = evaluate(lines, trip, on(policy))
    claimed, allowed = reckoned.allowed(lines, trip, on(policy))
    assert {one.line.key: one.claimed for one in found.lines} == claimed
    assert {one.line.key: one.allowed for one in found.lines} == allowed


@examples(60)
@given(drawn.policies(), drawn.policies(), drawn.claims(), st.integers(0, 6))
def test_it_agrees_where_the_policy_changes_in_the_middle_of_a_trip(
    old: Policy, new: Policy, claim: CLAIM, days: int
) -> None:
    def policy_on(day: date) -> Policy | None:
        since = (day - drawn.FIRST).days
        return None if since == 0 else (old if since < days else new)

    lines, trip = claim
    found = evaluate(lines, trip, policy_on)
    assert {one.line.key: one.allowed for one in found.lines} == reckoned.allowed(lines, trip, policy_on)[1]


@examples(30)
@given(drawn.policies(), drawn.claims())
def test_never_more_is_allowed_than_is_claimed_and_totals_are_sums_of_rounded_lines(
    policy: Policy, claim: CLAIM
) -> None:
    lines, trip = claim
    found = evaluate(lines, trip, on(policy))
    assert [one.line for one in found.lines] == lines
    assert all(0 <= one.allowed <= one.claimed for one in found.lines)
    assert found.allowed == sum(one.allowed for one in found.lines) <= found.claimed
    for one in found.lines:
        reasons = [reason for reason in one.found if reason.effect != "referred"]
        assert bool(reasons) == (one.allowed < one.claimed) or one.claimed == 0
        assert all(reason.code in WORDS for reason in one.found)


@examples(30)
@given(drawn.policies(), drawn.claims(), st.randoms(use_true_random=False))
def test_the_order_of_the_lines_does_not_matter(policy: Policy, claim: CLAIM, random) -> None:
    lines, trip = claim
    turned = list(lines)
    random.shuffle(turned)
    first, second = evaluate(lines, trip, on(policy)), evaluate(turned, trip, on(policy))
    assert {one.line.key: one for one in first.lines} == {one.line.key: one for one in second.lines}


def typed(lines: Iterable[Line]) -> list[Line]:
    """The lines as somebody types them, one after the other: a line's key is its place."""
    return [replace(line, key=f"{place:04}") for place, line in enumerate(lines)]


def without_steps(policy: Policy) -> Policy:
    """The same policy with one rate a mile for the whole year: a declared step is where the order of one day's miles tells."""
    rules = [
        rule.model_copy(update={"tiers": rule.tiers[-1:]}) if isinstance(rule, Rate) else rule for rule in policy.rules
    ]
    return policy.model_copy(update={"rules": tuple(rules)})


@examples(60)
@given(drawn.policies(), drawn.claims(), st.randoms(use_true_random=False))
def test_totals_do_not_depend_on_the_order_in_which_lines_are_typed(drawn_policy: Policy, claim: CLAIM, random) -> None:
    """In all; and by kind of cost too, where no cap is for everything together."""
    policy, (lines, trip) = without_steps(drawn_policy), claim
    turned = list(lines)
    random.shuffle(turned)
    first, second = (evaluate(typed(some), trip, on(policy)) for some in (lines, turned))
    assert (first.claimed, first.allowed) == (second.claimed, second.allowed)
    if not any(isinstance(rule, Cap) and rule.category == EVERYTHING for rule in policy.rules):
        by_kind = [Counter[str](), Counter[str]()]
        for counted, found in zip(by_kind, (first, second), strict=True):
            for one in found.lines:
                counted[one.line.category] += one.allowed
        assert by_kind[0] == by_kind[1]


def test_of_one_days_lines_the_first_that_was_typed_has_the_shared_cap() -> None:
    cap = {"key": "day", "kind": "cap", "category": "lunch", "per": "day", "amounts": {"": 2000}, "words": drawn.WORDS}
    policy = NOW.model_validate({**NOW.model_dump(), "examples": (), "rules": [cap]})
    lines = [Line("", "lunch", DAY, 1_500), Line("", "lunch", DAY, 800)]
    for order, allowed in ((lines, [1_500, 500]), (lines[::-1], [800, 1_200])):
        found = evaluate(typed(order), TRIP, on(policy))
        assert [one.allowed for one in found.lines] == allowed
        assert found.allowed == 2_000


def test_of_one_days_miles_the_first_that_were_typed_are_below_a_years_step() -> None:
    """The exception to the order: a step that the policy declares. What is refused has taken its share of the better rate."""
    driven: Any = {"miles": 1_000, "vehicle": "car", "evidence": frozenset({"map"})}
    never = {"key": "why", "kind": "needs_reason", "category": "mileage", "words": drawn.WORDS}
    policy = NOW.model_validate({**NOW.model_dump(), "examples": (), "rules": [*NOW.model_dump()["rules"], never]})
    lines = [Line("", "mileage", DAY, None, has_reason=True, **driven), Line("", "mileage", DAY, None, **driven)]
    trip = Trip(DAY, DAY, DAY, {("car", 2026): 9_999_000})
    assert [evaluate(typed(order), trip, on(policy)).allowed for order in (lines, lines[::-1])] == [55, 25]


@examples(60)
@given(drawn.policies(), drawn.additions(), drawn.claims())
def test_tightening_never_raises_what_is_allowed(policy: Policy, wished: list[AnyRule], claim: CLAIM) -> None:
    lines, trip = claim
    refused = {problem.rule for problem in tightening.problems(policy, wished)}
    added = [rule for rule in wished if rule.key not in refused]
    before = evaluate(lines, trip, on(policy))
    after = evaluate(lines, trip, on(tightening.tightened(policy, added)))
    assert after.allowed <= before.allowed
    assert after.claimed == before.claimed
    by_group: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for one, other in zip(before.lines, after.lines, strict=True):
        by_group[one.line.category, one.line.region][0] += one.allowed
        by_group[one.line.category, one.line.region][1] += other.allowed
        assert {f.rule for f in one.found if f.effect != "cut"} <= {f.rule for f in other.found} | {
            f.rule for f in one.found if f.code.startswith(("cap", "rate"))
        }
    if not any(rule.category == "all" for rule in policy.rules):
        assert all(after <= before for before, after in by_group.values())


def test_a_year_has_its_steps_inside_one_line_and_over_lines_by_their_days() -> None:
    car: Any = {"vehicle": "car", "evidence": frozenset({"map"})}
    lines = [
        Line("b", "mileage", DAY + timedelta(days=1), None, miles=100_000, **car),
        Line("a", "mileage", DAY, None, miles=60_000, **car),
    ]
    found = evaluate(lines, Trip(DAY, DAY, DAY, {("car", 2026): 9_900_000}), on(NOW))
    assert [one.allowed for one in found.lines] == [40 * 55 + 60 * 25, 60 * 55]
    fresh = evaluate(lines, Trip(DAY, DAY, DAY, {("car", 2025): 9_900_000}), on(NOW))
    assert fresh.allowed == 160 * 55


@pytest.mark.parametrize(("miles", "pence"), [(1, 0), (9, 0), (10, 1), (27, 1), (28, 2), (1_000, 55), (12_400, 682)])
def test_miles_are_rounded_once_half_a_penny_upwards(miles: int, pence: int) -> None:
    line = Line("a", "mileage", DAY, None, miles=miles, vehicle="car", evidence=frozenset({"map"}))
    assert evaluate([line], TRIP, on(NOW)).allowed == pence


def test_a_refused_line_leaves_its_share_of_a_day_to_the_others() -> None:
    policy = NOW.model_validate(
        {**NOW.model_dump(), "examples": (), "rules": [
            {"key": "day", "kind": "cap", "category": "lunch", "per": "day", "amounts": {"": 2000}, "words": drawn.WORDS},
            {"key": "proof", "kind": "receipt", "category": "lunch", "words": drawn.WORDS},
        ]}
    )  # fmt: skip
    paid = frozenset({"receipt"})
    lines = [
        Line("a", "lunch", DAY, 10_000),
        Line("b", "lunch", DAY, 1_500, evidence=paid),
        Line("c", "lunch", DAY, 800, evidence=paid),
        Line("d", "lunch", DAY + timedelta(days=1), 700, evidence=paid),
    ]
    found = evaluate(lines, TRIP, on(policy))
    assert [one.allowed for one in found.lines] == [0, 1_500, 500, 700]
    assert [(f.rule, f.code, f.effect) for one in found.lines for f in one.found] == [
        ("proof", "receipt", "refused"),
        ("day", "cap_day", "cut"),
    ]


def test_what_is_only_referred_keeps_its_amount() -> None:
    line = Line("a", "other", DAY, 4_500, evidence=frozenset({"receipt"}), has_reason=True)
    found = evaluate([line], TRIP, on(NOW))
    assert (found.allowed, found.referred) == (4_500, True)


def test_a_day_without_a_policy_allows_nothing() -> None:
    found = evaluate([Line("a", "lunch", DAY, 800)], TRIP, lambda _: None)
    assert [(f.code, f.effect) for f in found.lines[0].found] == [("no_policy", "refused")]


def test_two_lines_with_one_key_are_an_error() -> None:
    with pytest.raises(ValueError, match="one key"):
        evaluate([Line("a", "lunch", DAY, 800)] * 2, TRIP, on(NOW))


def test_ten_thousand_lines_are_no_trouble() -> None:
    lines = [
        Line(f"{n:05}", "lunch", DAY + timedelta(days=n % 300), 900, evidence=frozenset({"receipt"}))
        for n in range(10_000)
    ]
    assert evaluate(lines, TRIP, on(NOW)).claimed == 9_000_000
