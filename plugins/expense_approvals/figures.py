"""What figures of expenses are made of: how a budget stands, how long people wait, and which rule costs them what.

Plain reckoning, no database and no words.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from statistics import median
from typing import Any, NamedTuple

from core.sdk import FEWEST_SHOWN, clock, rounded

PACE_DAYS = 90
"""How many days back the pace of new agreements is taken from."""
NEARLY = 80
"""Per cent of its limit from which a budget is nearly used."""


class Warn(StrEnum):
    """What to look at in a budget, the worst first."""

    USED = "used"
    NEARLY = "nearly"
    AHEAD = "ahead"
    NOTHING = ""


@dataclass(frozen=True, slots=True)
class Movements:
    """A budget and what moved in it, in pence: `ended` is what was agreed of everything that is used, withdrawn or over, `recent`
    what was agreed in the last PACE_DAYS days."""

    limit: int
    committed: int
    actual: int
    ended: int
    recent: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a budget stands. `forecast` is what will have been spent at the end of the financial year, in pence."""

    forecast: int
    used_percent: int
    warn: Warn


def standing(budget: Movements, today: date, last: date) -> Standing:
    """The forecast of a budget for `last`, the end of the financial year, and what to warn of.

    Forecast: what is spent, and of what is agreed and still to be agreed the share that agreements come to in the end (all of
    it while none has ended). Still to be agreed: as much a day as in the last PACE_DAYS days.
    """
    share = Fraction(min(budget.actual, budget.ended), budget.ended) if budget.ended else Fraction(1)
    to_come = Fraction(budget.recent * max(0, (last - today).days), PACE_DAYS)
    expected = (budget.committed + to_come) * share
    forecast = budget.actual + rounded(expected.numerator, expected.denominator)
    taken = budget.committed + budget.actual
    used = 100 * taken // budget.limit
    warn = (
        Warn.USED
        if used >= 100
        else Warn.NEARLY
        if used >= NEARLY
        else Warn.AHEAD
        if forecast > budget.limit
        else Warn.NOTHING
    )
    return Standing(forecast, used, warn)


class Timed(NamedTuple):
    """One claim's instants: sent, decided, paid where it was, and approved by the first of two where it needed a second."""

    sent: datetime
    decided: datetime
    paid: datetime | None
    first: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waits:
    """How many claims, and the days that half of them and nine in ten of them took at most; None where there are none."""

    claims: int
    half: float | None
    nine_in_ten: float | None


def waits(spans: Sequence[float]) -> Waits:
    """What spans of days come to, rounded to tenths."""
    if not spans:
        return Waits(0, None, None)
    ordered = sorted(spans)
    ninth = ordered[min(len(ordered) - 1, -(-len(ordered) * 9 // 10) - 1)]
    return Waits(len(ordered), round(median(ordered), 1), round(ninth, 1))


def to_decide(claims: Iterable[Timed]) -> list[float]:
    """Days from sending to the decision."""
    return [(one.decided - one.sent).total_seconds() / 86_400 for one in claims]


def to_second(claims: Iterable[Timed]) -> list[float]:
    """Days from the first approval to the second, of those that needed two."""
    return [(one.decided - one.first).total_seconds() / 86_400 for one in claims if one.first is not None]


def to_pay(claims: Iterable[Timed]) -> list[float]:
    """Days from sending to the money, of those that are paid."""
    return [(one.paid - one.sent).total_seconds() / 86_400 for one in claims if one.paid is not None]


def by_month(claims: Iterable[Timed]) -> dict[date, Waits]:
    """Days from sending to the money by the month (in London) of payment, the earliest first; months without a payment are left out."""
    months: dict[date, list[Timed]] = defaultdict(list)
    for one in claims:
        if one.paid is not None:
            months[clock.london(one.paid).date().replace(day=1)].append(one)
    return {month: waits(to_pay(some)) for month, some in sorted(months.items())}


class Cost(NamedTuple):
    """One cost as it was judged: whose, what was asked and allowed (pence), and what rules found about it."""

    account_id: str | None
    claimed: int
    allowed: int
    found: Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class Hurt:
    """What one rule did: costs that it refused, cut and put before a person, the pence that were not allowed because of it, and
    how many people met it."""

    rule: str
    code: str
    refused: int = 0
    cut: int = 0
    referred: int = 0
    pence: int = 0
    people: int = 0

    @property
    def few(self) -> bool:
        """Whether so few people met it that their number is not told."""
        return 0 < self.people < FEWEST_SHOWN


def by_rule(costs: Iterable[Cost]) -> list[Hurt]:
    """Which rule costs people what, the dearest first. What a cost loses is put down to the first rule that took from it, so that
    sums add up to all that was not allowed. A rule that no policy names goes by its code."""
    found: dict[str, Hurt] = {}
    people: dict[str, set[str]] = defaultdict(set)
    for cost in costs:
        lost = cost.claimed - cost.allowed
        for one in cost.found:
            key = one["rule"] or one["code"]
            rule = found.setdefault(key, Hurt(one["rule"], one["code"]))
            effect = one["effect"]
            setattr(rule, effect, getattr(rule, effect) + 1)
            if effect != "referred":
                rule.pence, lost = rule.pence + lost, 0
            if cost.account_id:
                people[key].add(cost.account_id)
    for key, rule in found.items():
        rule.people = len(people[key])
    return sorted(
        found.values(), key=lambda rule: (-rule.pence, -(rule.refused + rule.cut), -rule.referred, rule.rule, rule.code)
    )
