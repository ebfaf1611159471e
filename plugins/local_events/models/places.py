"""The tables of places: an event's pools, who is registered, and who is invited.

Nothing here counts: places are counted from the rows, under the event's lock (`service/counting.py`).
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, TenantOwned, new_token, tenant_args, tenant_fk
from plugins.local_events.models.closed import one_of, quoted
from plugins.local_events.states import ACTIVE, STORED
from plugins.local_events.words import ELIGIBILITIES, NOTICES, POOL_KINDS, SOURCES

_ACTIVE = sa.text(f"state in ({quoted(ACTIVE)})")
_TOLD = sa.text("notice <> ''")


class Pool(TenantOwned, Base):
    """Places of one kind at one event. `capacity` None is no limit; `waiting_limit` None neither, 0 is no waiting list."""

    __tablename__ = "local_events_pool"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "event_id", "kind"),
        tenant_fk("event_id", "local_events_event"),
        sa.CheckConstraint("capacity >= 0", name="capacity"),
        sa.CheckConstraint("waiting_limit >= 0", name="waiting_limit"),
        one_of("kind", POOL_KINDS),
        one_of("eligibility", ELIGIBILITIES),
    )
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    kind: Mapped[str] = mapped_column(sa.String(10))
    capacity: Mapped[int | None]
    waiting_limit: Mapped[int | None]
    eligibility: Mapped[str] = mapped_column(sa.String(10))
    opens_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class Registration(TenantOwned, Base):
    """One person's way into one event. Name and email are as the person had them when registering, for the organiser's list.

    `queued_at` is when the person asked, and never changes. `notice` names what the person is still to be told; a job
    tells it and empties it, in one transaction.
    """

    __tablename__ = "local_events_registration"
    __table_args__ = tenant_args(
        tenant_fk("event_id", "local_events_event"),
        tenant_fk("pool_id", "local_events_pool"),
        one_of("state", STORED),
        one_of("source", SOURCES),
        one_of("notice", ("", *NOTICES)),
        sa.CheckConstraint("guests between 0 and 9", name="guests"),
        sa.CheckConstraint("(state = 'offered') = (offer_expires_at is not null)", name="offer"),
        sa.Index(
            "uq_local_events_registration_active", "tenant_id", "event_id", "account_id", unique=True,
            sqlite_where=_ACTIVE, postgresql_where=_ACTIVE,
        ),
        sa.Index("ix_local_events_registration_pool", "tenant_id", "event_id", "pool_id", "state"),
        sa.Index("ix_local_events_registration_account", "tenant_id", "account_id"),
        sa.Index(
            "ix_local_events_registration_notice", "tenant_id", "changed_at", sqlite_where=_TOLD, postgresql_where=_TOLD
        ),
    )  # fmt: skip
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    pool_id: Mapped[IdRef]
    account_id: Mapped[IdRef]
    name: Mapped[str] = mapped_column(sa.String(200))
    email: Mapped[str] = mapped_column(sa.String(320))
    state: Mapped[str] = mapped_column(sa.String(20))
    queued_at: Mapped[datetime]
    guests: Mapped[int] = mapped_column(default=0)
    or_online: Mapped[bool] = mapped_column(default=False)
    """Whether a place online would do as well, where no place in person is free."""
    accepts_offers: Mapped[bool] = mapped_column(default=False)
    """Whether the person wants a place that becomes free without being asked again."""
    offer_expires_at: Mapped[datetime | None]
    secret: Mapped[str] = mapped_column(sa.String(43), default=new_token)
    """What a ticket proves itself with: another one for each registration, and after a transfer."""
    source: Mapped[str] = mapped_column(sa.String(10), default="self")
    override_reason: Mapped[str] = mapped_column(sa.String(500), default="")
    """Why an organiser gave this place beside the order; "" where nobody did. Such a place may stand above the limit."""
    ended_why: Mapped[str] = mapped_column(sa.String(500), default="")
    """What an organiser said when refusing or removing; the person can read it."""
    late: Mapped[bool] = mapped_column(default=False)
    """Whether the place was given back after the day until which that could be planned for."""
    in_calendar: Mapped[bool] = mapped_column(default=False)
    """Whether a letter has asked the person's calendar to keep the event, and none since to drop it."""
    notice: Mapped[str] = mapped_column(sa.String(20), default="")
    changed_at: Mapped[datetime]


class Invitation(TenantOwned, Base):
    """That somebody may take a place for invited people, by address: an account may come later."""

    __tablename__ = "local_events_invitation"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "event_id", "email"),
        tenant_fk("event_id", "local_events_event"),
        sa.CheckConstraint("email = lower(email)", name="email"),
    )
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    email: Mapped[str] = mapped_column(sa.String(320))
    invited_by: Mapped[IdRef | None]
    invited_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    """When the letter about it was written; None for one that is still due."""
    withdrawn_at: Mapped[datetime | None]
