"""Moving a budget's money inside the caller's transaction: one conditional update and one entry, or nothing.

The condition is in the update itself. Looking first and writing then overspends on both engines, also under a constraint
(measured; see the decision record), and a lock taken by reading is none on SQLite.
"""

import sqlalchemy as sa

from core.sdk import N_, Refused, ScopedSession, clock
from plugins.expense_approvals.models import Budget, BudgetEntry

NOT_ENOUGH = N_("The budget does not have that much left.")

_MOVE = (
    sa.update(Budget)
    .where(
        Budget.id == sa.bindparam("wanted"),
        Budget.committed_p + sa.bindparam("committed") >= 0,
        Budget.actual_p + sa.bindparam("actual") >= 0,
        Budget.committed_p + Budget.actual_p + sa.bindparam("more") <= Budget.limit_p,
    )
    .values(
        committed_p=Budget.committed_p + sa.bindparam("committed"),
        actual_p=Budget.actual_p + sa.bindparam("actual"),
        version=Budget.version + 1,
    )
    .returning(Budget.id)
)


def move(
    session: ScopedSession, budget_id: str, source_id: str, kind: str, *, committed: int = 0, actual: int = 0
) -> None:
    """Add pence (below 0: take away) to what a budget has committed and spent, for one source and one kind of movement.

    Raises Refused when the limit would be passed. The same movement twice is an error of the database (a unique key), and
    undoes the whole transaction.
    """
    moved = {"wanted": budget_id, "committed": committed, "actual": actual, "more": committed + actual}
    if len(session.execute(_MOVE, moved).all()) != 1:
        raise Refused(NOT_ENOUGH)
    session.add(
        BudgetEntry(
            budget_id=budget_id, source_id=source_id, move=kind, committed_p=committed, actual_p=actual, at=clock.now()
        )
    )
    session.flush()
