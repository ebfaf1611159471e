"""What of expenses stands among a person's own items: what needs them, for as long as it does."""

import pytest
import sqlalchemy as sa
from flask import Flask

from core.kernel.permissions import Role
from core.sdk import ScopedSession, Visitor
from core.tenancy.models import ShelfItem
from plugins.expense_approvals.queries import claims, preapprovals
from plugins.expense_approvals.service import asking, claiming, deciding, expiring, judging, sending
from tests.factories.people import make_person
from tests.plugins.expense_approvals import claimed, helpers
from tests.plugins.expense_approvals.claimed import CHECKER, mark
from tests.plugins.expense_approvals.helpers import APPROVER, POLICY, nothing, unheard, visitor
from tests.plugins.expense_approvals.paid import account, approved, at_the_bank, payer_account, settle
from tests.plugins.expense_approvals.test_claim_pages import Person
from tests.plugins.expense_approvals.test_pages import member

ABOUT_COSTS, ABOUT_CLAIM = "A question about your costs: answer it", "A question about your claim: answer it"


def cards(session: ScopedSession, who: Visitor) -> list[tuple[str, str, str, bool]]:
    """(title, status, path, whether it needs them) of each card of somebody."""
    rows = session.execute(
        sa.select(ShelfItem.title, ShelfItem.status, ShelfItem.path, ShelfItem.needs_action)
        .where(ShelfItem.account_id == who.account_id)
        .order_by(ShelfItem.id)
    )
    return [(row.title, row.status, row.path, row.needs_action) for row in rows]


def asked_for(session: ScopedSession, who: Visitor) -> str:
    return helpers.asked(session, helpers.activity(session, helpers.opened(session)), who)


def version(session: ScopedSession, preapproval_id: str) -> int:
    return preapprovals.one(session, preapproval_id, APPROVER).version


def query(session: ScopedSession, preapproval_id: str) -> None:
    deciding.query(session, preapproval_id, version(session, preapproval_id), "Which train?", APPROVER, unheard)


def test_a_question_about_costs_needs_its_person_until_it_is_answered(session: ScopedSession) -> None:
    ann = visitor()
    made = asked_for(session, ann)
    assert cards(session, ann) == []
    query(session, made)
    assert cards(session, ann) == [("Measuring for improvement", ABOUT_COSTS, f"/expenses/asked/{made}", True)]
    assert cards(session, APPROVER) == []
    asking.answer(session, made, version(session, made), "The slow one.", ann)
    assert cards(session, ann) == []
    query(session, made)
    assert len(cards(session, ann)) == 1


@pytest.mark.parametrize("end", ["decline", "withdraw"])
def test_what_is_settled_without_an_answer_needs_nobody(session: ScopedSession, end: str) -> None:
    ann = visitor()
    made = asked_for(session, ann)
    query(session, made)
    if end == "decline":
        deciding.decline(session, made, version(session, made), "No.", APPROVER, unheard)
    else:
        asking.withdraw(session, made, version(session, made), ann)
    assert cards(session, ann) == []


def test_a_claim_needs_its_person_until_it_is_sent_and_again_when_it_is_sent_back(session: ScopedSession) -> None:
    ann = visitor()
    made = claimed.draft(session, claimed.agreed(session, helpers.opened(session), ann), ann)
    page = f"/expenses/claims/{made}"
    assert cards(session, ann) == [("Measuring for improvement", "Your claim is not sent yet", page, True)]
    claimed.send(session, made, ann)
    assert cards(session, ann) == []
    judging.query(session, made, claims.one(session, made, CHECKER).version, "Which bus?", CHECKER, unheard)
    assert cards(session, ann) == [("Measuring for improvement", ABOUT_CLAIM, page, True)]
    sending.answer(
        session, made, claims.one(session, made, ann).version, "The 12.", ann, policy_on=POLICY, partners=nothing, mark=mark, post=unheard
    )  # fmt: skip
    assert cards(session, ann) == []


def test_a_claim_that_is_withdrawn_needs_nobody(session: ScopedSession) -> None:
    ann = visitor()
    made = claimed.draft(session, claimed.agreed(session, helpers.opened(session), ann), ann)
    claiming.withdraw(session, made, claims.one(session, made, ann).version, ann, mark)
    assert cards(session, ann) == []


@pytest.mark.parametrize("end", ["withdraw", "revoke", "expire"])
def test_a_claim_that_can_no_longer_be_sent_needs_nobody(session: ScopedSession, frozen_clock, end: str) -> None:
    ann = visitor()
    ground = claimed.agreed(session, helpers.opened(session), ann)
    claimed.draft(session, ground, ann)
    assert len(cards(session, ann)) == 1
    if end == "withdraw":
        asking.withdraw(session, ground, version(session, ground), ann)
    elif end == "revoke":
        deciding.revoke(session, ground, version(session, ground), "Over.", APPROVER, unheard)
    else:
        frozen_clock.advance(days=200)
        expiring.sweep(session, unheard)
    assert cards(session, ann) == []


def test_costs_that_the_bank_sent_back_need_their_person_until_bank_details_are_given(
    app: Flask, session: ScopedSession, frozen_clock
) -> None:
    ann = visitor(account_id=make_person(app, "ann@example.org"))
    payer_account(session)
    account(session, ann)
    made = approved(session, helpers.opened(session, 100_000), ann)
    settle(session, at_the_bank(session, made), {made: False})
    assert cards(session, ann) == [
        ("Measuring for improvement", "Give your bank details again", "/expenses/account", True)
    ]
    frozen_clock.advance(hours=1)
    account(session, ann, "55779911")
    assert cards(session, ann) == []


def test_my_items_say_what_needs_somebody_of_their_costs(site: Flask, session: ScopedSession) -> None:
    ann, lead = Person(site, session), member(site, "lena", Role.PARTNER_LEAD)
    again = helpers.asked(session, helpers.activity(session, helpers.opened(session)), ann.visitor)
    session.rollback()
    asked = lead.submit(f"/scotland/manage/expenses/asked/{again}", {"do": "query", "words": "Which train?"})
    assert asked.status_code == 303
    mine = ann.client.get("/me/").text
    assert "Needs you" in mine
    assert f'href="/scotland/expenses/asked/{again}"' in mine
    assert ABOUT_COSTS in mine


def test_my_items_lead_an_approver_to_what_waits_at_the_site(site: Flask) -> None:
    approver = member(site, "aled", Role.EXPENSE_APPROVER)
    page = approver.get("/wales/me/").text
    assert "Your work at Scotland" in page
    assert '<a href="/scotland/manage/expenses/">Expenses</a>' in page
    assert approver.get("/scotland/manage/expenses/").status_code == 200
