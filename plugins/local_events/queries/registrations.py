"""Reading registrations for organisers: the list with its filters, one of them, and the invitation list."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import NotFound, ScopedSession, caseless, contains_words, is_id, ordered
from plugins.local_events.models import Invitation, Pool, Registration
from plugins.local_events.queries.shapes import columns


class Listed(NamedTuple):
    """One registration of the organiser's list. `way` is the kind of its pool."""

    id: str
    account_id: str
    name: str
    email: str
    state: str
    queued_at: datetime
    guests: int
    offer_expires_at: datetime | None
    override_reason: str
    source: str
    late: bool
    ended_why: str
    changed_at: datetime
    way: str


SORTS: dict[str, Any] = {
    "asked": Registration.queued_at,
    "name": caseless(Registration.name),
    "email": caseless(Registration.email),
    "state": Registration.state,
    "changed": Registration.changed_at,
}
"""What the list can be sorted by; the first is the usual."""

_COLUMNS = [getattr(Registration, name) for name in Listed._fields if name != "way"]
_JOINED = sa.and_(Pool.tenant_id == Registration.tenant_id, Pool.id == Registration.pool_id)


def listed(
    session: ScopedSession, event_id: str, *, states: Sequence[str], search: str, sort: str, limit: int | None, offset: int
) -> tuple[list[Listed], int]:  # fmt: skip
    """One page of an event's registrations, and how many there are in all. `states` empty is all; `sort` as of a `Listing`."""
    where = [Registration.event_id == event_id, *contains_words(search, Registration.name, Registration.email)]
    if states:
        where.append(Registration.state.in_(states))
    query = (
        sa.select(*_COLUMNS, Pool.kind, sa.func.count().over())
        .join(Pool, _JOINED)
        .where(*where)
        .order_by(*ordered(SORTS, sort, Registration.id))
        .limit(limit)
        .offset(offset)
    )
    rows = session.execute(query).all()
    return [Listed._make(row[:-1]) for row in rows], rows[0][-1] if rows else 0


def one(session: ScopedSession, event_id: str, registration_id: str) -> Listed:
    """One registration of an event. Raises NotFound."""
    row = None
    if is_id(registration_id):
        row = session.execute(
            sa.select(*_COLUMNS, Pool.kind)
            .join(Pool, _JOINED)
            .where(Registration.id == registration_id, Registration.event_id == event_id)
        ).one_or_none()
    if row is None:
        raise NotFound
    return Listed._make(row)


class Invited(NamedTuple):
    """One address of the invitation list."""

    id: str
    email: str
    invited_at: datetime
    told_at: datetime | None


def invitations(session: ScopedSession, event_id: str) -> list[Invited]:
    """An event's invitation list, by address."""
    rows = session.execute(
        sa.select(*columns(Invited, Invitation))
        .where(Invitation.event_id == event_id, Invitation.withdrawn_at.is_(None))
        .order_by(Invitation.email)
    )
    return [Invited(*row) for row in rows]
