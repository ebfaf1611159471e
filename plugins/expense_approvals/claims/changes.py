"""What another policy would make of claims that are over: a dry run before publishing, and adjustments after a late change.

Nothing here changes a claim. A late change pays (or asks back) the difference by an adjustment of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plugins.expense_approvals.claims.evaluator import PolicyOn, evaluate
from plugins.expense_approvals.claims.lines import Judged, Line, Trip


@dataclass(frozen=True, slots=True)
class Past:
    """A claim that was decided. `approved` has the pence that a person approved, by line."""

    ref: str
    lines: tuple[Line, ...]
    trip: Trip
    approved: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Change:
    """One line that another policy judges otherwise. `rules` are those that cut, refuse or refer it now and did not before; where
    there is none, those that take more of it than before."""

    ref: str
    line: str
    before: int
    after: int
    rules: tuple[str, ...]
    referred: bool

    @property
    def difference(self) -> int:
        """Pence: above 0 where more would be allowed."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would change: the lines, and the sums over every claim that was looked at."""

    claims: int
    changes: tuple[Change, ...]
    before: int
    after: int

    @property
    def by_rule(self) -> dict[str, int]:
        """How many lines each rule would cut further, refuse or refer: which rule hurts whom."""
        counts: dict[str, int] = defaultdict(int)
        for change in self.changes:
            for rule in change.rules:
                counts[rule] += 1
        return dict(sorted(counts.items()))


def together(runs: Iterable[DryRun]) -> DryRun:
    """Dry runs of several sites as one."""
    runs = tuple(runs)
    changes = tuple(change for run in runs for change in run.changes)
    return DryRun(
        sum(run.claims for run in runs), changes, sum(run.before for run in runs), sum(run.after for run in runs)
    )


def dry_run(past: Iterable[Past], now: PolicyOn, then: PolicyOn) -> DryRun:
    """Every past claim under the policies `now` and under `then`, and where the two differ."""
    claims, changes, before, after = 0, [], 0, 0
    for claim in past:
        old, new = evaluate(claim.lines, claim.trip, now), evaluate(claim.lines, claim.trip, then)
        claims, before, after = claims + 1, before + old.allowed, after + new.allowed
        for one, other in zip(old.lines, new.lines, strict=True):
            rules = tuple(sorted(_rules(other) - _rules(one) or _deeper(one, other)))
            if one.allowed != other.allowed or one.referred != other.referred:
                changes.append(Change(claim.ref, one.line.key, one.allowed, other.allowed, rules, other.referred))
    return DryRun(claims, tuple(changes), before, after)


def _rules(judged: Judged) -> set[str]:
    return {found.rule for found in judged.found if found.rule}


def _deeper(before: Judged, after: Judged) -> set[str]:
    """The rules that take more of a line than the same ones took before."""
    if after.allowed >= before.allowed:
        return set()
    return {found.rule for found in after.found if found.rule and found.effect != "referred"}


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What a claim that was paid is still owed (above 0) or was paid too much (below), line by line."""

    ref: str
    lines: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """Pence, with its sign."""
        return sum(pence for _, pence in self.lines)


def adjustments(paid: Iterable[Past], known_then: PolicyOn, known_now: PolicyOn) -> list[Adjustment]:
    """The differences that a late change of policy makes to claims that were paid, to the penny; claims without one are left out.

    A line that was approved in full follows the policy up and down. One that a person cut further stays with what the person
    said, unless the policy now allows even less.
    """
    found = []
    for claim in paid:
        old, new = evaluate(claim.lines, claim.trip, known_then), evaluate(claim.lines, claim.trip, known_now)
        lines = []
        for one, other in zip(old.lines, new.lines, strict=True):
            approved = claim.approved.get(one.line.key, 0)
            due = other.allowed if approved == one.allowed else min(approved, other.allowed)
            if due != approved:
                lines.append((one.line.key, due - approved))
        if lines:
            found.append(Adjustment(claim.ref, tuple(lines)))
    return found
