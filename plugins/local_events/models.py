"""Tables of local events."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, TenantOwned, tenant_args, tenant_fk
from plugins.local_events.states import EVENT
from plugins.local_events.words import AUDIENCES, COMING, KINDS, MODES, WITHDRAWN


def _one_of(column: str, values: Iterable[str]) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} in ({', '.join(repr(value) for value in sorted(values))})", name=column)


class Event(TenantOwned, Base):
    """One activity. `taken` counts the registrations that are coming; the database itself keeps it within `capacity`."""

    __tablename__ = "local_events_event"
    __table_args__ = tenant_args(
        sa.CheckConstraint("0 <= taken and taken <= capacity", name="places"),
        sa.CheckConstraint("starts_at < ends_at", name="times"),
        _one_of("kind", KINDS),
        _one_of("mode", MODES),
        _one_of("audience", AUDIENCES),
        _one_of("state", EVENT.states),
        sa.Index("ix_local_events_event_list", "tenant_id", "state", "starts_at"),
    )
    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(sa.String(20))
    title: Mapped[str] = mapped_column(sa.String(200))
    summary: Mapped[str] = mapped_column(sa.String(500))
    description: Mapped[str] = mapped_column(sa.Text)
    mode: Mapped[str] = mapped_column(sa.String(20))
    place: Mapped[str] = mapped_column(sa.String(200))
    online_url: Mapped[str] = mapped_column(sa.String(500))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    audience: Mapped[str] = mapped_column(sa.String(10))
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(sa.String(20))
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[IdRef | None]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    state_why: Mapped[str] = mapped_column(sa.String(500), default="")


class Registration(TenantOwned, Base):
    """One person's place in one event. Name and email are as the person had them when registering, for the organiser's list."""

    __tablename__ = "local_events_registration"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "event_id", "account_id"),
        tenant_fk("event_id", "local_events_event"),
        _one_of("state", (COMING, WITHDRAWN)),
        sa.Index("ix_local_events_registration_account", "tenant_id", "account_id"),
    )
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    account_id: Mapped[IdRef]
    name: Mapped[str] = mapped_column(sa.String(200))
    email: Mapped[str] = mapped_column(sa.String(320))
    state: Mapped[str] = mapped_column(sa.String(20))
    registered_at: Mapped[datetime]
    changed_at: Mapped[datetime]
