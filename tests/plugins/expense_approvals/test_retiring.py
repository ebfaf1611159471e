"""Six years after the end of the financial year: figures stay, people, words, places and proofs go, once."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.sdk import clock, new_id, transaction
from plugins.expense_approvals import jobs, personal
from plugins.expense_approvals.models import (
    Adjustment,
    Claim,
    ClaimLine,
    ClaimStep,
    Declaration,
    Escalation,
    Fingerprint,
    Payment,
    Preapproval,
    PreapprovalLine,
    Receipt,
    Step,
    YearMiles,
)
from plugins.expense_approvals.queries import claims, figures
from plugins.expense_approvals.service import adjusting, deciding, retiring
from plugins.expense_approvals.service.claim_steps import take
from tests.plugins.expense_approvals import adjusted
from tests.plugins.expense_approvals.claimed import CHECKER, approve, check, mark, sent, spent
from tests.plugins.expense_approvals.helpers import activity, asked, opened, sums, unheard, visitor
from tests.plugins.expense_approvals.paid import account, approved, at_the_bank, payer_account, settle
from tests.plugins.expense_approvals.test_policy_versions import published

LAST_KEPT = datetime(2033, 3, 31, 22, 59, tzinfo=UTC)
"""The last minute (British Summer Time) before six years after the financial year of the frozen clock, 2026/27, are over."""
GONE = datetime(2033, 3, 31, 23, 1, tzinfo=UTC)


@pytest.fixture
def ann():
    return visitor(name="Ann")


def paid(session, who, budget, colour=1):
    """A claim with miles that was paid."""
    made = sent(session, budget, who, spent("m", None, category="mileage", vehicle="car", miles=9_000), colour=colour)
    check(session, made)
    approve(session, made, share=90)
    went(session, made)
    return made


def went(session, claim_id):
    """The last steps of a claim, to its payment."""
    for event in ("batch", "export", "pay"):
        found = claims.one(session, claim_id, CHECKER)
        with transaction(session):
            take(session, found, event, CHECKER)


def people(session):
    """Everybody and every word that these tables hold."""
    session.rollback()
    columns = (
        Claim.account_id, Claim.submitted_by, ClaimStep.account_id, Preapproval.account_id, Preapproval.submitted_by, Step.account_id,
        Declaration.account_id, YearMiles.account_id, sa.func.nullif(ClaimLine.reason, ""), sa.func.nullif(ClaimLine.why, ""),
        sa.func.nullif(ClaimLine.from_postcode, ""), sa.func.nullif(ClaimStep.words, ""), sa.func.nullif(PreapprovalLine.reason, ""),
        sa.func.nullif(Step.words, ""), Receipt.id, Fingerprint.id,
    )  # fmt: skip
    return sum(session.scalar(sa.select(sa.func.count(column))) or 0 for column in columns)


def test_people_go_six_years_after_the_financial_year_and_figures_stay(session, ann, frozen_clock):
    budget = opened(session)
    paid(session, ann, budget)
    before, spent_p = people(session), sums(session, budget)
    frozen_clock.move_to(LAST_KEPT)
    assert retiring.retire(session, mark) == (0, 0, 0, 0)
    assert people(session) == before
    frozen_clock.move_to(GONE)
    assert retiring.retire(session, mark) == (1, 1, 1, 1)
    assert people(session) == 1  # the count of a tax year, which ended five days into the next financial year
    assert sums(session, budget) == spent_p
    (entry,), total = figures.accounts(session, 2026, None, 0)
    assert (total, entry.approved_p, entry.claimed_p) == (1, 445, 495)
    assert retiring.retire(session, mark) == (0, 0, 0, 0)
    frozen_clock.move_to(GONE.replace(year=GONE.year + 1))
    assert retiring.retire(session, mark) == (0, 0, 0, 0)
    assert people(session) == 0
    assert dict(personal.person_data(session, ann.account_id)) == {}


def test_what_still_has_to_be_paid_or_decided_stays_whole(session, ann, frozen_clock):
    budget = opened(session, 1_000_00)
    made = sent(session, budget, ann, colour=1)
    check(session, made)
    approve(session, made)
    waiting = sent(session, budget, ann, colour=2)
    open_one = asked(session, activity(session, budget), ann)
    frozen_clock.move_to(GONE)
    found = retiring.retire(session, mark)
    assert found == (0, 0, 0, 0)  # nor the declarations that they stand on
    session.rollback()
    for claim_id in (made, waiting):
        assert claims.one(session, claim_id, CHECKER).account_id == ann.account_id
        assert claims.proofs(session, claim_id)
    assert session.scalar(sa.select(Preapproval.account_id).where(Preapproval.id == open_one)) == ann.account_id


def test_a_payment_forgets_whom_it_paid_once_the_bank_has_answered(session, ann, frozen_clock):
    budget, bob = opened(session, 100_000), visitor(name="Bob")
    payer_account(session)
    for who, number in ((ann, "31926819"), (bob, "31926820")):
        account(session, who, number)
    first, second = (approved(session, budget, who, colour=n) for n, who in enumerate((ann, bob), 1))
    settle(session, at_the_bank(session, first), {first: True})
    at_the_bank(session, second)  # the bank says nothing: it still has to be paid

    def whom():
        session.rollback()
        rows = session.execute(sa.select(Payment.source_id, Payment.account_id, Payment.pence))
        return {row.source_id: (row.account_id, row.pence) for row in rows}

    frozen_clock.move_to(LAST_KEPT)
    retiring.retire(session, mark)
    assert whom() == {first: (ann.account_id, 1_000), second: (bob.account_id, 1_000)}
    frozen_clock.move_to(GONE)
    retiring.retire(session, mark)
    assert whom() == {first: (None, 1_000), second: (bob.account_id, 1_000)}


def test_what_was_said_about_an_adjustment_goes_with_its_claim(session, ann, frozen_clock):
    claim = adjusted.lunch(session, opened(session, 10_000), who=ann)
    frozen_clock.advance(minutes=5)
    published(session, on=clock.today(), pence=adjusted.CAP + 150)
    made = adjusted.make(session, claim)
    adjusting.decline(session, made, 1, "Ann was told on the telephone.", adjusted.DECIDER)
    went(session, claim)

    def held():
        session.rollback()
        return session.execute(sa.select(Adjustment.words, Adjustment.pence, Adjustment.state)).one()

    frozen_clock.move_to(LAST_KEPT)
    retiring.retire(session, mark)
    assert held() == ("Ann was told on the telephone.", 150, "declined")
    frozen_clock.move_to(GONE)
    retiring.retire(session, mark)
    assert held() == ("", 150, "declined")


@pytest.mark.parametrize("column", ["first_by", "decided_by", "step"])
def test_approvers_go_too_where_the_claimant_went_before(session, ann, frozen_clock, column):
    """A claim of somebody who was erased, without a proof: nothing but an approver is known of it."""
    made = paid(session, ann, opened(session))
    steps = sa.update(ClaimStep).values(account_id=new_id() if column == "step" else None)
    known = {"first_by": None, "decided_by": None, **({column: new_id()} if column != "step" else {})}
    with transaction(session):
        session.execute(sa.delete(Receipt))
        session.execute(steps)
        session.execute(sa.update(Claim).values(account_id=None, submitted_by=None, **known))

    def left():
        session.rollback()
        claim = session.execute(sa.select(Claim.first_by, Claim.decided_by).where(Claim.id == made)).one()
        return {one for one in (*claim, *session.scalars(sa.select(ClaimStep.account_id))) if one}

    frozen_clock.move_to(LAST_KEPT)
    retiring.retire(session, mark)
    assert len(left()) == 1
    frozen_clock.move_to(GONE)
    retiring.retire(session, mark)
    assert left() == set()
    assert retiring.retire(session, mark).claims == 0


def test_who_answered_a_request_goes_too_where_its_person_went_before(session, ann, frozen_clock):
    made = asked(session, activity(session, opened(session)), ann)
    deciding.decline(session, made, 1, "It is not covered.", CHECKER, unheard)
    with transaction(session):
        session.execute(sa.update(Preapproval).values(account_id=None, submitted_by=None))
    frozen_clock.move_to(LAST_KEPT)
    assert retiring.retire(session, mark).preapprovals == 0
    assert CHECKER.account_id in session.scalars(sa.select(Step.account_id)).all()
    frozen_clock.move_to(GONE)
    assert retiring.retire(session, mark).preapprovals == 1
    assert set(session.execute(sa.select(Step.account_id, Step.words)).all()) == {(None, "")}


def test_that_the_central_team_was_told_goes_too(session, frozen_clock):
    old, later = new_id(), new_id()
    with transaction(session):
        session.add(Escalation(source_id=old, told_at=clock.now()))
        session.add(Escalation(source_id=later, told_at=clock.now() + timedelta(days=365)))

    def known():
        session.rollback()
        return set(session.scalars(sa.select(Escalation.source_id)))

    frozen_clock.move_to(LAST_KEPT)
    retiring.retire(session, mark)
    assert known() == {old, later}
    frozen_clock.move_to(GONE)
    retiring.retire(session, mark)
    assert known() == {later}


def test_another_site_keeps_what_is_its_own(session, session_for, ann, frozen_clock):
    wales = session_for("wales")
    made = paid(wales, ann, opened(wales))
    wales.rollback()
    frozen_clock.move_to(GONE)
    assert retiring.retire(session, mark) == (0, 0, 0, 0)
    wales.rollback()
    assert claims.one(wales, made, CHECKER).account_id == ann.account_id


def test_the_job_does_it(app_context, session, ann, frozen_clock):
    paid(session, ann, opened(session))
    session.rollback()
    frozen_clock.move_to(GONE)
    jobs.retire(session, GONE)
    assert session.scalar(sa.select(sa.func.count(Claim.account_id))) == 0
