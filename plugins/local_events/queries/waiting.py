"""What of a site's events waits for somebody."""

from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession, clock
from plugins.local_events.models import Event, FeedbackAction, Hosting
from plugins.local_events.queries.proposals import MEMBER
from plugins.local_events.states import DRAFT, INVITED, OPEN, PUBLISHED, SUBMITTED


class Waiting(NamedTuple):
    """How many: members' proposals to decide, invitations to host an event that is still to come, organisers' own drafts, published
    events that are over and not yet completed, and actions from feedback past their day."""

    proposals: int
    invitations: int
    drafts: int
    over: int
    late_actions: int


def _counted() -> sa.Select[Any]:
    """Rows of `Waiting`'s columns by the site, now and today."""
    tables: list[Any] = [Event.__table__, Hosting.__table__, FeedbackAction.__table__]
    now = sa.bindparam("now", type_=tables[0].c.ends_at.type)
    invitations = sa.select(sa.func.count(Hosting.id)).where(
        Hosting.host_tenant_id == sa.bindparam("site", type_=tables[1].c.host_tenant_id.type),
        Hosting.state == INVITED, Hosting.starts_at >= now,
    )  # fmt: skip
    late = sa.select(sa.func.count(FeedbackAction.id)).where(
        FeedbackAction.state == OPEN,
        FeedbackAction.due_on < sa.bindparam("today", type_=tables[2].c.due_on.type),
    )  # fmt: skip
    return sa.select(
        sa.func.count(Event.id).filter(Event.state == SUBMITTED, Event.origin == MEMBER),
        invitations.scalar_subquery(),
        sa.func.count(Event.id).filter(Event.state == DRAFT, Event.origin != MEMBER),
        sa.func.count(Event.id).filter(Event.state == PUBLISHED, Event.ends_at < now),
        late.scalar_subquery(),
    ).where(Event.state.in_((DRAFT, PUBLISHED, SUBMITTED)))


_COUNTED = _counted()


def at_site(session: ScopedSession) -> Waiting:
    """What waits at the session's site, in one statement: the console asks it of every site."""
    given = {"site": session.scope.tenant_id, "now": clock.now(), "today": clock.today()}
    return Waiting._make(session.execute(_COUNTED, given).one())
