"""Panels: who assesses, what may stand in their way, and who has which application."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.admissions.states import ASSIGNMENT, HELD_BY_ASSESSOR
from core.data.base import Base, Id, IdRef, TenantOwned, listed, tenant_args, tenant_fk

ASSESSOR_ROLES = ("lay", "external", "cy_reader", "chair")
"""What somebody brings to a panel beside judgement: a lay or outside view, reading Welsh, chairing."""
INTEREST_KINDS = ("employer", "organisation", "person", "family", "co_author", "other")
LEVELS = ("none", "minor", "major")
IS_HELD = sa.text(f"state in ({listed(HELD_BY_ASSESSOR)})")
"""The condition of the index that gives an application to an assessor once; see `applications.IS_LIVE`."""
NOT_ENDED = sa.text("ended_at is null")


class Assessor(TenantOwned, Base):
    """A member of a partner's panel. `capacity` is how many applications they can hold in one window; who is paused gets
    nothing new. `workplace_norm` is the workplace as it is compared with an applicant's."""

    __tablename__ = "admissions_assessor"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "account_id"),
        sa.CheckConstraint("state in ('active', 'paused', 'ended')", name="state"),
        sa.CheckConstraint("capacity between 0 and 500", name="capacity"),
    )
    id: Mapped[Id]
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("people_account.id"))
    roles: Mapped[list[str]]
    capacity: Mapped[int]
    workplace: Mapped[str] = mapped_column(sa.String(200), default="")
    workplace_norm: Mapped[str] = mapped_column(sa.String(200), default="")
    trained_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(sa.String(10))
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[IdRef | None]
    created_at: Mapped[datetime]


class AssessorInterest(TenantOwned, Base):
    """An employer, an organisation or a person that an assessor is tied to: conflicts are derived from it. Ended, not deleted."""

    __tablename__ = "admissions_assessor_interest"
    __table_args__ = tenant_args(
        tenant_fk("assessor_id", "admissions_assessor"),
        sa.CheckConstraint(f"kind in ({listed(INTEREST_KINDS)})", name="kind"),
        sa.Index("ix_admissions_assessor_interest_target", "tenant_id", "target_norm"),
        sa.Index("ix_admissions_assessor_interest_assessor", "tenant_id", "assessor_id"),
    )
    id: Mapped[Id]
    assessor_id: Mapped[IdRef]
    kind: Mapped[str] = mapped_column(sa.String(20))
    target: Mapped[str] = mapped_column(sa.String(200))
    target_norm: Mapped[str] = mapped_column(sa.String(200))
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Conflict(TenantOwned, Base):
    """Somebody who must not see, assess or decide an application, and why: declared by them, derived from an interest, or set
    by the partner. It holds for the account, whatever roles it has: assessor, lead or central team."""

    __tablename__ = "admissions_conflict"
    __table_args__ = tenant_args(
        tenant_fk("application_id", "admissions_application"),
        sa.CheckConstraint("source in ('declared', 'derived', 'set')", name="source"),
        sa.Index(
            "uq_admissions_conflict_standing", "tenant_id", "application_id", "account_id", unique=True,
            sqlite_where=NOT_ENDED, postgresql_where=NOT_ENDED,
        ),
        sa.Index("ix_admissions_conflict_person", "tenant_id", "account_id"),
    )  # fmt: skip
    id: Mapped[Id]
    application_id: Mapped[IdRef]
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("people_account.id"))
    source: Mapped[str] = mapped_column(sa.String(10))
    kind: Mapped[str] = mapped_column(sa.String(20))
    why: Mapped[str] = mapped_column(sa.String(500), default="")
    by: Mapped[IdRef | None]
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[IdRef | None]
    end_why: Mapped[str] = mapped_column(sa.String(500), default="")


class AssignmentRun(TenantOwned, Base):
    """A plan of who assesses what: asked for, worked out in the background (`progress` in percent), looked at, then applied or
    not. `basis` is the hash of what it was made from, so that a plan over changed facts is refused."""

    __tablename__ = "admissions_assignment_run"
    __table_args__ = tenant_args(
        tenant_fk("window_id", "admissions_window"),
        sa.CheckConstraint(
            "state in ('queued', 'running', 'ready', 'applied', 'failed', 'discarded')", name="state"
        ),
        sa.Index("ix_admissions_assignment_run_window", "tenant_id", "window_id", "requested_at"),
    )  # fmt: skip
    id: Mapped[Id]
    window_id: Mapped[IdRef]
    state: Mapped[str] = mapped_column(sa.String(10))
    seed: Mapped[int]
    progress: Mapped[int] = mapped_column(default=0)
    basis: Mapped[str] = mapped_column(sa.String(64), default="")
    plan: Mapped[dict[str, Any] | None]
    error: Mapped[str] = mapped_column(sa.String(500), default="")
    requested_by: Mapped[IdRef | None]
    requested_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    applied_by: Mapped[IdRef | None]
    applied_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class Assignment(TenantOwned, Base):
    """One application for one assessor (the state machine is `states.ASSIGNMENT`). Nothing of the application is shown before
    the assessor has declared whether they have a conflict of interest: `level` is that declaration."""

    __tablename__ = "admissions_assignment"
    __table_args__ = tenant_args(
        tenant_fk("application_id", "admissions_application"),
        tenant_fk("assessor_id", "admissions_assessor"),
        tenant_fk("run_id", "admissions_assignment_run"),
        sa.CheckConstraint(f"state in ({listed(ASSIGNMENT.states)})", name="state"),
        sa.CheckConstraint(f"level is null or level in ({listed(LEVELS)})", name="level"),
        sa.CheckConstraint("(level is null) = (declared_at is null)", name="declared"),
        sa.CheckConstraint("source in ('manual', 'auto')", name="source"),
        sa.Index(
            "uq_admissions_assignment_held", "tenant_id", "application_id", "assessor_id", unique=True,
            sqlite_where=IS_HELD, postgresql_where=IS_HELD,
        ),
        sa.Index("ix_admissions_assignment_assessor", "tenant_id", "assessor_id", "state"),
    )  # fmt: skip
    id: Mapped[Id]
    application_id: Mapped[IdRef]
    assessor_id: Mapped[IdRef]
    state: Mapped[str] = mapped_column(sa.String(12))
    source: Mapped[str] = mapped_column(sa.String(10))
    run_id: Mapped[IdRef | None]
    reasons: Mapped[list[Any]] = mapped_column(sa.JSON)
    due_at: Mapped[datetime]
    level: Mapped[str | None] = mapped_column(sa.String(10))
    declaration: Mapped[str] = mapped_column(sa.String(500), default="")
    declared_at: Mapped[datetime | None]
    resolved_by: Mapped[IdRef | None]
    resolution: Mapped[str] = mapped_column(sa.String(500), default="")
    state_why: Mapped[str] = mapped_column(sa.String(500), default="")
    told_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[IdRef | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
