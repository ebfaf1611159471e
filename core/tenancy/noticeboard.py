"""The noticeboard: how tenants show things to each other without reading each other's rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.data.audit import UK
from core.data.base import table_of
from core.data.listing import contains_words
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.calendars import KEPT_CANCELLED
from core.kernel.ids import new_id
from core.tenancy.cards import check_lengths
from core.tenancy.models import NoticeCard, PluginState
from core.tenancy.switches import EACH_SITES_OWN, working

WINDOW = "window"
"""The kind of the cards that say when an area takes applications. They are no events: they have a list of their own."""
VISIT = "visit_offer"
"""The kind of the cards of visits that members offer. They are no events either: most have no day yet."""
NO_EVENTS = (WINDOW, VISIT)
BETWEEN = "\n"
"""Stands before and after each of a card's tags; no tag has it."""
WINDOWS_SINCE = timedelta(days=800)


def _switch(session: ScopedSession, at: Any) -> sa.ScalarSelect[bool]:
    """Whether the plugin of a card is on and can work at a tenant; null where it was never switched there."""
    return (
        sa.select(working(session))
        .where(PluginState.at_tenant_id == at, PluginState.plugin == NoticeCard.plugin)
        .correlate(NoticeCard)
        .scalar_subquery()
    )


def _closed(session: ScopedSession) -> sa.ColumnElement[bool]:
    """The condition of a card whose plugin is switched off, or cannot work, where that is decided: at its site or, for a plugin of
    the whole platform, which has no switch at a site, at the UK site. Its page is gone, so nobody is sent there. It is asked of the
    database, for another process may have switched. The card itself stays, and is shown again with the plugin."""
    here, wide = _switch(session, NoticeCard.origin_tenant_id), _switch(session, UK)
    own = NoticeCard.plugin.in_(session.info.get(EACH_SITES_OWN, ()))
    return sa.func.coalesce(here, sa.case((own, sa.false()), else_=wide), sa.true()).is_(False)


_CARDS = table_of(NoticeCard)
_INSERT = sa.insert(_CARDS)
_CHANGE = (
    sa.update(_CARDS)
    .where(
        _CARDS.c.origin_tenant_id == sa.bindparam("of"),
        _CARDS.c.plugin == sa.bindparam("by"),
        _CARDS.c.ref == sa.bindparam("about"),
    )
    .returning(_CARDS.c.id)
)
"""Changes one card to the columns that are given with it."""


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
    online: bool = False,
    tags: Collection[str] = (),
    uid: str = "",
    sequence: int = 0,
) -> None:
    """Put up (or bring up to date) the card of one thing, in the caller's transaction and for the session's tenant.

    `path` is inside the site (`/events/…`); `audience` is `uk` (members everywhere) or `public`; `online` says that one can
    take part from anywhere; `tags` are words of the plugin's own by which cards are found. With `uid`, which names the thing for ever, it stands in the calendar of all sites; `sequence` rises
    with every change of its time, its place or its state. Raises ValueError for a ref, kind, path or uid that is too long.
    """
    check_lengths(_CARDS, ref=ref, kind=kind, path=path, uid=uid)
    values = {
        "kind": kind,
        "title": title[:200],
        "summary": summary[:500],
        "starts_at": starts_at,
        "ends_at": ends_at,
        "place": place[:200],
        "path": path,
        "audience": audience,
        "online": online,
        "tags": "".join(f"{BETWEEN}{tag}{BETWEEN}" for tag in tags),
        "uid": uid,
        "sequence": sequence,
        "cancelled": False,
        "changed_at": clock.now(),
        "withdrawn_at": None,
    }
    origin = session.scope.tenant_id
    changed = session.execute(_CHANGE, {"of": origin, "by": plugin, "about": ref, **values})
    if changed.first() is None:
        row = {"id": new_id(), "origin_tenant_id": origin, "plugin": plugin, "ref": ref, **values}
        session.execute(_INSERT, row)


def withdraw(session: ScopedSession, *, plugin: str, ref: str) -> None:
    """Take the card of one thing down, and out of the calendar of all sites, in the caller's transaction: it is not for these
    readers any more."""
    _take_down(session, plugin, ref, uid="")


def close(session: ScopedSession, *, plugin: str, ref: str, cancelled: int | None = None) -> None:
    """Take the card of a thing down that took place, or will not (`cancelled` is the sequence under which it is off), in the
    caller's transaction. The calendar of all sites keeps it; what was withdrawn before stays withdrawn."""
    off = {} if cancelled is None else {"cancelled": True, "sequence": cancelled}
    _take_down(session, plugin, ref, NoticeCard.withdrawn_at.is_(None), **off)


def _take_down(session: ScopedSession, plugin: str, ref: str, *where: sa.ColumnElement[bool], **values: Any) -> None:
    now = clock.now()
    session.execute(
        sa.update(NoticeCard)
        .where(*_mine(session, plugin, ref), *where)
        .values(withdrawn_at=now, changed_at=now, **values)
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
        NoticeCard.kind.not_in(NO_EVENTS), ~_closed(session),
    )  # fmt: skip
    if without_tenant is not None:
        query = query.where(NoticeCard.origin_tenant_id != without_tenant)
    return session.scalars(query.order_by(NoticeCard.starts_at).limit(limit)).all()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the cards of what is to come are narrowed down to; what is empty asks for nothing. `words` must all be in the
    title, the summary or the place, and all of `tags` among what it is about; `since` is when it may end at the earliest, `until`
    before when it must begin."""

    words: str = ""
    kind: str = ""
    way: str = ""
    tenant_id: int | None = None
    tags: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def anything(self) -> bool:
        """Whether it asks for something at all."""
        return self != Wanted()

    def where(self) -> list[sa.ColumnElement[bool]]:
        """The conditions of cards that are wanted."""
        found = contains_words(self.words, NoticeCard.title, NoticeCard.summary, NoticeCard.place)
        if self.kind:
            found.append(NoticeCard.kind == self.kind)
        if self.way == "online":
            found.append(NoticeCard.online.is_(True))
        if self.way == "in_person":
            found.append(NoticeCard.place != "")
        if self.tenant_id is not None:
            found.append(NoticeCard.origin_tenant_id == self.tenant_id)
        found += [NoticeCard.tags.contains(f"{BETWEEN}{tag}{BETWEEN}", autoescape=True) for tag in self.tags]
        if self.since:
            found.append(NoticeCard.ends_at > self.since)
        if self.until:
            found.append(NoticeCard.starts_at < self.until)
        return found


def _to_come(session: ScopedSession, audiences: Sequence[str], wanted: Wanted) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        NoticeCard.withdrawn_at.is_(None), NoticeCard.ends_at >= clock.now(), NoticeCard.audience.in_(audiences),
        NoticeCard.kind.not_in(NO_EVENTS), ~_closed(session), *wanted.where(),
    )  # fmt: skip


def find(
    session: ScopedSession, *, audiences: Sequence[str], wanted: Wanted, limit: int, offset: int = 0
) -> Sequence[NoticeCard]:
    """The cards of every site that are up, not over and wanted, soonest first."""
    query = sa.select(NoticeCard).where(*_to_come(session, audiences, wanted))
    return session.scalars(query.order_by(NoticeCard.starts_at, NoticeCard.id).limit(limit).offset(offset)).all()


def on_between(
    session: ScopedSession, *, audiences: Sequence[str], wanted: Wanted, limit: int, without_tenant: int
) -> Sequence[NoticeCard]:
    """The cards of all other sites' events that are wanted, soonest first, what took place included: for the months of a
    calendar. `wanted` says from when until when. Nothing that is off or was withdrawn."""
    query = sa.select(NoticeCard).where(
        NoticeCard.uid != "", ~NoticeCard.cancelled, NoticeCard.audience.in_(audiences), NoticeCard.kind.not_in(NO_EVENTS),
        NoticeCard.origin_tenant_id != without_tenant, ~_closed(session), *wanted.where(),
    )  # fmt: skip
    return session.scalars(query.order_by(NoticeCard.starts_at, NoticeCard.id).limit(limit)).all()


def count_by_site(session: ScopedSession, *, audiences: Sequence[str], wanted: Wanted) -> Mapping[int, int]:
    """How many cards that are up, not over and wanted each site has, whichever site was asked for."""
    query = (
        sa.select(NoticeCard.origin_tenant_id, sa.func.count())
        .where(*_to_come(session, audiences, replace(wanted, tenant_id=None)))
        .group_by(NoticeCard.origin_tenant_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


@dataclass(frozen=True, slots=True)
class Dated:
    """A card as calendars show it. `closed`: its page is gone, because its plugin is off, or cannot work, at its site."""

    tenant_id: int
    plugin: str
    uid: str
    sequence: int
    kind: str
    title: str
    summary: str
    place: str
    path: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    cancelled: bool
    closed: bool


def programme(
    session: ScopedSession, *, plugin: str, audiences: Sequence[str], since: datetime, without_tenant: int, limit: int
) -> list[Dated]:
    """The calendar of all other sites: a plugin's cards of what ends after `since` and is up, took place, or was cancelled within
    30 days; by time, in one statement. A card that was withdrawn is in no calendar."""
    kept = ~NoticeCard.cancelled | (NoticeCard.withdrawn_at >= clock.now() - KEPT_CANCELLED)
    query = (
        sa.select(
            NoticeCard.origin_tenant_id, *(getattr(NoticeCard, one.name) for one in fields(Dated)[1:-1]), _closed(session).label("closed")
        )
        .where(
            NoticeCard.uid != "", NoticeCard.plugin == plugin, NoticeCard.kind.not_in(NO_EVENTS),
            NoticeCard.audience.in_(audiences), NoticeCard.ends_at >= since, NoticeCard.origin_tenant_id != without_tenant,
            kept,
        )
        .order_by(NoticeCard.starts_at, NoticeCard.id)
        .limit(limit)
    )  # fmt: skip
    return [Dated(*row) for row in session.execute(query)]


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
        NoticeCard.kind == VISIT, NoticeCard.origin_tenant_id != without_tenant, ~_closed(session),
    )  # fmt: skip
    return session.scalars(query.order_by(NoticeCard.ends_at, NoticeCard.id).limit(limit)).all()
