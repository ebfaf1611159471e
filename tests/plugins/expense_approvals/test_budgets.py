"""What the database itself refuses about a budget, whoever writes to it."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.sdk import ScopedSession
from plugins.expense_approvals.models import Budget
from tests.plugins.expense_approvals.helpers import opened

LIMIT = 100_00


def write(session: ScopedSession, budget_id: str, **values: int) -> None:
    """Write past the service, which would refuse it first."""
    session.execute(sa.update(Budget).where(Budget.id == budget_id).values(**values))
    session.commit()


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"committed_p": LIMIT + 1}, "within"),
        ({"actual_p": LIMIT + 1}, "within"),
        ({"committed_p": 60_00, "actual_p": 40_01}, "within"),
        ({"limit_p": 49_99}, "within"),
        ({"committed_p": -1}, "committed"),
        ({"actual_p": -1}, "actual"),
    ],
)
def test_invariant_the_database_refuses_a_budget_past_its_limit_or_below_nothing(
    session: ScopedSession, values: dict[str, int], constraint: str
) -> None:
    budget_id = opened(session, LIMIT)
    write(session, budget_id, committed_p=30_00, actual_p=20_00)
    with pytest.raises(IntegrityError, match=f"expense_approvals_budget_{constraint}"):
        write(session, budget_id, **values)
    session.rollback()
    kept = session.execute(sa.select(Budget.limit_p, Budget.committed_p, Budget.actual_p).where(Budget.id == budget_id))
    assert tuple(kept.one()) == (LIMIT, 30_00, 20_00)


def test_a_budget_may_be_used_to_its_last_penny(session: ScopedSession) -> None:
    budget_id = opened(session, LIMIT)
    write(session, budget_id, committed_p=60_00, actual_p=40_00)
    write(session, budget_id, committed_p=0, actual_p=LIMIT)
