"""Who may take a place for invited people: by address, whether or not there is an account yet."""

from collections.abc import Sequence

import sqlalchemy as sa

from core.sdk import (
    N_,
    Forbidden,
    Invalid,
    NotFound,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    is_address,
    is_id,
    new_id,
    record_audit,
    transaction,
)
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import Invitation
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.counting import lock_editable, settle
from plugins.local_events.states import PUBLISHED

MOST = 500
"""Addresses in one go."""


def invite(session: ScopedSession, tenant: TenantRef, event_id: str, addresses: Sequence[str], visitor: Visitor) -> int:
    """Put addresses on the invitation list; each new one gets a letter once the event is published. How many are new: one
    that is on the list already stays as it is, one that was taken off comes back.

    Raises Forbidden, NotFound, Refused for a closed event, and Invalid for what is no address.
    """
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    wanted = list(dict.fromkeys(address.strip().lower() for address in addresses if address.strip()))
    if not 0 < len(wanted) <= MOST:
        raise Invalid({"addresses": N_("Give 1 to 500 addresses, each on a line of its own")})
    if not all(is_address(address) for address in wanted):
        raise Invalid({"addresses": N_("One of these is not an email address")})
    now = clock.now()
    with transaction(session):
        turn = lock_editable(session, event_id)
        rows = session.execute(
            sa.select(Invitation.email, Invitation.withdrawn_at).where(
                Invitation.event_id == event_id, Invitation.email.in_(wanted)
            )
        ).all()
        there = {row.email for row in rows}
        again = sorted(row.email for row in rows if row.withdrawn_at is not None)
        fresh = [address for address in wanted if address not in there]
        if again:
            session.execute(
                sa.update(Invitation)
                .where(Invitation.event_id == event_id, Invitation.email.in_(again))
                .values(withdrawn_at=None, invited_by=visitor.account_id, invited_at=now, told_at=None)
            )
        if fresh:
            base = {"tenant_id": tenant.id, "event_id": event_id, "invited_by": visitor.account_id, "invited_at": now}
            session.execute(sa.insert(Invitation), [{**base, "id": new_id(), "email": address} for address in fresh])
        count = len(again) + len(fresh)
        if not count:
            return 0
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.invite", subject=event_id, after={"invited": count}
        )
        if turn.state == PUBLISHED:
            settle(session, turn)
    return count


def uninvite(session: ScopedSession, event_id: str, invitation_id: str, visitor: Visitor) -> None:
    """Take an address off the list; a place that was taken with it stays. Raises Forbidden and NotFound."""
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    if not is_id(invitation_id):
        raise NotFound
    with transaction(session):
        lock_editable(session, event_id)
        done = session.execute(
            sa.update(Invitation)
            .where(Invitation.id == invitation_id, Invitation.event_id == event_id, Invitation.withdrawn_at.is_(None))
            .values(withdrawn_at=clock.now())
            .returning(Invitation.id)
        ).all()
        if not done:
            raise NotFound
        record_audit(session, actor=visitor.actor(), action=f"{PLUGIN}.uninvite", subject=invitation_id)
