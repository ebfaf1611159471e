"""Asking that people be told something: one row for each person, kind and slot, however often it is asked for.

The letters themselves are written by `posting.py`, when it is not night.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.sdk import ScopedSession, TenantRef, clock, new_id, upserts
from plugins.local_events.models import Delivery

CHANGE, REMINDER, MESSAGE, CERTIFICATE = "change", "reminder", "message", "certificate"
CONFIRMATION, CANCELLATION = "confirmed", "cancelled"
WAITING, WRITTEN, DROPPED = "waiting", "written", "dropped"
_ONCE = upserts.for_each_dialect(Delivery, lambda new: new.on_conflict_do_nothing())


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
        session.execute(_ONCE(session), rows)


def note(session: ScopedSession, event_id: str, account_id: str, kind: str, mail_id: str) -> None:
    """Note, in the caller's transaction, a letter that was written just now: for whoever asks what became of it."""
    row: dict[str, Any] = {
        "id": new_id(), "tenant_id": session.scope.tenant_id, "event_id": event_id, "message_id": None,
        "account_id": account_id, "kind": kind, "slot": mail_id, "facts": {}, "state": WRITTEN, "mail_id": mail_id,
        "created_at": clock.now(),
    }  # fmt: skip
    session.execute(sa.insert(Delivery), [row])
