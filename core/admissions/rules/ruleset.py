"""What a rule pack is: one version of one way of turning sealed scores into a proposal."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Generic, Self, TypeVar

from pydantic import Field, model_validator

from core.admissions.rules.canonical import Frozen, Key
from core.admissions.rules.policy import CENTRAL_TEAM, PARTNER_LEAD, NationalPolicy
from core.admissions.rules.proposal import Proposal
from core.admissions.rules.snapshot import Input, Snapshot
from core.kernel.text import N_

REF = re.compile(r"(?P<id>[a-z][a-z0-9_]{1,39})@(?P<version>\d{1,4}\.\d{1,4}\.\d{1,4})\Z")


class RuleConfig(Frozen):
    """What a partner may choose. The national policy bounds these fields for every rule pack; subclasses add their own."""

    n_assessors: int = Field(
        default=2,
        ge=1,
        title=N_("Assessors for each application"),
        description=N_("How many assessors score an application before a proposal is made."),
    )
    max_assessors: int = Field(
        default=3,
        ge=1,
        title=N_("Most assessors for one application"),
        description=N_("When assessors disagree, others are added up to this number; then the panel meets."),
    )
    threshold: float = Field(
        default=2.5,
        title=N_("Mean score to accept"),
        description=N_("The mean over the criteria from which an application is proposed for acceptance."),
    )
    floor: int | None = Field(
        default=2,
        title=N_("Lowest score for each criterion"),
        description=N_("No criterion’s middle score may be below this. Leave it empty for none."),
    )
    discrepancy: int = Field(
        default=2,
        ge=1,
        title=N_("Scores that are far apart"),
        description=N_("Two scores for one criterion that differ by this much count as a disagreement."),
    )
    borderline: float = Field(
        default=0.25,
        ge=0,
        title=N_("Borderline"),
        description=N_("An application whose mean is nearer than this to the score to accept goes to the panel."),
    )
    sign_off: tuple[Key, ...] = Field(
        default=(PARTNER_LEAD, CENTRAL_TEAM),
        title=N_("Who signs, in order"),
        description=N_("The central team is always one of them."),
    )

    @model_validator(mode="after")
    def _in_step(self) -> Self:
        if self.max_assessors < self.n_assessors:
            raise ValueError(N_("An application cannot have fewer assessors at most than at first."))
        if len(set(self.sign_off)) != len(self.sign_off):
            raise ValueError(N_("Nobody signs twice."))
        return self


Config = TypeVar("Config", bound=RuleConfig)


class RuleSet(ABC, Generic[Config]):
    """One rule pack in one version. Subclass it, set the attributes, write `propose`; keep no state.

    `id` and `version` make the reference `id@version` that a window pins: whatever changes a proposal is a new version.
    `title` is a msgid, `words` maps each code of a reason to a msgid whose places the reason's params fill. `inputs` is
    what `propose` reads beside the scores; everything else arrives blank. `fewest` is the smallest number of assessors
    on whose scores it may say yes or no: below the national minimum the central team must allow it by an exception.
    """

    id: str
    version: str
    title: str
    config_model: type[Config]
    words: Mapping[str, str]
    inputs: frozenset[Input] = frozenset()
    fewest: int = 2

    @property
    def ref(self) -> str:
        """`id@version`."""
        return f"{self.id}@{self.version}"

    def required_roles(self, config: Config, language: str = "en") -> Mapping[str, int]:
        """How many assessors of each role a case in `language` needs, for assigning them."""
        return {}

    @abstractmethod
    def propose(self, snapshot: Snapshot, config: Config, policy: NationalPolicy) -> Proposal:
        """The proposal for a case. Pure: the same arguments give the same answer, in any process, on any day."""
