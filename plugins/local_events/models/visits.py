"""The tables of exchange and site visits: offers, visits that were asked for, what each side learnt, what people look for."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, TenantOwned, tenant_args, tenant_fk
from plugins.local_events.models.closed import one_of, quoted
from plugins.local_events.states import LIVING, OFFER, VISIT_STORED
from plugins.local_events.visit_words import SIDES, VISIT_AUDIENCES, VISIT_KINDS

_LIVING = sa.text(f"state in ({quoted(LIVING)})")


class VisitOffer(TenantOwned, Base):
    """A visit that a host offers. `learning_edge` is what the host is learning and wants visitors' help with.

    `version` goes into the forms; `turn` rises with every change of its visits: updating it is the lock under which places
    are counted.
    """

    __tablename__ = "local_events_visit_offer"
    __table_args__ = tenant_args(
        tenant_fk("event_id", "local_events_event"),
        one_of("kind", VISIT_KINDS),
        one_of("audience", VISIT_AUDIENCES),
        one_of("state", OFFER.states),
        sa.CheckConstraint("capacity between 1 and 50", name="capacity"),
        sa.Index("ix_local_events_visit_offer_list", "tenant_id", "state", "open_until"),
        sa.Index("ix_local_events_visit_offer_host", "tenant_id", "host_id"),
        sa.Index("ix_local_events_visit_offer_event", "tenant_id", "event_id"),
    )
    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(sa.String(20))
    host_id: Mapped[IdRef | None]
    host_name: Mapped[str] = mapped_column(sa.String(200))
    title: Mapped[str] = mapped_column(sa.String(200))
    place: Mapped[str] = mapped_column(sa.String(200))
    what: Mapped[str] = mapped_column(sa.Text)
    learning_edge: Mapped[str] = mapped_column(sa.Text)
    domains: Mapped[list[str]]
    topics: Mapped[list[str]]
    starts_at: Mapped[datetime | None]
    """When it is; None: to be agreed with each visitor."""
    open_until: Mapped[date]
    """The last day on which people can ask."""
    capacity: Mapped[int]
    audience: Mapped[str] = mapped_column(sa.String(10))
    state: Mapped[str] = mapped_column(sa.String(10))
    event_id: Mapped[IdRef | None]
    """The event of this site that it became, where an organiser has said so."""
    version: Mapped[int] = mapped_column(default=1)
    turn: Mapped[int] = mapped_column(default=0)
    offered_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Visit(TenantOwned, Base):
    """One visitor's way through one offer. The name is as the visitor had it when asking."""

    __tablename__ = "local_events_visit"
    __table_args__ = tenant_args(
        tenant_fk("offer_id", "local_events_visit_offer"),
        one_of("state", VISIT_STORED),
        sa.Index(
            "uq_local_events_visit_living", "tenant_id", "offer_id", "account_id", unique=True,
            sqlite_where=_LIVING, postgresql_where=_LIVING,
        ),
        sa.Index("ix_local_events_visit_account", "tenant_id", "account_id"),
    )  # fmt: skip
    id: Mapped[Id]
    offer_id: Mapped[IdRef]
    account_id: Mapped[IdRef | None]
    name: Mapped[str] = mapped_column(sa.String(200))
    wants: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.String(12))
    visit_at: Mapped[datetime | None]
    """When the two have agreed to meet; None: they settle that between themselves."""
    host_words: Mapped[str] = mapped_column(sa.Text, default="")
    """What the host wrote when agreeing or declining; the visitor reads it."""
    version: Mapped[int] = mapped_column(default=1)
    asked_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class VisitLearning(TenantOwned, Base):
    """What one side learnt from a visit that took place. Both sides read both; members where both are to be shared."""

    __tablename__ = "local_events_visit_learning"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "visit_id", "side"),
        tenant_fk("visit_id", "local_events_visit"),
        one_of("side", SIDES),
        sa.Index("ix_local_events_visit_learning_account", "tenant_id", "account_id"),
    )
    id: Mapped[Id]
    visit_id: Mapped[IdRef]
    side: Mapped[str] = mapped_column(sa.String(10))
    account_id: Mapped[IdRef]
    words: Mapped[str] = mapped_column(sa.Text)
    shared: Mapped[bool]
    told_at: Mapped[datetime]


class VisitInterest(TenantOwned, Base):
    """What a person looks for in visits at this site: the only thing that offers are matched with."""

    __tablename__ = "local_events_visit_interest"
    __table_args__ = tenant_args(sa.UniqueConstraint("tenant_id", "account_id"))
    id: Mapped[Id]
    account_id: Mapped[IdRef]
    domains: Mapped[list[str]]
    topics: Mapped[list[str]]
    words: Mapped[str] = mapped_column(sa.Text)
    changed_at: Mapped[datetime]
