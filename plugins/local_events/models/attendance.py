"""The tables of the day itself: presses at the door, people who came without a place, corrections, certificates.

Presses and corrections are never changed: what is taken back, or put right, is another row. The database refuses it.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, TenantOwned, tenant_args, tenant_fk
from plugins.local_events.models.closed import one_of
from plugins.local_events.words import CORRECTIONS, DIRECTIONS

_ONE_WHO = "(registration_id is null) <> (walk_in_id is null)"
_GOOD = sa.text("revoked_at is null")


class WalkIn(TenantOwned, Base):
    """Somebody who came without a place: a member, or a name. They take no place of anybody's."""

    __tablename__ = "local_events_walk_in"
    __table_args__ = tenant_args(
        tenant_fk("event_id", "local_events_event"),
        sa.UniqueConstraint("tenant_id", "nonce"),
        sa.UniqueConstraint("tenant_id", "event_id", "account_id"),
        sa.Index("ix_local_events_walk_in_account", "tenant_id", "account_id"),
    )
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    account_id: Mapped[IdRef | None]
    name: Mapped[str] = mapped_column(sa.String(200))
    email: Mapped[str] = mapped_column(sa.String(320), default="")
    nonce: Mapped[str] = mapped_column(sa.String(64))
    added_by: Mapped[IdRef | None]
    added_at: Mapped[datetime]


class CheckIn(TenantOwned, Base):
    """One press: in, out, or the taking back of an earlier one (`undoes` is that one's nonce).

    `at` is when it was pressed, by the device's own clock; `received_at` when it reached us. `device` is a random name that
    a browser gives itself, "" for the plain form. A nonce is kept once, however often it is sent.
    """

    __tablename__ = "local_events_check_in"
    __table_args__ = tenant_args(
        tenant_fk("event_id", "local_events_event"),
        tenant_fk("registration_id", "local_events_registration"),
        tenant_fk("walk_in_id", "local_events_walk_in"),
        sa.UniqueConstraint("tenant_id", "nonce"),
        sa.CheckConstraint(_ONE_WHO, name="who"),
        sa.CheckConstraint("(direction = 'undo') = (undoes <> '')", name="undoes"),
        one_of("direction", DIRECTIONS),
        sa.Index("ix_local_events_check_in_event", "tenant_id", "event_id"),
    )
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    registration_id: Mapped[IdRef | None]
    walk_in_id: Mapped[IdRef | None]
    direction: Mapped[str] = mapped_column(sa.String(4))
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    device: Mapped[str] = mapped_column(sa.String(64))
    nonce: Mapped[str] = mapped_column(sa.String(64))
    undoes: Mapped[str] = mapped_column(sa.String(64), default="")
    pressed_by: Mapped[IdRef | None]


class Correction(TenantOwned, Base):
    """What an organiser says of somebody's attendance against what the presses say; the last one counts."""

    __tablename__ = "local_events_correction"
    __table_args__ = tenant_args(
        tenant_fk("event_id", "local_events_event"),
        tenant_fk("registration_id", "local_events_registration"),
        tenant_fk("walk_in_id", "local_events_walk_in"),
        sa.CheckConstraint(_ONE_WHO, name="who"),
        sa.CheckConstraint("(attendance = 'partial') = (minutes is not null)", name="minutes"),
        sa.CheckConstraint("minutes > 0", name="some"),
        one_of("attendance", CORRECTIONS),
        sa.Index("ix_local_events_correction_event", "tenant_id", "event_id"),
    )
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    registration_id: Mapped[IdRef | None]
    walk_in_id: Mapped[IdRef | None]
    attendance: Mapped[str] = mapped_column(sa.String(10))
    minutes: Mapped[int | None]
    why: Mapped[str] = mapped_column(sa.String(500))
    made_by: Mapped[IdRef | None]
    made_at: Mapped[datetime]


class Certificate(TenantOwned, Base):
    """That somebody was there, as it was when it was given: what is said later of the event or the person changes nothing.

    Whoever has `code` can see the name, the event, its day and the hours, and nothing else. A revoked one is no proof.
    """

    __tablename__ = "local_events_certificate"
    __table_args__ = tenant_args(
        tenant_fk("event_id", "local_events_event"),
        tenant_fk("registration_id", "local_events_registration"),
        tenant_fk("walk_in_id", "local_events_walk_in"),
        sa.UniqueConstraint("tenant_id", "code"),
        sa.CheckConstraint(_ONE_WHO, name="who"),
        sa.CheckConstraint("minutes > 0", name="minutes"),
        sa.CheckConstraint("(revoked_at is null) = (revoked_why = '')", name="revoked"),
        sa.Index(
            "uq_local_events_certificate_registration", "tenant_id", "registration_id", unique=True,
            sqlite_where=_GOOD, postgresql_where=_GOOD,
        ),
        sa.Index(
            "uq_local_events_certificate_walk_in", "tenant_id", "walk_in_id", unique=True,
            sqlite_where=_GOOD, postgresql_where=_GOOD,
        ),
        sa.Index("ix_local_events_certificate_event", "tenant_id", "event_id", "account_id"),
    )  # fmt: skip
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    registration_id: Mapped[IdRef | None]
    walk_in_id: Mapped[IdRef | None]
    account_id: Mapped[IdRef | None]
    name: Mapped[str] = mapped_column(sa.String(200))
    title: Mapped[str] = mapped_column(sa.String(200))
    starts_at: Mapped[datetime]
    minutes: Mapped[int]
    code: Mapped[str] = mapped_column(sa.String(16))
    issued_by: Mapped[IdRef | None]
    issued_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_why: Mapped[str] = mapped_column(sa.String(500), default="")
