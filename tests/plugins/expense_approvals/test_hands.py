"""For whom somebody stood in at a step has had a hand in it too, and so has who stands in for them later."""

from dataclasses import replace
from typing import NamedTuple

import pytest

from core.kernel.permissions import Role
from core.sdk import Refused, ScopedSession, Visitor
from plugins.expense_approvals.limits import Limits
from plugins.expense_approvals.queries import claims, delegations
from plugins.expense_approvals.separation import WORDS
from plugins.expense_approvals.service import apart, standing_in
from tests.plugins.expense_approvals import helpers
from tests.plugins.expense_approvals.claimed import CHECKER, SECOND, approve, check, draft, send, sent
from tests.plugins.expense_approvals.helpers import NO_LIMITS, agree, opened, visitor
from tests.plugins.expense_approvals.test_standing_in import Sent, known, name

TWO = replace(NO_LIMITS, second_p=0)
APART = replace(NO_LIMITS, preapprover_may_approve=False)


class Staff(NamedTuple):
    """A lead, who is away, and two members who stand in for her, one after the other."""

    lead: Visitor
    first: Visitor
    later: Visitor


@pytest.fixture
def staff(app, app_context) -> Staff:
    return Staff(known(app, "lena", Role.PARTNER_LEAD), known(app, "alun"), known(app, "bethan"))


def refused(session: ScopedSession, claim_id: str, who: Visitor, code: str, limits: Limits) -> None:
    with pytest.raises(Refused, match=WORDS[code]):
        approve(session, claim_id, who, limits=limits)


def came_back(session: ScopedSession, staff: Staff, absence: str) -> Visitor:
    """The lead is back and then away again, with the other member in her place; that one, with her right to decide."""
    standing_in.end(session, absence, 1, staff.lead, post=Sent())
    name(session, staff.lead, staff.later)
    return delegations.acting(session, staff.later)


def test_a_first_approval_by_a_stand_in_is_hers_too(session, staff, frozen_clock):
    made = sent(session, opened(session), visitor())
    check(session, made)
    absence = name(session, staff.lead, staff.first)
    approve(session, made, delegations.acting(session, staff.first), limits=TWO)
    refused(session, made, staff.lead, "first", TWO)
    frozen_clock.advance(minutes=1)
    refused(session, made, came_back(session, staff, absence), "delegator", TWO)
    assert approve(session, made, SECOND, limits=TWO) == "approve"


def test_a_check_by_a_stand_in_is_hers_too(session, staff, frozen_clock):
    made = sent(session, opened(session), visitor())
    absence = name(session, staff.lead, staff.first)
    check(session, made, delegations.acting(session, staff.first))
    refused(session, made, staff.lead, "checked", NO_LIMITS)
    frozen_clock.advance(minutes=1)
    refused(session, made, came_back(session, staff, absence), "delegator", NO_LIMITS)
    assert approve(session, made, SECOND) == "approve"


def test_what_a_stand_in_agreed_to_beforehand_is_hers_too(session, staff):
    ben = visitor()
    ground = helpers.asked(session, helpers.activity(session, opened(session), in_days=0), ben, helpers.cost(in_days=0))
    name(session, staff.lead, staff.first)
    agree(session, ground, delegations.acting(session, staff.first))
    made = draft(session, ground, ben)
    send(session, made, ben)
    check(session, made)
    refused(session, made, staff.lead, "preapproved", APART)
    assert approve(session, made, SECOND, limits=APART) == "approve"


@pytest.mark.parametrize("when", ["before", "ended", "after"])
def test_an_absence_at_another_time_is_nobodys_hand(session, staff, frozen_clock, when):
    made = sent(session, opened(session), visitor())
    checker = replace(staff.first, permissions=CHECKER.permissions)
    if when == "before":
        name(session, staff.lead, staff.first, last=0)
        frozen_clock.advance(days=1)
    elif when == "ended":
        standing_in.end(session, name(session, staff.lead, staff.first), 1, staff.lead, post=Sent())
        frozen_clock.advance(minutes=1)
    check(session, made, checker)
    frozen_clock.advance(minutes=1)
    if when == "after":
        name(session, staff.lead, staff.first)
    assert approve(session, made, staff.lead) == "approve"


def test_a_queue_knows_them_with_one_statement_however_much_waits(session, staff, statements):
    budget_id, counts = opened(session, 100_000), []
    name(session, staff.lead, staff.first)
    name(session, staff.lead, staff.first, first=10, last=12)
    acting = delegations.acting(session, staff.first)
    both = frozenset({staff.first.account_id, staff.lead.account_id})
    for colour in (1, 2, 3):
        check(session, sent(session, budget_id, visitor(), colour=colour), acting)
        with statements() as seen:
            found = claims.hands(session)
        assert [one.checked for one in found.values()] == [both] * colour
        counts.append(len(seen))
    assert counts == [1, 1, 1]


def test_where_she_alone_is_left_it_is_the_central_teams(session, staff):
    made = sent(session, opened(session), visitor())
    name(session, staff.lead, staff.first)
    check(session, made, delegations.acting(session, staff.first))
    (row,) = claims.queue(session)
    waits = apart.of_claim(row, claims.hands(session), row.in_all_p, {})
    assert apart.nobody_left(session, [waits], NO_LIMITS) == {made}
