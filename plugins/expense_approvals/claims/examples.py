"""Running a policy's worked examples: before it is published every one must come out as its words say."""

from dataclasses import dataclass
from datetime import date, timedelta

from plugins.expense_approvals.claims.changes import Past
from plugins.expense_approvals.claims.evaluator import evaluate
from plugins.expense_approvals.claims.lines import Line, Trip
from plugins.expense_approvals.policy.history import tax_year
from plugins.expense_approvals.policy.rules import Example, Policy

DAY = date(2026, 6, 10)
"""The day that examples are thought on: inside one tax year, far from its ends."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An example and what the policy makes of it."""

    example: Example
    allowed: int
    broken: frozenset[str]

    @property
    def right(self) -> bool:
        """Whether it is what the example says."""
        return self.allowed == self.example.allowed and self.broken == self.example.broken


def run(policy: Policy) -> list[Outcome]:
    """Every example of `policy`, in order."""
    return [_outcome(policy, example) for example in policy.examples]


def as_past(policy: Policy) -> list[Past]:
    """The examples of `policy` as claims that are over, to hold against another policy; each is called by its number."""
    return [
        Past(str(number), (_line(example),), _trip(example), {})
        for number, example in enumerate(policy.examples, start=1)
    ]


def _line(example: Example) -> Line:
    return Line(
        "example", example.category, DAY, example.pence, example.quantity, example.miles, example.vehicle,
        example.passengers, example.region, example.evidence, example.travel_class, example.has_reason, example.agreed,
    )  # fmt: skip


def _trip(example: Example) -> Trip:
    before = {(example.vehicle, tax_year(DAY)): example.miles_before}
    return Trip(DAY, DAY, DAY + timedelta(days=example.days_after), before)


def _outcome(policy: Policy, example: Example) -> Outcome:
    judged = evaluate([_line(example)], _trip(example), lambda _: policy).lines[0]
    return Outcome(example, judged.allowed, frozenset(found.rule for found in judged.found))
