"""Figures of quality, kept as they were worked out: reports, and what is published about equality groups."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.data.base import Base, Id, IdRef, Shared, TenantOwned, listed, tenant_args

REPORT_STATES = ("queued", "ready")


class QualityReport(TenantOwned, Base):
    """The figures of a site, worked out in the background and kept with the time they were made.

    `period` is a window of a partner, a year at the UK site, or empty for all. `left_out` are the applications that whoever
    looks must not see: who has conflicts reads a report that was made without them, and `without` is the hash of that list,
    empty where nothing is left out. There is no name in `content`.
    """

    __tablename__ = "admissions_quality_report"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "period", "without"),
        sa.CheckConstraint(f"state in ({listed(REPORT_STATES)})", name="state"),
        sa.CheckConstraint("progress between 0 and 100", name="progress"),
        sa.CheckConstraint("(content is null) = (made_at is null)", name="made"),
    )
    id: Mapped[Id]
    period: Mapped[str] = mapped_column(sa.String(26))
    without: Mapped[str] = mapped_column(sa.String(64))
    left_out: Mapped[list[str]]
    state: Mapped[str] = mapped_column(sa.String(10))
    progress: Mapped[int]
    asked_at: Mapped[datetime]
    content: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    made_at: Mapped[datetime | None]


class EqualityFigures(Shared, Base):
    """One publication of figures by equality group. It never changes, and an application is counted in one publication only:
    no two of them can be subtracted from each other. `counted` are the applications; who answered what is not kept."""

    __tablename__ = "admissions_equality_figures"
    __table_args__ = (sa.UniqueConstraint("number"),)
    id: Mapped[Id]
    number: Mapped[int]
    counted: Mapped[list[IdRef]] = mapped_column(sa.JSON)
    content: Mapped[dict[str, Any]]
    at: Mapped[datetime]
