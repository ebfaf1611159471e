"""Rows of one area, collected and written at once: hundreds of people in a few seconds.

What one page reads from the audit trail is told there too, in the order in which it would have happened.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.data import audit
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.views import SYSTEM, Actor


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the audit trail to be written."""

    at: datetime
    who: str | None
    action: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    why: str


@dataclass(slots=True)
class Rows:
    """What is to be written for one tenant. Models go in the order in which they were first added: parents first."""

    tenant_id: int
    of: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def add(self, model: Any, **values: Any) -> str:
        """One row of a tenant-owned table; its id."""
        return self.add_shared(model, tenant_id=self.tenant_id, **values)

    def add_shared(self, model: Any, **values: Any) -> str:
        """One row of a shared table that has an `id`; the id."""
        row = {"id": new_id(), **values}
        self.of.setdefault(model, []).append(row)
        return str(row["id"])

    def add_plain(self, model: Any, **values: Any) -> None:
        """One row of a table whose key is among `values`."""
        self.of.setdefault(model, []).append(values)

    def tell(
        self, at: datetime, who: str | None, action: str, subject: str, *, before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None, why: str = "",
    ) -> None:  # fmt: skip
        """Something for the audit trail; `who` is an account's id, None for the platform."""
        self.events.append(Event(at, who, action, subject, before, after, why))

    def write(self, session: ScopedSession) -> None:
        """Write all of it in the caller's transaction, and forget it."""
        for model, rows in self.of.items():
            if rows:
                session.execute(sa.insert(model), rows)
        for event in sorted(self.events, key=lambda one: one.at):
            actor = SYSTEM if event.who is None else Actor(account_id=event.who, name="")
            with clock.frozen(event.at):
                audit.record(
                    session, actor=actor, action=event.action, subject=event.subject, before=event.before, after=event.after,
                    why=event.why,
                )  # fmt: skip
        self.of.clear()
        self.events.clear()
