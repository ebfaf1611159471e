"""What the clock does to applications: a reminder before the window closes, the end of drafts, requests that lapse."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from core.admissions.instants import ANSWER_GRACE
from core.admissions.models import Application, Extension, InfoRequest, Window
from core.admissions.service import shelving
from core.admissions.states import DRAFT, INFO_REQUESTED, NOT_SUBMITTED, SUBMITTED
from core.data import audit
from core.data.locks import hold_in_order
from core.data.session import ScopedSession, transaction
from core.kernel.views import SYSTEM
from core.people.models import Account

REMINDED_BEFORE = timedelta(days=3)


class Unfinished(NamedTuple):
    """Somebody with a draft, and until when (UTC) it can be submitted."""

    account_id: str
    email: str
    locale: str
    closes_at: datetime


def remind(session: ScopedSession, at: datetime, post: Callable[[ScopedSession, Unfinished], None]) -> int:
    """Write once to everybody whose draft ends within three days, by the window or by their own extension; how many letters.
    For the session's tenant.

    Due is whoever was not written to yet, whenever this runs: a day on which it did not run loses nobody.
    """
    closes_at = sa.case((Extension.closes_at > Window.closes_at, Extension.closes_at), else_=Window.closes_at)
    closing = {
        row.id: row.closes_at
        for row in session.execute(
            sa.select(Application.id, closes_at.label("closes_at"))
            .join(Window, (Window.tenant_id == Application.tenant_id) & (Window.id == Application.window_id))
            .outerjoin(
                Extension,
                (Extension.tenant_id == Application.tenant_id)
                & (Extension.window_id == Application.window_id)
                & (Extension.account_id == Application.account_id),
            )
            .where(
                Application.state == DRAFT, Application.reminded_at.is_(None), Window.state == "published",
                Window.opens_at <= at, closes_at > at, closes_at <= at + REMINDED_BEFORE,
            )
        )
    }  # fmt: skip
    if not closing:
        return 0
    with transaction(session):
        hold_in_order(session, Application, Application.id.in_(closing))
        due = session.execute(
            sa.update(Application)
            .where(Application.id.in_(closing), Application.state == DRAFT, Application.reminded_at.is_(None))
            .values(reminded_at=at)
            .returning(Application.id, Application.account_id, Application.locale)
        ).all()
        wanted = [row.account_id for row in due]
        emails = session.execute(
            sa.select(Account.id, Account.email).where(Account.id.in_(wanted), Account.disabled_at.is_(None))
        )
        known = {row.id: row.email for row in emails}
        letters = [row for row in due if row.account_id in known]
        for row in letters:
            post(session, Unfinished(row.account_id, known[row.account_id], row.locale, closing[row.id]))
    return len(letters)


def lapse(session: ScopedSession, at: datetime) -> int:
    """Take back as submitted what was asked for more and not answered by its day; how many. For the session's tenant."""
    over = (InfoRequest.state == "open", InfoRequest.due_at < at - ANSWER_GRACE)
    due = session.scalars(sa.select(InfoRequest.application_id).where(*over).distinct()).all()
    open_still = sa.exists().where(
        InfoRequest.tenant_id == Application.tenant_id, InfoRequest.application_id == Application.id, *over
    )
    return _move_each(session, due, INFO_REQUESTED, SUBMITTED, "application.lapse", at, open_still)


def expire(session: ScopedSession, at: datetime) -> int:
    """End the drafts whose window, grace and extension are over, or whose window was cancelled; how many. Their words stay.
    For the session's tenant."""
    over, cancelled = [], []
    for window in session.execute(
        sa.select(Window.id, Window.state, Window.closes_at, Window.grace_seconds).where(
            (Window.state == "cancelled") | ((Window.state == "published") & (Window.closes_at < at))
        )
    ):
        if window.state == "cancelled":
            cancelled.append(window.id)
        elif window.closes_at + timedelta(seconds=window.grace_seconds) < at:
            over.append(window.id)
    extended = sa.exists().where(
        Extension.tenant_id == Application.tenant_id, Extension.window_id == Application.window_id,
        Extension.account_id == Application.account_id, Extension.closes_at >= at,
    )  # fmt: skip
    ended = Application.window_id.in_(cancelled) | (Application.window_id.in_(over) & ~extended)
    due = session.scalars(sa.select(Application.id).where(Application.state == DRAFT, ended)).all()
    return _move_each(session, due, DRAFT, NOT_SUBMITTED, "application.expire", at, ended)


def _move_each(
    session: ScopedSession, ids: Iterable[str], source: str, target: str, action: str, at: datetime, *still: sa.ColumnElement[bool]
) -> int:  # fmt: skip
    """Move applications that are in `source`, and of which `still` holds, each with its requests and its audit entry; how many
    moved.

    Each in a transaction of its own, the application first: who held the trail after one and then waited for the next would
    wait in a circle with somebody who submits that one or withdraws it.
    """
    session.rollback()
    return sum(_move_one(session, one, source, target, action, at, *still) for one in sorted(ids))


def _move_one(
    session: ScopedSession, application_id: str, source: str, target: str, action: str, at: datetime, *still: sa.ColumnElement[bool]
) -> bool:  # fmt: skip
    with transaction(session):
        changed = session.execute(
            sa.update(Application)
            .where(Application.id == application_id, Application.state == source, *still)
            .values(state=target, version=Application.version + 1, changed_at=at)
            .returning(Application.account_id)
        ).scalar_one_or_none()
        if changed is None:
            return False
        session.execute(
            sa.update(InfoRequest)
            .where(InfoRequest.application_id == application_id, InfoRequest.state == "open")
            .values(state="lapsed", ended_at=at)
        )
        shelving.show(session, changed, application_id, target)
        audit.record(session, actor=SYSTEM, action=action, subject=application_id, after={"state": target})
    return True
