"""A claim as the policy reads it, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from core.sdk import N_

Effect = Literal["refused", "cut", "referred"]
WORDS: Mapping[str, str] = {
    "prohibited": N_("This is not covered."),
    "agreed": N_("This kind of cost was not agreed beforehand."),
    "travel_class": N_("This class of travel is not covered."),
    "needs_reason": N_("A reason is missing."),
    "receipt": N_("Add a proof of this cost."),
    "claimed": N_("The claim was sent more than %(days)s days after the activity."),
    "incurred": N_("The cost was on a day that does not belong to the activity."),
    "rate": N_("These miles are worth %(most)s."),
    "cap_unit": N_("At most %(most)s is covered."),
    "cap_day": N_("At most %(most)s is covered for one day."),
    "cap_trip": N_("At most %(most)s is covered for the whole trip."),
    "no_policy": N_("No expenses policy was in force on this day."),
    "unknown_category": N_("The policy does not have this kind of cost."),
    "no_rate": N_("The policy has no rate for this vehicle."),
    "no_amount": N_("There is no amount."),
    "partner_limit": N_("This site covers at most %(most)s."),
}
"""Why a line is not allowed in full, or is put before a person: one sentence for each code. `most` is in pence."""


@dataclass(frozen=True, slots=True)
class Line:
    """One cost. `pence` is what is asked for; None asks for miles at the rate. `miles` are thousandths of one."""

    key: str
    category: str
    incurred_on: date
    pence: int | None
    quantity: int = 1
    miles: int = 0
    vehicle: str = ""
    passengers: int = 0
    region: str = ""
    evidence: frozenset[str] = frozenset()
    travel_class: str = ""
    has_reason: bool = False
    agreed: bool = True


@dataclass(frozen=True, slots=True)
class Trip:
    """What the lines of one claim share: the activity's first and last day, the day the claim was sent (for a draft: today),
    and how many thousandths of a mile were paid before, by (vehicle, tax year)."""

    starts_on: date
    ends_on: date
    claimed_on: date
    miles_before: Mapping[tuple[str, int], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What one rule found about one line. `rule` is its key ("" where no rule of the policy speaks), `code` one of WORDS."""

    line: str
    rule: str
    code: str
    effect: Effect
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """One line with what is allowed of it."""

    line: Line
    claimed: int
    allowed: int
    found: tuple[Found, ...] = ()

    @property
    def referred(self) -> bool:
        """Whether a person must look at it for more than its receipt."""
        return any(one.effect == "referred" for one in self.found)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Every line in the order it came in. Totals are sums of the lines, each rounded before."""

    lines: tuple[Judged, ...]

    @property
    def claimed(self) -> int:
        """Pence asked for."""
        return sum(one.claimed for one in self.lines)

    @property
    def allowed(self) -> int:
        """Pence that the policy allows; never more than is asked for."""
        return sum(one.allowed for one in self.lines)

    @property
    def referred(self) -> bool:
        """Whether any line is put before a person."""
        return any(one.referred for one in self.lines)
