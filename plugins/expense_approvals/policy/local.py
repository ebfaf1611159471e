"""What holds at one site on a day: the national policy, tightened by the rules that the site itself added."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from plugins.expense_approvals.policy.history import Known, Version
from plugins.expense_approvals.policy.rules import AnyRule, Policy
from plugins.expense_approvals.policy.tightening import problems

OWN = "site_"
"""What the names of a site's rules begin with, and no national one's: so neither ever takes the other's place."""
NEVER = frozenset({"unknown", "key", "no_rate", "rate"})
"""Why a rule cannot stand beside the national ones at all. Every other problem leaves it without effect, or with one that lowers."""


@dataclass(frozen=True, slots=True)
class SiteVersion:
    """All rules of a site from `effective_from` on, as it was known from `published_at` on; none of the ones before it."""

    number: int
    effective_from: date
    published_at: datetime
    rules: tuple[AnyRule, ...]


def standing(national: Policy, rules: Iterable[AnyRule]) -> tuple[AnyRule, ...]:
    """Those of a site's rules that can stand beside `national`. A national policy that changed can leave one without what it
    was about (its category, its rate); that one waits, the others hold."""
    rules = tuple(rules)
    gone = {one.rule for one in problems(national, rules) if one.code in NEVER}
    return tuple(rule for rule in rules if rule.key not in gone)


@dataclass(frozen=True, slots=True)
class Local:
    """The policies of one site as they were known at one instant: what its claims are held against."""

    national: Known
    site: tuple[SiteVersion, ...] = ()

    def version_on(self, day: date) -> Version | None:
        """The national version in force on `day`."""
        return self.national.version_on(day)

    def rules_on(self, day: date) -> tuple[AnyRule, ...]:
        """The site's own rules on `day`, chosen as national versions are."""
        known = (one for one in self.site if one.effective_from <= day and one.published_at <= self.national.known_at)
        found = max(known, key=lambda one: (one.effective_from, one.published_at, one.number), default=None)
        return found.rules if found is not None else ()

    def __call__(self, day: date) -> Policy | None:
        """The policy in force on `day` at this site; None before the first national one."""
        national, rules = self.national(day), self.rules_on(day)
        if national is None or not rules:
            return national
        return national.model_copy(update={"rules": (*national.rules, *standing(national, rules))})
