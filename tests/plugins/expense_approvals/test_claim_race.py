"""64 at once (two processes of 32 threads), both engines: one approval of a claim wins, its money is spent once, and miles add up."""

from collections import Counter
from typing import Any

import sqlalchemy as sa

from core.config import normalise_url
from core.kernel.ids import new_token
from core.sdk import ScopedSession, Visitor
from plugins.expense_approvals.limits import Limits
from plugins.expense_approvals.models import Claim, ClaimRevision
from plugins.expense_approvals.queries import claims, preapprovals
from plugins.expense_approvals.service import claiming
from tests.plugins.expense_approvals.claimed import agreed, approve, check, draft, send, sent, spent
from tests.plugins.expense_approvals.helpers import APPROVER, Sums, activity, agree, asked, cost, opened, sums, visitor
from tests.plugins.expense_approvals.test_supplements import over, without
from tests.support.racing import together

TURNS, DRIVES = 64, 24
"""Of each race; the drives are fewer, since each is a claim of its own that has to be made ready."""
DRIVE = {"category": "mileage", "miles": 10_000, "vehicle": "car"}


def _race(url: str, session: ScopedSession, claim_id: str, way: str, **more: Any) -> Counter[str]:
    """What two processes together report, each with half of the turns at one claim."""
    session.rollback()
    job = {
        "url": url,
        "tenant": session.scope.tenant_id,
        "way": way,
        "threads": TURNS // 2,
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


def _drive(session: ScopedSession, budget_id: str, person: Visitor) -> str:
    """A claim of ten miles that can be sent: without a picture of the route, which counts for nothing here."""
    ground = agreed(session, budget_id, person, cost(in_days=0, pence=50_00), cost("m", None, in_days=0, **DRIVE))
    made = claiming.begin(session, ground, person)
    claiming.put(
        session, made, None, claiming.Cost(spent("m", None, **DRIVE), "", "EH1 1YZ", "PH1 5AA"), person, new_token()
    )
    return made


def _driven(url: str, session: ScopedSession, way: str) -> tuple[int, int, list[int]]:
    """24 claims of ten miles of one person, sent by two processes at once: how many were sent, the miles that are counted, and
    the miles that each was reckoned after."""
    budget_id, person = opened(session, 10_000_00), visitor()
    drives = [_drive(session, budget_id, person) for _ in range(DRIVES + 1)]
    send(session, drives.pop(), person)
    session.rollback()
    jobs = [
        {
            "url": url,
            "tenant": session.scope.tenant_id,
            "way": way,
            "threads": DRIVES // 2,
            "ids": ids,
            "person": person.account_id,
        }
        for ids in (drives[::2], drives[1::2])
    ]
    told = together("tests.plugins.expense_approvals.race", *jobs)
    assert [error for one in told for error in one["errors"]] == []
    before = session.scalars(
        sa.select(ClaimRevision.miles_before)
        .join(Claim, Claim.id == ClaimRevision.claim_id)
        .where(Claim.account_id == person.account_id)
    ).all()
    counted = claims.miles_before(session, person.account_id)
    return sum(one["told"].get("sent", 0) for one in told), sum(counted.values()), [sum(one.values()) for one in before]


def test_a_years_miles_count_each_claim_once_and_no_two_are_reckoned_from_the_same(shared, other_database):
    sent_now, miles, before = _driven(normalise_url(other_database.app_url), shared, "driving")
    assert sent_now >= 1
    assert miles == (sent_now + 1) * 10_000
    assert sorted(before) == [10_000 * n for n in range(sent_now + 1)]


def test_the_race_for_a_years_miles_can_be_lost(shared, other_database):
    """The control: writing the sum of what was read before loses miles."""
    sent_now, miles, _ = _driven(normalise_url(other_database.app_url), shared, "driving_naively")
    assert miles < (sent_now + 1) * 10_000


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


def _once_approved(session: ScopedSession, budget_id: str) -> str:
    made = _checked(session, budget_id, visitor())
    assert approve(session, made, limits=Limits(0, 0, 0, second_p=0)) == "first_approve"
    return made


def test_of_many_second_approvers_one_wins(shared, other_database):
    budget_id = opened(shared)
    made = _once_approved(shared, budget_id)
    told = _race(normalise_url(other_database.app_url), shared, made, "seconding")
    assert (told["approve"], sum(told.values())) == (1, TURNS)
    assert sums(shared, budget_id) == (0, 1_000, 0, 1_000, 0)
    first, last = shared.execute(sa.select(Claim.first_by, Claim.decided_by).where(Claim.id == made)).one()
    assert first != last is not None


def test_the_race_of_second_approvers_can_be_lost(shared, other_database):
    """The control: looking at the state before writing lets several be the second."""
    budget_id = opened(shared)
    made = _once_approved(shared, budget_id)
    more = {"budget": budget_id, "state": "first_approved"}
    told = _race(normalise_url(other_database.app_url), shared, made, "paying_naively", **more)
    assert told["approved"] > 1
    assert sums(shared, budget_id).spent == told["approved"] * 1_000


def test_a_second_approval_or_a_no_and_never_both(shared, other_database):
    budget_id = opened(shared)
    made = _once_approved(shared, budget_id)
    more = {"reject": True, "version": claims.one(shared, made, APPROVER).version}
    told = _race(normalise_url(other_database.app_url), shared, made, "seconding", **more)
    assert told["approve"] + told["rejected"] == 1
    assert sums(shared, budget_id)[:2] == (2_000 - 2_000 * told["approve"], 1_000 * told["approve"])


def _added(url: str, session: ScopedSession, way: str) -> tuple[Sums, str]:
    """A claim that was sent without the cost for which more was asked, approved and added to by turns of two processes, and approved
    in the end: what its budget has, and what became of what was asked."""
    budget_id, person = opened(session), visitor()
    made, more = over(session, budget_id, person)
    without(session, made, person)
    _race(url, session, made, way, more=more)
    if claims.one(session, made, APPROVER).state == "checked":
        approve(session, made)
    return sums(session, budget_id), preapprovals.one(session, more, APPROVER).state


def test_more_is_agreed_in_time_for_the_claim_or_not_at_all(shared, other_database):
    found, state = _added(normalise_url(other_database.app_url), shared, "adding")
    assert found == (0, 1_500, 0, 1_500, 0)
    assert state in ("used", "submitted")


def test_the_race_for_more_can_be_lost(shared, other_database):
    """The control: agreeing without holding what it adds to leaves money that nobody can use or give back."""
    found, state = _added(normalise_url(other_database.app_url), shared, "adding_naively")
    assert (found, state) == ((400, 1_500, 400, 1_500, 400), "approved")


def _in_parts(url: str, session: ScopedSession, way: str) -> int:
    """Twelve claims of £10 of one person for one activity, approved by two processes at once where above £60 two are asked for: the
    pence that were granted on one person's word."""
    budget_id, person = opened(session, 10_000_00), visitor()
    activity_id, made = activity(session, budget_id, in_days=0), list[str]()
    for colour in range(12):
        ground = asked(session, activity_id, person, cost(in_days=0))
        agree(session, ground)
        made.append(draft(session, ground, person, colour=colour))
        send(session, made[-1], person)
        check(session, made[-1])
    session.rollback()
    job = {"url": url, "tenant": session.scope.tenant_id, "way": way, "threads": 6, "limit": 60_00}
    told = together("tests.plugins.expense_approvals.race", {**job, "ids": made[::2]}, {**job, "ids": made[1::2]})
    assert [error for one in told for error in one["errors"]] == []
    return sums(session, budget_id).spent


def test_claims_in_parts_that_are_approved_at_once_do_not_get_round_the_second_approver(shared, other_database):
    assert _in_parts(normalise_url(other_database.app_url), shared, "above") == 60_00


def test_the_race_for_the_sum_of_the_second_approver_can_be_lost(shared, other_database):
    """The control: looking at the sum before the decision is taken grants more."""
    assert _in_parts(normalise_url(other_database.app_url), shared, "above_naively") > 60_00
