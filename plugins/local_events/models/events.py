"""The table of events."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, TenantOwned, new_id, tenant_args
from plugins.local_events.models.closed import one_of
from plugins.local_events.states import EVENT
from plugins.local_events.words import AUDIENCES, KINDS, MODES, ORIGINS


class Event(TenantOwned, Base):
    """One activity.

    `version` rises when an organiser changes the event, and goes into the forms; `turn` rises with every change of its
    places: updating it is the lock under which places are counted. `uid` names the event in calendars for ever; `sequence`
    rises when its time, its place or its state changes (RFC 5545), `modified_at` with every change.
    """

    __tablename__ = "local_events_event"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "uid"),
        sa.CheckConstraint("starts_at < ends_at", name="times"),
        sa.CheckConstraint("registration_opens_at < registration_closes_at", name="registration"),
        sa.CheckConstraint("offer_hours between 1 and 336", name="offer_hours"),
        sa.CheckConstraint("guests_allowed between 0 and 9", name="guests"),
        sa.CheckConstraint("keep_answers_days between 0 and 365", name="keep_answers"),
        one_of("kind", KINDS),
        one_of("mode", MODES),
        one_of("audience", AUDIENCES),
        one_of("state", EVENT.states),
        one_of("origin", ORIGINS),
        sa.Index("ix_local_events_event_list", "tenant_id", "state", "starts_at", "id"),
    )
    id: Mapped[Id]
    uid: Mapped[str] = mapped_column(sa.String(26), default=new_id)
    sequence: Mapped[int] = mapped_column(default=0)
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
    registration_opens_at: Mapped[datetime | None]
    """From when people can register; None: from publishing on."""
    registration_closes_at: Mapped[datetime | None]
    """Until when; None: until the event begins."""
    withdraw_until: Mapped[datetime | None]
    """Giving a place back after this is late; None: until the event begins it never is."""
    wants_approval: Mapped[bool] = mapped_column(default=False)
    guests_allowed: Mapped[int] = mapped_column(default=0)
    offer_hours: Mapped[int] = mapped_column(default=48)
    """How long an offered place is kept for somebody from the waiting list."""
    keep_answers_days: Mapped[int] = mapped_column(default=14)
    """How long after its end sensitive answers are kept."""
    origin: Mapped[str] = mapped_column(sa.String(10), default="partner")
    """Whose event it is: the central team's, the partner's, or proposed by a member."""
    reminders: Mapped[list[int]] = mapped_column(sa.JSON, default=list)
    """When those coming are reminded: hours before it begins."""
    certificate: Mapped[bool] = mapped_column(default=False)
    """Whether those who came may have a certificate of attendance."""
    asks: Mapped[bool] = mapped_column(default=False)
    """Whether it has questions: kept by who adds and withdraws them, so that registering without any looks for none."""
    state: Mapped[str] = mapped_column(sa.String(20))
    version: Mapped[int] = mapped_column(default=1)
    turn: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[IdRef | None]
    created_at: Mapped[datetime]
    modified_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    state_why: Mapped[str] = mapped_column(sa.String(500), default="")
