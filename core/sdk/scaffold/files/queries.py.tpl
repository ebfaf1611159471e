"""Reading notes: one statement, whatever the number of rows."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession
from $package.models import Note

MOST = 50


class Shown(NamedTuple):
    """A note as a page shows it. `written_at` is UTC."""

    id: str
    text: str
    written_at: datetime


def newest(session: ScopedSession, limit: int = MOST) -> list[Shown]:
    """The newest notes of the session's site."""
    query = sa.select(Note.id, Note.text, Note.written_at).order_by(Note.written_at.desc(), Note.id.desc())
    return [Shown(*row) for row in session.execute(query.limit(limit))]
