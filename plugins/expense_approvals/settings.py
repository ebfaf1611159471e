"""What the central team can set for one site."""

from pydantic import BaseModel, Field

from core.sdk import N_


class Settings(BaseModel, extra="forbid"):
    """The settings of expense approvals at one site."""

    days_kept: int = Field(
        default=90,
        ge=28,
        le=365,
        title=N_("Days that money stays agreed"),
        description=N_(
            "How long after the activity a budget keeps what was agreed: 28 to 365 days. Then it is free again."
        ),
    )
