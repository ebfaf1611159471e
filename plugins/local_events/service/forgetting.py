"""Deleting what the day itself holds of somebody: the one way in which a press ever goes away."""

from typing import Any

import sqlalchemy as sa

from core.sdk import Forbidden, NotFound, ScopedSession, Visitor, is_id, record_audit, transaction
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import Certificate, CheckIn, Correction, WalkIn
from plugins.local_events.service.changing import PLUGIN

PRESSES: tuple[Any, ...] = (CheckIn, Correction, Certificate)
"""What hangs on a registration, or on somebody who came without a place."""


def deletions(about: dict[Any, sa.ColumnElement[bool]]) -> tuple[sa.Delete, ...]:
    """What deletes the rows of each table of PRESSES that `about` names, for the caller's transaction."""
    return tuple(sa.delete(model).where(about[model]) for model in PRESSES)


def forget_walk_in(session: ScopedSession, event_id: str, walk_in_id: str, visitor: Visitor) -> None:
    """Delete a name without an account, with all that hangs on it: for whoever asks to be forgotten, or was typed by mistake.

    Raises Forbidden, and NotFound also for a member: what is a member's is erased with the member.
    """
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    if not is_id(walk_in_id):
        raise NotFound
    mine = sa.select(WalkIn.id).where(WalkIn.id == walk_in_id, WalkIn.event_id == event_id, WalkIn.account_id.is_(None))
    with transaction(session):
        if session.scalar(mine) is None:
            raise NotFound
        for delete in deletions({model: model.walk_in_id == walk_in_id for model in PRESSES}):
            session.execute(delete)
        session.execute(sa.delete(WalkIn).where(WalkIn.id == walk_in_id))
        record_audit(session, actor=visitor.actor(), action=f"{PLUGIN}.forget_walk_in", subject=event_id)
