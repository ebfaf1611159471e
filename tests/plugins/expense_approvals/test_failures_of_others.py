"""What went wrong in the programs that others use for expenses, each as a test that it cannot here (anchors, A2)."""

import pytest
import sqlalchemy as sa
from flask import Flask

from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.sdk import Forbidden, NotFound, Refused, ScopedSession
from plugins.expense_approvals.models import BudgetEntry, Claim, Payment
from plugins.expense_approvals.queries import claims, preapprovals
from plugins.expense_approvals.separation import Case, Task, able, conflict
from plugins.expense_approvals.service import batches, judging, paying, sending
from tests.plugins.expense_approvals import helpers, paid
from tests.plugins.expense_approvals.claimed import (
    CHECKER,
    SECOND,
    agreed,
    approve,
    check,
    draft,
    mark,
    picture,
    send,
    sent,
    unheard,
)
from tests.plugins.expense_approvals.helpers import POLICY, asked, nothing, opened, visitor
from tests.plugins.expense_approvals.paid import PREPARER, RELEASER, account, approved, payer_account, prepare
from tests.plugins.expense_approvals.test_claim_pages import SITE, Person, press


def test_1_pressing_pay_twice_pays_once_and_a_death_in_between_locks_nothing(session):
    """OpenCollective #3502: 360 expenses were paid twice by a double click; the lock that came later outlived a killed process."""
    payer_account(session)
    ann = visitor()
    account(session, ann)
    claim = approved(session, opened(session), ann)
    key = new_token()
    batch_id = prepare(session, claim, key=key)
    assert prepare(session, claim, key=key) == batch_id
    for again in (False, True):
        if again:
            with pytest.raises(Refused):
                batches.release(session, batch_id, 2, RELEASER, seal=paid.SEAL)
        else:
            batches.release(session, batch_id, 1, RELEASER, seal=paid.SEAL)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        batches.export(session, batch_id, "csv", PREPARER, seal=paid.SEAL, tell=die)
    files = {
        batches.export(session, batch_id, "csv", PREPARER, seal=paid.SEAL, tell=paying.life(PREPARER, unheard)).content
        for _ in range(2)
    }
    assert len(files) == 1
    assert [paid.settle(session, batch_id, {claim: True}) for _ in range(2)] == [1, 0]
    assert session.scalars(sa.select(Payment.state).where(Payment.source_id == claim)).all() == ["paid"]
    assert session.scalars(sa.select(BudgetEntry.actual_p).where(BudgetEntry.move == "spend")).all() == [1_000]


def test_2_nothing_is_approved_by_itself_where_there_is_no_approver(session):
    """Odoo `_can_be_autovalidated`: without an approver, or where the manager is the claimant, it approved without its checks."""
    lead = visitor(Role.PARTNER_LEAD)
    claim = sent(session, opened(session), lead)
    assert able(Task.CHECK, [str(lead.account_id)], Case(lead.account_id, lead.account_id, lead.account_id)) == []
    for by in (lead, visitor(Role.CENTRAL_TEAM, account_id=str(lead.account_id))):
        with pytest.raises(Refused, match="You asked for this money"):
            check(session, claim, by)
    assert claims.one(session, claim, CHECKER).state == "submitted"


def test_3_a_state_or_a_sum_in_what_is_sent_changes_nothing(app: Flask, session: ScopedSession) -> None:
    """HRMS #1866: an employee could set `approval_status` in what they sent."""
    helpers.switched_on(app, "scotland")
    ann = Person(app, session)
    claim = ann.begin()
    hostile = {
        "state": "approved",
        "approved_p": "99999",
        "allowed_p": "99999",
        "account_id": "0" * 26,
        "revision": "9",
    }
    assert ann.client.submit(f"{claim}/cost", hostile).status_code == 422
    ann.prove(ann.add(claim), picture(77))
    assert press(ann.client, claim, "/send", **hostile).status_code == 422
    assert press(ann.client, claim, "/send").status_code == 303
    session.rollback()
    row = session.execute(
        sa.select(Claim.state, Claim.approved_p, Claim.allowed_p, Claim.account_id, Claim.revision).where(
            Claim.id == claim[-26:]
        )
    ).one()
    assert tuple(row) == ("submitted", 0, 1_240, ann.account, 1)
    assert claim.startswith(SITE)


def test_4_a_rule_holds_in_the_service_whichever_page_it_is_asked_from(session):
    """Expensify #58210: what one screen refused, another let through. Here no page decides: services refuse by themselves."""
    member, claim = visitor(), sent(session, opened(session), visitor())
    version, sha256 = claims.one(session, claim, CHECKER).version, claims.bound_to(session, claim, 1)
    reader = visitor(Role.EXPENSE_APPROVER, permissions=frozenset())
    for act in (
        lambda: judging.check(session, claim, version, sha256, "", reader),
        lambda: judging.reject(session, claim, version, "No.", member, unheard),
        lambda: prepare(session, claim, by=CHECKER),
        lambda: batches.release(session, claim, 1, CHECKER, seal=paid.SEAL),
    ):
        with pytest.raises((Forbidden, NotFound)):
            act()
    assert claims.one(session, claim, CHECKER).version == version


@pytest.mark.parametrize("task", list(Task))
def test_5_who_is_paid_counts_and_not_only_who_sent_it(session, task):
    """OpenCollective compared the approver with the submitter alone: submitting for somebody else with oneself as payee passed."""
    assert conflict(task, "approver", Case("somebody", "somebody", "approver")) == "own"
    assert conflict(task, "approver", Case("approver", "somebody", "approver")) == "own"
    assert conflict(task, "approver", Case("ann", "approver", "ann")) == "own"


def test_5_sent_by_somebody_else_the_person_who_is_paid_still_does_not_decide(session):
    """The same through the service: the row says who sent it, and both are kept from deciding."""
    paid_one, sender = visitor(Role.PARTNER_LEAD), visitor(Role.EXPENSE_APPROVER)
    claim = sent(session, opened(session), paid_one)
    session.execute(sa.update(Claim).where(Claim.id == claim).values(submitted_by=sender.account_id))  # fmt: skip
    session.commit()
    for who in (paid_one, sender):
        with pytest.raises(Refused, match="You asked for this money"):
            check(session, claim, who)


def test_6_money_is_guarded_by_the_update_itself(session):
    """Medusa #16012, #16097: guards that read first and write then. Here the condition is in the update: what was read before
    somebody else's step is a conflict. (With two processes and controls: `test_race.py`, `test_claim_race.py`, `test_paying.py`.)"""
    budget_id = opened(session, 1_500)
    first, second = (
        asked(session, helpers.activity(session, budget_id), visitor(), helpers.cost(pence=1_000)) for _ in range(2)
    )
    helpers.agree(session, first)
    with pytest.raises(Refused, match="does not have that much left"):
        helpers.agree(session, second)
    assert helpers.sums(session, budget_id)[:3] == (1_000, 0, 1_000)
    assert preapprovals.one(session, second, CHECKER).state == "submitted"


def test_7_a_claimants_words_override_nothing(session):
    """Expensify: a comment of the claimant's took a violation away. Here an answer is words: what was found stays found, and who
    had to look still has to."""
    ann, budget_id = visitor(), opened(session)
    first = sent(session, budget_id, visitor(), colour=5)
    claim = draft(session, agreed(session, budget_id, ann), ann, colour=5)  # the same picture: known from elsewhere
    send(session, claim, ann)
    before = claims.one(session, claim, CHECKER)
    assert before.referred
    judging.query(session, claim, before.version, "Is it the same ticket?", CHECKER, unheard)
    version = claims.one(session, claim, ann).version
    sending.answer(
        session,
        claim,
        version,
        "It is fine, please approve.",
        ann,
        policy_on=POLICY,
        partners=nothing,
        mark=mark,
        post=unheard,
    )
    after = claims.one(session, claim, CHECKER)
    assert (after.referred, after.findings) == (True, before.findings)
    check(session, claim)
    with pytest.raises(Forbidden, match="may be in another claim"):
        approve(session, claim, SECOND)
    assert claims.one(session, first, CHECKER).state == "submitted"
