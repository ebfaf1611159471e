"""Many claims that crowd under few caps, drawn with a seed: cheaper than a property, and it meets what a property seldom does."""

from datetime import timedelta
from random import Random
from typing import Any

from plugins.expense_approvals.claims.evaluator import evaluate
from plugins.expense_approvals.claims.lines import Line, Trip
from plugins.expense_approvals.policy.rules import AnyRule, Cap, Policy, Rate, Receipt, Tier
from tests.plugins.expense_approvals import drawn, reckoned
from tests.support.thorough import THOROUGH

POLICIES, CLAIMS = (4_000 if THOROUGH else 150), 8


def crowded_policy(random: Random) -> Policy:
    """A rate of two steps, and a cap of every width with a good chance each."""
    rules: list[AnyRule] = [
        Rate(key="car", category="miles", vehicle="car", passenger=random.randrange(9_000), words=drawn.WORDS,
             tiers=(Tier(up_to=random.randint(1, 60), rate=random.randint(30_001, 60_000)), Tier(rate=random.randint(0, 30_000)))),
        Receipt(key="proof", category="meal", over=random.randrange(3_000), words=drawn.WORDS),
    ]  # fmt: skip
    for category in ("meal", "miles", "all"):
        for per in ("trip",) if category == "all" else ("unit", "day", "trip"):
            if random.random() < 0.6:
                scale: Any = {"unit": 1, "day": 2, "trip": 4}[per] * (2 if category == "all" else 1)
                amounts = {"": random.randrange(3_000) * scale, "london": random.randrange(3_000) * scale}
                rules.append(Cap.model_validate({"key": f"{category}_{per}", "category": category, "per": per, "amounts": amounts, "words": drawn.WORDS, "severity": random.choice(["block"] * 4 + ["refer"])}))  # fmt: skip
    categories = [{"key": key, "title": drawn.WORDS, "unit": unit} for key, unit in drawn.CATEGORIES.items()]
    return Policy.model_validate({"categories": categories, "regions": {"london": drawn.WORDS}, "rules": rules})


def crowded_claim(random: Random) -> tuple[list[Line], Trip]:
    """Two to ten lines on three days, most of them with a receipt."""
    lines = []
    for number in range(random.randint(2, 10)):
        miles = random.random() < 0.4
        lines.append(Line(
            f"{random.randrange(1000):03}-{number}", "miles" if miles else "meal", drawn.FIRST + timedelta(days=random.randrange(3)),
            None if miles and random.random() < 0.7 else random.randint(1, 4_000), random.randint(1, 2),
            random.randint(1, 60_000) if miles else 0, "car" if miles else "", random.randrange(3),
            random.choice(["", "", "london"]), frozenset({"receipt"} if random.random() < 0.8 else ()),
        ))  # fmt: skip
    before = {("car", year): random.randrange(60_000) for year in (2025, 2026)}
    return lines, Trip(drawn.FIRST, drawn.FIRST + timedelta(days=2), drawn.FIRST + timedelta(days=9), before)


def test_two_evaluators_agree_on_crowded_claims() -> None:
    random = Random(20_261_128)
    cut = 0
    for _ in range(POLICIES):
        policy = crowded_policy(random)
        for _ in range(CLAIMS):
            lines, trip = crowded_claim(random)
            found = evaluate(lines, trip, lambda _, policy=policy: policy)  # type: ignore[misc]  # bound for this turn
            claimed, allowed = reckoned.allowed(lines, trip, lambda _, policy=policy: policy)  # type: ignore[misc]  # as above
            assert {one.line.key: (one.claimed, one.allowed) for one in found.lines} == {
                key: (claimed[key], allowed[key]) for key in claimed
            }
            cut += found.allowed < found.claimed
    assert cut > POLICIES * CLAIMS // 2
