"""Joining: the compact's versions, who accepted which, and offers of membership."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.admissions.states import OFFER
from core.data.base import Base, Id, IdRef, Shared, TenantOwned, listed, tenant_args, tenant_fk


class CompactVersion(Shared, Base):
    """One version of the compact, in both languages. Once published it never changes. `asks_again` says that members are asked
    to accept it anew."""

    __tablename__ = "admissions_compact_version"
    __table_args__ = (
        sa.UniqueConstraint("number"),
        sa.CheckConstraint("state in ('draft', 'published')", name="state"),
        sa.CheckConstraint("(state = 'draft') = (published_at is null)", name="published"),
    )
    id: Mapped[Id]
    number: Mapped[int]
    state: Mapped[str] = mapped_column(sa.String(10))
    content: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    asks_again: Mapped[bool]
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[IdRef | None]
    created_at: Mapped[datetime]
    published_by: Mapped[IdRef | None]
    published_at: Mapped[datetime | None]


class CompactAcceptance(Shared, Base):
    """That somebody accepted a version of the compact. Rows are never changed."""

    __tablename__ = "admissions_compact_acceptance"
    __table_args__ = (sa.UniqueConstraint("account_id", "compact_version_id"),)
    id: Mapped[Id]
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("people_account.id"))
    compact_version_id: Mapped[str] = mapped_column(sa.ForeignKey("admissions_compact_version.id"))
    at: Mapped[datetime]


class CompactNotice(Shared, Base):
    """That a member was written to about a version that asks everybody anew: once for a version."""

    __tablename__ = "admissions_compact_notice"
    __table_args__ = (sa.UniqueConstraint("account_id", "compact_version_id"),)
    id: Mapped[Id]
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("people_account.id"))
    compact_version_id: Mapped[str] = mapped_column(sa.ForeignKey("admissions_compact_version.id"))
    at: Mapped[datetime]


class CompactRefusal(Shared, Base):
    """That a member does not accept a version, in their own words, for the central team. It ends nothing: people talk first."""

    __tablename__ = "admissions_compact_refusal"
    __table_args__ = (sa.UniqueConstraint("account_id", "compact_version_id"),)
    id: Mapped[Id]
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("people_account.id"))
    compact_version_id: Mapped[str] = mapped_column(sa.ForeignKey("admissions_compact_version.id"))
    words: Mapped[str] = mapped_column(sa.String(1000), default="")
    at: Mapped[datetime]


class MembershipOffer(TenantOwned, Base):
    """An accepted application's offer (the state machine is `states.OFFER`). It lapses, with notice; there is no cap on numbers.
    `state_why` is the reason for which it was renewed last."""

    __tablename__ = "admissions_membership_offer"
    __table_args__ = tenant_args(
        tenant_fk("application_id", "admissions_application"),
        sa.UniqueConstraint("tenant_id", "application_id"),
        sa.CheckConstraint(f"state in ({listed(OFFER.states)})", name="state"),
        sa.CheckConstraint("offered_at < lapses_at", name="times"),
        sa.Index("ix_admissions_membership_offer_due", "tenant_id", "state", "lapses_at"),
        sa.Index("ix_admissions_membership_offer_person", "account_id"),
    )
    id: Mapped[Id]
    application_id: Mapped[IdRef]
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("people_account.id"))
    state: Mapped[str] = mapped_column(sa.String(10))
    offered_at: Mapped[datetime]
    lapses_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    state_why: Mapped[str] = mapped_column(sa.String(500), default="")
    version: Mapped[int] = mapped_column(default=1)
