"""What a partner may add to the national policy: rules that tighten it, never one that loosens it.

All rules of one kind hold together (the lowest cap, the lowest rate, every proof), so a rule that is added can only lower
what is allowed or put more before a person. A rule that would change nothing is refused too, with the reason: its author
would think it held.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from core.sdk import N_
from plugins.expense_approvals.policy import rules
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

ONE_RULE: TypeAdapter[AnyRule] = TypeAdapter(AnyRule)
WORDS: Mapping[str, str] = {
    "unknown": N_("This rule is about something that the national policy does not have."),
    "key": N_("The national policy has a rule with this name."),
    "no_rate": N_("The national policy has no rate for this vehicle, so a site cannot give one."),
    "rate": N_("A site’s rate is never above the national one, at any number of miles."),
    "cap": N_("The national policy allows less already: a site can only lower it."),
    "receipt": N_("The national policy asks for this proof already, or for more."),
    "window": N_("The national policy leaves less time already: a site can only shorten it."),
    "travel_class": N_("The national policy does not cover this class, so a site cannot."),
    "same": N_("The national policy says this already."),
    "weaker": N_("The national policy blocks this; a site cannot make it a question for a person."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a partner's rule cannot stand: its key, a key of WORDS, and the national rule it is measured against."""

    rule: str
    code: str
    against: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


def problems(national: Policy, added: Iterable[AnyRule]) -> list[Problem]:
    """Every rule of `added` that does not tighten `national`, with why; empty when all may stand."""
    taken = {rule.key for rule in national.rules}
    found = []
    for rule in added:
        if rule.key in taken:
            found.append(Problem(rule.key, "key"))
            continue
        taken.add(rule.key)
        if rule.category != EVERYTHING and national.category(rule.category) is None:
            names = ", ".join(sorted(one.key for one in national.categories))
            found.append(Problem(rule.key, "unknown", params={"names": names}))
            continue
        try:
            rules.check_rule(rule, national)
        except ValueError:
            found.append(Problem(rule.key, "unknown"))
            continue
        problem = _problem(rule, national)
        if problem is not None:
            found.append(problem)
    return found


def tightened(national: Policy, added: Iterable[AnyRule]) -> Policy:
    """The national policy with a partner's rules. Raises ValueError when one of them does not tighten it."""
    added = tuple(added)
    if wrong := problems(national, added):
        raise ValueError(f"the rule {wrong[0].rule} does not tighten the national policy: {wrong[0].code}")
    return national.model_copy(update={"rules": (*national.rules, *added), "examples": ()})


def _problem(rule: AnyRule, national: Policy) -> Problem | None:
    """A new rule loosens nothing by itself; what is asked is that it bites, and that a rate has one to lower."""
    peers = [one for one in national.rules if one.kind == rule.kind and _covers(one, rule)]
    if isinstance(rule, Rate):
        mine = [one for one in peers if isinstance(one, Rate) and one.vehicle == rule.vehicle]
        if not mine:
            return Problem(rule.key, "no_rate")
        return next((Problem(rule.key, "rate", one.key) for one in mine if not _rate_within(rule, one)), None)
    for one in peers:
        if not _bites(rule, one):
            code = {"agreed": "same", "prohibited": "same", "needs_reason": "same"}.get(rule.kind, rule.kind)
            weaker = rule.severity == "refer" and one.severity == "block" and code == "same"
            return Problem(rule.key, "weaker" if weaker else code, one.key)
    return None


def _covers(national: AnyRule, rule: AnyRule) -> bool:
    return national.category in (rule.category, EVERYTHING)


def _stricter(rule: AnyRule, national: AnyRule) -> bool:
    """Whether it does more to a line for the same cause."""
    return rule.severity == "block" and national.severity == "refer"


def _bites(rule: AnyRule, national: AnyRule) -> bool:
    """Whether `rule` asks something that `national`, of the same kind, does not."""
    if isinstance(rule, Cap) and isinstance(national, Cap):
        return rule.per != national.per or rule.category != national.category or _cap_bites(rule, national)
    if isinstance(rule, Receipt) and isinstance(national, Receipt):
        return rule.over < national.over or not rule.accepts >= national.accepts or _stricter(rule, national)
    if isinstance(rule, Window) and isinstance(national, Window):
        return rule.measure != national.measure or rule.days < national.days or _stricter(rule, national)
    if isinstance(rule, TravelClass) and isinstance(national, TravelClass):
        return not rule.classes - national.classes and (rule.classes < national.classes or _stricter(rule, national))
    if isinstance(rule, NeedsReason) and isinstance(national, NeedsReason):
        return rule.over < national.over or _stricter(rule, national)
    assert isinstance(rule, Agreed | Prohibited)
    return _stricter(rule, national)


def _cap_bites(rule: Cap, national: Cap) -> bool:
    regions = set(rule.amounts) | set(national.amounts)
    lower = [rule.amount(region) < national.amount(region) for region in regions]
    higher = [rule.amount(region) > national.amount(region) for region in regions]
    return not any(higher) and (any(lower) or _stricter(rule, national))


def _rate_within(rule: Rate, national: Rate) -> bool:
    """Whether no mile of a year is worth more under `rule`, and some mile (or passenger) is worth less."""
    ends = sorted({tier.up_to for rate in (rule, national) for tier in rate.tiers if tier.up_to is not None})
    miles = [0, *ends]
    pairs = [(rate_at(rule, mile), rate_at(national, mile)) for mile in miles] + [(rule.passenger, national.passenger)]
    return all(mine <= theirs for mine, theirs in pairs) and any(mine < theirs for mine, theirs in pairs)


def rate_at(rate: Rate, mile: int) -> int:
    """What the mile after `mile` whole ones of the year is worth, in thousandths of a penny."""
    return next(tier.rate for tier in rate.tiers if tier.up_to is None or mile < tier.up_to)
