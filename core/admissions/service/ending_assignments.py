"""Taking applications off assessors' lists when they are no longer theirs to assess: withdrawn, moved to another area, decided; or
when the assessor's place has ended."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from core.admissions.models import Assignment
from core.admissions.service.assigned import take_down
from core.admissions.states import ASSIGNMENT, EXPIRED, TAKEN_BACK
from core.data.locks import hold_in_order
from core.data.session import ScopedSession


def expire_in(
    session: ScopedSession, tenant_id: int | None, application_ids: Collection[str], why: str, at: datetime
) -> int:
    """End the assignments of applications that are not sealed, with their cards, in the caller's transaction; how many.

    Sealed scores stay as they are. `tenant_id` names their site where the session has platform scope.
    """
    hold_in_order(
        session, Assignment, Assignment.tenant_id == tenant_id, Assignment.application_id.in_(application_ids)
    )
    done = session.scalars(
        sa.update(Assignment)
        .where(
            Assignment.tenant_id == tenant_id, Assignment.application_id.in_(application_ids),
            Assignment.state.in_(sorted(ASSIGNMENT.sources("expire"))),
        )
        .values(state=EXPIRED, state_why=why[:500], version=Assignment.version + 1, changed_at=at)
        .returning(Assignment.id)
    ).all()  # fmt: skip
    take_down(session, done, tenant_id)
    return len(done)


def take_back_in(session: ScopedSession, assessor_ids: Collection[str], why: str, at: datetime) -> int:
    """Take back what is not sealed from assessors whose place has ended, with their cards, in the caller's transaction; how many."""
    theirs = Assignment.assessor_id.in_(assessor_ids)
    hold_in_order(session, Assignment, theirs)
    done = session.scalars(
        sa.update(Assignment)
        .where(theirs, Assignment.state.in_(ASSIGNMENT.sources("take_back")))
        .values(state=TAKEN_BACK, state_why=why[:500], version=Assignment.version + 1, changed_at=at)
        .returning(Assignment.id)
    ).all()
    take_down(session, done)
    return len(done)
