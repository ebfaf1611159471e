"""What becomes of a decision that is being made when its application, or the appeal that it answers, is withdrawn."""

from typing import Any

import sqlalchemy as sa

from core.admissions.models import Decision
from core.admissions.states import DECISION, WITHDRAWN
from core.data.session import ScopedSession


def withdraw_in(session: ScopedSession, application_ids: Any, *which: sa.ColumnElement[bool]) -> int:
    """End the decisions under way about these applications, as far as `which` holds, in the caller's transaction; how many. One
    that was held leaves its batch. `application_ids` are ids, or a statement that gives them."""
    done: Any = session.execute(
        sa.update(Decision)
        .where(Decision.application_id.in_(application_ids), Decision.state.in_(DECISION.sources("withdraw")), *which)
        .values(state=WITHDRAWN, batch_id=None, version=Decision.version + 1)
    )
    return int(done.rowcount)
