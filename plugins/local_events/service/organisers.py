"""Who runs an event: named by who runs it, and never nobody."""

from typing import Any

import sqlalchemy as sa

from core.sdk import (
    N_,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    is_id,
    new_id,
    person_by_email,
    record_audit,
    transaction,
)
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import Organiser
from plugins.local_events.queries import events, organisers
from plugins.local_events.queries.shapes import table
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.counting import take_turn

MOST = 20

_ANYBODY = (
    sa.select(Organiser.id).where(Organiser.event_id == sa.bindparam("event_id"), Organiser.left_at.is_(None)).limit(1)
)
_INSERT = sa.insert(table(Organiser))


def name_first(session: ScopedSession, tenant: TenantRef, event_id: str, account_id: str | None) -> None:
    """Let somebody be an event's organiser if it has none, in the caller's transaction and under the event's lock."""
    if session.scalar(_ANYBODY, {"event_id": event_id}) is None and account_id is not None:
        session.execute(_INSERT, _row(tenant, event_id, account_id, account_id))


def _row(tenant: TenantRef, event_id: str, account_id: str, by: str | None) -> dict[str, Any]:
    return {
        "id": new_id(), "tenant_id": tenant.id, "event_id": event_id, "account_id": account_id, "added_by": by,
        "added_at": clock.now(),
    }  # fmt: skip


def add(session: ScopedSession, tenant: TenantRef, event_id: str, email: str, visitor: Visitor) -> bool:
    """Name a member, by the address of their account, as an organiser of one event: True when that is new.

    `visitor` as the event knows them (`organisers.at_event`). Raises NotFound, Forbidden, Invalid by field, Refused.
    """
    event = events.seen(session, tenant, visitor, event_id)
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    person = person_by_email(session, email)
    if person is None or not person.is_member:
        raise Invalid({"email": N_("No member has this address")})
    with transaction(session):
        if take_turn(session, event.id) is None:
            raise NotFound
        there = {one.account_id for one in organisers.of_event(session, event.id)}
        if person.account_id in there:
            return False
        if len(there) >= MOST:
            raise Refused(N_("An event has at most 20 organisers."))
        session.execute(_INSERT, _row(tenant, event.id, person.account_id, visitor.account_id))
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.name_organiser", subject=event.id,
            after={"account": person.account_id},
        )  # fmt: skip
    return True


def leave(session: ScopedSession, tenant: TenantRef, event_id: str, account_id: str, visitor: Visitor) -> None:
    """Let an organiser go, oneself or another; the last one stays until somebody else is named.

    `visitor` as the event knows them. Raises NotFound (also for who is none), Forbidden, Refused for the last one.
    """
    event = events.seen(session, tenant, visitor, event_id)
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    if not is_id(account_id):
        raise NotFound
    with transaction(session):
        if take_turn(session, event.id) is None:  # two who leave at once take turns
            raise NotFound
        there = {one.account_id for one in organisers.of_event(session, event.id)}
        if there == {account_id}:
            raise Refused(N_("An event needs an organiser. Name somebody else first."))
        gone = session.execute(
            sa.update(Organiser)
            .where(Organiser.event_id == event.id, Organiser.account_id == account_id, Organiser.left_at.is_(None))
            .values(left_at=clock.now())
            .returning(Organiser.id)
        ).all()
        if not gone:
            raise NotFound
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.organiser_left", subject=event.id,
            before={"account": account_id},
        )  # fmt: skip
