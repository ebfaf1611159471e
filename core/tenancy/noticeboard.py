"""The noticeboard: how tenants show things to each other without reading each other's rows."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.ids import new_id
from core.tenancy.models import NoticeCard

WINDOW = "window"
"""The kind of the cards that say when an area takes applications. They are no events: they have a list of their own."""
VISIT = "visit_offer"
"""The kind of the cards of visits that members offer. They are no events either: most have no day yet."""
NO_EVENTS = (WINDOW, VISIT)
WINDOWS_SINCE = timedelta(days=800)


def publish(
    session: ScopedSession,
    *,
    plugin: str,
    ref: str,
    kind: str,
    title: str,
    summary: str,
    starts_at: datetime,
    ends_at: datetime,
    place: str,
    path: str,
    audience: str,
) -> None:
    """Put up (or bring up to date) the card of one thing, in the caller's transaction and for the session's tenant.

    `path` is inside the site (`/events/…`); `audience` is `uk` (members everywhere) or `public`.
    """
    values = {
        "kind": kind,
        "title": title[:200],
        "summary": summary[:500],
        "starts_at": starts_at,
        "ends_at": ends_at,
        "place": place[:200],
        "path": path,
        "audience": audience,
        "withdrawn_at": None,
    }
    mine = _mine(session, plugin, ref)
    changed = session.execute(
        sa.update(NoticeCard)
        .where(*mine)
        .values(**values)
        .returning(NoticeCard.id)
        .execution_options(synchronize_session=False)
    )
    if changed.first() is None:
        row = {"id": new_id(), "origin_tenant_id": session.scope.tenant_id, "plugin": plugin, "ref": ref, **values}
        session.execute(sa.insert(NoticeCard), [row])


def withdraw(session: ScopedSession, *, plugin: str, ref: str) -> None:
    """Take the card of one thing down, in the caller's transaction."""
    session.execute(
        sa.update(NoticeCard)
        .where(*_mine(session, plugin, ref))
        .values(withdrawn_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _mine(session: ScopedSession, plugin: str, ref: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        NoticeCard.origin_tenant_id == session.scope.tenant_id,
        NoticeCard.plugin == plugin,
        NoticeCard.ref == ref,
    )


def upcoming(
    session: ScopedSession, *, audiences: Sequence[str], limit: int, without_tenant: int | None = None
) -> Sequence[NoticeCard]:
    """The cards that are up and not over, soonest first; without those that are no events."""
    query = sa.select(NoticeCard).where(
        NoticeCard.withdrawn_at.is_(None), NoticeCard.ends_at >= clock.now(), NoticeCard.audience.in_(audiences),
        NoticeCard.kind.not_in(NO_EVENTS),
    )  # fmt: skip
    if without_tenant is not None:
        query = query.where(NoticeCard.origin_tenant_id != without_tenant)
    return session.scalars(query.order_by(NoticeCard.starts_at).limit(limit)).all()


def windows(session: ScopedSession) -> Sequence[NoticeCard]:
    """The cards of every site's windows that are open, to come, or closed within two years; the earliest first."""
    since = clock.now() - WINDOWS_SINCE
    query = sa.select(NoticeCard).where(
        NoticeCard.withdrawn_at.is_(None), NoticeCard.ends_at >= since, NoticeCard.kind == WINDOW
    )
    return session.scalars(query.order_by(NoticeCard.starts_at, NoticeCard.id)).all()


def visits(
    session: ScopedSession, *, audiences: Sequence[str], limit: int, without_tenant: int
) -> Sequence[NoticeCard]:
    """The cards of visits that other tenants' members offer and that can still be asked for, those that close first first."""
    query = sa.select(NoticeCard).where(
        NoticeCard.withdrawn_at.is_(None), NoticeCard.ends_at >= clock.now(), NoticeCard.audience.in_(audiences),
        NoticeCard.kind == VISIT, NoticeCard.origin_tenant_id != without_tenant,
    )  # fmt: skip
    return session.scalars(query.order_by(NoticeCard.ends_at, NoticeCard.id).limit(limit)).all()
