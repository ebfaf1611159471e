"""Taking applications off assessors' lists when they are no longer theirs to assess: withdrawn, moved to another area, decided."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from core.admissions.models import Assignment
from core.admissions.service.assigned import take_down
from core.admissions.states import ASSIGNMENT, EXPIRED
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
