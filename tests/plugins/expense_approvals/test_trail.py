"""The audit trail names activities by title, and payments and what they pay by reference."""

from core.sdk import ScopedSession
from plugins.expense_approvals.queries import payments, subjects
from tests.plugins.expense_approvals.helpers import activity, opened, visitor
from tests.plugins.expense_approvals.paid import account, approved, payer_account, prepare
from tests.support.statements import Counter


def test_a_claim_goes_by_the_reference_of_its_payment_once_there_is_one(
    session: ScopedSession, statements: Counter
) -> None:
    budget_id, who = opened(session), visitor()
    account(session, who)
    payer_account(session)
    day, claim = activity(session, budget_id), approved(session, budget_id, who)
    assert subjects.names(session, {day, claim, budget_id}) == {day: "Measuring for improvement"}
    batch = prepare(session, claim)
    session.rollback()
    with statements() as seen:
        found = subjects.names(session, {day, claim, batch})
    assert len(seen) == 1
    assert found[claim] == payments.refs_of_claims(session, [claim])[claim]
    assert found[batch] == payments.one(session, batch).ref
