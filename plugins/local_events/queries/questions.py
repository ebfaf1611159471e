"""Reading questions and ordinary answers. Sensitive answers are read in `service/sealed.py`, which puts each look on record."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession
from plugins.local_events.models import Answer, Question
from plugins.local_events.queries.shapes import columns


class Asked(NamedTuple):
    """A question as people are asked it."""

    id: str
    kind: str
    text: str
    hint: str
    options: list[str]
    required: bool
    sensitive: bool
    withdrawn_at: datetime | None

    @property
    def field(self) -> str:
        """The name of its field in a form."""
        return f"q_{self.id}"


_EVER_ASKED = (
    sa.select(*columns(Asked, Question))
    .where(Question.event_id == sa.bindparam("event_id"))
    .order_by(Question.position, Question.id)
)
_ASKED = _EVER_ASKED.where(Question.withdrawn_at.is_(None))


def of_event(session: ScopedSession, event_id: str, *, withdrawn: bool = False) -> list[Asked]:
    """An event's questions in order; those that were withdrawn too where `withdrawn` says so."""
    query = _EVER_ASKED if withdrawn else _ASKED
    return [Asked(*row) for row in session.execute(query, {"event_id": event_id})]


def answers_of(session: ScopedSession, registration_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """Ordinary answers: {registration: {question: value}}, in one statement (none for no registration)."""
    if not registration_ids:
        return {}
    found: dict[str, dict[str, str]] = {}
    for row in session.execute(
        sa.select(Answer.registration_id, Answer.question_id, Answer.value).where(
            Answer.registration_id.in_(sorted(registration_ids))
        )
    ):
        found.setdefault(row.registration_id, {})[row.question_id] = row.value
    return found
