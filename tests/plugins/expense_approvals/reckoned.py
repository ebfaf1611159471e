"""A second evaluator, written apart from the product's: fractions, whole passes over all lines, sums before lines.

It knows the rules' meaning and nothing of how the product works it out. `allowed` gives pence by line.
"""

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from plugins.expense_approvals.claims.lines import Line, Trip


def half_up(value: Fraction) -> int:
    """To whole pence."""
    with_places = Decimal(value.numerator) / Decimal(value.denominator)  # denominators are powers of ten: exact
    return int(with_places.quantize(Decimal(1), ROUND_HALF_UP))


def year_of(day: date) -> int:
    """The tax year."""
    return day.year if day >= date(day.year, 4, 6) else day.year - 1


def mileage(rate, begun: Fraction, miles: Fraction, passengers: int) -> Fraction:
    """Pence: each step's share is what of [begun, begun + miles] lies between the step's ends."""
    total, low = miles * passengers * Fraction(rate.passenger, 1000), Fraction(0)
    for tier in rate.tiers:
        high = Fraction(tier.up_to) if tier.up_to is not None else begun + miles
        total += max(Fraction(0), min(high, begun + miles) - max(low, begun)) * Fraction(tier.rate, 1000)
        low = max(low, high)
    return total


def keeps(rule, line: Line, claimed: int, trip: Trip) -> bool:
    """Whether a line keeps a rule about single lines."""
    match rule.kind:
        case "prohibited":
            return False
        case "agreed":
            return line.agreed
        case "travel_class":
            return line.travel_class in rule.classes
        case "needs_reason":
            return line.has_reason or not claimed > rule.over
        case "receipt":
            return bool(set(line.evidence) & set(rule.accepts)) or not claimed > rule.over
        case "window":
            late = (trip.claimed_on - trip.ends_on).days
            early, after = (trip.starts_on - line.incurred_on).days, (line.incurred_on - trip.ends_on).days
            return late <= rule.days if rule.measure == "claimed" else max(early, after) <= rule.days
    return True


def allowed(lines: list[Line], trip: Trip, policy_on: Callable[[date], Any]) -> tuple[dict[str, int], dict[str, int]]:
    """(claimed, allowed) by line."""
    order = sorted(lines, key=lambda line: (line.incurred_on, line.key))
    claimed: dict[str, int] = {}
    left: dict[str, int] = {}
    for number, line in enumerate(order):
        policy = policy_on(line.incurred_on)
        units = {category.key: category.unit for category in policy.categories} if policy else {}
        mine = (
            [rule for rule in policy.rules if rule.category in ("all", line.category)] if line.category in units else []
        )
        value = line.pence or 0
        claimed[line.key] = left[line.key] = value
        if line.category not in units or (units[line.category] != "mile" and line.pence is None):
            left[line.key] = 0
            continue
        if units[line.category] == "mile":
            rates = [rule for rule in mine if rule.kind == "rate" and rule.vehicle == line.vehicle]
            if not rates:
                left[line.key] = 0
            else:
                earlier = [
                    one.miles for one in order[:number]
                    if one.vehicle == line.vehicle and year_of(one.incurred_on) == year_of(line.incurred_on)
                    and _counts(one, policy_on)
                ]  # fmt: skip
                begun = trip.miles_before.get((line.vehicle, year_of(line.incurred_on)), 0) + sum(earlier)
                worths = [
                    half_up(mileage(rate, Fraction(begun, 1000), Fraction(line.miles, 1000), line.passengers))
                    for rate in rates
                ]
                if line.pence is None:
                    claimed[line.key] = max(worths)
                left[line.key] = min(
                    [claimed[line.key], *(w for w, rate in zip(worths, rates, strict=True) if rate.severity == "block")]
                )
        for rule in mine:
            if rule.severity == "block" and not keeps(rule, line, claimed[line.key], trip):
                left[line.key] = 0
            if rule.severity == "block" and rule.kind == "cap" and rule.per == "unit":
                left[line.key] = min(left[line.key], rule.amounts.get(line.region, rule.amounts[""]) * line.quantity)
    for level in ("day", "category", "trip"):
        for rule, group in _groups(order, trip, policy_on, level):
            before = 0
            for line in group:
                cap = rule.amounts.get(line.region, rule.amounts[""])
                after = before + left[line.key]
                left[line.key] = min(cap, after) - min(cap, before)
                before = after
    return claimed, left


def _counts(line: Line, policy_on) -> bool:
    policy = policy_on(line.incurred_on)
    if policy is None or line.category not in {c.key for c in policy.categories if c.unit == "mile"}:
        return False
    return any(rule.kind == "rate" and rule.vehicle == line.vehicle for rule in policy.rules)


def _groups(order, trip, policy_on, level):
    """Each blocking cap that is shared on one level, with the lines that share it."""
    if level == "day":
        for day, category, region in sorted({(one.incurred_on, one.category, one.region) for one in order}):
            policy = policy_on(day)
            if policy is None or category not in {c.key for c in policy.categories}:
                continue
            group = [o for o in order if (o.incurred_on, o.category, o.region) == (day, category, region)]
            for rule in policy.rules:
                if (rule.kind, rule.category, rule.severity) == ("cap", category, "block") and rule.per == "day":
                    yield rule, group
        return
    policy = policy_on(trip.starts_on)
    for rule in policy.rules if policy else ():
        if rule.kind != "cap" or rule.per != "trip" or rule.severity != "block":
            continue
        if (rule.category == "all") != (level == "trip"):
            continue
        for region in sorted({one.region for one in order}):
            yield rule, [o for o in order if o.region == region and rule.category in ("all", o.category)]
