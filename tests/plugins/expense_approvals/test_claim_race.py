"""Two processes of eight threads, both engines: one approval of a claim wins, and its money is spent once."""

from collections import Counter
from typing import Any

from core.config import normalise_url
from core.sdk import ScopedSession, Visitor
from plugins.expense_approvals.queries import claims
from tests.plugins.expense_approvals.claimed import check, sent
from tests.plugins.expense_approvals.helpers import APPROVER, opened, sums, visitor
from tests.support.racing import together

TURNS = 32


def _race(url: str, session: ScopedSession, claim_id: str, way: str, **more: Any) -> Counter[str]:
    """What two processes together report, each with half of the turns at one claim."""
    session.rollback()
    job = {
        "url": url,
        "tenant": session.scope.tenant_id,
        "way": way,
        "threads": 8,
        "ids": [claim_id] * (TURNS // 2),
        **more,
    }
    told = together("tests.plugins.expense_approvals.race", job, job)
    assert [error for one in told for error in one["errors"]] == []
    return sum((Counter(one["told"]) for one in told), Counter())


def _checked(session: ScopedSession, budget_id: str, who: Visitor) -> str:
    made = sent(session, budget_id, who)
    check(session, made)
    return made


def test_one_approval_wins_and_the_money_is_spent_once(shared, other_database):
    budget_id = opened(shared)
    made = _checked(shared, budget_id, visitor())
    told = _race(normalise_url(other_database.app_url), shared, made, "paying")
    assert (told["approved"], sum(told.values())) == (1, TURNS)
    assert sums(shared, budget_id) == (0, 1_000, 0, 1_000, 0)


def test_the_race_for_an_approval_can_be_lost(shared, other_database):
    """The control: the same race with reading before writing spends the money more than once."""
    budget_id = opened(shared)
    made = _checked(shared, budget_id, visitor())
    told = _race(normalise_url(other_database.app_url), shared, made, "paying_naively", budget=budget_id)
    assert told["approved"] > 1
    assert sums(shared, budget_id).spent == told["approved"] * 1_000


def test_an_approval_or_a_withdrawal_and_never_both(shared, other_database):
    budget_id, person = opened(shared), visitor()
    made = _checked(shared, budget_id, person)
    more = {"withdraw": True, "person": person.account_id, "version": claims.one(shared, made, APPROVER).version}
    told = _race(normalise_url(other_database.app_url), shared, made, "paying", **more)
    assert told["approved"] + told["withdrawn"] == 1
    spent = 1_000 * told["approved"]
    assert sums(shared, budget_id)[:2] == (2_000 - 2 * spent, spent)
