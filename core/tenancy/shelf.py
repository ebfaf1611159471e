"""My items: what concerns one person, whichever tenant it came from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.data.base import table_of
from core.data.scope import ScopeError
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.calendars import CANCELLED, CONFIRMED, KEPT_CANCELLED
from core.kernel.ids import new_id
from core.tenancy.cards import check_lengths
from core.tenancy.models import ShelfItem

MOST_IN_CALENDAR = 1000


@dataclass(frozen=True, slots=True)
class InCalendar:
    """How a card stands in its person's calendar: from the card's `when` until `ends_at`, under the `uid` that names the thing
    for ever. `status` is one of `calendars.STATUSES`; `sequence` rises with every change of time, place or status.
    `join_href` is for who may take part online, and kept from everybody else."""

    uid: str
    sequence: int
    ends_at: datetime
    place: str = ""
    join_href: str = ""
    status: str = CONFIRMED


def _in_calendar(calendar: InCalendar | None) -> dict[str, Any]:
    """The columns of a card about a calendar; a card without one has no place in any."""
    if calendar is None:
        return {"calendar_status": "", "uid": "", "sequence": 0, "ends_at": None, "place": "", "join_href": ""}
    return {
        "calendar_status": calendar.status, "uid": calendar.uid, "sequence": calendar.sequence, "ends_at": calendar.ends_at,
        "place": calendar.place[:200], "join_href": calendar.join_href if calendar.status == CONFIRMED else "",
    }  # fmt: skip


def put(
    session: ScopedSession,
    *,
    account_id: str,
    plugin: str,
    ref: str,
    kind: str,
    title: str,
    status: str,
    when: datetime | None,
    path: str,
    needs_action: bool = False,
    new: bool = False,
    title_is_message: bool = False,
    calendar: InCalendar | None = None,
    tenant_id: int | None = None,
) -> None:
    """Put one thing on a person's shelf or bring it up to date, in the caller's transaction and for the session's tenant.

    The title is shown as it is, or, where it is a message (marked with `N_`), in the reader's language; the status always is one.
    With `calendar` it is in the person's calendar too. `new` promises that it is not there yet, which saves a statement. In
    platform scope `tenant_id` names the tenant. Raises ValueError for a ref, kind, status or path that is too long.
    """
    check_lengths(_CARDS, ref=ref, kind=kind, status=status, path=path)
    values = {
        "kind": kind,
        "title": title[:200],
        "title_is_message": title_is_message,
        "status": status,
        "when": when,
        "path": path,
        "needs_action": needs_action,
        "changed_at": clock.now(),
        **_in_calendar(calendar),
    }
    origin = _origin(session, tenant_id)
    if not new:
        changed = session.execute(_CHANGE, {"whose": account_id, "of": origin, "by": plugin, "about": ref, **values})
        if changed.first() is not None:
            return
    row = {
        "id": new_id(),
        "account_id": account_id,
        "origin_tenant_id": origin,
        "plugin": plugin,
        "ref": ref,
    }
    session.execute(_PUT, {**row, **values})


def put_new(
    session: ScopedSession, cards: Sequence[tuple[str, str, str]], *, plugin: str, kind: str, title: str, status: str,
    when: datetime | None, needs_action: bool,
) -> None:  # fmt: skip
    """Put cards (account, ref, path) that are not there yet on several people's shelves, in the caller's transaction, for the
    session's tenant and in one statement. Raises what `put` raises."""
    check_lengths(_CARDS, kind=kind, status=status)
    for _account, ref, path in cards:
        check_lengths(_CARDS, ref=ref, path=path)
    same = {
        "origin_tenant_id": _origin(session, None), "plugin": plugin, "kind": kind, "title": title[:200],
        "title_is_message": False, "status": status, "when": when, "needs_action": needs_action, "changed_at": clock.now(), **_in_calendar(None),
    }  # fmt: skip
    session.execute(
        _PUT,
        [{**same, "id": new_id(), "account_id": account, "ref": ref, "path": path} for account, ref, path in cards],
    )


def _origin(session: ScopedSession, tenant_id: int | None) -> int:
    """The tenant that a card comes from. Raises ScopeError where neither the session nor the caller names it."""
    origin = session.scope.tenant_id if session.scope.tenant_id is not None else tenant_id
    if origin is None:
        raise ScopeError("a card needs the tenant that it comes from")
    return origin


_CARDS = table_of(ShelfItem)
_ONE = (
    _CARDS.c.account_id == sa.bindparam("whose"),
    _CARDS.c.origin_tenant_id == sa.bindparam("of"),
    _CARDS.c.plugin == sa.bindparam("by"),
    _CARDS.c.ref == sa.bindparam("about"),
)
_PUT = sa.insert(_CARDS)
_CHANGE = sa.update(_CARDS).where(*_ONE).returning(_CARDS.c.id)
"""Changes one card to the columns that are given with it."""
_REMOVE = sa.delete(_CARDS).where(*_ONE)
_REMOVE_MANY = sa.delete(_CARDS).where(
    _CARDS.c.origin_tenant_id == sa.bindparam("of"),
    _CARDS.c.plugin == sa.bindparam("by"),
    _CARDS.c.ref.in_(sa.bindparam("about", expanding=True)),
)


def change_all(
    session: ScopedSession, *, plugin: str, ref: str, title: str, status: str, when: datetime | None
) -> None:
    """The same thing over for everybody who has it (an event completed), in the caller's transaction: it needs nobody any more."""
    check_lengths(_CARDS, status=status)
    session.execute(
        sa.update(ShelfItem)
        .where(ShelfItem.origin_tenant_id == session.scope.tenant_id, ShelfItem.plugin == plugin, ShelfItem.ref == ref)
        .values(title=title[:200], status=status, when=when, needs_action=False, changed_at=clock.now())
    )


def retitle(
    session: ScopedSession, *, plugin: str, ref: str, title: str, when: datetime | None, moved: InCalendar | None = None
) -> None:
    """The same thing under a new name or at another time for everybody who has it, in the caller's transaction: what each
    card says of its person stays. `moved` is how it stands in calendars now; its status is nobody's, and its `join_href` goes
    to those alone who are confirmed."""
    values: dict[str, Any] = {"title": title[:200], "when": when, "changed_at": clock.now()}
    if moved is not None:
        held = ShelfItem.calendar_status != ""
        values |= {
            "sequence": sa.case((held, moved.sequence), else_=ShelfItem.sequence),
            "ends_at": sa.case((held, moved.ends_at), else_=ShelfItem.ends_at),
            "place": sa.case((held, moved.place[:200]), else_=ShelfItem.place),
            "join_href": sa.case((ShelfItem.calendar_status == CONFIRMED, moved.join_href), else_=""),
        }
    session.execute(
        sa.update(ShelfItem)
        .where(ShelfItem.origin_tenant_id == session.scope.tenant_id, ShelfItem.plugin == plugin, ShelfItem.ref == ref)
        .values(**values)
    )


def cancel_all(session: ScopedSession, *, plugin: str, ref: str, title: str, status: str, sequence: int) -> None:
    """The thing is off, for everybody who has it, in the caller's transaction: calendars say so for 30 days more."""
    check_lengths(_CARDS, status=status)
    session.execute(
        sa.update(ShelfItem)
        .where(ShelfItem.origin_tenant_id == session.scope.tenant_id, ShelfItem.plugin == plugin, ShelfItem.ref == ref)
        .values(
            title=title[:200], status=status, needs_action=False, join_href="", sequence=sequence, changed_at=clock.now(),
            calendar_status=sa.case((ShelfItem.calendar_status != "", CANCELLED), else_=""),
        )
    )  # fmt: skip


def change_many(
    session: ScopedSession, *, plugin: str, refs: Collection[str], title: str, status: str, needs_action: bool,
    when: datetime | None = None,
) -> None:  # fmt: skip
    """The same news about several things, each on the shelves that have it, in the caller's transaction and one statement.
    `when` (UTC) is their day; None takes away the one that they had."""
    check_lengths(_CARDS, status=status)
    session.execute(
        sa.update(ShelfItem)
        .where(
            ShelfItem.origin_tenant_id == session.scope.tenant_id, ShelfItem.plugin == plugin, ShelfItem.ref.in_(refs)
        )
        .values(title=title[:200], status=status, when=when, needs_action=needs_action, changed_at=clock.now())
    )  # fmt: skip


def remove_many(session: ScopedSession, *, plugin: str, refs: Collection[str], tenant_id: int | None = None) -> None:
    """Take several things off the shelves that have them, in the caller's transaction and one statement; `tenant_id` as for
    `put`."""
    session.execute(_REMOVE_MANY, {"of": _origin(session, tenant_id), "by": plugin, "about": list(refs)})


def remove(session: ScopedSession, *, account_id: str, plugin: str, ref: str, tenant_id: int | None = None) -> None:
    """Take one thing off a person's shelf, in the caller's transaction; `tenant_id` as for `put`."""
    origin = _origin(session, tenant_id)
    session.execute(_REMOVE, {"whose": account_id, "of": origin, "by": plugin, "about": ref})


def items(session: ScopedSession, account_id: str, limit: int = 200) -> Sequence[ShelfItem]:
    """A person's items: what needs them first, then by time."""
    return session.scalars(
        sa.select(ShelfItem)
        .where(ShelfItem.account_id == account_id)
        .order_by(ShelfItem.needs_action.desc(), ShelfItem.when, ShelfItem.id)
        .limit(limit)
    ).all()


def in_calendar(session: ScopedSession, account_id: str, since: datetime) -> Sequence[ShelfItem]:
    """What is in a person's calendar: everything that ends after `since`, and what was cancelled within 30 days; in one
    statement, by time."""
    kept = clock.now() - KEPT_CANCELLED
    return session.scalars(
        sa.select(ShelfItem)
        .where(
            ShelfItem.account_id == account_id, ShelfItem.calendar_status != "", ShelfItem.ends_at >= since,
            (ShelfItem.calendar_status != CANCELLED) | (ShelfItem.changed_at >= kept),
        )
        .order_by(ShelfItem.when, ShelfItem.id)
        .limit(MOST_IN_CALENDAR)
    ).all()  # fmt: skip
