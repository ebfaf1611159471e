"""My items: what concerns one person, whichever tenant it came from."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from core.data.scope import ScopeError
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.ids import new_id
from core.tenancy.models import ShelfItem


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
    tenant_id: int | None = None,
) -> None:
    """Put one thing on a person's shelf or bring it up to date, in the caller's transaction and for the session's tenant.

    `new` promises that it is not there yet, which saves a statement. In platform scope `tenant_id` names the tenant.
    """
    values = {
        "kind": kind,
        "title": title[:200],
        "status": status,
        "when": when,
        "path": path,
        "needs_action": needs_action,
        "changed_at": clock.now(),
    }
    origin = _origin(session, tenant_id)
    where = (
        ShelfItem.account_id == account_id,
        ShelfItem.origin_tenant_id == origin,
        ShelfItem.plugin == plugin,
        ShelfItem.ref == ref,
    )
    if not new:
        changed = session.execute(
            sa.update(ShelfItem)
            .where(*where)
            .values(**values)
            .returning(ShelfItem.id)
            .execution_options(synchronize_session=False)
        )
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
    session's tenant and in one statement."""
    same = {
        "origin_tenant_id": _origin(session, None), "plugin": plugin, "kind": kind, "title": title[:200], "status": status,
        "when": when, "needs_action": needs_action, "changed_at": clock.now(),
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


_PUT = sa.insert(ShelfItem.__table__)  # type: ignore[arg-type]  # declared as FromClause, is a Table


def change_all(
    session: ScopedSession, *, plugin: str, ref: str, title: str, status: str, when: datetime | None
) -> None:
    """The same thing changed for everybody who has it (an event moved or cancelled), in the caller's transaction."""
    session.execute(
        sa.update(ShelfItem)
        .where(ShelfItem.origin_tenant_id == session.scope.tenant_id, ShelfItem.plugin == plugin, ShelfItem.ref == ref)
        .values(title=title[:200], status=status, when=when, changed_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def retitle(session: ScopedSession, *, plugin: str, ref: str, title: str, when: datetime | None) -> None:
    """The same thing under a new name or at another time for everybody who has it, in the caller's transaction: what each
    card says of its person stays."""
    session.execute(
        sa.update(ShelfItem)
        .where(ShelfItem.origin_tenant_id == session.scope.tenant_id, ShelfItem.plugin == plugin, ShelfItem.ref == ref)
        .values(title=title[:200], when=when, changed_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def change_many(
    session: ScopedSession, *, plugin: str, refs: Collection[str], title: str, status: str, needs_action: bool
) -> None:
    """The same news about several things, each on the shelves that have it, in the caller's transaction and one statement."""
    session.execute(
        sa.update(ShelfItem)
        .where(
            ShelfItem.origin_tenant_id == session.scope.tenant_id, ShelfItem.plugin == plugin, ShelfItem.ref.in_(refs)
        )
        .values(title=title[:200], status=status, when=None, needs_action=needs_action, changed_at=clock.now())
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def remove_many(session: ScopedSession, *, plugin: str, refs: Collection[str], tenant_id: int | None = None) -> None:
    """Take several things off the shelves that have them, in the caller's transaction and one statement; `tenant_id` as for
    `put`."""
    session.execute(
        sa.delete(ShelfItem)
        .where(
            ShelfItem.origin_tenant_id == _origin(session, tenant_id), ShelfItem.plugin == plugin, ShelfItem.ref.in_(refs)
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def remove(session: ScopedSession, *, account_id: str, plugin: str, ref: str, tenant_id: int | None = None) -> None:
    """Take one thing off a person's shelf, in the caller's transaction; `tenant_id` as for `put`."""
    session.execute(
        sa.delete(ShelfItem)
        .where(
            ShelfItem.account_id == account_id,
            ShelfItem.origin_tenant_id == _origin(session, tenant_id),
            ShelfItem.plugin == plugin,
            ShelfItem.ref == ref,
        )
        .execution_options(synchronize_session=False)
    )


def items(session: ScopedSession, account_id: str, limit: int = 200) -> Sequence[ShelfItem]:
    """A person's items: what needs them first, then by time."""
    return session.scalars(
        sa.select(ShelfItem)
        .where(ShelfItem.account_id == account_id)
        .order_by(ShelfItem.needs_action.desc(), ShelfItem.when, ShelfItem.id)
        .limit(limit)
    ).all()
