"""What of sites' events waits for somebody."""

from collections import Counter
from collections.abc import Collection
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession, clock
from plugins.local_events.models import Event, FeedbackAction, Hosting
from plugins.local_events.queries.proposals import MEMBER
from plugins.local_events.states import DRAFT, INVITED, OPEN, PUBLISHED, SUBMITTED


class Waiting(NamedTuple):
    """How many, by the site's id: members' proposals to decide, invitations to host an event that is still to come, organisers' own drafts, published
    events that are over and not yet completed, and actions from feedback past their day."""

    proposals: Counter[int]
    invitations: Counter[int]
    drafts: Counter[int]
    over: Counter[int]
    late_actions: Counter[int]


def _counted() -> Any:
    """Rows of a site's id and `Waiting`'s columns, now and today: what each table tells, with 0 for what it does not."""
    tables: list[Any] = [Event.__table__, Hosting.__table__, FeedbackAction.__table__]
    now = sa.bindparam("now", type_=tables[0].c.ends_at.type)
    none: Any = sa.literal_column("0")
    events = sa.select(
        Event.tenant_id,
        sa.func.count(Event.id).filter(Event.state == SUBMITTED, Event.origin == MEMBER),
        none,
        sa.func.count(Event.id).filter(Event.state == DRAFT, Event.origin != MEMBER),
        sa.func.count(Event.id).filter(Event.state == PUBLISHED, Event.ends_at < now),
        none,
    ).where(Event.state.in_((DRAFT, PUBLISHED, SUBMITTED)))
    invitations = sa.select(Hosting.host_tenant_id, none, sa.func.count(Hosting.id), none, none, none).where(
        Hosting.host_tenant_id.in_(sa.bindparam("sites", type_=tables[1].c.host_tenant_id.type, expanding=True)),
        Hosting.state == INVITED, Hosting.starts_at >= now,
    )  # fmt: skip
    late = sa.select(FeedbackAction.tenant_id, none, none, none, none, sa.func.count(FeedbackAction.id)).where(
        FeedbackAction.state == OPEN,
        FeedbackAction.due_on < sa.bindparam("today", type_=tables[2].c.due_on.type),
    )
    return sa.union_all(
        events.group_by(Event.tenant_id),
        invitations.group_by(Hosting.host_tenant_id),
        late.group_by(FeedbackAction.tenant_id),
    )


_COUNTED = _counted()


def at_sites(session: ScopedSession, site_ids: Collection[int]) -> Waiting:
    """What waits at these sites, which are those of the session, in one statement for all of them."""
    given = {"sites": list(site_ids), "now": clock.now(), "today": clock.today()}
    found = Waiting(*(Counter() for _ in Waiting._fields))
    for site_id, *counts in session.execute(_COUNTED, given):
        for sort, count in zip(found, counts, strict=True):
            sort[site_id] += count
    return found
