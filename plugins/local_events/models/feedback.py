"""The tables of feedback: who has answered, and apart from it what was said; what is done about it; a person's own reflection.

`FeedbackGiven` says who, `FeedbackAnswer` and `FeedbackComment` say what. These two have no account, no time, no number that
counts up and nothing that one person's answers have in common, and are written so that their place on the disk tells nothing
either (`service/feedback.py`, decision 0022).
"""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk import Base, Id, IdRef, TenantOwned, new_token, tenant_args, tenant_fk
from plugins.local_events.models.closed import one_of
from plugins.local_events.states import ACTION

ID_LENGTH = 26


def nameless_id() -> str:
    """An id of random characters alone: the usual ones begin with the time."""
    return new_token()[:ID_LENGTH]


class Feedback(TenantOwned, Base):
    """One event's feedback: when it was opened, and what of it is published.

    `steps` has for each question what was published so far (`feedback_steps`), `counted` is how many answers there were
    when comments were last shown. Neither is a count that could drift: both say what organisers have seen.
    """

    __tablename__ = "local_events_feedback"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "event_id"),
        tenant_fk("event_id", "local_events_event"),
        sa.CheckConstraint("opened_at < closes_at", name="times"),
        sa.Index("ix_local_events_feedback_due", "tenant_id", "closed_at", "closes_at"),
    )
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    opened_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    steps: Mapped[dict[str, Any]]
    counted: Mapped[int] = mapped_column(default=0)


class FeedbackGiven(TenantOwned, Base):
    """That somebody has answered about an event: once, and not when."""

    __tablename__ = "local_events_feedback_given"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "event_id", "account_id"),
        tenant_fk("event_id", "local_events_event"),
        sa.Index("ix_local_events_feedback_given_account", "tenant_id", "account_id"),
    )
    id: Mapped[str] = mapped_column(sa.String(ID_LENGTH), primary_key=True, default=nameless_id)
    event_id: Mapped[IdRef]
    account_id: Mapped[IdRef]


class FeedbackAnswer(TenantOwned, Base):
    """One answer to one question by nobody: 1 to 5, and 0 for "does not apply to me"."""

    __tablename__ = "local_events_feedback_answer"
    __table_args__ = tenant_args(
        tenant_fk("event_id", "local_events_event"),
        sa.CheckConstraint("score between 0 and 5", name="score"),
        sa.Index("ix_local_events_feedback_answer_event", "tenant_id", "event_id"),
    )
    id: Mapped[str] = mapped_column(sa.String(ID_LENGTH), primary_key=True, default=nameless_id)
    event_id: Mapped[IdRef]
    question: Mapped[str] = mapped_column(sa.String(30))
    score: Mapped[int]


class FeedbackComment(TenantOwned, Base):
    """One comment by nobody. Organisers see it once it is `shown`, together with those of at least four others."""

    __tablename__ = "local_events_feedback_comment"
    __table_args__ = tenant_args(
        tenant_fk("event_id", "local_events_event"),
        sa.Index("ix_local_events_feedback_comment_event", "tenant_id", "event_id"),
    )
    id: Mapped[str] = mapped_column(sa.String(ID_LENGTH), primary_key=True, default=nameless_id)
    event_id: Mapped[IdRef]
    question: Mapped[str] = mapped_column(sa.String(30))
    words: Mapped[str] = mapped_column(sa.Text)
    shown: Mapped[bool] = mapped_column(default=False)


class FeedbackAction(TenantOwned, Base):
    """What people said, and what is done about it: by somebody, until a day. Everybody who sees the event can read it."""

    __tablename__ = "local_events_feedback_action"
    __table_args__ = tenant_args(
        tenant_fk("event_id", "local_events_event"),
        one_of("state", ACTION.states),
        sa.CheckConstraint("(state = 'dropped') = (reason <> '')", name="reason"),
        sa.Index("ix_local_events_feedback_action_event", "tenant_id", "event_id"),
        sa.Index("ix_local_events_feedback_action_due", "tenant_id", "state", "due_on"),
    )
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    said: Mapped[str] = mapped_column(sa.String(500))
    did: Mapped[str] = mapped_column(sa.String(500))
    """What will be done about it, and once it is done, what was."""
    owner_id: Mapped[IdRef | None]
    owner_name: Mapped[str] = mapped_column(sa.String(200))
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(sa.String(10))
    reason: Mapped[str] = mapped_column(sa.String(500), default="")
    """Why it was dropped; "" for any other."""
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[IdRef | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Reflection(TenantOwned, Base):
    """What a person keeps for themselves after an event. Nobody else reads it; `wants_to_share` only notes the wish."""

    __tablename__ = "local_events_reflection"
    __table_args__ = tenant_args(
        sa.UniqueConstraint("tenant_id", "event_id", "account_id"),
        tenant_fk("event_id", "local_events_event"),
        sa.Index("ix_local_events_reflection_account", "tenant_id", "account_id"),
    )
    id: Mapped[Id]
    event_id: Mapped[IdRef]
    account_id: Mapped[IdRef]
    words: Mapped[str] = mapped_column(sa.Text)
    wants_to_share: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime]
