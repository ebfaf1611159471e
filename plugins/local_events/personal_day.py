"""What the day itself and messages hold about one person, and erasing it. Named in `personal.py`."""

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from core.sdk import N_, ScopedSession
from plugins.local_events.models import (
    Certificate,
    CheckIn,
    Correction,
    Delivery,
    Event,
    Message,
    Registration,
    WalkIn,
)
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.forgetting import PRESSES, deletions

Found = Iterator[tuple[str, Any]]


_WHO = sa.bindparam("who", type_=sa.String)


def _mine(model: Any) -> sa.ColumnElement[bool]:
    """The rows of `model` that are about `who`: through a registration, or as somebody who came without a place."""
    registrations = sa.select(Registration.id).where(Registration.account_id == _WHO)
    walk_ins = sa.select(WalkIn.id).where(WalkIn.account_id == _WHO)
    return sa.or_(model.registration_id.in_(registrations), model.walk_in_id.in_(walk_ins))


def _plain(row: Any) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row._mapping.items()}


def _of(model: Any, where: Any, *names: str) -> sa.Select[Any]:
    """Rows of one table with their event's title."""
    return (
        sa.select(Event.title, *(getattr(model, name) for name in names))
        .join(Event, sa.and_(Event.tenant_id == model.tenant_id, Event.id == model.event_id))
        .where(where)
        .order_by(model.id)
    )


_HELD = {
    N_("Coming to events without a place"): _of(WalkIn, WalkIn.account_id == _WHO, "name", "email", "added_at"),
    N_("Check-ins at events"): _of(CheckIn, _mine(CheckIn), "direction", "at"),
    N_("Corrected attendance"): _of(Correction, _mine(Correction), "attendance", "minutes", "why", "made_at"),
    N_("Certificates of attendance"): _of(
        Certificate, sa.or_(Certificate.account_id == _WHO, _mine(Certificate)), "name", "minutes", "code", "issued_at", "revoked_at", "revoked_why"
    ),
    N_("Letters about events"): _of(Delivery, Delivery.account_id == _WHO, "kind", "state", "created_at"),
    N_("Messages written to people of events"): _of(Message, Message.written_by == _WHO, "subject", "text", "subject_cy", "text_cy", "written_at"),
}  # fmt: skip


def export(session: ScopedSession, account_id: str) -> Found:
    """Presses, corrections, certificates, coming without a place, and what the person was told and has written."""
    held = {heading: session.execute(query, {"who": account_id}).all() for heading, query in _HELD.items()}
    yield from ((heading, [_plain(row) for row in rows]) for heading, rows in held.items() if rows)


_COUNTED = {
    model: sa.select(sa.func.count(model.id)).where(Delivery.account_id == _WHO if model is Delivery else _mine(model))
    for model in (*PRESSES, Delivery)
}
_WALK_INS = sa.select(sa.func.count(WalkIn.id)).where(WalkIn.account_id == _WHO)
_DELETE_PRESSES = deletions({model: _mine(model) for model in PRESSES})
_DELETE_OTHERS = tuple(sa.delete(model).where(model.account_id == _WHO) for model in (Delivery, WalkIn))


def erase(session: ScopedSession, account_id: str, dry_run: bool) -> Iterator[str]:
    """What is about the person; before the registrations themselves, which it hangs on."""
    who = {"who": account_id}
    for model, query in _COUNTED.items():
        count = session.scalar(query, who) or 0
        if count:
            yield f"{PLUGIN}: {count} rows of {model.__tablename__}"
    walk_ins = session.scalar(_WALK_INS, who) or 0
    if walk_ins:
        yield f"{PLUGIN}: {walk_ins} times without a place"
    if not dry_run:
        for delete in (*_DELETE_PRESSES, *_DELETE_OTHERS):
            session.execute(delete, who)


STAFF: tuple[Any, ...] = (
    CheckIn.pressed_by,
    Correction.made_by,
    Certificate.issued_by,
    WalkIn.added_by,
    Message.written_by,
)
"""Where it stands who did something: it stays done, by nobody."""
_DONE = {column: sa.select(sa.func.count(column.class_.id)).where(column == _WHO) for column in STAFF}
_WITHOUT = {column: sa.update(column.class_).where(column == _WHO).values({column: None}) for column in STAFF}


def erase_staff(session: ScopedSession, account_id: str, dry_run: bool) -> Iterator[str]:
    """What the person did for others' attendance stays, without the person."""
    who = {"who": account_id}
    for column in STAFF:
        done = session.scalar(_DONE[column], who) or 0
        if done:
            yield f"{PLUGIN}: {column.key} of {done} rows of {column.class_.__tablename__}"
        if done and not dry_run:
            session.execute(_WITHOUT[column], who)


EXPORTS: tuple[Callable[[ScopedSession, str], Found], ...] = (export,)
ERASURES: tuple[Callable[[ScopedSession, str, bool], Iterator[str]], ...] = (erase, erase_staff)
