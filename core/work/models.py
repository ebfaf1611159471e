"""Work that waits, work that failed, who is working, and mail. All shared: the platform's own, whichever site it is for."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.data.base import Base, Id, IdRef, Shared
from core.kernel.calendars import METHODS

FAILED, SKIPPED, QUEUED, DONE, SET_ASIDE = "failed", "skipped", "queued", "done", "set_aside"
MAIL_QUEUED, MAIL_SENDING, MAIL_SENT, MAIL_KEPT, MAIL_FAILED = "queued", "sending", "sent", "kept", "failed"


class OutboxItem(Shared, Base):
    """A job that was asked for, written in the transaction that asked. The worker that takes it over deletes the row.

    `attempt` counts the tries (1 is the first); `turn` counts how often the row was written, so that each hand-over to
    the engine has a name of its own: `<id>~<turn>`. `failure_id` names the failure that is being run again.
    """

    __tablename__ = "work_outbox"
    __table_args__ = (sa.Index("ix_work_outbox_due", "run_after", "id"),)
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(80))
    queue: Mapped[str] = mapped_column(sa.String(20))
    args: Mapped[dict[str, Any]]
    at_tenant_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tenancy_tenant.id"))
    run_after: Mapped[datetime]
    created_at: Mapped[datetime]
    attempt: Mapped[int]
    turn: Mapped[int]
    failure_id: Mapped[IdRef | None]
    request_id: Mapped[str] = mapped_column(sa.String(64))


class WorkFailure(Shared, Base):
    """A job that was given up, or skipped because its plugin is off: what the console lists and can run again."""

    __tablename__ = "work_failure"
    __table_args__ = (
        sa.CheckConstraint("state in ('failed', 'skipped', 'queued', 'done', 'set_aside')", name="state"),
        sa.Index("ix_work_failure_list", "state", "failed_at"),
    )
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(80))
    args: Mapped[dict[str, Any]]
    at_tenant_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tenancy_tenant.id"))
    state: Mapped[str] = mapped_column(sa.String(10))
    error: Mapped[str] = mapped_column(sa.String(2000))
    place: Mapped[str] = mapped_column(sa.String(300))
    attempts: Mapped[int]
    request_id: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[datetime]
    failed_at: Mapped[datetime]
    retried_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]


class HookFailure(Shared, Base):
    """How often a plugin failed in a hook on one day, or was slow, in whichever process, and what it said the last time."""

    __tablename__ = "work_hook_failure"
    plugin: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    hook: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    times: Mapped[int]
    last_error: Mapped[str] = mapped_column(sa.String(500))
    last_at: Mapped[datetime]


class WorkerBeat(Shared, Base):
    """A worker process that lives. Work of one that stopped beating goes back to the queue."""

    __tablename__ = "work_beat"
    id: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    running: Mapped[int]


class Slot(Shared, Base):
    """The last slot of one schedule that was given out: whoever moves it on gives out the next."""

    __tablename__ = "work_slot"
    name: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    last_at: Mapped[datetime]


class Mail(Shared, Base):
    """A message to one person, written with the job that sends it.

    Its bodies are emptied 30 days after it was written; of a `secret` one, which holds a one-use link, as soon as it has gone, and
    after seven days at the latest. `stop_href` is where a mail program asks that there be no more of the kind (List-Unsubscribe);
    it is emptied with them, and so is `calendar`, what a mail program puts into its calendar by `calendar_method` (RFC 6047).
    """

    __tablename__ = "work_mail"
    __table_args__ = (
        sa.CheckConstraint("state in ('queued', 'sending', 'sent', 'kept', 'failed')", name="state"),
        sa.CheckConstraint(f"calendar_method in {('', *METHODS)}", name="calendar_method"),
        sa.Index("ix_work_mail_state", "state", "created_at"),
        sa.Index("ix_work_mail_created", "created_at"),
        sa.Index("ix_work_mail_account", "account_id"),
    )
    id: Mapped[Id]
    account_id: Mapped[IdRef | None]
    at_tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenancy_tenant.id"))
    to_address: Mapped[str] = mapped_column(sa.String(320))
    subject: Mapped[str] = mapped_column(sa.String(300))
    text: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text)
    stop_href: Mapped[str] = mapped_column(sa.String(500), default="")
    calendar: Mapped[str] = mapped_column(sa.Text, default="")
    calendar_method: Mapped[str] = mapped_column(sa.String(10), default="")
    locale: Mapped[str] = mapped_column(sa.String(10))
    secret: Mapped[bool]
    state: Mapped[str] = mapped_column(sa.String(10))
    attempts: Mapped[int]
    last_error: Mapped[str] = mapped_column(sa.String(500))
    message_id: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
