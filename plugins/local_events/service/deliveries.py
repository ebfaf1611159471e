"""Asking that people be told something: one row for each person, kind and slot, however often it is asked for.

The letters themselves are written by `posting.py`, when it is not night.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from core.sdk import ScopedSession, TenantRef, clock, new_id
from plugins.local_events.models import Delivery

CHANGE, REMINDER, MESSAGE, CERTIFICATE = "change", "reminder", "message", "certificate"
WAITING, WRITTEN, DROPPED = "waiting", "written", "dropped"
_ONCE = {
    name: dialect.insert(Delivery).on_conflict_do_nothing()
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}


def ask(
    session: ScopedSession, tenant: TenantRef, event_id: str, kind: str, slots: Mapping[str, str], facts: Mapping[str, dict[str, Any]],
    message_id: str | None = None,
) -> None:  # fmt: skip
    """Ask, in the caller's transaction, that each account of `slots` be told `kind` for its slot, with its `facts` if any.

    What was asked for already is not asked for again. One statement.
    """
    now = clock.now()
    rows = [
        {
            "id": new_id(), "tenant_id": tenant.id, "event_id": event_id, "message_id": message_id, "account_id": account_id,
            "kind": kind, "slot": slot, "facts": facts.get(account_id, {}), "state": WAITING, "mail_id": None, "created_at": now,
        }
        for account_id, slot in sorted(slots.items())  # in one order, so that two who ask never wait for each other
    ]  # fmt: skip
    if rows:
        session.execute(_ONCE[session.get_bind().dialect.name], rows)
