"""Absence: the right to decide follows from day to day, conflicts come with it, and where nobody is left the central team decides."""

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.kernel.permissions import Role
from core.sdk import Conflict, Forbidden, Invalid, Known, NotFound, Refused, ScopedSession, Visitor
from core.work.models import Mail
from plugins.expense_approvals import personal
from plugins.expense_approvals.models import Delegation
from plugins.expense_approvals.queries import claims, delegations, preapprovals
from plugins.expense_approvals.separation import Task
from plugins.expense_approvals.service import apart, judging, standing_in
from plugins.expense_approvals.service.apart import Open
from tests.factories.people import client_of, make_person
from tests.plugins.expense_approvals import helpers
from tests.plugins.expense_approvals.claimed import CHECKER, approve, check, sent
from tests.plugins.expense_approvals.helpers import NO_LIMITS, agree, asked, opened, visitor
from tests.plugins.expense_approvals.paid import account, nobody
from tests.plugins.expense_approvals.test_pages import member
from tests.support.client import FormClient, forms

ABSENCES = "/scotland/manage/expenses/absences"
STANDING_IN = "/scotland/expenses/standing-in"
DAY = timedelta(days=1)


def known(app: Flask, name: str, *roles: Role) -> Visitor:
    """A member of Scotland with an account and these roles, as services see them."""
    grants = tuple((role, "scotland") for role in roles)
    who = make_person(app, f"{name}@example.org", name=name.title(), home="scotland", grants=grants)
    return visitor(*roles, account_id=who, name=name.title(), email=f"{name}@example.org")


class Sent:
    """What was written to whoever stands in: whether it begins or is over."""

    def __init__(self) -> None:
        self.over: list[bool] = []

    def __call__(self, session: ScopedSession, person: Known, by: Visitor, away: delegations.Away) -> None:
        self.over.append(away.ended_at is not None)


def name(session: ScopedSession, by: Visitor, to: Visitor, first: int = 0, last: int = 3, **changes: Any) -> str:
    """`to` stands in for `by` on these days from today."""
    today = clock.today()
    given = {"form_key": new_token(), "post": Sent(), **changes}
    return standing_in.name(session, to.email, today + first * DAY, today + last * DAY, by, **given)


@pytest.fixture
def people(app: Flask) -> tuple[Visitor, Visitor]:
    """An approver and a member without a role."""
    return known(app, "owen", Role.EXPENSE_APPROVER), known(app, "mair")


def test_the_right_to_decide_follows_on_those_days_alone(session, people, frozen_clock):
    owen, mair = people
    with pytest.raises(Forbidden):
        delegations.acting(session, mair)
    name(session, owen, mair, 1, 2)
    with pytest.raises(Forbidden):
        delegations.acting(session, mair)
    frozen_clock.advance(days=1)
    acting = delegations.acting(session, mair)
    claim = sent(session, opened(session), visitor())
    check(session, claim, acting)
    assert claims.one(session, claim, CHECKER).state == "checked"
    assert delegations.stood_in(session, claims.steps(session, claim)) == {
        (str(mair.account_id), step.at): (owen.account_id,) for step in claims.steps(session, claim) if step.event == "check"
    }  # fmt: skip
    frozen_clock.advance(days=2)
    with pytest.raises(Forbidden):
        delegations.acting(session, mair)


def test_what_is_referred_to_the_central_team_is_not_handed_on(app, session, people):
    central = known(app, "cen", Role.CENTRAL_TEAM)
    name(session, central, people[1])
    acting = delegations.acting(session, people[1])
    assert acting.permissions - people[1].permissions == {"expense_approvals.approve"}


def test_a_stand_in_has_the_conflicts_of_whom_they_decide_for_and_their_own(session, people):
    owen, mair = people
    name(session, owen, mair)
    acting, budget_id = delegations.acting(session, mair), opened(session)
    theirs, own = sent(session, budget_id, owen, colour=2), sent(session, budget_id, mair, colour=3)
    with pytest.raises(Refused, match="The person you decide for could not"):
        check(session, theirs, acting)
    with pytest.raises(Refused, match="You asked for this money"):
        check(session, own, acting)
    looked_at = sent(session, budget_id, visitor(), colour=4)
    check(session, looked_at, owen)
    with pytest.raises(Refused, match="The person you decide for could not"):
        approve(session, looked_at, acting)
    made = asked(session, helpers.activity(session, budget_id), owen)
    with pytest.raises(Refused, match="The person you decide for could not"):
        agree(session, made, acting)


def test_whoever_loses_the_role_hands_nothing_on(session, people, platform_session):
    owen, mair = people
    name(session, owen, mair)
    assert delegations.standing_for(session, mair.account_id) == (owen.account_id,)
    platform_session.execute(sa.text("update people_role_grant set ended_at = starts_on").execution_options(unscoped_reason="tests"))  # fmt: skip
    platform_session.commit()
    session.rollback()
    with pytest.raises(Forbidden):
        delegations.acting(session, mair)


def test_taking_it_back_ends_it_at_once_and_once(session, people):
    owen, mair = people
    letters = Sent()
    made = name(session, owen, mair, post=letters)
    with pytest.raises(NotFound):
        standing_in.end(session, made, 1, CHECKER, post=letters)
    with pytest.raises(Conflict):
        standing_in.end(session, made, 7, owen, post=letters)
    standing_in.end(session, made, 1, owen, post=letters)
    assert letters.over == [False, True]
    with pytest.raises(Forbidden):
        delegations.acting(session, mair)
    with pytest.raises(Refused, match="over, or was taken back"):
        standing_in.end(session, made, 2, owen, post=letters)
    assert [one.id for one in delegations.all_of_site(session)] == [made]


@pytest.mark.parametrize(
    ("email", "first", "last", "fields"),
    [
        ("nobody@example.org", 0, 3, {"email"}),
        ("owen@example.org", 0, 3, {"email"}),
        ("far@example.org", 0, 3, {"email"}),
        ("mair@example.org", -1, 3, {"starts_on"}),
        ("mair@example.org", 3, 2, {"ends_on"}),
        ("mair@example.org", 0, 367, {"ends_on"}),
    ],
)
def test_what_is_no_absence_is_told(app, session, people, email, first, last, fields):
    make_person(app, "far@example.org", home="wales")
    with pytest.raises(Invalid) as caught:
        name(session, people[0], visitor(email=email), first, last)
    assert set(caught.value.field_errors) == fields
    assert delegations.all_of_site(session) == []


def test_nobody_hands_on_what_they_have_by_standing_in(app, session, people):
    owen, mair = people
    name(session, owen, mair)
    with pytest.raises(Forbidden):
        name(session, delegations.acting(session, mair), known(app, "third"))
    key = new_token()
    assert name(session, owen, mair, form_key=key) == name(session, owen, mair, form_key=key)


def test_invariant_nobody_stands_in_for_themselves(session, people):
    one = new_id()
    session.add(
        Delegation(
            delegator_id=one, delegate_id=one, starts_on=clock.today(), ends_on=clock.today(), made_at=clock.now()
        )
    )
    with pytest.raises(DBAPIError, match="two_people"):
        session.flush()
    session.rollback()


def test_an_absence_is_given_out_and_goes_with_the_person(session, people):
    owen, mair = people
    name(session, owen, mair)
    (heading, said), *_ = personal.person_data(session, str(mair.account_id))
    assert (heading, said[0]["part"]) == ("Absences of approvers", "standing in")
    assert list(personal.erase_person(session, str(mair.account_id), dry_run=False)) == [
        "expense_approvals: 1 absences deleted"
    ]
    assert delegations.all_of_site(session) == []


def test_where_nobody_of_the_site_is_left_it_is_the_central_teams(app, session, people):
    """The two approvers there are: one claims, the other shares an account with them. Nothing decides by itself."""
    owen, mair = people
    lead = known(app, "lena", Role.PARTNER_LEAD)
    claim = sent(session, opened(session), owen)

    def left() -> frozenset[str]:
        return apart.nobody_left(session, [Open(claim, Task.CHECK, owen.account_id, owen.account_id)], NO_LIMITS)

    assert left() == frozenset()
    account(session, owen)
    account(session, lead)
    assert left() == {claim}
    name(session, owen, mair)  # a stand-in of somebody with a conflict is nobody either
    assert left() == {claim}
    with pytest.raises(Refused, match="share a bank account"):
        check(session, claim, lead)
    assert claims.one(session, claim, CHECKER).state == "submitted"
    check(session, claim, visitor(Role.CENTRAL_TEAM))
    assert claims.one(session, claim, CHECKER).state == "checked"


def test_who_shares_an_account_with_the_person_decides_nothing_about_their_money(session):
    ann, sharer, budget_id = visitor(), visitor(Role.PARTNER_LEAD), opened(session)
    for who in (ann, sharer):
        account(session, who)
    made = asked(session, helpers.activity(session, budget_id), ann)
    with pytest.raises(Refused, match="share a bank account"):
        agree(session, made, sharer)
    claim = sent(session, budget_id, ann)
    check(session, claim)
    with pytest.raises(Refused, match="share a bank account"):
        approve(session, claim, sharer)


def test_a_queue_has_what_is_unusual_first_and_then_the_oldest(session, frozen_clock):
    """Unusual is what a rule, another plugin or a proof that is known from elsewhere puts before a person; a question that is
    open keeps its place."""
    budget_id, made = opened(session, 100_000), []
    for colour in (1, 2, 1, 3):  # the third has the proof of the first
        made.append(sent(session, budget_id, visitor(), colour=colour))
        frozen_clock.advance(hours=1)
    first, second, twin, last = made
    judging.query(session, first, claims.one(session, first, CHECKER).version, "Is there a railcard?", CHECKER, nobody)
    assert [row.id for row in claims.queue(session)] == [twin, first, second, last]
    check(session, last)
    assert [row.id for row in claims.queue(session)] == [twin, first, second, last]
    wanted = helpers.activity(session, budget_id)
    plain = asked(session, wanted, visitor())
    frozen_clock.advance(hours=1)
    referred = asked(
        session, wanted, visitor(), helpers.cost("a", 600, category="lunch"), helpers.cost("b", 600, category="lunch")
    )
    assert [row.id for row in preapprovals.queue(session)] == [referred, plain]


def test_the_queue_costs_the_same_statements_however_long_it_is(session, people, statements):
    budget_id = opened(session, 100_000)

    def read() -> int:
        session.rollback()
        with statements() as seen:
            rows = claims.queue(session)
            hands = claims.hands(session)
            apart.nobody_left(session, (apart.of_claim(row, hands, row.in_all_p, {}) for row in rows), NO_LIMITS)
        return len(seen)

    for colour in range(3):
        check(session, sent(session, budget_id, visitor(), colour=colour + 1))
    few = read()
    for colour in range(3, 8):
        sent(session, budget_id, visitor(), colour=colour + 1)
    assert read() == few


def press(client: FormClient, page: str, ends: str) -> Any:
    (form,) = [one for one in forms(client.get(page).text) if one.action.split("?")[0].endswith(ends)]
    return client.post(form.action, data=form.fields)


def test_from_an_absence_to_a_decision(site: Flask, session: ScopedSession, platform_session) -> None:
    owen = member(site, "owen", Role.EXPENSE_APPROVER)
    mair_id = make_person(site, "mair@example.org", name="Mair", home="scotland")
    mair = client_of(site, mair_id)
    claim = sent(session, opened(session), visitor())
    session.rollback()
    assert mair.get(f"{STANDING_IN}/claims/").status_code == 403
    today, later = clock.today().isoformat(), (clock.today() + 3 * DAY).isoformat()
    wrong = owen.submit(ABSENCES, {"email": "nobody@example.org", "starts_on": today, "ends_on": later})
    assert (wrong.status_code, "No member of this site" in wrong.text, 'value="nobody@example.org"' in wrong.text) == (422, True, True)  # fmt: skip
    assert owen.submit(ABSENCES, {"email": "mair@example.org", "starts_on": today, "ends_on": later}).status_code == 303
    letter = platform_session.scalars(sa.select(Mail).where(Mail.to_address == "mair@example.org")).one()
    assert letter.subject == "You stand in for Owen"
    assert "You stand in for an approver today." in mair.get("/scotland/expenses/").text
    assert mair.get("/scotland/manage/expenses/claims/").status_code == 403
    assert mair.get(f"{STANDING_IN}/").status_code == 200
    queue = mair.get(f"{STANDING_IN}/claims/").text
    page = f"{STANDING_IN}/claims/{claim}"
    assert page in queue
    proof = re.search(rf'href="({page}/proof/\w+)"', mair.get(page).text)
    assert proof
    assert mair.get(proof[1]).status_code in (200, 404)  # its content is in the helpers' own store
    assert mair.submit(page, {"do": "check", "words": ""}).status_code == 303
    assert "standing in for Owen" in owen.get(f"/scotland/manage/expenses/claims/{claim}").text
    assert press(owen, ABSENCES, "/end").status_code == 303
    assert "Taken back on" in owen.get(ABSENCES).text
    assert mair.get(page).status_code == 403
