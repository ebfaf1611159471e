"""The rules of an expenses policy, as data that a person edits and the evaluator reads.

Every rule says in plain words, in both languages, what it asks. `severity` says what it does to a line that does not keep
it: `block` refuses or cuts the line, `refer` leaves the amount and puts the line before a person. Money is whole pence;
rates are thousandths of a penny for a mile.
"""

import itertools
from typing import Annotated, Any, Literal, LiteralString

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Pence = Annotated[int, Field(ge=0, le=10**8, strict=True)]
MilliPence = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
"""Thousandths of a penny for one mile: 45p is 45,000; at most £10 a mile."""
Severity = Literal["block", "refer"]
Unit = Literal["each", "night", "mile"]
Per = Literal["unit", "day", "trip"]
Measure = Literal["claimed", "incurred"]
EVERYTHING = "all"
"""Stands for every category."""
ELSEWHERE = ""
"""The region of a place that no rule names."""


def wrong(code: LiteralString, words: LiteralString, **params: Any) -> PydanticCustomError:
    """The error, a ValueError, of a policy that says what cannot be. `words` are for logs; pages say it by `code`."""
    return PydanticCustomError(code, words, params)


class Frozen(BaseModel):
    """What is read and never changed; unknown names are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Frozen):
    """One thing said in both languages of the platform."""

    en: Text
    cy: Text


class Category(Frozen):
    """A kind of cost: what it is called and what it is counted in."""

    key: Key
    title: Words
    unit: Unit = "each"


class Rule(Frozen):
    """What every rule has. `sources` says where a figure comes from, for whoever checks it."""

    key: Key
    category: Key
    severity: Severity = "block"
    words: Words
    sources: tuple[Text, ...] = ()


class Tier(Frozen):
    """One step of a yearly rate: `rate` for a mile up to `up_to` miles of the tax year (None: without end)."""

    up_to: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] | None = None
    rate: MilliPence


class Rate(Rule):
    """What a mile is worth in one kind of vehicle, with an addition for every passenger. The miles of a tax year (from
    6 April) count together, whichever sites they were claimed at."""

    kind: Literal["rate"] = "rate"
    vehicle: Key
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=6)]
    passenger: MilliPence = 0

    @model_validator(mode="after")
    def _in_order(self) -> "Rate":
        ends = [tier.up_to for tier in self.tiers]
        if ends[-1] is not None or None in ends[:-1]:
            raise wrong("last_step", "the last step has no end, and every other step has one")
        if any(later <= earlier for earlier, later in itertools.pairwise(ends) if earlier and later):
            raise wrong("step_order", "each step ends after the one before it")
        if any(later.rate > earlier.rate for earlier, later in zip(self.tiers, self.tiers[1:], strict=False)):
            raise wrong("step_rises", "a later step is never worth more than an earlier one")
        return self


class Cap(Rule):
    """The most that is allowed for a category: for each unit (a meal, a night), for a day, or for the whole trip.

    `amounts` are pence by region; the region `""` is everywhere else and must be there.
    """

    kind: Literal["cap"] = "cap"
    per: Per
    amounts: Annotated[dict[str, Pence], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _everywhere(self) -> "Cap":
        if ELSEWHERE not in self.amounts:
            raise wrong("no_elsewhere", "the amounts say what is allowed everywhere else")
        return self

    def amount(self, region: str) -> int:
        """What is allowed in `region`, in pence."""
        return self.amounts.get(region, self.amounts[ELSEWHERE])


class Receipt(Rule):
    """What proves a cost of more than `over` pence: one of `accepts`."""

    kind: Literal["receipt"] = "receipt"
    over: Pence = 0
    accepts: Annotated[frozenset[Literal["receipt", "bank_line", "map"]], Field(min_length=1)] = frozenset({"receipt"})


class Window(Rule):
    """When: `claimed` within so many days after the activity, or `incurred` at most so many days before it begins or after it
    ends."""

    kind: Literal["window"] = "window"
    measure: Measure
    days: Annotated[int, Field(ge=0, le=400, strict=True)]


class TravelClass(Rule):
    """The classes of travel that are covered."""

    kind: Literal["travel_class"] = "travel_class"
    classes: Annotated[frozenset[Key], Field(min_length=1)]


class NeedsReason(Rule):
    """A cost of more than `over` pence comes with a reason in the person's words."""

    kind: Literal["needs_reason"] = "needs_reason"
    over: Pence = 0


class Agreed(Rule):
    """The category is in the pre-approval: agreed before the cost, by name."""

    kind: Literal["agreed"] = "agreed"


class Prohibited(Rule):
    """Never covered (or, with `refer`, only when a person says so)."""

    kind: Literal["prohibited"] = "prohibited"


AnyRule = Annotated[
    Rate | Cap | Receipt | Window | TravelClass | NeedsReason | Agreed | Prohibited, Field(discriminator="kind")
]


class Example(Frozen):
    """A worked example: one line and what the policy makes of it. Publishing runs every example."""

    words: Words
    category: Key
    pence: Pence | None = None
    """What is asked for; None for miles at the rate."""
    miles: Annotated[int, Field(ge=0, le=100_000_000, strict=True)] = 0
    """Thousandths of a mile."""
    miles_before: Annotated[int, Field(ge=0, le=10**9, strict=True)] = 0
    vehicle: str = ""
    passengers: Annotated[int, Field(ge=0, le=8, strict=True)] = 0
    quantity: Annotated[int, Field(ge=1, le=365, strict=True)] = 1
    region: str = ""
    evidence: frozenset[str] = frozenset()
    travel_class: str = ""
    has_reason: bool = False
    agreed: bool = True
    days_after: Annotated[int, Field(ge=0, le=1000, strict=True)] = 0
    """How many days after the activity the claim is sent."""
    allowed: Pence
    broken: frozenset[Key] = frozenset()
    """The rules that the line does not keep."""


class Policy(Frozen):
    """A whole policy. `illustrative` says on every page that its figures are no one's promise yet."""

    illustrative: bool = False
    categories: Annotated[tuple[Category, ...], Field(min_length=1, max_length=60)]
    regions: dict[str, Words] = {}
    rules: Annotated[tuple[AnyRule, ...], Field(max_length=300)]
    examples: Annotated[tuple[Example, ...], Field(max_length=200)] = ()

    @model_validator(mode="after")
    def _whole(self) -> "Policy":
        keys = [category.key for category in self.categories]
        _once("category", keys)
        if EVERYTHING in keys:
            raise wrong("category_all", "'all' stands for every category and is not one")
        _once("rule", [rule.key for rule in self.rules])
        _once("rate", [f"{rule.category} {rule.vehicle}" for rule in self.rules if isinstance(rule, Rate)])
        for rule in self.rules:
            check_rule(rule, self)
        for example in self.examples:
            if example.category not in keys:
                raise wrong(
                    "example_category",
                    "an example is of the category '{category}', which is not in the policy",
                    category=example.category,
                )
        return self

    def category(self, key: str) -> Category | None:
        """The category with this key; None where the policy has none."""
        return next((category for category in self.categories if category.key == key), None)

    @property
    def never(self) -> tuple[Category, ...]:
        """The categories that are never covered, whatever somebody says."""
        barred = {rule.category for rule in self.rules if isinstance(rule, Prohibited) and rule.severity == "block"}
        return tuple(category for category in self.categories if category.key in barred)

    @property
    def vehicles(self) -> tuple[str, ...]:
        """The vehicles that have a rate, in the policy's order."""
        return tuple(dict.fromkeys(rule.vehicle for rule in self.rules if isinstance(rule, Rate)))


def check_rule(rule: AnyRule, policy: Policy) -> None:
    """Raises ValueError for a rule that names what `policy` does not have."""
    category = policy.category(rule.category)
    if category is None and rule.category != EVERYTHING:
        raise wrong(
            "no_category",
            "the rule {rule} is about '{category}', which is no category",
            rule=rule.key,
            category=rule.category,
        )
    if isinstance(rule, Rate) and (category is None or category.unit != "mile"):
        raise wrong(
            "not_miles",
            "the rate {rule} is about '{category}', which is not counted in miles",
            rule=rule.key,
            category=rule.category,
        )
    if isinstance(rule, Cap):
        if unknown := sorted(set(rule.amounts) - {ELSEWHERE} - set(policy.regions)):
            raise wrong(
                "no_region",
                "the cap {rule} names the region '{region}', which is not in the policy",
                rule=rule.key,
                region=unknown[0],
            )
        if rule.category == EVERYTHING and rule.per != "trip":
            raise wrong(
                "cap_all", "the cap {rule} is for every category: it can only be for the whole trip", rule=rule.key
            )


def _once(what: str, keys: list[str]) -> None:
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise wrong("twice", "the {what} '{name}' is there twice", what=what, name=twice[0])
