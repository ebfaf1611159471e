"""A person's own reflection on an event they had a place at. Nobody else reads it."""

import sqlalchemy as sa

from core.sdk import (
    N_,
    Invalid,
    NotFound,
    Refused,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    new_id,
    once,
    record_audit,
    transaction,
    upserts,
)
from plugins.local_events.models import Reflection
from plugins.local_events.queries import events
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.feedback import HELD
from plugins.local_events.service.places import known_to, own_of
from plugins.local_events.states import CONFIRMED

LONGEST = 10_000


def keep(
    session: ScopedSession,
    tenant: TenantRef,
    event_id: str,
    words: str,
    wants_to_share: bool,
    visitor: Visitor,
    form_key: str,
) -> None:
    """Keep a person's words about an event, in place of what they kept before.

    Raises Forbidden when nobody is signed in, NotFound for who had no place, Refused before the event is over, Invalid.
    """
    account_id = known_to(visitor, event_id)
    if not 0 < len(words.strip()) <= LONGEST:
        raise Invalid({"words": N_("Write something, at most 10,000 characters")})
    own = own_of(session, event_id, account_id)
    if own is None or own.state != CONFIRMED:
        raise NotFound
    event, now = events.find(session, event_id), clock.now()
    if event.state not in HELD or event.ends_at > now:
        raise Refused(N_("This event is not over yet."))
    kept = {"words": words.strip(), "wants_to_share": wants_to_share, "changed_at": now}
    put = upserts.insert(session, Reflection).values(
        id=new_id(), tenant_id=tenant.id, event_id=event_id, account_id=account_id, **kept
    )
    with transaction(session):
        key = once(session, form_key, f"{PLUGIN}.reflect:{event_id}:{account_id}")
        if key.result is not None:
            return
        key.keep(event_id)
        session.execute(put.on_conflict_do_update(index_elements=["tenant_id", "event_id", "account_id"], set_=kept))
        record_audit(session, actor=visitor.actor(), action=f"{PLUGIN}.keep_reflection", subject=event_id)


def delete(session: ScopedSession, event_id: str, visitor: Visitor) -> bool:
    """Delete a person's reflection; whether there was one. Raises Forbidden when nobody is signed in, NotFound for what
    cannot be an event's id."""
    account_id = known_to(visitor, event_id)
    with transaction(session):
        gone = session.execute(
            sa.delete(Reflection)
            .where(Reflection.event_id == event_id, Reflection.account_id == account_id)
            .returning(Reflection.id)
        ).one_or_none()
        if gone is not None:
            record_audit(session, actor=visitor.actor(), action=f"{PLUGIN}.delete_reflection", subject=event_id)
    return gone is not None
