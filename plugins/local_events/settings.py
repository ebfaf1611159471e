"""What the central team, or a partner lead, can set for one site."""

from typing import Literal

from pydantic import BaseModel, Field

from core.sdk import N_, TenantSnapshot
from plugins.local_events.manifest import MANIFEST
from plugins.local_events.words import AUDIENCES


class Settings(BaseModel, extra="forbid"):
    """The settings of local events at one site."""

    who_may_create: Literal["organisers", "members"] = Field(
        default="organisers",
        title=N_("Who may create and publish events"),
        json_schema_extra={
            "labels": {"organisers": N_("Organisers"), "members": N_("Organisers and members of this area")}
        },
    )
    members_may_propose: bool = Field(
        default=True,
        title=N_("Members may propose events"),
        description=N_("A member of this area may write a draft and submit it; an organiser approves it."),
    )
    organisers_publish_for: Literal["area", "uk", "public"] = Field(
        default="public",
        title=N_("The widest audience organisers may publish for"),
        json_schema_extra={"labels": {**AUDIENCES}},
        description=N_("Partner leads and the central team may always publish for everyone."),
    )
    members_publish_for: Literal["area", "uk", "public"] = Field(
        default="area",
        title=N_("The widest audience members may publish for"),
        json_schema_extra={"labels": {**AUDIENCES}},
        description=N_("Where members organise for themselves. What an organiser approves is not limited by this."),
    )
    default_capacity: int = Field(
        default=30,
        ge=1,
        le=5000,
        title=N_("Places in a new event"),
        description=N_("What the form for a new event starts with: 1 to 5,000."),
    )
    quiet_from: int = Field(
        default=21,
        ge=0,
        le=23,
        title=N_("Quiet hours begin at"),
        description=N_(
            "From this hour of the evening no emails are written until the morning, but for cancellations and changes of "
            "events within 24 hours. London time, 0 to 23."
        ),
    )
    quiet_until: int = Field(
        default=8,
        ge=0,
        le=23,
        title=N_("Quiet hours end at"),
        description=N_("The hour of the morning, 0 to 23. The same as the beginning means no quiet hours."),
    )


def settings_at(site: TenantSnapshot) -> Settings:
    """What is set for a site."""
    found = site.settings.get(MANIFEST.name)
    return found if isinstance(found, Settings) else Settings()
