"""`lay_panel`: three assessors, one of them lay and one from elsewhere; the panel's chair signs every case."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from core.sdk import N_, Input, NationalPolicy, Outcome, Proposal, Reason, RuleConfig, RuleSet, Snapshot
from plugins.assessment_rules.standard import INPUTS, WORDS, proposed

PANEL_CHAIR = "panel_chair"


class LayPanelConfig(RuleConfig):
    """Three to four assessors, with how many of them lay and from elsewhere."""

    n_assessors: int = Field(default=3, ge=2, title=N_("Assessors for each application"))
    max_assessors: int = Field(default=4, ge=2, title=N_("Most assessors for one application"))
    lay: int = Field(
        default=1,
        ge=1,
        title=N_("Lay assessors"),
        description=N_("How many of them are lay people: patients or members of the public."),
    )
    external: int = Field(
        default=1,
        ge=1,
        title=N_("Assessors from elsewhere"),
        description=N_("How many of them do not work for the applicant’s employer."),
    )

    @model_validator(mode="after")
    def _they_fit(self) -> Self:
        if max(self.lay, self.external) > self.n_assessors:
            raise ValueError(N_("There cannot be more assessors of one role than assessors."))
        return self


class LayPanel(RuleSet[LayPanelConfig]):
    """As `standard`, once the roles are there."""

    id, version, title = "lay_panel", "1.0.0", N_("Panel with lay assessors")
    config_model = LayPanelConfig
    words = {**WORDS, "missing_role": N_("Scores are missing from this role: %(role)s (%(have)s of %(need)s).")}
    inputs = INPUTS | {Input.ROLES}

    def required_roles(self, config: LayPanelConfig, language: str = "en") -> Mapping[str, int]:
        """Lay and external assessors, in either language."""
        return {"external": config.external, "lay": config.lay}

    def propose(self, snapshot: Snapshot, config: LayPanelConfig, policy: NationalPolicy) -> Proposal:
        """The roles first: without them another assessor is needed, whatever the scores say."""
        sign_off = (PANEL_CHAIR, *(role for role in config.sign_off if role != PANEL_CHAIR))
        missing = []
        for role, need in self.required_roles(config).items():
            have = sum(role in one.roles for one in snapshot.scored)
            if have < need:
                missing.append(Reason.of("missing_role", role=role, have=have, need=need))
        if missing:
            return Proposal(outcome=Outcome.MORE_ASSESSORS, reasons=tuple(missing), sign_off=sign_off)
        return proposed(snapshot, config, policy).model_copy(update={"sign_off": sign_off})
