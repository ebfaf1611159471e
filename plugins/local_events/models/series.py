"""The tables of series: a rule, and its dates, each of which is an event of its own."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, TenantOwned, tenant_args, tenant_fk


class Series(TenantOwned, Base):
    """Events that belong together. `rule` is an RRULE (RFC 5545, 3.3.10) without its name; "" for the visits of an exchange,
    whose dates follow no rule. `first_start` is a wall-clock time in `tzid`."""

    __tablename__ = "local_events_series"
    __table_args__ = tenant_args(tenant_fk("split_from", "local_events_series"))
    id: Mapped[Id]
    rule: Mapped[str] = mapped_column(sa.String(200))
    first_start: Mapped[str] = mapped_column(sa.String(16))
    tzid: Mapped[str] = mapped_column(sa.String(40), default="Europe/London")
    version: Mapped[int] = mapped_column(default=1)
    split_from: Mapped[IdRef | None]
    created_by: Mapped[IdRef | None]
    created_at: Mapped[datetime]


class Occurrence(TenantOwned, Base):
    """One date of a series. `original_start` (wall clock, `2026-05-12T17:00`) is its RECURRENCE-ID: it stays when the event
    moves. Without an event it is a date that was left out."""

    __tablename__ = "local_events_occurrence"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "series_id", "original_start"),
        sa.UniqueConstraint("tenant_id", "event_id"),
        tenant_fk("series_id", "local_events_series"),
        tenant_fk("event_id", "local_events_event"),
    )
    id: Mapped[Id]
    series_id: Mapped[IdRef]
    original_start: Mapped[str] = mapped_column(sa.String(16))
    event_id: Mapped[IdRef | None]
