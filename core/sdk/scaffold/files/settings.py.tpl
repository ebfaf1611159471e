"""What the central team, or a partner lead, can set for one site."""

from pydantic import BaseModel, Field

from core.sdk import N_


class Settings(BaseModel, extra="forbid"):
    """The settings of one site."""

    shown_at_home: int = Field(
        default=3,
        ge=0,
        le=20,
        title=N_("Notes on the start page"),
        description=N_("The newest ones are shown: 0 to 20."),
    )
