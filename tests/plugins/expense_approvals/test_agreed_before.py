"""Whether who agreed beforehand may approve the claim: a setting of the site, held by the service, the pages and the queue."""

from dataclasses import replace

import pytest
from flask import Flask

from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.sdk import Refused, ScopedSession, Visitor
from plugins.expense_approvals.queries import claims
from plugins.expense_approvals.separation import WORDS
from plugins.expense_approvals.service import apart, sending
from plugins.expense_approvals.settings import Settings
from tests.factories.people import client_of
from tests.plugins.expense_approvals import helpers
from tests.plugins.expense_approvals.claimed import SECOND, agreed, approve, check, draft, send, sent, spent
from tests.plugins.expense_approvals.helpers import APPROVER, LEAD, NO_LIMITS, POLICY, agree, nothing, opened, visitor
from tests.plugins.expense_approvals.test_claim_pages import MANAGE
from tests.plugins.expense_approvals.test_pages import link, member
from tests.plugins.expense_approvals.test_standing_in import known, name
from tests.support.client import forms

APART = replace(NO_LIMITS, preapprover_may_approve=False)


@pytest.fixture
def ann() -> Visitor:
    return visitor()


def test_one_person_agrees_and_approves_unless_the_site_says_otherwise(session, ann):
    assert Settings().limits.preapprover_may_approve
    assert not Settings(preapprover_may_approve=False).limits.preapprover_may_approve
    made = sent(session, opened(session), ann)  # APPROVER agreed to it
    check(session, made)
    with pytest.raises(Refused, match=WORDS["preapproved"]):
        approve(session, made, APPROVER, limits=APART)
    assert claims.one(session, made, APPROVER).state == "checked"
    approve(session, made, APPROVER, limits=NO_LIMITS)
    other = sent(session, opened(session), ann, colour=2)
    check(session, other)
    approve(session, other, SECOND, limits=APART)
    assert claims.one(session, other, APPROVER).state == "approved"


def test_no_role_gets_round_it(session):
    for colour, role in enumerate((Role.EXPENSE_APPROVER, Role.PARTNER_LEAD, Role.CENTRAL_TEAM), 1):
        who = visitor(role)
        ben = visitor()
        asked = helpers.asked(
            session, helpers.activity(session, opened(session), in_days=0), ben, helpers.cost(in_days=0)
        )
        agree(session, asked, who)
        made = draft(session, asked, ben, colour=colour)
        send(session, made, ben)
        check(session, made)
        with pytest.raises(Refused, match=WORDS["preapproved"]):
            approve(session, made, who, limits=APART)


def test_who_agreed_to_more_afterwards_is_barred_too(session, ann):
    ground = agreed(session, opened(session), ann)
    made = draft(session, ground, ann, spent(pence=25_00))
    more = sending.ask_for_more(session, made, "Full.", ann, new_token(), policy_on=POLICY, partners=nothing)
    agree(session, more, LEAD)
    send(session, made, ann)
    check(session, made)
    assert claims.preapprovers(session) == {made: {APPROVER.account_id, LEAD.account_id}}
    for who in (APPROVER, LEAD):
        with pytest.raises(Refused, match=WORDS["preapproved"]):
            approve(session, made, who, limits=APART)
    approve(session, made, SECOND, limits=APART)


def test_the_queue_asks_once_however_much_waits_and_not_at_all_where_it_is_allowed(session, ann, statements):
    assert apart.agreed_before(session, APART) == {}
    counts = []
    for colour in (1, 2, 3):
        check(session, sent(session, opened(session), visitor(), colour=colour))
        with statements() as seen:
            found = apart.agreed_before(session, APART)
        assert (len(found), set(found.values())) == (colour, {frozenset({APPROVER.account_id})})
        counts.append(len(seen))
    assert len(set(counts)) == 1
    with statements() as seen:
        assert apart.agreed_before(session, NO_LIMITS) == {}
    assert len(seen) == 0


def test_a_stand_in_inherits_it_and_where_nobody_is_left_the_central_team_decides(app, app_context, session):
    cai, lena = known(app, "cai", Role.EXPENSE_APPROVER), known(app, "lena", Role.PARTNER_LEAD)
    dai, ben = known(app, "dai"), visitor()
    asked = helpers.asked(session, helpers.activity(session, opened(session), in_days=0), ben, helpers.cost(in_days=0))
    agree(session, asked, lena)
    made = draft(session, asked, ben)
    send(session, made, ben)
    check(session, made, cai)
    name(session, lena, dai)
    standing = replace(dai, permissions=lena.permissions)
    with pytest.raises(Refused, match=WORDS["delegator"]):
        approve(session, made, standing, limits=APART)

    def left(limits):
        (row,) = claims.queue(session)
        waits = apart.of_claim(row, claims.hands(session), row.in_all_p, apart.agreed_before(session, limits))
        return apart.nobody_left(session, [waits], limits)

    assert (left(APART), left(NO_LIMITS)) == ({made}, frozenset())
    approve(session, made, visitor(Role.CENTRAL_TEAM), limits=APART)


def test_the_pages_say_that_somebody_else_approves(app: Flask, session: ScopedSession) -> None:
    helpers.switched_on(app, "scotland", preapprover_may_approve=False)
    lena, ben = known(app, "lena", Role.PARTNER_LEAD), visitor()
    asked = helpers.asked(session, helpers.activity(session, opened(session), in_days=0), ben, helpers.cost(in_days=0))
    agree(session, asked, lena)
    made = draft(session, asked, ben)
    send(session, made, ben)
    check(session, made)
    (line,) = claims.lines(session, made)
    session.rollback()
    lead, other = client_of(app, str(lena.account_id)), member(app, "olwen", Role.PARTNER_LEAD)
    queue = lead.get(f"{MANAGE}/").text
    one = link(queue, "/manage/expenses/claims/[a-z0-9]{26}")
    page = lead.get(one).text
    assert WORDS["preapproved"] in page
    assert 'value="approve"' not in page
    assert 'value="approve"' in other.get(one).text
    (form,) = [found for found in forms(other.get(one).text) if "sha256" in found.fields]
    token = next(own.fields["csrf_token"] for own in forms(page) if "csrf_token" in own.fields)
    given = {**form.fields, "csrf_token": token, "do": "approve", f"amount-{line.id}": "10.00"}
    said = lead.post(one, data=given)
    assert (said.status_code, WORDS["preapproved"] in said.text) == (422, True)
    assert other.submit(one, {"do": "approve", f"amount-{line.id}": "10.00"}).status_code == 303
    rules = lead.get("/scotland/manage/expenses/rules").text
    assert "Who agreed beforehand may approve the claim" in rules
