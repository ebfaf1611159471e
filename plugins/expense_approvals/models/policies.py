"""The tables of policies: the national one, which every site reads, and what a site adds to it."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, Shared, TenantOwned, tenant_args


class PolicyVersion(Shared, Base):
    """One version of the national expenses policy. A published one never changes: triggers of the database refuse it.

    It holds from `effective_from` on and is known from `published_at` on; `sha256` is that of its canonical JSON.
    """

    __tablename__ = "expense_approvals_policy_version"
    __table_args__ = (
        sa.UniqueConstraint("number"),
        sa.CheckConstraint("state in ('draft', 'published')", name="state"),
        sa.CheckConstraint("(state = 'draft') = (number is null)", name="numbered"),
        sa.CheckConstraint("(state = 'draft') = (published_at is null)", name="published"),
        sa.CheckConstraint("(state = 'draft') = (effective_from is null)", name="effective"),
    )
    id: Mapped[Id]
    number: Mapped[int | None]
    state: Mapped[str] = mapped_column(sa.String(10))
    based_on: Mapped[int | None]
    """The number of the version that a draft was begun from; None for what the platform comes with."""
    effective_from: Mapped[date | None]
    published_at: Mapped[datetime | None]
    published_by: Mapped[IdRef | None]
    note: Mapped[str] = mapped_column(sa.String(500))
    content: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[IdRef | None]
    created_at: Mapped[datetime]


class SiteRules(TenantOwned, Base):
    """All rules that a site adds to the national policy from a day on: they tighten it. Never changed: the next row replaces it."""

    __tablename__ = "expense_approvals_site_rules"
    __table_args__ = tenant_args(sa.UniqueConstraint("tenant_id", "number"))
    id: Mapped[Id]
    number: Mapped[int]
    effective_from: Mapped[date]
    published_at: Mapped[datetime]
    published_by: Mapped[IdRef | None]
    note: Mapped[str] = mapped_column(sa.String(500))
    content: Mapped[dict[str, Any]]
