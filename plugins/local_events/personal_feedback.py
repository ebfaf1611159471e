"""What feedback holds about one person: that they answered, their reflections, actions that are theirs. What they answered is
nobody's: it cannot be found, so it is neither exported nor erased."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from core.sdk import N_, ScopedSession
from plugins.local_events.models import Event, FeedbackAction, FeedbackGiven, Reflection
from plugins.local_events.service.changing import PLUGIN

_WHO = sa.bindparam("who", type_=sa.String)
_GIVEN = (
    sa.select(Event.id, Event.title)
    .join(FeedbackGiven, sa.and_(FeedbackGiven.tenant_id == Event.tenant_id, FeedbackGiven.event_id == Event.id))
    .where(FeedbackGiven.account_id == _WHO)
    .order_by(Event.starts_at, Event.id)
)
_OWN = (
    sa.select(Event.id, Event.title, Reflection.words, Reflection.wants_to_share, Reflection.changed_at)
    .join(Reflection, sa.and_(Reflection.tenant_id == Event.tenant_id, Reflection.event_id == Event.id))
    .where(Reflection.account_id == _WHO)
    .order_by(Event.starts_at, Event.id)
)
_ACTIONS = (
    sa.select(FeedbackAction.did, FeedbackAction.due_on, FeedbackAction.state)
    .where(FeedbackAction.owner_id == _WHO)
    .order_by(FeedbackAction.due_on, FeedbackAction.id)
)


def export(session: ScopedSession, account_id: str) -> Iterator[tuple[str, Any]]:
    """The person's feedback, as (heading, JSON value) pairs."""
    who = {"who": account_id}
    given = session.execute(_GIVEN, who).all()
    if given:
        yield (
            N_("Events you gave feedback on (what you said is kept without your name)"),
            [dict(row._mapping) for row in given],
        )
    own = session.execute(_OWN, who).all()
    if own:
        yield (N_("Your reflections"), [{**row._mapping, "changed_at": row.changed_at.isoformat()} for row in own])
    actions = session.execute(_ACTIONS, who).all()
    if actions:
        yield (
            N_("Actions from feedback that are yours"),
            [{**row._mapping, "due_on": row.due_on.isoformat()} for row in actions],
        )


_COUNTED = {
    words: sa.select(sa.func.count(model.id)).where(model.account_id == _WHO)
    for model, words in ((FeedbackGiven, "notes that feedback was given"), (Reflection, "reflections"))
}
_OWNED = sa.select(sa.func.count(FeedbackAction.id)).where(FeedbackAction.owner_id == _WHO)
_ERASE = (
    sa.delete(FeedbackGiven).where(FeedbackGiven.account_id == _WHO),
    sa.delete(Reflection).where(Reflection.account_id == _WHO),
    sa.update(FeedbackAction).where(FeedbackAction.owner_id == _WHO).values(owner_id=None, owner_name=""),
    sa.update(FeedbackAction).where(FeedbackAction.created_by == _WHO).values(created_by=None),
)


def erase(session: ScopedSession, account_id: str, dry_run: bool) -> Iterator[str]:
    """Erase the person from feedback: reflections and the note that they answered go, actions stay as nobody's."""
    who = {"who": account_id}
    for words, query in _COUNTED.items():
        found = session.scalar(query, who) or 0
        if found:
            yield f"{PLUGIN}: {found} {words}"
    owned = session.scalar(_OWNED, who)
    if owned:
        yield f"{PLUGIN}: owner of {owned} actions"
    if dry_run:
        return
    for change in _ERASE:
        session.execute(change, who)
