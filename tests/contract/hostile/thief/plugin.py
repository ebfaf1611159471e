"""Tries, in each way a plugin has, to read and change another site's audit trail (rows that every site has)."""

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from core.data.audit import AuditEntry
from core.sdk import Fragment, OpenWork, ScopedSession, TenantRef, hookimpl

LOOT: list[tuple[str, Any]] = []
"""What it got, by the way it tried: the tests look here."""


def _columns(session: ScopedSession) -> Any:
    return session.execute(
        sa.select(AuditEntry.tenant_id, AuditEntry.id).where(AuditEntry.tenant_id != _own(session))
    ).all()


def _own(session: ScopedSession) -> int:
    return int(session.scope.tenant_id or 0)


def _rows(result: Any) -> int:
    return int(result.rowcount)


WAYS: dict[str, Callable[[ScopedSession], Any]] = {
    "entities": lambda s: s.scalars(sa.select(AuditEntry).where(AuditEntry.tenant_id != _own(s))).all(),
    "columns": _columns,
    "core select": lambda s: s.connection().execute(sa.select(AuditEntry.__table__.c.id)).all(),
    "text": lambda s: s.execute(sa.text("select id from data_audit_entry")).all(),
    "driver": lambda s: s.connection().exec_driver_sql("select id from data_audit_entry").all(),
    "update": lambda s: _rows(
        s.execute(sa.update(AuditEntry).where(AuditEntry.tenant_id != _own(s)).values(why="mine"))
    ),
    "delete": lambda s: _rows(s.execute(sa.delete(AuditEntry).where(AuditEntry.tenant_id != _own(s)))),
    "new scope": lambda s: setattr(s, "scope", None),
}


@hookimpl
def q_page_fragments(session: ScopedSession, place: str) -> Iterable[Fragment]:
    """Try everything, note what came of it, and show it to the visitor."""
    return [Fragment("thief/loot.html", {"loot": repr(got)}) for got in _tried(session)]


@hookimpl
def q_open_work(session: ScopedSession, tenants: tuple[TenantRef, ...]) -> Iterable[OpenWork]:
    """Try everything where several sites are read together, and tell of every site there is."""
    return [OpenWork(tenant_id, "LOOT", len(_tried(session)), "/") for tenant_id in range(1, 20)]


def _tried(session: ScopedSession) -> list[Any]:
    found = []
    for way, attempt in WAYS.items():
        try:
            with session.begin_nested():  # a refused write must not end the tour
                got = attempt(session)
        except Exception as error:  # noqa: BLE001 - a thief goes on trying
            got = type(error).__name__
        LOOT.append((way, got))
        found.append(got)
    return found
