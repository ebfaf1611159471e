"""Changing notes: each use case is one transaction, with its audit entry."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.sdk import N_, Actor, Forbidden, Invalid, ScopedSession, clock, new_id, once, record_audit, transaction
from $package.manifest import WRITE
from $package.models import Note

LONGEST = 500


def write(session: ScopedSession, text: str, actor: Actor, form_key: str) -> str:
    """Write a note and return its id; the same form sent twice writes one. Raises Forbidden and Invalid."""
    if not actor.can(WRITE):
        raise Forbidden(WRITE)
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise Invalid({"text": N_("Write a note of at most 500 characters")})
    note_id = new_id()
    with transaction(session):
        earlier = once(session, form_key, "$name.write")
        if earlier.result is not None:
            return earlier.result
        session.add(Note(id=note_id, text=text, written_at=clock.now(), written_by=actor.account_id))
        session.flush()
        record_audit(session, actor=actor, action="$name.write", subject=note_id)
        earlier.keep(note_id)
    return note_id


def person_data(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """Everything held about one person at the session's site, as (heading, JSON value) pairs."""
    query = sa.select(Note.text, Note.written_at).where(Note.written_by == account_id).order_by(Note.written_at)
    if rows := session.execute(query).all():
        yield (N_("Notes written"), [{"text": row.text, "written_at": row.written_at.isoformat()} for row in rows])


def erase_person(session: ScopedSession, account_id: str, dry_run: bool) -> Iterator[str]:
    """Take one person off their notes in the caller's transaction, or only say what would be done."""
    count = session.scalar(sa.select(sa.func.count(Note.id)).where(Note.written_by == account_id)) or 0
    if count and not dry_run:
        session.execute(sa.update(Note).where(Note.written_by == account_id).values(written_by=None))
    if count:
        yield f"$name: writer of {count} notes"
