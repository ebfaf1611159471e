"""More that is agreed to afterwards: only while the claim that it is for can use it, so that no money is held for good."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.sdk import Conflict, Refused, ScopedSession, Visitor, transaction
from plugins.expense_approvals.models import Preapproval
from plugins.expense_approvals.queries import claims, preapprovals
from plugins.expense_approvals.service import asking, claiming, deciding, expiring, sending
from tests.plugins.expense_approvals.claimed import agreed, approve, check, draft, mark, send, spent
from tests.plugins.expense_approvals.helpers import APPROVER, POLICY, agree, nothing, opened, sums, unheard, visitor
from tests.plugins.expense_approvals.test_pages import member

ASKED = "/scotland/manage/expenses/asked"


@pytest.fixture
def ann() -> Visitor:
    return visitor()


def over(session: ScopedSession, budget_id: str, who: Visitor) -> tuple[str, str]:
    """A draft of £24 where £20 are agreed, and the request for the other £4."""
    made = draft(session, agreed(session, budget_id, who), who, spent("a", 1_500), spent("b", 900))
    more = sending.ask_for_more(
        session, made, "The bus was full.", who, new_token(), policy_on=POLICY, partners=nothing
    )
    return made, more


def without(session: ScopedSession, claim_id: str, who: Visitor) -> None:
    """Send the claim without its second cost, so that it fits what was agreed, and check it."""
    claiming.drop(session, claim_id, claims.lines(session, claim_id)[1].id, who, mark)
    send(session, claim_id, who)
    check(session, claim_id)


def state(session: ScopedSession, preapproval_id: str) -> str:
    return preapprovals.one(session, preapproval_id, APPROVER).state


def meanwhile(act: Callable[[], object]) -> Any:
    """Another plugin's rule, in whose time somebody else acts."""

    def rule(*_: Any) -> list[Any]:
        act()
        return []

    return rule


def test_nothing_more_is_agreed_once_the_claim_is_paid_for(session, ann):
    budget_id = opened(session)
    made, more = over(session, budget_id, ann)
    without(session, made, ann)
    approve(session, made)
    with pytest.raises(Refused, match="What this would add to is no longer there") as refused:
        agree(session, more)
    assert "Decline this request." in str(refused.value)
    assert sums(session, budget_id) == (0, 1_500, 0, 1_500, 0)
    assert state(session, more) == "submitted"
    deciding.decline(session, more, preapprovals.one(session, more, APPROVER).version, "It is paid.", APPROVER, unheard)
    assert state(session, more) == "declined"


@pytest.mark.parametrize("way", ["revoke", "withdraw", "expire", "last day"])
def test_nothing_more_is_agreed_once_the_agreement_is_gone(session, ann, frozen_clock, way):
    budget_id = opened(session)
    made, more = over(session, budget_id, ann)
    ground = preapprovals.one(session, claims.one(session, made, ann).preapproval_id, APPROVER)
    if way == "revoke":
        deciding.revoke(session, ground.id, ground.version, "Not any more.", APPROVER, unheard)
    elif way == "withdraw":
        asking.withdraw(session, ground.id, ground.version, ann)
    else:
        frozen_clock.advance(days=120)
        if way == "expire":
            assert expiring.sweep(session, unheard) == 1
    with pytest.raises(Refused, match="What this would add to is no longer there"):
        agree(session, more)
    assert sums(session, budget_id).add_up
    assert state(session, more) == "submitted"


def test_what_is_agreed_while_a_claim_is_being_approved_is_a_conflict_and_then_part_of_it(session, ann):
    budget_id = opened(session)
    made, more = over(session, budget_id, ann)
    without(session, made, ann)
    with pytest.raises(Conflict):
        approve(session, made, rules=meanwhile(lambda: agree(session, more)))
    assert sums(session, budget_id) == (2_400, 0, 2_400, 0, 2_400)
    approve(session, made)
    assert sums(session, budget_id) == (0, 1_500, 0, 1_500, 0)
    assert state(session, more) == "used"


def test_what_is_approved_while_more_is_being_agreed_to_leaves_nothing_to_add_to(session, ann):
    budget_id = opened(session)
    made, more = over(session, budget_id, ann)
    without(session, made, ann)
    with pytest.raises(Refused, match="What this would add to is no longer there"):
        agree(session, more, rules=meanwhile(lambda: approve(session, made)))
    assert sums(session, budget_id) == (0, 1_500, 0, 1_500, 0)


def test_money_that_was_left_beside_a_granted_claim_comes_back(session, ann, frozen_clock):
    """As it was before more could be agreed to only in time: an agreement beside a claim that has used up the first one."""
    budget_id = opened(session)
    made, more = over(session, budget_id, ann)
    agree(session, more)
    later = sa.update(Preapproval).where(Preapproval.id == more)
    with transaction(session):
        session.execute(later.values(state="submitted"))
    without(session, made, ann)
    approve(session, made)
    with transaction(session):
        session.execute(later.values(state="approved"))
    assert sums(session, budget_id).committed == 400
    frozen_clock.advance(days=120)
    assert expiring.sweep(session, unheard) == 1
    assert sums(session, budget_id) == (0, 1_500, 0, 1_500, 0)


def test_the_page_says_so_in_place_of_the_button(site: Flask, session: ScopedSession, ann: Visitor) -> None:
    made, more = over(session, opened(session), ann)
    lead = member(site, "lena", Role.PARTNER_LEAD)
    session.rollback()
    assert 'value="agree"' in lead.get(f"{ASKED}/{more}").text
    without(session, made, ann)
    approve(session, made)
    session.rollback()
    page = lead.get(f"{ASKED}/{more}").text
    assert "What this would add to is no longer there" in page
    assert 'value="agree"' not in page
    assert lead.submit(f"{ASKED}/{more}", {"do": "decline", "words": "It is paid."}).status_code == 303
