"""The tables of questions and answers. What is sensitive lies apart, sealed with a key that the database does not have."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, TenantOwned, tenant_args, tenant_fk
from plugins.local_events.models.closed import one_of
from plugins.local_events.words import QUESTION_KINDS


class Question(TenantOwned, Base):
    """What people are asked when they register for one event. A withdrawn one is asked no more; its answers stay."""

    __tablename__ = "local_events_question"
    __table_args__ = tenant_args(
        tenant_fk("event_id", "local_events_event"),
        one_of("kind", QUESTION_KINDS),
        sa.Index("ix_local_events_question_event", "tenant_id", "event_id"),
    )
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(sa.String(10))
    text: Mapped[str] = mapped_column(sa.String(200))
    hint: Mapped[str] = mapped_column(sa.String(300), default="")
    options: Mapped[list[str]]
    required: Mapped[bool] = mapped_column(default=False)
    sensitive: Mapped[bool] = mapped_column(default=False)
    withdrawn_at: Mapped[datetime | None]


class Answer(TenantOwned, Base):
    """An ordinary answer."""

    __tablename__ = "local_events_answer"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "registration_id", "question_id"),
        tenant_fk("registration_id", "local_events_registration"),
        tenant_fk("question_id", "local_events_question"),
    )
    id: Mapped[Id]
    registration_id: Mapped[IdRef]
    question_id: Mapped[IdRef]
    value: Mapped[str] = mapped_column(sa.Text)


class SealedAnswer(TenantOwned, Base):
    """A sensitive answer (access, diet): `sealed` is opened for named roles only, each time on record, and deleted when the
    event's days are over or the registration ends."""

    __tablename__ = "local_events_sealed_answer"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "registration_id", "question_id"),
        tenant_fk("registration_id", "local_events_registration"),
        tenant_fk("question_id", "local_events_question"),
        tenant_fk("event_id", "local_events_event"),
        sa.Index("ix_local_events_sealed_answer_event", "tenant_id", "event_id"),
    )
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    registration_id: Mapped[IdRef]
    question_id: Mapped[IdRef]
    sealed: Mapped[str] = mapped_column(sa.Text)
