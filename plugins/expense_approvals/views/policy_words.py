"""Rules of a policy, mistakes in one, and what would change, for people to read."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from core.sdk import gettext, pounds, say
from plugins.expense_approvals.claims.changes import Change, DryRun
from plugins.expense_approvals.policy.reading import PARTS, WORDS, Mistake
from plugins.expense_approvals.policy.rules import (
    ELSEWHERE,
    EVERYTHING,
    AnyRule,
    Cap,
    NeedsReason,
    Policy,
    Rate,
    Receipt,
    TravelClass,
    Window,
)
from plugins.expense_approvals.policy.tightening import Problem
from plugins.expense_approvals.service.site_rules import PROBLEMS
from plugins.expense_approvals.views.base import in_words, titles
from plugins.expense_approvals.words import CLASSES, PROOFS, SEVERITIES, UNITS, VEHICLES


class Told(NamedTuple):
    """One rule as a line of a table."""

    key: str
    about: str
    en: str
    cy: str
    figures: str
    otherwise: str
    sources: tuple[str, ...]


def told_rules(policy: Policy, rules: Iterable[AnyRule]) -> list[Told]:
    """`rules` of a policy, or of a site beside it, in their order."""
    names = {**titles(policy), EVERYTHING: gettext("Every cost")}
    return [
        Told(
            rule.key, names.get(rule.category, rule.category), rule.words.en, rule.words.cy, figures(policy, rule),
            say(SEVERITIES[rule.severity]), rule.sources,
        )
        for rule in rules
    ]  # fmt: skip


def figures(policy: Policy, rule: AnyRule) -> str:
    """What a rule's data say, so that its words can be held against them; "" where there is no more than its kind."""
    if isinstance(rule, Rate):
        return _rate(rule)
    if isinstance(rule, Cap):
        return _cap(policy, rule)
    if isinstance(rule, Receipt):
        proofs = ", ".join(say(PROOFS[one]) for one in sorted(rule.accepts))
        return gettext("Over %(amount)s: %(proofs)s", amount=pounds(rule.over), proofs=proofs)
    if isinstance(rule, Window):
        if rule.measure == "claimed":
            return gettext("Claimed at most %(days)s days after the activity", days=rule.days)
        return gettext("At most %(days)s days before or after the activity", days=rule.days)
    if isinstance(rule, TravelClass):
        return ", ".join(say(CLASSES[one]) if one in CLASSES else one for one in sorted(rule.classes))
    if isinstance(rule, NeedsReason):
        return gettext("Over %(amount)s: a reason", amount=pounds(rule.over))
    return gettext("Agreed beforehand, by name") if rule.kind == "agreed" else gettext("Never")


def _rate(rule: Rate) -> str:
    vehicle = say(VEHICLES[rule.vehicle]) if rule.vehicle in VEHICLES else rule.vehicle
    steps = [
        gettext("%(pence)s up to %(miles)s miles of the tax year", pence=pence(tier.rate), miles=f"{tier.up_to:,}")
        if tier.up_to
        else gettext("%(pence)s a mile", pence=pence(tier.rate)) if len(rule.tiers) == 1
        else gettext("then %(pence)s", pence=pence(tier.rate))
        for tier in rule.tiers
    ]  # fmt: skip
    if rule.passenger:
        steps.append(gettext("%(pence)s more for each passenger", pence=pence(rule.passenger)))
    return f"{vehicle}: {', '.join(steps)}"


def pence(thousandths: int) -> str:
    """Thousandths of a penny as people write a rate: 45p, 37.4p."""
    whole, part = divmod(thousandths, 1000)
    decimals = f".{part:03d}".rstrip("0") if part else ""
    return gettext("%(amount)sp", amount=f"{whole}{decimals}")


def _cap(policy: Policy, rule: Cap) -> str:
    category = policy.category(rule.category)
    per = {
        "unit": say(UNITS[category.unit]) if category else "",
        "day": gettext("a day"),
        "trip": gettext("for the whole trip"),
    }[rule.per]
    amounts = [gettext("At most %(amount)s %(per)s", amount=pounds(rule.amount(ELSEWHERE)), per=per)]
    for region, most in rule.amounts.items():
        if region != ELSEWHERE:
            name = in_words(policy.regions[region]) if region in policy.regions else region
            amounts.append(gettext("%(region)s: %(amount)s", region=name, amount=pounds(most)))
    return "; ".join(amounts)


def mistake(one: Mistake) -> str:
    """One mistake in what was typed: where, and what to do."""
    where = f"{say(PARTS[one.part])} {one.name}" if one.part else one.name
    inside = " → ".join(f"“{step}”" for step in one.inside)
    said = say(WORDS[one.code], dict(one.params))
    before = ", ".join(part for part in (where.strip(), inside) if part)
    return f"{before}: {said}" if before else said


def problem(one: Problem, national: Policy | None) -> str:
    """Why a site's rule cannot stand, and what `national` says that it was measured against."""
    said = gettext("Rule %(rule)s: %(why)s", rule=one.rule, why=say(PROBLEMS[one.code]))
    if names := one.params.get("names"):
        return " ".join((said, gettext("Its categories are: %(names)s.", names=names)))
    against = next((rule for rule in national.rules if rule.key == one.against), None) if national else None
    if national is None or against is None:
        return said
    what = f"{in_words(against.words)} ({figures(national, against)})"
    return " ".join((said, gettext("It says: %(what)s", what=what)))


class Turned(NamedTuple):
    """One line of a dry run."""

    what: str
    before: int
    after: int
    rules: str
    referred: bool


def turned(found: DryRun, names: dict[tuple[str, str], str], policy: Policy) -> list[Turned]:
    """What changes, by line; `names` calls each (claim, line)."""
    rules = {rule.key: in_words(rule.words) for rule in policy.rules}

    def why(change: Change) -> str:
        return " ".join(rules.get(key, key) for key in change.rules)

    return [
        Turned(names.get((one.ref, one.line), ""), one.before, one.after, why(one), one.referred)
        for one in found.changes
    ]


def compared(before: Policy, after: Policy) -> list[tuple[str, Any, Any]]:
    """What differs between two policies, for the table of changes: rules by their names, then categories and examples."""
    rows: list[tuple[str, Any, Any]] = []
    old, new = ({rule.key: rule for rule in policy.rules} for policy in (before, after))
    for key in [*old, *(key for key in new if key not in old)]:
        was, becomes = _summary(before, old.get(key)), _summary(after, new.get(key))
        if old.get(key) != new.get(key):
            rows.append((key, was, becomes))
    first, second = titles(before), titles(after)
    rows += [(key, first.get(key), second.get(key)) for key in {**first, **second} if first.get(key) != second.get(key)]
    if before.examples != after.examples:
        rows.append((gettext("Worked examples"), str(len(before.examples)), str(len(after.examples))))
    return rows


def _summary(policy: Policy, rule: AnyRule | None) -> str | None:
    if rule is None:
        return None
    return f"{in_words(rule.words)} {figures(policy, rule)} ({say(SEVERITIES[rule.severity])})"
