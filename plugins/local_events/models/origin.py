"""The tables of whose an event is: who runs it, how a proposal went, and which sites host it together."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, Shared, TenantOwned, tenant_args, tenant_fk
from plugins.local_events.models.closed import one_of, quoted
from plugins.local_events.words import AUDIENCES, HOSTINGS, STEPS

_HERE = sa.text("left_at is null")
_LIVE = sa.text(f"state in ({quoted(('invited', 'accepted'))})")


class Organiser(TenantOwned, Base):
    """Somebody who runs one event, with or without a role at the site."""

    __tablename__ = "local_events_organiser"
    __table_args__ = tenant_args(
        tenant_fk("event_id", "local_events_event"),
        sa.Index(
            "uq_local_events_organiser_here", "tenant_id", "event_id", "account_id", unique=True,
            sqlite_where=_HERE, postgresql_where=_HERE,
        ),
        sa.Index("ix_local_events_organiser_account", "tenant_id", "account_id"),
    )  # fmt: skip
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    account_id: Mapped[IdRef]
    added_by: Mapped[IdRef | None]
    added_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class ProposalStep(TenantOwned, Base):
    """One step of a proposal, with what was said to the other side."""

    __tablename__ = "local_events_proposal_step"
    __table_args__ = tenant_args(
        tenant_fk("event_id", "local_events_event"),
        one_of("step", STEPS),
        sa.Index("ix_local_events_proposal_step_event", "tenant_id", "event_id"),
    )
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    step: Mapped[str] = mapped_column(sa.String(20))
    why: Mapped[str] = mapped_column(sa.String(500), default="")
    by: Mapped[IdRef | None]
    at: Mapped[datetime]


class Hosting(Shared, Base):
    """An event of one site that another site is asked to host together: a card addressed to one site, which is written by the
    event's own site and answered by the other. Neither reads the other's rows; both read this one (`queries/hosting.py`)."""

    __tablename__ = "local_events_hosting"
    __table_args__ = (
        one_of("state", HOSTINGS),
        one_of("audience", AUDIENCES),
        sa.CheckConstraint("origin_tenant_id <> host_tenant_id", name="two_sites"),
        sa.Index(
            "uq_local_events_hosting_live", "origin_tenant_id", "event_ref", "host_tenant_id", unique=True,
            sqlite_where=_LIVE, postgresql_where=_LIVE,
        ),
        sa.Index("ix_local_events_hosting_host", "host_tenant_id", "state", "ends_at"),
    )  # fmt: skip
    id: Mapped[Id]
    origin_tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenancy_tenant.id"))
    host_tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenancy_tenant.id"))
    event_ref: Mapped[IdRef]
    state: Mapped[str] = mapped_column(sa.String(10))
    shown: Mapped[bool]
    """Whether the event is published: an invitation may come before that."""
    kind: Mapped[str] = mapped_column(sa.String(20))
    title: Mapped[str] = mapped_column(sa.String(200))
    summary: Mapped[str] = mapped_column(sa.String(500))
    mode: Mapped[str] = mapped_column(sa.String(20))
    place: Mapped[str] = mapped_column(sa.String(200))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    audience: Mapped[str] = mapped_column(sa.String(10))
    invited_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
