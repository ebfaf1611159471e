"""Writing an event's questions from those that are usual for its kind, or from another event's."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from core.sdk import ScopedSession, TenantRef, new_id
from plugins.local_events.models import Question

WORDS = ("kind", "text", "hint", "options", "required", "sensitive")
"""What one event's question takes over from another's."""


def write(session: ScopedSession, tenant: TenantRef, event_id: str, questions: Iterable[Mapping[str, Any]]) -> None:
    """Ask `questions` at a new event, in the caller's transaction."""
    if rows := written(tenant, event_id, questions):
        session.execute(sa.insert(Question), rows)


def written(tenant: TenantRef, event_id: str, questions: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a new event's questions, in their order."""
    return [
        {
            "id": new_id(), "tenant_id": tenant.id, "event_id": event_id, "position": position,
            **{name: question[name] for name in WORDS},
        }
        for position, question in enumerate(questions)
    ]  # fmt: skip
