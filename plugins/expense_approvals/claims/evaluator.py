"""The evaluator: a claim's lines under the policies in force on their days.

Steps, in this order, so that whoever knows them can do the sum by hand:
1. a line's worth: what is asked for, and for miles what the rates make of them;
2. rules about one line (proof, reason, class, days, what is never covered): refused, or put before a person;
3. caps for a unit, then for a day, then for the trip by category, then for the trip in all. Lines of one group share a cap in
   the order of their days and then of their keys (for a claim the places in which they were typed). The order inside one day
   changes no total, but where a year's step falls into it; it may change which line carries a shared cap.

Miles count towards a year's steps in the same order. They count as claimed, also where the line is refused for another
reason: so refusing one line never makes another dearer. Groups lie inside each other and never across; that is why a tighter
rule can never raise what a claim is allowed in all (it can leave more of a shared cap to another line).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from core.sdk import rounded
from plugins.expense_approvals.claims.lines import Evaluation, Found, Judged, Line, Trip
from plugins.expense_approvals.policy.history import tax_year
from plugins.expense_approvals.policy.rules import (
    EVERYTHING,
    Agreed,
    AnyRule,
    Cap,
    NeedsReason,
    Policy,
    Prohibited,
    Rate,
    Receipt,
    TravelClass,
    Window,
)

PolicyOn = Callable[[date], Policy | None]
MILE = 1000
PER_PENNY = 1_000_000
"""Thousandths of a mile times thousandths of a penny in one penny."""


class _Sum:
    """One line while it is worked on."""

    __slots__ = ("allowed", "claimed", "found", "line", "policy")

    def __init__(self, line: Line, policy: Policy | None) -> None:
        self.line, self.policy = line, policy
        self.claimed = self.allowed = line.pence or 0
        self.found: list[Found] = []

    def refuse(self, code: str, rule: str = "", **params: int) -> None:
        self.found.append(Found(self.line.key, rule, code, "refused", params))
        self.allowed = 0

    def hold(self, most: int, rule: AnyRule, code: str, told: int) -> None:
        """Keep to `most` pence; `told` is the figure of the rule."""
        if self.allowed > most:
            cut = rule.severity == "block"
            self.found.append(Found(self.line.key, rule.key, code, "cut" if cut else "referred", {"most": told}))
            self.allowed = most if cut else self.allowed


def evaluate(lines: Iterable[Line], trip: Trip, policy_on: PolicyOn) -> Evaluation:
    """What is allowed of each line and why. `policy_on` gives the policy in force on a day, as it is to be known.

    Raises ValueError when two lines have one key.
    """
    given = tuple(lines)
    if len({line.key for line in given}) != len(given):
        raise ValueError("two lines of a claim have one key")
    sums = [
        _Sum(line, policy_on(line.incurred_on)) for line in sorted(given, key=lambda one: (one.incurred_on, one.key))
    ]
    miles = defaultdict(int, trip.miles_before)
    for one in sums:
        _worth(one, miles)
        for rule in _about(one):
            _one_line(one, rule, trip)
    _day_caps(sums)
    whole = policy_on(trip.starts_on)
    if whole is not None:
        _trip_caps(sums, whole)
    done = {one.line.key: Judged(one.line, one.claimed, one.allowed, tuple(one.found)) for one in sums}
    return Evaluation(tuple(done[line.key] for line in given))


def _about(one: _Sum) -> Iterator[AnyRule]:
    """The rules about a line's category; none where its day or its category has none."""
    if one.policy is not None and one.policy.category(one.line.category) is not None:
        yield from (rule for rule in one.policy.rules if rule.category in (one.line.category, EVERYTHING))


def _worth(one: _Sum, miles: dict[tuple[str, int], int]) -> None:
    """The worth of a line; miles are counted in `miles`."""
    line = one.line
    if one.policy is None:
        return one.refuse("no_policy")
    category = one.policy.category(line.category)
    if category is None:
        return one.refuse("unknown_category")
    if category.unit != "mile":
        return one.refuse("no_amount") if line.pence is None else None
    rates = [rule for rule in _about(one) if isinstance(rule, Rate) and rule.vehicle == line.vehicle]
    if not rates:
        return one.refuse("no_rate")
    year = (line.vehicle, tax_year(line.incurred_on))
    start, miles[year] = miles[year], miles[year] + line.miles
    worths = {rate.key: worth(rate, start, line.miles, line.passengers) for rate in rates}
    if line.pence is None:  # the national rate is the highest: a site's are never above it
        one.claimed = one.allowed = rounded(max(worths.values()), PER_PENNY)
    for rate in rates:
        most = rounded(worths[rate.key], PER_PENNY)
        one.hold(most, rate, "rate", most)
    return None


def worth(rate: Rate, start: int, miles: int, passengers: int) -> int:
    """Miles (thousandths) from `start` of the tax year on, in millionths of a penny: split where a step ends, unrounded."""
    total, at, end = miles * passengers * rate.passenger, start, start + miles
    for tier in rate.tiers:
        stop = end if tier.up_to is None else min(end, tier.up_to * MILE)
        if stop > at:
            total += (stop - at) * tier.rate
            at = stop
    return total


def _one_line(one: _Sum, rule: AnyRule, trip: Trip) -> None:
    """Hold one line against one rule about lines."""
    if isinstance(rule, Cap):
        if rule.per == "unit":
            most = rule.amount(one.line.region)
            one.hold(most * one.line.quantity, rule, "cap_unit", most * one.line.quantity)
        return
    code = _broken(one, rule, trip)
    if code:
        params = {"days": rule.days} if isinstance(rule, Window) else {}
        if rule.severity == "block":
            one.refuse(code, rule.key, **params)
        else:
            one.found.append(Found(one.line.key, rule.key, code, "referred", params))


def _broken(one: _Sum, rule: AnyRule, trip: Trip) -> str:
    """The code of what a line does not keep; "" when it keeps the rule."""
    line = one.line
    if isinstance(rule, Prohibited):
        return "prohibited"
    if isinstance(rule, Agreed):
        return "" if line.agreed else "agreed"
    if isinstance(rule, TravelClass):
        return "" if line.travel_class in rule.classes else "travel_class"
    if isinstance(rule, NeedsReason):
        return "" if line.has_reason or one.claimed <= rule.over else "needs_reason"
    if isinstance(rule, Receipt):
        return "" if line.evidence & rule.accepts or one.claimed <= rule.over else "receipt"
    if isinstance(rule, Window):
        room = timedelta(days=rule.days)
        if rule.measure == "claimed":
            return "" if trip.claimed_on <= trip.ends_on + room else "claimed"
        return "" if trip.starts_on - room <= line.incurred_on <= trip.ends_on + room else "incurred"
    return ""


def _day_caps(sums: list[_Sum]) -> None:
    """Caps for a day: lines of one category, day and region share one."""
    groups: dict[tuple[str, date, str], list[_Sum]] = defaultdict(list)
    for one in sums:
        groups[one.line.category, one.line.incurred_on, one.line.region].append(one)
    for group in groups.values():
        for rule in _about(group[0]):
            if isinstance(rule, Cap) and rule.per == "day":
                _share(group, rule, "cap_day")


def _trip_caps(sums: list[_Sum], policy: Policy) -> None:
    """Caps for the trip, as they stood on its first day: first by category and region, then by region in all."""
    caps = [rule for rule in policy.rules if isinstance(rule, Cap) and rule.per == "trip"]
    regions = sorted({one.line.region for one in sums})
    for rule in sorted(caps, key=lambda cap: cap.category == EVERYTHING):
        meant = [one for one in sums if rule.category in (one.line.category, EVERYTHING)]
        for region in regions:
            _share([one for one in meant if one.line.region == region], rule, "cap_trip")


def _share(group: list[_Sum], rule: Cap, code: str) -> None:
    """Lines share a cap in their order: the first ones take what they need, the next what is left."""
    if not group:
        return
    most = rule.amount(group[0].line.region)
    left = most
    for one in group:
        need = one.allowed
        if need > left:
            one.hold(left, rule, code, most)
        left = max(0, left - need)
