"""Windows, the form's versions that they pin, and who wants to be told when one opens."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.data.base import Base, Id, IdRef, Shared, TenantOwned, tenant_args, tenant_fk

MOST_GRACE_SECONDS = 86_400


class FormVersion(Shared, Base):
    """One version of the application form. Once published its content never changes: the database refuses it."""

    __tablename__ = "admissions_form_version"
    __table_args__ = (
        sa.UniqueConstraint("number"),
        sa.CheckConstraint("state in ('draft', 'published', 'retired')", name="state"),
        sa.CheckConstraint("change in ('editorial', 'additive', 'breaking')", name="change"),
        sa.CheckConstraint("(state = 'draft') = (published_at is null)", name="published"),
    )
    id: Mapped[Id]
    number: Mapped[int]
    state: Mapped[str] = mapped_column(sa.String(10))
    change: Mapped[str] = mapped_column(sa.String(10))
    content: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[IdRef | None]
    created_at: Mapped[datetime]
    published_by: Mapped[IdRef | None]
    published_at: Mapped[datetime | None]


class Window(TenantOwned, Base):
    """The dates in which an area takes applications (UTC). Whether it is open now follows from them: `instants`."""

    __tablename__ = "admissions_window"
    __table_args__ = tenant_args(
        sa.CheckConstraint("opens_at < closes_at", name="times"),
        sa.CheckConstraint(f"grace_seconds between 0 and {MOST_GRACE_SECONDS}", name="grace"),
        sa.CheckConstraint("state in ('draft', 'published', 'cancelled')", name="state"),
        sa.Index("ix_admissions_window_list", "tenant_id", "state", "opens_at"),
    )
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(80))
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    grace_seconds: Mapped[int]
    form_version_id: Mapped[str] = mapped_column(sa.ForeignKey("admissions_form_version.id"))
    state: Mapped[str] = mapped_column(sa.String(10))
    released_at: Mapped[datetime | None]
    state_why: Mapped[str] = mapped_column(sa.String(500), default="")
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[IdRef | None]
    created_at: Mapped[datetime]


class WindowAmendment(TenantOwned, Base):
    """A change of a published window: never without a reason, never undone by forgetting it."""

    __tablename__ = "admissions_window_amendment"
    __table_args__ = tenant_args(
        tenant_fk("window_id", "admissions_window"),
        sa.Index("ix_admissions_window_amendment_window", "tenant_id", "window_id", "at"),
    )
    id: Mapped[Id]
    window_id: Mapped[IdRef]
    at: Mapped[datetime]
    by: Mapped[IdRef | None]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    why: Mapped[str] = mapped_column(sa.String(500))


class Extension(TenantOwned, Base):
    """One person's own closing instant, later than the window's."""

    __tablename__ = "admissions_extension"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "window_id", "account_id"),
        tenant_fk("window_id", "admissions_window"),
    )
    id: Mapped[Id]
    window_id: Mapped[IdRef]
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("people_account.id"))
    closes_at: Mapped[datetime]
    why: Mapped[str] = mapped_column(sa.String(500))
    by: Mapped[IdRef | None]
    at: Mapped[datetime]


class Interest(TenantOwned, Base):
    """Somebody who wants to be told when an area's window opens. Two messages for a window, one each at most: `told_open`
    and `told_closing` hold the window that the last of its kind was about. `token_hash` is of the link that confirms and stops."""

    __tablename__ = "admissions_interest"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "email_norm"),
        sa.UniqueConstraint("token_hash"),
        sa.CheckConstraint("state in ('asked', 'confirmed', 'stopped')", name="state"),
    )
    id: Mapped[Id]
    email: Mapped[str] = mapped_column(sa.String(320))
    email_norm: Mapped[str] = mapped_column(sa.String(320))
    locale: Mapped[str] = mapped_column(sa.String(5))
    state: Mapped[str] = mapped_column(sa.String(10))
    token_hash: Mapped[str] = mapped_column(sa.String(64))
    told_open: Mapped[IdRef | None]
    told_closing: Mapped[IdRef | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
