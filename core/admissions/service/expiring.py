"""Taking an application off assessors' lists when it is no longer theirs to assess: withdrawn, or moved to another area."""

from datetime import datetime

import sqlalchemy as sa

from core.admissions.models import Assignment
from core.admissions.states import ASSIGNMENT, EXPIRED
from core.data.session import ScopedSession


def expire_in(session: ScopedSession, tenant_id: int | None, application_id: str, why: str, at: datetime) -> int:
    """End the assignments of an application that are not sealed, in the caller's transaction; how many.

    Sealed scores stay as they are. `tenant_id` names the application's site where the session has platform scope.
    """
    done = session.scalars(
        sa.update(Assignment)
        .where(
            Assignment.tenant_id == tenant_id, Assignment.application_id == application_id,
            Assignment.state.in_(sorted(ASSIGNMENT.sources("expire"))),
        )
        .values(state=EXPIRED, state_why=why[:500], version=Assignment.version + 1, changed_at=at)
        .returning(Assignment.id)
        .execution_options(synchronize_session=False)
    ).all()  # fmt: skip
    return len(done)
