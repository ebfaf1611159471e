"""Reading budgets and activities."""

from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from core.sdk import NotFound, ScopedSession, caseless, clock, is_id
from plugins.expense_approvals.models import Activity, Budget


class Held(NamedTuple):
    """One budget, in pence."""

    id: str
    name: str
    limit_p: int
    committed_p: int
    actual_p: int
    version: int

    @property
    def left_p(self) -> int:
        """What can still be agreed to."""
        return self.limit_p - self.committed_p - self.actual_p


def all_of_site(session: ScopedSession) -> list[Held]:
    """Every budget of the session's site, by name."""
    rows = session.execute(
        sa.select(*(getattr(Budget, name) for name in Held._fields)).order_by(caseless(Budget.name), Budget.id)
    )
    return [Held._make(row) for row in rows]


_ONE = sa.select(*(getattr(Budget, name) for name in Held._fields)).where(Budget.id == sa.bindparam("wanted"))


def one(session: ScopedSession, budget_id: str) -> Held:
    """One budget. Raises NotFound."""
    row = session.execute(_ONE, {"wanted": budget_id}).one_or_none() if is_id(budget_id) else None
    if row is None:
        raise NotFound
    return Held._make(row)


class Planned(NamedTuple):
    """One activity."""

    id: str
    title: str
    starts_on: date
    ends_on: date
    covered: bool
    budget_id: str | None
    version: int


def activities(session: ScopedSession, *, covered_only: bool) -> list[Planned]:
    """Activities that are not over, by their first day; for members those alone whose costs may be covered."""
    query = sa.select(*(getattr(Activity, name) for name in Planned._fields)).where(Activity.ends_on >= clock.today())
    if covered_only:
        query = query.where(Activity.covered.is_(True))
    rows = session.execute(query.order_by(Activity.starts_on, Activity.id).limit(200))
    return [Planned._make(row) for row in rows]


_ACTIVITY = sa.select(*(getattr(Activity, name) for name in Planned._fields)).where(
    Activity.id == sa.bindparam("wanted")
)


def activity(session: ScopedSession, activity_id: str) -> Planned:
    """One activity. Raises NotFound."""
    row = session.execute(_ACTIVITY, {"wanted": activity_id}).one_or_none() if is_id(activity_id) else None
    if row is None:
        raise NotFound
    return Planned._make(row)


def of_event(session: ScopedSession, event_id: str) -> str | None:
    """The activity that an event of this site is; None where nobody has said anything of its costs."""
    return session.scalar(sa.select(Activity.id).where(Activity.event_id == event_id)) if is_id(event_id) else None
