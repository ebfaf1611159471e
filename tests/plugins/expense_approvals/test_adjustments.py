"""A policy that is published late and allows more: an adjustment that two people make, paid once, and nothing rewritten."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, IntegrityError

from core.config import normalise_url
from core.data.audit import AuditEntry, verify
from core.kernel.permissions import Role
from core.sdk import Conflict, Finding, Forbidden, Invalid, NotFound, Refused, Verdict, clock, transaction
from plugins.expense_approvals.limits import Limits
from plugins.expense_approvals.models import Adjustment, AdjustmentLine, Budget, BudgetEntry
from plugins.expense_approvals.queries import adjustments, claims, figures, payments
from plugins.expense_approvals.service import adjusting, batches, budgets, paying, retiring
from plugins.expense_approvals.years import year_of
from tests.factories.people import make_person
from tests.plugins.expense_approvals import adjusted
from tests.plugins.expense_approvals.adjusted import CAP, DECIDER, MAKER, lunch, make
from tests.plugins.expense_approvals.claimed import CHECKER, Letters, mark
from tests.plugins.expense_approvals.helpers import LEAD, opened, sums, switched_on, visitor
from tests.plugins.expense_approvals.paid import PREPARER, SEAL, account, at_the_bank, payer_account, prepare, settle
from tests.plugins.expense_approvals.test_pages import member
from tests.plugins.expense_approvals.test_policy_versions import published
from tests.support.racing import together

MORE = 150
"""What the late version allows beyond the first one: pence."""
ROOM = "/scotland/manage/expenses"


@pytest.fixture
def budget_id(session):
    return opened(session, 10_000)


def late(session, pence: int = CAP + MORE) -> int:
    """The version that is published after the lunch was granted, for the day on which it was."""
    number = published(session, on=clock.today(), pence=pence)
    session.rollback()
    return number


def test_an_adjustment_is_made_approved_and_paid_and_the_claim_stays_as_it_was(app, session, budget_id):
    ann = visitor(account_id=make_person(app, "ann@example.org"))
    account(session, ann)
    payer_account(session)
    claim = lunch(session, budget_id, who=ann)
    before = claims.one(session, claim, CHECKER), claims.lines(session, claim), claims.steps(session, claim)
    number = late(session)
    found = adjustments.difference(session, claim)
    assert (found.policy_version, found.granted, found.pence, found.sha256) == (
        number, CAP, MORE, claims.bound_to(session, claim, 1),
    )  # fmt: skip
    made, letters = make(session, claim), Letters()
    assert adjustments.differences(session) == []
    adjusted.approve(session, made, post=letters)
    assert [(one.step, one.pence, one.claim_id) for one in letters.sent] == [("adjust", MORE, claim)]
    assert (claims.one(session, claim, CHECKER), claims.lines(session, claim), claims.steps(session, claim)) == before
    assert sums(session, budget_id) == (0, CAP + MORE, 0, CAP + MORE, 0)
    batch_id = at_the_bank(session, claim, made)
    paid = payments.of_batch(session, batch_id)
    assert {(one.source_id, one.claim_id, one.pence) for one in paid} == {(claim, claim, CAP), (made, claim, MORE)}
    assert len({one.ref for one in paid}) == 2
    for kind in ("csv", "bacs18", "pain001"):
        files = {batches.export(session, batch_id, kind, PREPARER, seal=SEAL, tell=paying.life(PREPARER, letters)).content for _ in range(2)}  # fmt: skip
        assert len(files) == 1, "the same bytes every time"
        assert all(one.ref.encode() in next(iter(files)) for one in paid)
    letters.sent.clear()
    settle(session, batch_id, {claim: True, made: False}, letters)
    assert {(one.step, one.pence) for one in letters.sent} == {("pay", CAP), ("adjust_bounce", MORE)}
    trail = sa.select(AuditEntry.action, AuditEntry.subject, AuditEntry.after).where(
        AuditEntry.subject.in_((claim, made))
    )
    noted = [row for row in session.execute(trail.order_by(AuditEntry.seq)) if row.action.endswith(("_pay", "_bounce"))]
    assert {tuple(row[:2]): row.after for row in noted} == {
        ("expense_approvals.claim_pay", claim): {"state": "paid"},
        ("expense_approvals.adjustment_bounce", made): {"state": "bounced"},
    }
    assert (adjustments.one(session, made).state, claims.one(session, claim, CHECKER).state) == ("bounced", "paid")
    assert [one.due.id for one in paying.outlook(session, PREPARER)] == [made]
    assert payments.waiting(session) == {session.tenant_id: 1}
    assert verify(session).ok


def test_it_goes_into_another_batch_when_its_own_is_cancelled(session, budget_id):
    ann = visitor()
    account(session, ann)
    payer_account(session)
    claim = lunch(session, budget_id, who=ann)
    late(session)
    made = make(session, claim)
    adjusted.approve(session, made)
    batch_id = prepare(session, made)
    assert adjustments.one(session, made).state == "batched"
    batches.cancel(session, batch_id, 1, PREPARER, tell=paying.life(PREPARER, Letters()))
    assert adjustments.one(session, made).state == "approved"
    assert prepare(session, made) != batch_id


def test_nothing_is_asked_back_where_less_would_be_allowed(session, budget_id):
    claim = lunch(session, budget_id)
    number = late(session, CAP - MORE)
    assert adjustments.difference(session, claim).pence == -MORE
    with pytest.raises(Refused, match="stays with the person"):
        adjusting.make(session, claim, number, -MORE, MAKER)
    assert session.scalar(sa.select(sa.func.count(Adjustment.id))) == 0


def test_a_later_version_pays_what_the_one_before_did_not(session, budget_id):
    claim = lunch(session, budget_id)
    first = late(session)
    made = make(session, claim)
    adjusted.approve(session, made)
    second = late(session, CAP + MORE + 30)
    assert adjustments.difference(session, claim).pence == 30
    more = make(session, claim)
    adjusted.approve(session, more)
    assert [(one.policy_version, one.pence) for one in adjustments.of_claim(session, claim)] == [(first, MORE), (second, 30)]  # fmt: skip
    late(session, CAP)
    assert adjustments.difference(session, claim).pence == -MORE - 30, "and that stays with the person"


def test_there_is_one_for_a_claim_and_a_version_and_what_it_says_never_changes(session, budget_id):
    claim = lunch(session, budget_id)
    number = late(session)
    made = make(session, claim)
    assert adjusting.make(session, claim, number, MORE, MAKER) == made, "the same form sent twice"
    again = {"claim_id": claim, "sha256": "0" * 64, "policy_version": number, "pence": 1, "state": "proposed"}
    session.add(Adjustment(**again, made_by=MAKER.account_id, made_at=clock.now(), changed_at=clock.now()))
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()
    for model, column in ((Adjustment, "pence"), (Adjustment, "policy_version"), (AdjustmentLine, "pence")):
        change = sa.update(model).values({column: 9})
        with pytest.raises(DatabaseError), transaction(session):
            session.execute(change)
        session.rollback()


def _race(url: str, session, way: str, subject: str, **more: object) -> list[dict]:
    session.rollback()
    job = {"url": url, "tenant": session.scope.tenant_id, "way": way, "threads": 4, "ids": [subject] * 8, **more}
    told = together("tests.plugins.expense_approvals.race", job, job)
    assert [error for one in told for error in one["errors"]] == []
    return told


def test_two_processes_make_one_and_it_is_spent_once(shared, other_database):
    budget_id = opened(shared, 10_000)
    claim = lunch(shared, budget_id)
    number = late(shared)
    url = normalise_url(other_database.app_url)
    made = _race(url, shared, "adjusting", claim, number=number, pence=MORE)
    (row,) = shared.scalars(sa.select(Adjustment.id)).all()
    assert [one["told"] for one in made] == [{row: 8}] * 2, "everybody is shown the same one"
    told = _race(url, shared, "approving", row)
    assert sum(one["told"].get("approved", 0) for one in told) == 1
    assert sums(shared, budget_id) == (0, CAP + MORE, 0, CAP + MORE, 0)


def test_the_race_for_an_adjustment_can_be_lost(shared, other_database):
    """The control: looking first and writing then makes one for everybody who looked."""
    claim = lunch(shared, opened(shared, 10_000))
    told = _race(normalise_url(other_database.app_url), shared, "adjusting_naively", claim, pence=MORE)
    assert sum(one["told"].get("made", 0) for one in told) > 1


def test_no_more_is_approved_than_the_budget_has(session):
    budget_id = opened(session, CAP + MORE - 1)
    claim = lunch(session, budget_id)
    late(session)
    made = make(session, claim)
    with pytest.raises(Refused, match="does not have that much left"):
        adjusted.approve(session, made)
    session.rollback()
    assert adjustments.one(session, made).state == "proposed"
    assert sums(session, budget_id) == (0, CAP, 0, CAP, 0)
    budgets.change_limit(
        session, budget_id, session.scalar(sa.select(Budget.version).where(Budget.id == budget_id)), CAP + MORE, LEAD
    )
    adjusted.approve(session, made)
    assert sums(session, budget_id).actual == CAP + MORE


def test_nobody_adjusts_their_own_or_approves_what_they_made(session, budget_id):
    lead = visitor(Role.PARTNER_LEAD)
    claim = lunch(session, budget_id, who=lead)
    number = late(session)
    with pytest.raises(Forbidden):
        adjusting.make(session, claim, number, MORE, DECIDER)
    with pytest.raises(Refused, match="You asked for this money"):
        adjusting.make(session, claim, number, MORE, lead)
    made = make(session, claim)
    with pytest.raises(Refused, match="You made this adjustment"):
        adjusted.approve(session, made, MAKER)
    with pytest.raises(Refused):
        adjusted.approve(session, made, lead)
    with pytest.raises(Forbidden):
        adjusted.approve(session, made, visitor())
    same = visitor(Role.EXPENSE_APPROVER)
    account(session, lead)
    account(session, same)
    with pytest.raises(Refused, match="share a bank account"):
        adjusted.approve(session, made, same)
    with pytest.raises(IntegrityError), transaction(session):
        session.execute(
            sa.update(Adjustment).values(state="approved", decided_by=MAKER.account_id, decided_at=clock.now())
        )
    session.rollback()
    adjusted.approve(session, made)


def test_limits_and_partners_rules_hold_for_it(session, budget_id):
    claim = lunch(session, budget_id)
    late(session)
    made = make(session, claim)
    with pytest.raises(Refused):
        adjusted.approve(session, made, limits=Limits(0, CAP + MORE - 1, 0))
    session.rollback()
    denied = Finding(plugin="partner", code="no", verdict=Verdict.DENY, message="Not this person.")
    with pytest.raises(Refused, match="Not this person"):
        adjusted.approve(session, made, rules=lambda *_: [denied])
    adjusted.approve(session, made, limits=Limits(0, CAP + MORE, 0))


def test_it_is_not_approved_when_the_policy_changed_again(session, budget_id):
    claim = lunch(session, budget_id)
    late(session)
    made = make(session, claim)
    late(session, CAP + 20)
    with pytest.raises(Refused, match="changed again"):
        adjusted.approve(session, made)
    session.rollback()
    with pytest.raises(Invalid):
        adjusting.decline(session, made, 1, " ", DECIDER)
    adjusting.decline(session, made, 1, "A newer version is there.", DECIDER)
    assert adjustments.difference(session, claim).pence == 20
    with pytest.raises(Conflict):
        adjusting.make(session, claim, 99, 20, MAKER)
    adjusted.approve(session, make(session, claim))
    with pytest.raises(NotFound):
        adjustments.difference(session, claim)
    with pytest.raises(NotFound):
        adjusting.make(session, "\0", 1, 1, MAKER)


def test_a_no_is_for_that_version_of_the_policy(session, budget_id):
    claim = lunch(session, budget_id)
    number = late(session)
    made = make(session, claim)
    adjusting.decline(session, made, 1, "It was a buffet.", DECIDER)
    assert adjustments.difference(session, claim).answered == made
    with pytest.raises(Refused, match="Somebody said no"):
        adjusting.make(session, claim, number, MORE, MAKER)
    assert session.scalar(sa.select(sa.func.count(BudgetEntry.id)).where(BudgetEntry.source_id == made)) == 0


def test_the_accounts_come_to_what_budgets_spent(session, budget_id):
    claim = lunch(session, budget_id)
    late(session)
    adjusted.approve(session, make(session, claim))
    year = year_of(clock.today())
    rows, total = figures.accounts(session, year, 50, 0)
    assert ([(one.adjustment, one.approved_p) for one in rows], total) == ([(False, CAP), (True, MORE)], 2)
    assert sum(one.approved_p for one in rows) == sums(session, budget_id).actual
    assert [(one.category, one.costs, one.approved) for one in figures.kinds(session, year)] == [("lunch", 1, CAP + MORE)]  # fmt: skip


def test_a_claim_stays_whole_while_an_adjustment_of_it_waits(session, budget_id, frozen_clock):
    ann = visitor()
    account(session, ann)
    payer_account(session)
    claim = lunch(session, budget_id, who=ann)
    settle(session, at_the_bank(session, claim), {claim: True})
    frozen_clock.move_to(clock.now() + timedelta(hours=1))
    late(session)
    make(session, claim)
    frozen_clock.move_to(clock.now().replace(year=clock.now().year + 9))
    retiring.retire(session, mark)
    assert claims.one(session, claim, CHECKER).account_id == ann.account_id


def test_from_the_list_to_a_payment_on_the_pages(app, session, session_for):
    switched_on(app, "scotland")
    lead, approver = member(app, "lena", Role.PARTNER_LEAD), member(app, "arlo", Role.EXPENSE_APPROVER)
    claim = lunch(session, opened(session, 10_000))
    uk = session_for("uk")
    late(uk)
    session.rollback()
    assert "£1.50" in lead.get(f"{ROOM}/figures/differences").text
    page = f"{ROOM}/figures/differences/{claim}"
    assert approver.get(page).status_code == 403
    gone = lead.submit(page, {"pence": "149"}, form=-1)
    assert gone.status_code == 422
    sent = lead.submit(page, form=-1)
    assert sent.status_code == 303
    assert "No claim comes out otherwise." in lead.get(f"{ROOM}/figures/differences").text
    own = lead.get(sent.location).text
    assert "You made this adjustment" in own
    assert "Approve the adjustment" not in own
    assert "Waiting for approval" in approver.get(f"{ROOM}/adjustments/").text
    assert approver.submit(sent.location, {"do": "decline", "words": ""}, form=-1).status_code == 422
    done = approver.submit(sent.location, {"do": "approve", "words": "Thank you for waiting."}, form=-1)
    assert done.status_code == 303
    assert "Thank you for waiting." in lead.get(sent.location).text
    assert "£1.50" in lead.get(f"{ROOM}/claims/{claim}").text
    rows = list(csv.DictReader(StringIO(lead.get(f"{ROOM}/adjustments/?format=csv").text.lstrip("\ufeff"))))
    assert [(one["Claim"], one["Amount"], one["State"]) for one in rows] == [(claim, "1.50", "Approved")]
    assert "Adjustment" in lead.get(f"{ROOM}/payments/new").text
    assert lead.get(f"{ROOM}/figures/differences/{claim}").status_code == 404


def test_the_lists_cost_the_same_statements_however_many(session, statements):
    budget_id, counts = opened(session, 1_000_00), []
    made = [lunch(session, budget_id, colour=colour) for colour in range(6)]
    late(session)
    for claim_id in (made[0], ""):
        session.rollback()
        with statements() as seen:
            found = adjustments.differences(session, claim_id)
        counts.append((len(seen), len(found)))
    assert counts == [(counts[0][0], 1), (counts[0][0], 6)]
