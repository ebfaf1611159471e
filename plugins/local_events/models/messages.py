"""The tables of messages: what an organiser wrote, and what each person is told once."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, TenantOwned, tenant_args, tenant_fk
from plugins.local_events.models.closed import one_of
from plugins.local_events.words import DELIVERY_KINDS, DELIVERY_STATES

_WAITING = sa.text("state = 'waiting'")


class Message(TenantOwned, Base):
    """What an organiser wrote to people of one event. `audience` is how they were chosen, `recipients` how many they were."""

    __tablename__ = "local_events_message"
    __table_args__ = tenant_args(
        tenant_fk("event_id", "local_events_event"),
        sa.CheckConstraint("recipients > 0", name="recipients"),
        sa.Index("ix_local_events_message_event", "tenant_id", "event_id"),
    )
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    subject: Mapped[str] = mapped_column(sa.String(200))
    text: Mapped[str] = mapped_column(sa.Text)
    subject_cy: Mapped[str] = mapped_column(sa.String(200), default="")
    text_cy: Mapped[str] = mapped_column(sa.Text, default="")
    audience: Mapped[dict[str, Any]]
    recipients: Mapped[int]
    written_by: Mapped[IdRef | None]
    written_at: Mapped[datetime]


class Delivery(TenantOwned, Base):
    """That one person is told one thing: the row comes first, and there is one for each (event, person, kind, slot).

    `slot` tells one reminder, change or message from the next. `facts` are what the letter says beyond the event itself.
    The job that writes the letter moves the row on in the same transaction: `mail_id` is the letter.
    """

    __tablename__ = "local_events_delivery"
    __table_args__ = tenant_args(
        tenant_fk("event_id", "local_events_event"),
        tenant_fk("message_id", "local_events_message"),
        sa.UniqueConstraint("tenant_id", "event_id", "account_id", "kind", "slot"),
        one_of("kind", DELIVERY_KINDS),
        one_of("state", DELIVERY_STATES),
        sa.CheckConstraint("(state = 'written') = (mail_id is not null)", name="mail"),
        sa.CheckConstraint("(kind = 'message') = (message_id is not null)", name="message"),
        sa.Index("ix_local_events_delivery_account", "tenant_id", "account_id"),
        sa.Index("ix_local_events_delivery_message", "tenant_id", "message_id"),
        sa.Index(
            "ix_local_events_delivery_waiting", "tenant_id", "id", sqlite_where=_WAITING, postgresql_where=_WAITING
        ),
    )
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    message_id: Mapped[IdRef | None]
    account_id: Mapped[IdRef]
    kind: Mapped[str] = mapped_column(sa.String(12))
    slot: Mapped[str] = mapped_column(sa.String(40))
    facts: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(sa.String(10))
    mail_id: Mapped[IdRef | None]
    created_at: Mapped[datetime]
