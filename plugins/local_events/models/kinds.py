"""The tables of what events of a kind begin with, and of what an event is about."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, TenantOwned, tenant_args, tenant_fk
from plugins.local_events.models.closed import one_of
from plugins.local_events.words import KINDS, MODES

_CURRENT = sa.text("current")


class KindSettings(TenantOwned, Base):
    """One version of what a new event of a kind begins with at this site. The current one is used, the others are history."""

    __tablename__ = "local_events_kind"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "kind", "version"),
        one_of("kind", KINDS),
        one_of("mode", MODES),
        sa.CheckConstraint("minutes between 15 and 20160", name="minutes"),
        sa.CheckConstraint("guests_allowed between 0 and 9", name="guests"),
        sa.Index(
            "uq_local_events_kind_current", "tenant_id", "kind", unique=True, sqlite_where=_CURRENT, postgresql_where=_CURRENT
        ),
    )  # fmt: skip
    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(sa.String(20))
    version: Mapped[int]
    current: Mapped[bool]
    minutes: Mapped[int]
    mode: Mapped[str] = mapped_column(sa.String(20))
    capacity: Mapped[int | None]
    wants_approval: Mapped[bool]
    guests_allowed: Mapped[int]
    certificate: Mapped[bool]
    reminders: Mapped[list[int]] = mapped_column(sa.JSON)
    questions: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    saved_by: Mapped[IdRef | None]
    saved_at: Mapped[datetime]


class Tag(TenantOwned, Base):
    """One thing that an event is about: a domain of quality, or a topic in the organiser's own words, in small letters."""

    __tablename__ = "local_events_tag"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "event_id", "kind", "value"),
        tenant_fk("event_id", "local_events_event"),
        one_of("kind", ("domain", "topic")),
        sa.Index("ix_local_events_tag_value", "tenant_id", "kind", "value"),
    )
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    kind: Mapped[str] = mapped_column(sa.String(10))
    value: Mapped[str] = mapped_column(sa.String(40))
