"""The national policy: what no partner may change, and the bounds within which partners may choose."""

from typing import Self

from pydantic import Field, model_validator

from core.admissions.rules.canonical import Frozen, Key
from core.kernel.text import N_

CRITERIA = ("experience", "knowledge", "commitment", "collaboration", "contribution")
PARTNER_LEAD, CENTRAL_TEAM, PANEL_CHAIR = "partner_lead", "central_team", "panel_chair"


class Bounds(Frozen):
    """From `least` to `most`, both allowed."""

    least: float
    most: float

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least > self.most:
            raise ValueError(N_("The least must not be more than the most."))
        return self

    def hold(self, value: float) -> bool:
        """Whether `value` lies within."""
        return self.least <= value <= self.most


class PolicyException(Frozen):
    """The central team allows one rule pack fewer assessors than the national minimum. `decision` says where it was decided."""

    rule: Key
    min_assessors: int = Field(ge=1)
    decision: Key


class NationalPolicy(Frozen):
    """One version of the national policy. It is pinned with every proposal, so old ones can be made again."""

    version: Key = "1"
    criteria: tuple[Key, ...] = CRITERIA
    lowest: int = 1
    highest: int = 4
    min_assessors: int = Field(default=2, ge=1)
    max_assessors: int = 6
    threshold: Bounds = Bounds(least=2.25, most=3.0)
    floor: Bounds = Bounds(least=1, most=3)
    borderline: Bounds = Bounds(least=0, most=0.5)
    discrepancy: Bounds = Bounds(least=1, most=2)
    sign_off_roles: tuple[Key, ...] = (PANEL_CHAIR, PARTNER_LEAD, CENTRAL_TEAM)
    sign_off_needs: tuple[Key, ...] = (CENTRAL_TEAM,)
    exceptions: tuple[PolicyException, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.criteria or len(set(self.criteria)) != len(self.criteria):
            raise ValueError(N_("Name at least one criterion, and each once."))
        if self.lowest >= self.highest:
            raise ValueError(N_("The highest score must be above the lowest."))
        if self.min_assessors > self.max_assessors:
            raise ValueError(N_("The fewest assessors must not be more than the most."))
        if CENTRAL_TEAM not in self.sign_off_needs or not set(self.sign_off_needs) <= set(self.sign_off_roles):
            raise ValueError(
                N_(
                    "The central team must be among those who always sign, and whoever always signs must be able to sign."
                )
            )
        if len({one.rule for one in self.exceptions}) != len(self.exceptions):
            raise ValueError(N_("A rule pack has one exception at most."))
        return self

    def minimum_for(self, rule: str) -> int:
        """The fewest assessors on whose scores the rule pack `rule` (its id) may propose to accept or to decline."""
        for one in self.exceptions:
            if one.rule == rule:
                return min(one.min_assessors, self.min_assessors)
        return self.min_assessors
