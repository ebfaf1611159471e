"""Who runs one event, and what a visitor therefore may do at it."""

from dataclasses import replace
from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession, TenantRef, Visitor, is_id, people_by_id
from plugins.local_events import rules
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import Hosting, Organiser
from plugins.local_events.states import ACCEPTED


class Named(NamedTuple):
    """Somebody who runs an event."""

    account_id: str
    name: str


def of_event(session: ScopedSession, event_id: str) -> list[Named]:
    """The event's organisers whose accounts are open, in the order in which they came. Two statements."""
    ids = session.scalars(
        sa.select(Organiser.account_id)
        .where(Organiser.event_id == event_id, Organiser.left_at.is_(None))
        .order_by(Organiser.added_at, Organiser.id)
    ).all()
    people = people_by_id(session, ids)
    return [Named(one, people[one].name) for one in ids if one in people]


def at_event(
    session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor, *, to_run: bool = True
) -> Visitor:
    """The visitor as this one event knows them: an organiser of it has the right to run it, and a member of a site that hosts it
    too counts as a member of its area (`rules.is_of_area`). At most one statement; give the answer to whatever decides about
    this event, and to nothing else. Without `to_run` only the home is asked for, which costs a member of the area nothing.
    """
    asks_role = to_run and visitor.signed_in and not visitor.can(ORGANISE)
    asks_home = visitor.is_member and not rules.is_local(visitor, tenant)
    if not is_id(event_id) or not (asks_role or asks_home):
        return visitor
    named = sa.exists().where(
        Organiser.tenant_id == tenant.id, Organiser.event_id == event_id, Organiser.account_id == visitor.account_id,
        Organiser.left_at.is_(None),
    )  # fmt: skip
    hosts = sa.exists().where(
        Hosting.origin_tenant_id == tenant.id, Hosting.event_ref == event_id,
        Hosting.host_tenant_id == visitor.home_tenant_id, Hosting.state == ACCEPTED,
    )  # fmt: skip
    runs, at_host = session.execute(sa.select(named, hosts)).one()
    if runs:
        visitor = replace(visitor, permissions=visitor.permissions | {ORGANISE})
    if at_host and asks_home and rules.is_of_area(visitor.home_tenant_id, tenant.id, (visitor.home_tenant_id or 0,)):
        visitor = replace(visitor, home_tenant_id=tenant.id)
    return visitor


def is_organiser(session: ScopedSession, event_id: str, account_id: str) -> bool:
    """Whether somebody is among the event's organisers."""
    found = session.scalar(
        sa.select(Organiser.id).where(
            Organiser.event_id == event_id, Organiser.account_id == account_id, Organiser.left_at.is_(None)
        )
    )
    return found is not None
