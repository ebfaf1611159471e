"""Who runs one event, and what a visitor therefore may do at it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession, TenantRef, Visitor, is_id, people_by_id, roles_of
from plugins.local_events import rules
from plugins.local_events.manifest import ORGANISE, ORGANISERS
from plugins.local_events.models import Hosting, Organiser
from plugins.local_events.queries.shapes import here
from plugins.local_events.states import ACCEPTED


class Named(NamedTuple):
    """Somebody who runs an event."""

    account_id: str
    name: str


_OF_EVENT = (
    sa.select(Organiser.account_id)
    .where(Organiser.event_id == sa.bindparam("event_id"), Organiser.left_at.is_(None))
    .order_by(Organiser.added_at, Organiser.id)
)


def of_event(session: ScopedSession, event_id: str) -> list[Named]:
    """The event's organisers whose accounts are open, in the order in which they came. Two statements."""
    ids = session.scalars(_OF_EVENT, {"event_id": event_id}).all()
    people = people_by_id(session, ids)
    return [Named(one, people[one].name) for one in ids if one in people]


def at_event(
    session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor, *, to_run: bool = True
) -> Visitor:
    """The visitor as one event knows them; give the answer to whatever decides about this event, and to nothing else. Without
    `to_run` only the home is asked for, which costs a member of the area nothing."""
    if not is_id(event_id):
        return visitor
    return at_events(session, tenant, [event_id], visitor, to_run=to_run)[event_id]


_RUN = sa.select(Organiser.event_id).where(
    Organiser.tenant_id == here(), Organiser.event_id.in_(sa.bindparam("event_ids", expanding=True)),
    Organiser.account_id == sa.bindparam("account_id"), Organiser.left_at.is_(None),
)  # fmt: skip
_HOSTED = sa.select(Hosting.event_ref).where(
    Hosting.origin_tenant_id == here(), Hosting.event_ref.in_(sa.bindparam("event_ids", expanding=True)),
    Hosting.host_tenant_id == sa.bindparam("home"), Hosting.state == ACCEPTED,
)  # fmt: skip


def at_events(
    session: ScopedSession, tenant: TenantRef, event_ids: Sequence[str], visitor: Visitor, *, to_run: bool = True
) -> dict[str, Visitor]:
    """The visitor as each of the events knows them, in at most two statements: an organiser of an event has the right to run
    it, and a member of a site that hosts it too counts as a member of its area (`rules.is_of_area`)."""
    asked = {"tenant": tenant.id, "event_ids": event_ids}
    runs: frozenset[str] = frozenset()
    hosted: frozenset[str] = frozenset()
    if to_run and visitor.signed_in and not visitor.can(ORGANISE):
        runs = frozenset(session.scalars(_RUN, {**asked, "account_id": visitor.account_id}))
    if _from_elsewhere(visitor, tenant):
        hosted = frozenset(session.scalars(_HOSTED, {**asked, "home": visitor.home_tenant_id}))
    return {one: _known(visitor, tenant, runs=one in runs, hosted=one in hosted) for one in event_ids}


def _from_elsewhere(visitor: Visitor, tenant: TenantRef) -> bool:
    """Whether it matters who hosts an event too: to members whose home is another site."""
    return visitor.is_member and visitor.home_tenant_id is not None and not rules.is_local(visitor, tenant)


def _known(visitor: Visitor, tenant: TenantRef, *, runs: bool, hosted: bool) -> Visitor:
    if runs:
        visitor = replace(visitor, permissions=visitor.permissions | {ORGANISE})
    return replace(visitor, home_tenant_id=tenant.id) if hosted else visitor


def known_by(visitor: Visitor, tenant: TenantRef, organisers: Collection[str], hosts: Collection[int]) -> Visitor:
    """What `at_event` gives, for an event whose organisers (accounts) and hosts (sites) are read already."""
    runs = visitor.signed_in and visitor.account_id in organisers
    hosted = _from_elsewhere(visitor, tenant) and visitor.home_tenant_id in hosts
    return _known(visitor, tenant, runs=runs, hosted=hosted)


def is_organiser(session: ScopedSession, event_id: str, account_id: str) -> bool:
    """Whether somebody is among the event's organisers."""
    found = session.scalar(
        sa.select(Organiser.id).where(
            Organiser.event_id == event_id, Organiser.account_id == account_id, Organiser.left_at.is_(None)
        )
    )
    return found is not None


def runs(session: ScopedSession, tenant: TenantRef, event_id: str, account_id: str) -> bool:
    """Whether somebody runs an event of this site: as one of its organisers, or by a role. At most two statements."""
    by_role = not roles_of(session, account_id, tenant.id).isdisjoint(ORGANISERS)
    return by_role or is_organiser(session, event_id, account_id)
