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
from plugins.local_events.service.forgetting import PRESSES, delete_presses

Found = Iterator[tuple[str, Any]]


def _mine(model: Any, account_id: str) -> sa.ColumnElement[bool]:
    """The rows of `model` that are about the person: through a registration, or as somebody who came without a place."""
    registrations = sa.select(Registration.id).where(Registration.account_id == account_id)
    walk_ins = sa.select(WalkIn.id).where(WalkIn.account_id == account_id)
    return sa.or_(model.registration_id.in_(registrations), model.walk_in_id.in_(walk_ins))


def _plain(row: Any) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row._mapping.items()}


def _of(session: ScopedSession, model: Any, where: Any, *names: str) -> list[dict[str, Any]]:
    """Rows of one table with their event's title, as JSON."""
    rows = session.execute(
        sa.select(Event.title, *(getattr(model, name) for name in names))
        .join(Event, sa.and_(Event.tenant_id == model.tenant_id, Event.id == model.event_id))
        .where(where)
        .order_by(model.id)
    )
    return [_plain(row) for row in rows]


def export(session: ScopedSession, account_id: str) -> Found:
    """Presses, corrections, certificates, coming without a place, and what the person was told and has written."""
    held = {
        N_("Coming to events without a place"): _of(session, WalkIn, WalkIn.account_id == account_id, "name", "email", "added_at"),
        N_("Check-ins at events"): _of(session, CheckIn, _mine(CheckIn, account_id), "direction", "at"),
        N_("Corrected attendance"): _of(session, Correction, _mine(Correction, account_id), "attendance", "minutes", "why", "made_at"),
        N_("Certificates of attendance"): _of(
            session, Certificate, sa.or_(Certificate.account_id == account_id, _mine(Certificate, account_id)), "name", "minutes", "code", "issued_at", "revoked_at", "revoked_why"
        ),
        N_("Letters about events"): _of(session, Delivery, Delivery.account_id == account_id, "kind", "state", "created_at"),
        N_("Messages written to people of events"): _of(session, Message, Message.written_by == account_id, "subject", "text", "subject_cy", "text_cy", "written_at"),
    }  # fmt: skip
    yield from ((heading, rows) for heading, rows in held.items() if rows)


def erase(session: ScopedSession, account_id: str, dry_run: bool) -> Iterator[str]:
    """What is about the person; before the registrations themselves, which it hangs on."""
    for model in (*PRESSES, Delivery):
        about = _mine(model, account_id) if model is not Delivery else Delivery.account_id == account_id
        count = session.scalar(sa.select(sa.func.count(model.id)).where(about)) or 0
        if count:
            yield f"{PLUGIN}: {count} rows of {model.__tablename__}"
    walk_ins = session.scalars(sa.select(WalkIn.id).where(WalkIn.account_id == account_id)).all()
    if walk_ins:
        yield f"{PLUGIN}: {len(walk_ins)} times without a place"
    if not dry_run:
        delete_presses(session, {model: _mine(model, account_id) for model in PRESSES})
        session.execute(sa.delete(Delivery).where(Delivery.account_id == account_id))
        session.execute(sa.delete(WalkIn).where(WalkIn.account_id == account_id))


STAFF: tuple[Any, ...] = (
    CheckIn.pressed_by,
    Correction.made_by,
    Certificate.issued_by,
    WalkIn.added_by,
    Message.written_by,
)
"""Where it stands who did something: it stays done, by nobody."""


def erase_staff(session: ScopedSession, account_id: str, dry_run: bool) -> Iterator[str]:
    """What the person did for others' attendance stays, without the person."""
    for column in STAFF:
        model = column.class_
        done = session.scalar(sa.select(sa.func.count(model.id)).where(column == account_id)) or 0
        if done:
            yield f"{PLUGIN}: {column.key} of {done} rows of {model.__tablename__}"
        if done and not dry_run:
            session.execute(sa.update(model).where(column == account_id).values({column: None}))


EXPORTS: tuple[Callable[[ScopedSession, str], Found], ...] = (export,)
ERASURES: tuple[Callable[[ScopedSession, str, bool], Iterator[str]], ...] = (erase, erase_staff)
