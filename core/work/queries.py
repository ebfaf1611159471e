"""What waits, what failed, who works: for the console, the metrics and the demonstration's mail page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from core.data.listing import ordered
from core.data.session import ScopedSession
from core.kernel import clock
from core.work.models import (
    FAILED,
    MAIL_FAILED,
    MAIL_QUEUED,
    MAIL_SENDING,
    SKIPPED,
    HookFailure,
    Mail,
    OutboxItem,
    WorkerBeat,
    WorkFailure,
)

ALIVE = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Counts:
    """Everything the console shows at a glance. `later` are jobs with a delay, retries included."""

    due: int
    later: int
    failed: int
    skipped: int
    mail_waiting: int
    mail_failed: int
    workers: int


@dataclass(frozen=True, slots=True)
class MailState:
    """What became of one message: `state` as in `models`, when it went out, and what the mail server said against it."""

    state: str
    sent_at: datetime | None
    error: str


def mail_states(session: ScopedSession, mail_ids: Collection[str]) -> dict[str, MailState]:
    """What became of messages, by id, in one statement: for whoever wrote them. No word of theirs, and nobody's address."""
    if not mail_ids:
        return {}
    rows = session.execute(
        sa.select(Mail.id, Mail.state, Mail.sent_at, Mail.last_error).where(Mail.id.in_(sorted(mail_ids)))
    )
    return {row.id: MailState(row.state, row.sent_at, row.last_error) for row in rows}


def counts(session: ScopedSession) -> Counts:
    """All figures in four statements."""
    now = clock.now()
    due, later = session.execute(
        sa.select(
            sa.func.count().filter(OutboxItem.run_after <= now), sa.func.count().filter(OutboxItem.run_after > now)
        )
    ).one()
    failed, skipped = _by_state(session, WorkFailure.state, FAILED, SKIPPED)
    queued, sending, bounced = _by_state(session, Mail.state, MAIL_QUEUED, MAIL_SENDING, MAIL_FAILED)
    workers = session.scalar(sa.select(sa.func.count()).where(WorkerBeat.seen_at > now - ALIVE)) or 0
    return Counts(due, later, failed, skipped, queued + sending, bounced, workers)


def _by_state(session: ScopedSession, column: InstrumentedAttribute[str], *states: str) -> list[int]:
    rows = session.execute(sa.select(column, sa.func.count()).where(column.in_(states)).group_by(column))
    found = {row[0]: row[1] for row in rows}
    return [found.get(state, 0) for state in states]


FAILURE_SORTS: Mapping[str, InstrumentedAttribute[Any]] = {
    "failed": WorkFailure.failed_at, "job": WorkFailure.name, "tries": WorkFailure.attempts,
}  # fmt: skip
"""What a list of failures can be sorted by; a leading `-` turns it round."""


def failures(
    session: ScopedSession,
    *,
    states: Sequence[str] = (FAILED,),
    name: str = "",
    tenant_id: int | None = None,
    limit: int | None = 50,
    offset: int = 0,
    sort: str = "-failed",
) -> tuple[Sequence[WorkFailure], int]:
    """One page of failures and how many there are in all. `name` may be the beginning of a job's name.

    `sort` is a key of FAILURE_SORTS, newest first without one; `limit` None gives them all.
    """
    wanted: list[sa.ColumnElement[bool]] = [WorkFailure.state.in_(states)]
    if name:
        wanted.append(WorkFailure.name.startswith(name, autoescape=True))
    if tenant_id is not None:
        wanted.append(WorkFailure.at_tenant_id == tenant_id)
    order = ordered(FAILURE_SORTS, sort, WorkFailure.id)
    rows = session.scalars(sa.select(WorkFailure).where(*wanted).order_by(*order).limit(limit).offset(offset)).all()
    return rows, session.scalar(sa.select(sa.func.count()).select_from(WorkFailure).where(*wanted)) or 0


def failure(session: ScopedSession, failure_id: str) -> WorkFailure | None:
    """One failure."""
    return session.get(WorkFailure, failure_id)


def hook_failures(session: ScopedSession, limit: int = 50) -> Sequence[HookFailure]:
    """The plugins' failures of every process, a row for each hook and day, the newest first."""
    order = (HookFailure.last_at.desc(), HookFailure.plugin, HookFailure.hook)
    return session.scalars(sa.select(HookFailure).order_by(*order).limit(limit)).all()


def workers(session: ScopedSession) -> Sequence[WorkerBeat]:
    """The workers that live, the longest-serving first."""
    alive = WorkerBeat.seen_at > clock.now() - ALIVE
    return session.scalars(sa.select(WorkerBeat).where(alive).order_by(WorkerBeat.started_at)).all()


def mails(
    session: ScopedSession,
    *,
    state: str = "",
    to: str = "",
    account_id: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> tuple[Sequence[Mail], int]:
    """One page of messages, newest first, and how many there are in all. `to` is a whole address."""
    wanted: list[sa.ColumnElement[bool]] = [sa.true()]
    if state:
        wanted.append(Mail.state == state)
    if to:
        wanted.append(Mail.to_address == to)
    if account_id is not None:
        wanted.append(Mail.account_id == account_id)
    order = (Mail.created_at.desc(), Mail.id.desc())
    rows = session.scalars(sa.select(Mail).where(*wanted).order_by(*order).limit(limit).offset(offset)).all()
    return rows, session.scalar(sa.select(sa.func.count()).select_from(Mail).where(*wanted)) or 0


def mail(session: ScopedSession, mail_id: str) -> Mail | None:
    """One message."""
    return session.get(Mail, mail_id)
