"""Limits of authority where money is agreed to: in the service, for stand-ins, in the queues, on the pages, in the open work."""

import re
from collections import Counter

import pytest
from flask import Flask

from core.kernel.permissions import Role
from core.sdk import Refused, ScopedSession, Visitor
from plugins.expense_approvals.limits import Authority, Limits
from plugins.expense_approvals.queries import claims, delegations, preapprovals
from plugins.expense_approvals.separation import Task
from plugins.expense_approvals.service import apart, deciding
from plugins.expense_approvals.service.apart import Open
from tests.plugins.expense_approvals import helpers
from tests.plugins.expense_approvals.claimed import CHECKER, approve, check, sent
from tests.plugins.expense_approvals.helpers import (
    APPROVER,
    LEAD,
    activity,
    agree,
    asked,
    cost,
    opened,
    sums,
    unheard,
    visitor,
)
from tests.plugins.expense_approvals.test_pages import amount, member
from tests.plugins.expense_approvals.test_standing_in import known, name

LIMITS = Limits(preapproval_p=10_00, claim_p=5_00, lead_p=15_00)
CENTRAL, OTHER = visitor(Role.CENTRAL_TEAM), visitor(Role.EXPENSE_APPROVER)
TO_LEAD, TO_CENTRAL = "A partner lead or the central team decides it", "This site may agree to at most"
DESK = "/scotland/manage/expenses"


def wanted(session: ScopedSession, pence: int, who: Visitor | None = None) -> str:
    """What somebody asks for an activity of its own."""
    return asked(session, activity(session, opened(session)), who or visitor(), cost(pence=pence))


def state(session: ScopedSession, preapproval_id: str) -> str:
    return preapprovals.one(session, preapproval_id, LEAD).state


def test_above_an_approvers_limit_a_lead_agrees_and_above_the_sites_the_central_team_alone(session):
    within, above, far_above = (wanted(session, pence) for pence in (10_00, 10_01, 15_01))
    agree(session, within, APPROVER, limits=LIMITS)
    with pytest.raises(Refused, match=TO_LEAD):
        agree(session, above, APPROVER, limits=LIMITS)
    agree(session, above, LEAD, limits=LIMITS)
    for who in (APPROVER, LEAD):
        with pytest.raises(Refused, match=TO_CENTRAL):
            agree(session, far_above, who, limits=LIMITS)
    agree(session, far_above, CENTRAL, limits=LIMITS)


def test_who_is_refused_has_moved_nothing(session):
    budget_id = opened(session)
    made = asked(session, activity(session, budget_id), visitor(), cost(pence=12_00))
    with pytest.raises(Refused):
        agree(session, made, limits=LIMITS)
    assert state(session, made) == "submitted"
    found = sums(session, budget_id)
    assert found.add_up
    assert found.committed == 0


def test_neither_a_part_nor_asking_in_parts_gets_round_a_limit(session):
    made = wanted(session, 12_00)
    with pytest.raises(Refused, match=r"£12\.00 in all"):
        agree(session, made, share=50, limits=LIMITS)
    ann, one, another = visitor(), activity(session, opened(session)), activity(session, opened(session))
    first, second, elsewhere = (asked(session, where, ann, cost(pence=6_00)) for where in (one, one, another))
    agree(session, first, limits=LIMITS)
    agree(session, elsewhere, limits=LIMITS)
    with pytest.raises(Refused, match=r"£12\.00 in all"):
        agree(session, second, limits=LIMITS)
    agree(session, asked(session, one, visitor(), cost(pence=6_00)), limits=LIMITS)


def test_asking_a_question_and_saying_no_need_no_limit(session):
    one, another = wanted(session, 12_00), wanted(session, 12_00)
    deciding.query(session, one, 1, "Is there a bus?", APPROVER, unheard)
    deciding.decline(session, another, 1, "There is a bus.", APPROVER, unheard)
    assert (state(session, one), state(session, another)) == ("queried", "declined")


def test_a_claim_above_the_limit_is_checked_by_anybody_and_approved_by_who_may(session):
    made = sent(session, opened(session), visitor())  # £10
    check(session, made)
    with pytest.raises(Refused, match=TO_LEAD):
        approve(session, made, OTHER, limits=LIMITS)
    with pytest.raises(Refused, match=TO_LEAD):
        approve(session, made, OTHER, share=40, limits=LIMITS)
    with pytest.raises(Refused, match="The central team decides it"):
        approve(session, made, LEAD, limits=Limits(0, 0, 9_00))
    assert claims.one(session, made, LEAD).state == "checked"
    approve(session, made, LEAD, limits=LIMITS)
    assert claims.one(session, made, LEAD).state == "approved"


def test_a_stand_in_has_the_limit_of_who_they_stand_in_for_and_conflicts_stay(app, session):
    owen, lena = known(app, "owen", Role.EXPENSE_APPROVER), known(app, "lena", Role.PARTNER_LEAD)
    cen, mair, mab = known(app, "cen", Role.CENTRAL_TEAM), known(app, "mair"), known(app, "mab")
    above, far_above = wanted(session, 12_00), wanted(session, 16_00)
    name(session, owen, mair)
    with pytest.raises(Refused, match=TO_LEAD):
        agree(session, above, delegations.acting(session, mair), limits=LIMITS)
    name(session, cen, mab)
    with pytest.raises(Refused, match=TO_CENTRAL):
        agree(session, far_above, delegations.acting(session, mab), limits=LIMITS)
    name(session, lena, mair)
    with pytest.raises(Refused, match="The person you decide for could not"):
        agree(session, wanted(session, 12_00, lena), delegations.acting(session, mair), limits=LIMITS)
    with pytest.raises(Refused, match=TO_CENTRAL):
        agree(session, far_above, delegations.acting(session, mair), limits=LIMITS)
    agree(session, above, delegations.acting(session, mair), limits=LIMITS)
    assert delegations.deciders(session)[str(mair.account_id)].authority is Authority.LEAD


def test_what_is_above_everybody_of_a_site_is_the_central_teams(app, session):
    known(app, "owen", Role.EXPENSE_APPROVER)

    def left(pence: int, task: Task = Task.PREAPPROVE) -> bool:
        return bool(apart.nobody_left(session, [Open("one", task, "ann", "ann", pence=pence)], LIMITS))

    assert (left(10_00), left(12_00), left(12_00, Task.CHECK)) == (False, True, False)
    session.rollback()
    known(app, "lena", Role.PARTNER_LEAD)
    assert (left(12_00), left(16_00)) == (False, True)


def test_the_open_work_tells_what_is_for_the_central_team(session):
    wanted(session, 10_00)
    wanted(session, 16_00)
    checked, waiting = (sent(session, opened(session), visitor(), colour=colour) for colour in (1, 2))
    check(session, checked)
    site = session.tenant_id
    assert preapprovals.waiting(session, {site: 15_00}) == (Counter({site: 1}), Counter({site: 1}))
    assert preapprovals.waiting(session, {site: 0}) == (Counter({site: 2}), Counter())
    assert claims.waiting(session, {site: 9_00}) == (Counter({site: 1}), Counter({site: 1}))
    assert claims.waiting(session, {site: 10_00}) == claims.waiting(session, {}) == (Counter({site: 2}), Counter())
    assert claims.in_all(session, waiting) == 10_00


def test_limits_in_a_queue_cost_the_same_statements_however_long_it_is(app, session, statements):
    known(app, "owen", Role.EXPENSE_APPROVER)

    def read() -> int:
        session.rollback()
        with statements() as seen:
            rows = preapprovals.queue(session)
            waits = [
                Open(row.id, Task.PREAPPROVE, row.account_id, row.submitted_by, pence=row.in_all_p) for row in rows
            ]
            apart.over_limit(session, waits, APPROVER, LIMITS)
            apart.nobody_left(session, waits, LIMITS)
        return len(seen)

    wanted(session, 12_00)
    few = read()
    for _ in range(5):
        wanted(session, 12_00)
    assert read() == few


def test_the_pages_say_it_before_anybody_presses_and_keep_what_was_typed(app: Flask, session: ScopedSession) -> None:
    helpers.switched_on(app, "scotland", approver_preapproval_pounds=10, approver_claim_pounds=5, lead_pounds=15)
    owen = member(app, "owen", Role.EXPENSE_APPROVER)
    made, claim = wanted(session, 12_00), sent(session, opened(session), visitor())
    page = f"{DESK}/asked/{made}"
    session.rollback()
    queue = owen.get(f"{DESK}/").text
    assert "Above your limit" in queue
    assert "For the central team" in queue
    lena = member(app, "lena", Role.PARTNER_LEAD)
    field = amount(lena, page, "7.50")
    for path in (f"{DESK}/", page):
        assert "For the central team" not in lena.get(path).text
        assert "Above your limit" not in lena.get(path).text
    shown = owen.get(page).text
    assert "Expense approvers may agree to at most £10.00." in shown
    assert 'value="agree"' not in shown
    assert 'value="decline"' in shown
    sent_anyway = owen.submit(page, {"do": "agree", "words": "The cheaper train.", **field})
    assert sent_anyway.status_code == 422
    assert all(text in sent_anyway.text for text in (TO_LEAD, "The cheaper train.", "7.50"))
    assert lena.submit(page, {"do": "agree", "words": "The cheaper train.", **field}).status_code == 303

    assert 'value="check"' in owen.get(f"{DESK}/claims/{claim}").text
    check(session, claim, CHECKER)
    session.rollback()
    shown = owen.get(f"{DESK}/claims/{claim}").text
    assert "Expense approvers may agree to at most £5.00." in shown
    assert 'value="approve"' not in shown
    assert 'value="reject"' in shown
    assert "Above your limit" in owen.get(f"{DESK}/claims/").text
    assert 'value="approve"' in lena.get(f"{DESK}/claims/{claim}").text
    assert "£15.00" in lena.get(f"{DESK}/rules").text


def test_one_notice_says_that_nobody_of_the_site_can_decide_and_why(app: Flask, session: ScopedSession) -> None:
    helpers.switched_on(app, "scotland", lead_pounds=5)
    lena = member(app, "lena", Role.PARTNER_LEAD)
    made, claim = wanted(session, 16_00), sent(session, opened(session), visitor())
    check(session, claim, CHECKER)
    session.rollback()
    for path, what in ((f"asked/{made}", "agree to"), (f"claims/{claim}", "approve")):
        page = lena.get(f"{DESK}/{path}").text
        (notice,) = re.findall(r'<div class="notice notice-warn">.*?</div></div>', page, re.DOTALL)
        assert f"Nobody of this site can {what} this." in notice
        assert "You can still ask a question or " in notice
        assert notice.count("The central team decides it.") == 1
        assert "This site may agree to at most £5.00." in notice


def test_a_leads_overview_names_what_is_above_the_site(app: Flask, session: ScopedSession) -> None:
    helpers.switched_on(app, "scotland", lead_pounds=15)
    wanted(session, 16_00)
    session.rollback()
    home = member(app, "lena", Role.PARTNER_LEAD).get("/scotland/manage/").text
    assert "Expenses above this site’s limit, for the central team" in home
    assert "Expenses waiting for a decision" not in home
