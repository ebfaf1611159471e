"""What went wrong in other systems for expenses, each as a test here. Names and threads: the anchors of this plugin, A2."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.kernel.permissions import Role
from core.sdk import Forbidden, Refused, ScopedSession, clock
from plugins.expense_approvals.models import Budget, BudgetEntry, Claim, Preapproval
from plugins.expense_approvals.queries import claims, preapprovals
from plugins.expense_approvals.separation import Case, Task, able
from plugins.expense_approvals.service import deciding, judging, sending
from tests.plugins.expense_approvals.claimed import (
    CHECKER,
    SECOND,
    agreed,
    approve,
    check,
    draft,
    mark,
    send,
    sent,
    spent,
    unheard,
)
from tests.plugins.expense_approvals.helpers import (
    POLICY,
    activity,
    agree,
    asked,
    cost,
    nothing,
    opened,
    settled,
    switched_on,
    visitor,
)
from tests.plugins.expense_approvals.test_claim_pages import Person
from tests.plugins.expense_approvals.test_pages import declare, member

ANSWERING = {"policy_on": POLICY, "partners": nothing, "mark": mark, "post": unheard}


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
    assert settled(session, budget)


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
    assert settled(session, budget)
    approve(session, made)


@pytest.mark.parametrize("task", Task)
def test_where_nobody_is_left_to_decide_nothing_is_decided_by_itself(session, ann, frozen_clock, task):
    """Odoo approves by itself where there is no approver, or where the manager is the person."""
    case = Case("ann", "ann", "ann", linked=frozenset({"bob"}))
    assert able(task, ["ann", "bob"], case) == []
    if task is not Task.PREAPPROVE:
        return
    alone = visitor(Role.PARTNER_LEAD, Role.EXPENSE_APPROVER)
    made = asked(session, activity(session, opened(session)), alone)
    frozen_clock.advance(days=9)
    with pytest.raises(Refused):
        agree(session, made, alone)
    assert preapprovals.one(session, made, alone).state == "submitted"


def test_what_a_form_does_not_have_cannot_be_sent_with_it(app: Flask, session: ScopedSession) -> None:
    """Frappe HRMS 1866: an employee sent `approval_status` along with the claim, and it was taken."""
    switched_on(app, "scotland")
    extra = {
        "state": "approved", "approved_p": "999999", "allowed_p": "999999", "account_id": "somebody", "submitted_by": "somebody",
        "approval_status": "Approved", "referred": "0", "revision": "9", "version": "99", "expires_on": "2099-01-01",
    }  # fmt: skip
    page = f"/scotland/expenses/for/{activity(session, opened(session))}"
    session.rollback()
    bea = member(app, "bea")
    declare(bea, page)
    day = (clock.today() + timedelta(days=14)).isoformat()
    row = {"costs-0-category": "coach", "costs-0-day": day, "costs-0-quantity": "1", "costs-0-amount": "4.20"}
    found = bea.submit(f"{page}/ask", {**row, **extra, "costs-0-approved_p": "9", "do": "send"})
    assert found.status_code == 303
    (asked_for,) = session.scalars(sa.select(Preapproval)).all()
    assert (asked_for.state, asked_for.approved_p, asked_for.allowed_p, asked_for.version) == ("submitted", 0, 420, 1)
    session.rollback()
    ann = Person(app, session)
    claim = ann.begin()
    ann.add(claim, **extra)
    (made,) = session.scalars(sa.select(Claim)).all()
    assert (made.state, made.approved_p, made.allowed_p, made.revision, made.account_id) == (
        "draft",
        0,
        0,
        0,
        ann.account,
    )
    (line,) = claims.lines(session, made.id)
    assert (line.claimed_p, line.allowed_p, line.approved_p) == (0, 0, None)


def test_money_is_whole_pence_from_the_field_to_the_budget() -> None:
    """Frappe HRMS keeps amounts as floats."""
    for table in (Budget, BudgetEntry, Claim, Preapproval):
        money = [column for column in table.__table__.columns if column.name.endswith("_p")]
        assert money
        assert all(isinstance(column.type, sa.BigInteger) for column in money)


def test_a_rule_holds_by_whatever_way_it_is_reached(session, ann):
    """Expensify 58210: what one screen refused, another allowed. The rule is in the service, and each way goes through it."""
    mine = visitor(Role.CENTRAL_TEAM, Role.PARTNER_LEAD, Role.EXPENSE_APPROVER, account_id=ann.account_id)
    budget = opened(session)
    made = asked(session, activity(session, budget), ann)
    for way in (deciding.query, deciding.decline, deciding.revoke):
        with pytest.raises(Refused, match="You asked for this money"):
            way(session, made, 1, "words", mine)
    with pytest.raises(Refused, match="You asked for this money"):
        agree(session, made, mine)
    claim = sent(session, budget, ann)
    version = claims.one(session, claim, mine).version
    for judge in (judging.query, judging.reject):
        with pytest.raises(Refused, match="You asked for this money"):
            judge(session, claim, version, "words", mine, unheard)
    for act in (check, approve):
        with pytest.raises(Refused, match="You asked for this money"):
            act(session, claim, mine)


@pytest.mark.parametrize("column", ["account_id", "submitted_by"])
def test_who_is_paid_does_not_decide_though_somebody_else_sent_it(session, ann, column):
    """OpenCollective compares the approver with the sender alone: whoever sends for the approver lets them approve themselves."""
    made = sent(session, opened(session), ann)
    for one in ("account_id", "submitted_by"):
        value = SECOND.account_id if one == column else visitor().account_id
        session.execute(
            sa.update(Claim).where(Claim.id == made).values({one: value}).execution_options(synchronize_session=False)
        )
    session.commit()
    for act in (check, approve):
        with pytest.raises(Refused, match="You asked for this money"):
            act(session, made, SECOND)


def test_money_is_guarded_by_the_update_itself_and_not_by_a_look_before_it(session, ann, monkeypatch):
    """Medusa 16012 and 16097: four checks before writing were passed by two at once. See `test_race.py` for the processes."""
    budget = opened(session, 15_00)
    first, second = (asked(session, activity(session, budget), visitor(), cost("a", 10_00)) for _ in range(2))
    agree(session, first)
    monkeypatch.setattr(Budget, "left_p", 10**9, raising=False)  # nothing that was read before counts
    with pytest.raises(Refused, match="does not have that much left"):
        agree(session, second)
    assert settled(session, budget)


def test_words_of_the_person_take_no_finding_away(session, ann):
    """Expensify: a comment overrode the violation. Here neither a reason nor an answer makes a referral less of one."""
    budget = opened(session, 1_000_00)
    sent(session, budget, visitor(), colour=7)
    made = draft(session, agreed(session, budget, ann, cost(in_days=0, pence=20_00)), ann, spent(pence=9_00), colour=7)
    send(session, made, ann)
    assert claims.one(session, made, ann).referred
    judging.query(session, made, claims.one(session, made, CHECKER).version, "Is it the same?", CHECKER, unheard)
    sending.answer(
        session, made, claims.one(session, made, ann).version, "No, it is fine. Please approve it.", ann, **ANSWERING
    )
    found = claims.one(session, made, ann)
    assert (found.referred, found.findings) == (True, [sending.ELSEWHERE])
    check(session, made)
    with pytest.raises(Forbidden):
        approve(session, made, SECOND)
