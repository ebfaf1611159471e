"""Six years after the end of the financial year: figures stay, people, words, places and proofs go, once."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from core.sdk import transaction
from plugins.expense_approvals import jobs, personal
from plugins.expense_approvals.models import (
    Claim,
    ClaimLine,
    ClaimStep,
    Declaration,
    Fingerprint,
    Preapproval,
    PreapprovalLine,
    Receipt,
    Step,
    YearMiles,
)
from plugins.expense_approvals.queries import claims, figures
from plugins.expense_approvals.service import retiring
from plugins.expense_approvals.service.claim_steps import take
from tests.plugins.expense_approvals.claimed import CHECKER, approve, check, mark, sent, spent
from tests.plugins.expense_approvals.helpers import activity, asked, opened, sums, visitor

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
    for event in ("batch", "export", "pay"):
        found = claims.one(session, made, CHECKER)
        with transaction(session):
            take(session, found, event, CHECKER)
    return made


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
