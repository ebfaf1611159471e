"""What feedback holds about one person: that they answered, their reflections, actions that are theirs. What they answered is
nobody's: it cannot be found, so it is neither exported nor erased."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.sdk import N_, ScopedSession
from plugins.local_events.models import Event, FeedbackAction, FeedbackGiven, Reflection
from plugins.local_events.service.changing import PLUGIN


def export(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """The person's feedback, as (heading, JSON value) pairs."""
    given = session.execute(
        sa.select(Event.id, Event.title)
        .join(FeedbackGiven, sa.and_(FeedbackGiven.tenant_id == Event.tenant_id, FeedbackGiven.event_id == Event.id))
        .where(FeedbackGiven.account_id == account_id)
        .order_by(Event.starts_at, Event.id)
    ).all()
    if given:
        yield (
            N_("Events you gave feedback on (what you said is kept without your name)"),
            [dict(row._mapping) for row in given],
        )
    own = session.execute(
        sa.select(Event.id, Event.title, Reflection.words, Reflection.wants_to_share, Reflection.changed_at)
        .join(Reflection, sa.and_(Reflection.tenant_id == Event.tenant_id, Reflection.event_id == Event.id))
        .where(Reflection.account_id == account_id)
        .order_by(Event.starts_at, Event.id)
    ).all()
    if own:
        yield (N_("Your reflections"), [{**row._mapping, "changed_at": row.changed_at.isoformat()} for row in own])
    actions = session.execute(
        sa.select(FeedbackAction.did, FeedbackAction.due_on, FeedbackAction.state)
        .where(FeedbackAction.owner_id == account_id)
        .order_by(FeedbackAction.due_on, FeedbackAction.id)
    ).all()
    if actions:
        yield (
            N_("Actions from feedback that are yours"),
            [{**row._mapping, "due_on": row.due_on.isoformat()} for row in actions],
        )


def erase(session: ScopedSession, account_id: str, dry_run: bool) -> Iterator[str]:
    """Erase the person from feedback: reflections and the note that they answered go, actions stay as nobody's."""
    for model, words in ((FeedbackGiven, "notes that feedback was given"), (Reflection, "reflections")):
        found = session.scalar(sa.select(sa.func.count(model.id)).where(model.account_id == account_id)) or 0
        if found:
            yield f"{PLUGIN}: {found} {words}"
    owned = session.scalar(sa.select(sa.func.count(FeedbackAction.id)).where(FeedbackAction.owner_id == account_id))
    if owned:
        yield f"{PLUGIN}: owner of {owned} actions"
    if dry_run:
        return
    for model in (FeedbackGiven, Reflection):
        session.execute(sa.delete(model).where(model.account_id == account_id))
    session.execute(
        sa.update(FeedbackAction).where(FeedbackAction.owner_id == account_id).values(owner_id=None, owner_name="")
    )
    session.execute(sa.update(FeedbackAction).where(FeedbackAction.created_by == account_id).values(created_by=None))
