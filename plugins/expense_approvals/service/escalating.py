"""Telling the central team of what nobody of a site can decide: a letter a day, and each thing once at each step of its life."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.sdk import Known, Role, ScopedSession, clock, holders, people_by_id, transaction
from plugins.expense_approvals.limits import Limits
from plugins.expense_approvals.models import Adjustment, Claim, Escalation, Preapproval
from plugins.expense_approvals.queries import adjustments, claims, preapprovals
from plugins.expense_approvals.separation import NOBODY, Task, conflict
from plugins.expense_approvals.service import adjusting, apart
from plugins.expense_approvals.service.apart import Open
from plugins.expense_approvals.states import SUBMITTED, TO_DECIDE


class Left(NamedTuple):
    """How much is left to one person of the central team: pre-approvals, claims and adjustments."""

    preapprovals: int
    claims: int
    adjustments: int


Post = Callable[[ScopedSession, Known, Left], None]
"""What writes the letter, in the caller's transaction."""


def tell_central(session: ScopedSession, uk_id: int, limits: Limits, post: Post) -> int:
    """Write to everybody who holds the central team's role (given at the UK site, `uk_id`) about what nobody of the session's site
    can decide and nobody was told of since its last step; how many things. Nobody is told of their own. Where nobody could be told,
    the next run tries again."""
    now = clock.now()  # before anything is read: a step that is taken meanwhile is later, and told of by the next run
    waits = _waiting(session, limits)
    known = set(
        session.scalars(
            sa.select(Escalation.source_id).where(
                Escalation.source_id.in_([one.id for one in waits]), Escalation.told_at >= _changed()
            )
        )
    )
    left = apart.nobody_left(session, (one for one in waits if one.id not in known), limits)
    for_central = [one for one in waits if one.id in left]
    people = people_by_id(session, set(holders(session, Role.CENTRAL_TEAM, uk_id))) if for_central else {}
    letters = [
        (person, theirs)
        for person in people.values()
        if (theirs := [one for one in for_central if not conflict(one.task, person.account_id, one.case(NOBODY))])
    ]
    told = {one.id for _, theirs in letters for one in theirs}
    if not told:
        return 0
    try:
        with transaction(session):
            session.execute(
                sa.delete(Escalation).where(Escalation.source_id.in_(told), Escalation.told_at < _changed())
            )
            session.add_all(Escalation(source_id=one, told_at=now) for one in sorted(told))
            session.flush()
            for person, theirs in letters:
                post(session, person, _counted(theirs))
    except IntegrityError:  # another worker told them at the same moment
        return 0
    return len(told)


def _changed() -> sa.ColumnElement[datetime]:
    """When what was told of took its last step. For a statement about `Escalation`."""
    return sa.func.coalesce(
        *(
            sa.select(model.changed_at)
            .where(model.tenant_id == Escalation.tenant_id, model.id == Escalation.source_id)
            .correlate(Escalation)
            .scalar_subquery()
            for model in (Claim, Preapproval, Adjustment)
        )
    )


def _waiting(session: ScopedSession, limits: Limits) -> list[Open]:
    """All that waits for somebody to decide. What waits for the person's answer does not."""
    asked = [
        Open(one.id, Task.PREAPPROVE, one.account_id, one.submitted_by, pence=one.in_all_p)
        for one in preapprovals.queue(session)
        if one.state == SUBMITTED
    ]
    hands, agreed = claims.hands(session), apart.agreed_before(session, limits)
    claimed = [
        apart.of_claim(one, hands, one.in_all_p, agreed) for one in claims.queue(session) if one.state in TO_DECIDE
    ]
    return [
        *asked,
        *claimed,
        *(adjusting.waits(one) for one in adjustments.queue(session)),
    ]


def _counted(waits: Iterable[Open]) -> Left:
    tasks = [one.task for one in waits]
    asked, adjusted = tasks.count(Task.PREAPPROVE), tasks.count(Task.ADJUST)
    return Left(asked, len(tasks) - asked - adjusted, adjusted)
