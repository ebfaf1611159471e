"""A year's miles: one number for every site, in steps that span them, which tells nobody where somebody drove."""

from typing import Any

import pytest
import sqlalchemy as sa

from core.people.personal.asking import house
from core.people.personal.service import collect
from core.sdk import Conflict, clock
from plugins.expense_approvals import personal
from plugins.expense_approvals.models import YearMiles
from plugins.expense_approvals.policy.history import tax_year
from plugins.expense_approvals.queries import claims, preapprovals
from plugins.expense_approvals.service import claiming, judging, sending, year_miles
from plugins.expense_approvals.service.weighing import weighed
from tests.factories.people import make_person
from tests.plugins.expense_approvals.claimed import CHECKER, agreed, approve, check, draft, mark, send, spent, unheard
from tests.plugins.expense_approvals.helpers import POLICY, activity, asked, cost, nothing, opened, switched_on, visitor

MILE = 1000
FAR = 9_950 * MILE
"""Fifty miles below the step of the car's rate, which is at 10,000."""


@pytest.fixture
def ann():
    return visitor(name="Ann")


def drive(key: str = "a", miles: int = 100 * MILE, vehicle: str = "car"):
    return spent(key, None, category="mileage", miles=miles, vehicle=vehicle)


def driving(session, who, *lines, colour=1):
    """A draft of one's journeys."""
    ground = agreed(session, opened(session, 10_000_00), who, cost(in_days=0, pence=6_000_00), cost("m", None, in_days=0, category="mileage", miles=MILE, vehicle="car"))  # fmt: skip
    return draft(session, ground, who, *(lines or (drive(),)), colour=colour)


def before(session, who):
    session.rollback()
    return claims.miles_before(session, who.account_id)


def counted(session, who, vehicle="car"):
    return before(session, who).get((vehicle, tax_year(clock.today())), 0)


def test_a_years_steps_span_sites_and_the_row_knows_none_of_them(session, session_for, ann):
    send(session, driving(session, ann, drive(miles=FAR, vehicle="car")), ann)
    wales = session_for("wales")
    made = claims.one(wales, driving(wales, ann, colour=2), ann)
    found = weighed(wales, made, POLICY, nothing).combined.evaluation
    assert (found.claimed, found.allowed) == (50 * 55 + 50 * 25, 50 * 55 + 50 * 25)
    send(wales, made.id, ann)
    assert counted(session, ann) == counted(wales, ann) == FAR + 100 * MILE
    assert {column.name for column in YearMiles.__table__.columns} == {"id", "account_id", "vehicle", "year", "miles"}


def test_an_estimate_counts_the_years_miles_that_were_claimed_before(session, session_for, ann):
    send(session, driving(session, ann, drive(miles=FAR)), ann)
    wales = session_for("wales")
    to_come = cost("m", None, category="mileage", miles=100 * MILE, vehicle="car")
    made = asked(wales, activity(wales, opened(wales, 10_000_00)), ann, to_come)
    (line,) = preapprovals.lines(wales, made)
    year = tax_year(line.incurred_on)
    assert line.asked_p == line.allowed_p == (50 * 55 + 50 * 25 if year == tax_year(clock.today()) else 100 * 55)
    other = asked(wales, activity(wales, opened(wales, 10_000_00)), visitor(), to_come)
    assert preapprovals.lines(wales, other)[0].allowed_p == 100 * 55, "another person’s miles are their own"


@pytest.mark.parametrize("step", ["query", "reject", "withdraw"])
def test_miles_count_from_sending_and_go_with_a_question_a_no_and_a_withdrawal_once(session, ann, step):
    made = driving(session, ann)
    assert counted(session, ann) == 0
    send(session, made, ann)
    assert counted(session, ann) == 100 * MILE
    version = claims.one(session, made, ann).version
    if step == "withdraw":
        claiming.withdraw(session, made, version, ann, mark)
        return
    getattr(judging, step)(session, made, version, "Which way?", CHECKER, unheard)
    assert counted(session, ann) == 0
    if step == "query":
        given: dict[str, Any] = {"policy_on": POLICY, "partners": nothing, "mark": mark, "post": unheard}
        sending.answer(session, made, version + 1, "By Stirling.", ann, **given)
        assert counted(session, ann) == 100 * MILE
        version = claims.one(session, made, ann).version
        judging.query(session, made, version, "And back?", CHECKER, unheard)
        claiming.withdraw(session, made, version + 1, ann, mark)
    assert counted(session, ann) == 0


def test_what_was_approved_stays_counted_and_each_vehicle_has_a_count_of_its_own(session, ann):
    made = driving(session, ann, drive("a"), drive("b", 7_500, "cycle"))
    send(session, made, ann)
    check(session, made)
    approve(session, made, share=50)
    assert (counted(session, ann), counted(session, ann, "cycle")) == (100 * MILE, 7_500)


@pytest.mark.parametrize("begun", [False, True])
def test_invariant_of_two_claims_reckoned_from_the_same_miles_one_is_sent(
    session, session_for, ann, monkeypatch, begun
):
    wales = session_for("wales")
    if begun:
        send(wales, driving(wales, ann, colour=3), ann)
    first, second = driving(session, ann), driving(wales, ann, colour=2)
    seen = before(session, ann)
    send(wales, second, ann)
    monkeypatch.setattr(claims, "miles_before", lambda *_: seen)
    with pytest.raises(Conflict):
        send(session, first, ann)
    monkeypatch.undo()
    session.rollback()
    assert claims.one(session, first, ann).state == "draft"
    send(session, first, ann)
    assert counted(session, ann) == (300 if begun else 200) * MILE


def test_a_persons_miles_are_given_and_go(session, ann):
    send(session, driving(session, ann), ann)
    session.rollback()
    given = dict(personal.person_data(session, ann.account_id))
    assert given["Miles claimed in a tax year, at every site together"] == [
        {"vehicle": "car", "tax_year": tax_year(clock.today()), "miles": 100.0}
    ]
    list(personal.erase_person(session, ann.account_id, False))
    assert session.scalar(sa.select(sa.func.count(YearMiles.id))) == 0


def test_they_stand_in_the_file_once_however_many_sites_have_the_plugin(app, session, session_for):
    for slug in ("scotland", "wales"):
        switched_on(app, slug)
    ann = visitor(account_id=make_person(app, "ann@example.org", home="wales"))
    wales = session_for("wales")
    for own, colour in ((session, 1), (wales, 2)):
        own.rollback()
        send(own, driving(own, ann, colour=colour), ann)
        own.rollback()
    with app.app_context():
        found = collect(wales, house(wales), ann.account_id or "")
    driven = [one for one in found if one.heading == "Miles claimed in a tax year, at every site together"]
    assert [one.data[0]["miles"] for one in driven] == [200.0]
    assert len({one.site and one.site.slug for one in found if one.heading == "Claims"}) == 2


def test_nobody_gives_back_what_was_not_counted(session, ann):
    made = claims.one(session, driving(session, ann), ann)
    year_miles.give_back(session, made)
    assert counted(session, ann) == 0
