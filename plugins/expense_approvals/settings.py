"""What the central team can set for one site."""

from pydantic import BaseModel, Field

from core.sdk import N_, TenantSnapshot
from plugins.expense_approvals.limits import Limits
from plugins.expense_approvals.manifest import MANIFEST


class Settings(BaseModel, extra="forbid"):
    """The settings of expense approvals at one site. The limits are illustrative: each site's are its own to agree."""

    days_kept: int = Field(
        default=90,
        ge=28,
        le=365,
        title=N_("Days that money stays agreed"),
        description=N_(
            "How long after the activity a budget keeps what was agreed: 28 to 365 days. Then it is free again."
        ),
    )
    approver_preapproval_pounds: int = Field(
        default=500,
        ge=0,
        le=1_000_000,
        title=N_("The most an expense approver agrees to beforehand, in pounds"),
        description=N_(
            "Whole pounds, for one person and one activity. Above it a partner lead decides. 0 means no limit."
        ),
    )
    approver_claim_pounds: int = Field(
        default=500,
        ge=0,
        le=1_000_000,
        title=N_("The most an expense approver approves of claims, in pounds"),
        description=N_(
            "Whole pounds, for one person and one activity. Above it a partner lead decides. 0 means no limit."
        ),
    )
    lead_pounds: int = Field(
        default=2_000,
        ge=0,
        le=1_000_000,
        title=N_("The most anybody of the site agrees to or approves, in pounds"),
        description=N_(
            "Whole pounds, for one person and one activity, partner leads too. Above it only the central team decides. 0 means no limit."
        ),
    )

    preapprover_may_approve: bool = Field(
        default=True,
        title=N_("Who agreed beforehand may approve the claim"),
        description=N_(
            "The claim is checked by another person in either case. If not allowed, somebody else approves it, and where nobody is "
            "left the central team does."
        ),
    )

    second_approver_pounds: int | None = Field(
        default=None,
        ge=0,
        le=1_000_000,
        title=N_("A second approver, for claims above this many pounds"),
        description=N_(
            "Whole pounds, for one person and one activity. Above it two people approve a claim, one after the other, and neither "
            "of them checked it. Empty means never, 0 means always."
        ),
    )

    @property
    def limits(self) -> Limits:
        """What is set about who decides, in pence."""
        return Limits(
            self.approver_preapproval_pounds * 100,
            self.approver_claim_pounds * 100,
            self.lead_pounds * 100,
            self.preapprover_may_approve,
            None if self.second_approver_pounds is None else self.second_approver_pounds * 100,
        )


def settings_at(site: TenantSnapshot) -> Settings:
    """What is set for a site."""
    found = site.settings.get(MANIFEST.name)
    return found if isinstance(found, Settings) else Settings()
