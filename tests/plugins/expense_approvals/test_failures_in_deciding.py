"""More of what went wrong in other programs for expenses (see `test_failures_of_others.py`): a decision and its money."""

from typing import Any

import pytest
import sqlalchemy as sa

from core.sdk import Refused
from plugins.expense_approvals.models import Budget, BudgetEntry, Claim, Preapproval
from plugins.expense_approvals.queries import claims
from plugins.expense_approvals.service import judging
from tests.plugins.expense_approvals.claimed import SECOND, approve, check, sent
from tests.plugins.expense_approvals.helpers import opened, sums, visitor


@pytest.fixture
def ann():
    return visitor(name="Ann")


def test_a_decision_pressed_twice_moves_money_once(session, ann):
    """OpenCollective 3502: 360 expenses were paid twice by a double click."""
    budget = opened(session)
    made = sent(session, budget, ann)
    check(session, made)
    version, amounts = (
        claims.one(session, made, SECOND).version,
        {line.id: line.allowed_p for line in claims.lines(session, made)},
    )
    for press in range(2):
        try:
            approve(session, made, version=version, amounts=amounts)
        except Refused:
            assert press == 1
    moves = session.scalars(sa.select(BudgetEntry.move).where(BudgetEntry.budget_id == budget)).all()
    assert sorted(moves) == ["commit", "spend"]
    assert sums(session, budget).add_up


def test_nothing_is_locked_by_a_step_that_died_half_way(session, ann, monkeypatch):
    """OpenCollective's `isLocked` stays for ever when the process dies between two transactions: here a step is one."""
    budget = opened(session)
    made = sent(session, budget, ann)
    check(session, made)
    before = claims.one(session, made, SECOND)

    def die(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(judging, "move", die)
    with pytest.raises(MemoryError):
        approve(session, made)
    monkeypatch.undo()
    session.rollback()
    assert claims.one(session, made, SECOND) == before
    assert sums(session, budget).add_up
    approve(session, made)


def test_money_is_whole_pence_from_the_field_to_the_budget() -> None:
    """Frappe HRMS keeps amounts as floats."""
    for table in (Budget, BudgetEntry, Claim, Preapproval):
        money = [column for column in table.__table__.columns if column.name.endswith("_p")]
        assert money
        assert all(isinstance(column.type, sa.BigInteger) for column in money)
