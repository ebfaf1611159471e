"""Reading cards of events hosted together. A site sees those that it wrote, and those that are addressed to it; no others."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession, TenantRef, Visitor, clock
from plugins.local_events.models import Hosting
from plugins.local_events.queries.shapes import columns
from plugins.local_events.rules import audiences
from plugins.local_events.states import ACCEPTED, INVITED


class Card(NamedTuple):
    """An event of another site that this site hosts too, or is asked to. Instants are UTC."""

    id: str
    origin_tenant_id: int
    event_ref: str
    state: str
    shown: bool
    kind: str
    title: str
    summary: str
    mode: str
    place: str
    starts_at: datetime
    ends_at: datetime
    audience: str
    invited_at: datetime


class Host(NamedTuple):
    """A site that was asked to host an event of this site."""

    id: str
    host_tenant_id: int
    state: str
    invited_at: datetime
    answered_at: datetime | None


def of_event(session: ScopedSession, tenant: TenantRef, event_id: str) -> list[Host]:
    """Every site that was asked to host an event of this site, with its answer."""
    query = (
        sa.select(*columns(Host, Hosting))
        .where(Hosting.origin_tenant_id == tenant.id, Hosting.event_ref == event_id)
        .order_by(Hosting.invited_at, Hosting.id)
    )
    return [Host(*row) for row in session.execute(query)]


def hosts_of(session: ScopedSession, tenant_id: int | None, event_id: str) -> frozenset[int]:
    """The sites that host an event of `tenant_id` too: whose members count as members of its area (`rules.is_of_area`)."""
    query = sa.select(Hosting.host_tenant_id).where(
        Hosting.origin_tenant_id == tenant_id, Hosting.event_ref == event_id, Hosting.state == ACCEPTED
    )
    return frozenset(session.scalars(query))


def addressed(session: ScopedSession, tenant: TenantRef) -> list[Card]:
    """What this site is asked to host, and hosts, of events that are not over: what waits for an answer first."""
    query = (
        sa.select(*columns(Card, Hosting))
        .where(
            Hosting.host_tenant_id == tenant.id, Hosting.state.in_((INVITED, ACCEPTED)), Hosting.ends_at >= clock.now()
        )
        .order_by(Hosting.state.desc(), Hosting.starts_at, Hosting.id)
    )
    return [Card(*row) for row in session.execute(query)]


def hosted(session: ScopedSession, tenant: TenantRef, visitor: Visitor, limit: int = 50) -> list[Card]:
    """The published events of other sites that this site hosts too, are not over, and are for the visitor, soonest first: for
    this site's own lists. Its members belong to their area."""
    query = (
        sa.select(*columns(Card, Hosting))
        .where(
            Hosting.host_tenant_id == tenant.id, Hosting.state == ACCEPTED, Hosting.shown,
            Hosting.ends_at >= clock.now(), Hosting.audience.in_(audiences(visitor, tenant)),
        )
        .order_by(Hosting.starts_at, Hosting.id)
        .limit(limit)
    )  # fmt: skip
    return [Card(*row) for row in session.execute(query)]
