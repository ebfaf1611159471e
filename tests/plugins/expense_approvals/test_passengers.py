"""Passengers count from the first estimate to the claim, on the pages where they are typed."""

from flask import Flask

from core.kernel import clock
from core.kernel.permissions import Role
from core.sdk import ScopedSession
from plugins.expense_approvals.queries import claims, preapprovals
from tests.plugins.expense_approvals.claimed import picture
from tests.plugins.expense_approvals.helpers import APPROVER, activity, opened
from tests.plugins.expense_approvals.test_claim_pages import MANAGE, SITE, Person, press
from tests.plugins.expense_approvals.test_pages import declare, member

DRIVE = {"category": "mileage", "miles": "10", "vehicle": "car", "passengers": "2", "reason": "No bus goes there."}


def test_passengers_count_when_costs_are_agreed_and_when_they_are_claimed(site: Flask, session: ScopedSession) -> None:
    page = f"/scotland/expenses/for/{activity(session, opened(session), in_days=0)}"
    session.rollback()
    ann, lead = Person(site, session), member(site, "lena", Role.PARTNER_LEAD)
    declare(ann.client, page)
    row = {f"costs-0-{name}": value for name, value in {**DRIVE, "day": clock.today().isoformat()}.items()}
    alone = {**row, "costs-0-passengers": "0"}
    assert "The policy allows £5.50 of £5.50" in ann.client.submit(f"{page}/ask", {**alone, "do": "check"}).text
    shown = ann.client.submit(f"{page}/ask", {**row, "do": "check"}).text
    assert "The policy allows £6.50 of £6.50" in shown  # 10 miles at 55p, and 5p for each of two
    assert '<option selected value="2">2</option>' in shown
    many = ann.client.submit(f"{page}/ask", {**row, "costs-0-passengers": "9", "do": "send"})
    assert (many.status_code, 'href="#costs-0-passengers"' in many.text) == (422, True)
    mine = ann.client.submit(f"{page}/ask", {**row, "do": "send"}).headers["Location"]
    (line,) = preapprovals.lines(session, mine[-26:])
    session.rollback()
    assert (line.passengers, line.asked_p) == (2, 6_50)
    for page in (lead.get(f"/scotland/manage/expenses/asked/{mine[-26:]}").text, ann.client.get(mine).text):
        assert "10 miles, Car or van, with 2 passengers" in page
    assert lead.submit(f"/scotland/manage/expenses/asked/{mine[-26:]}", {"do": "agree", "words": ""}).status_code == 303

    claim = press(ann.client, f"{SITE}/", f"/claims/from/{mine[-26:]}").headers["Location"]
    proof = ann.add(claim, **DRIVE, amount="", from_postcode="EH1 1YZ", to_postcode="PH1 5AA")
    assert ann.prove(proof, picture()).status_code == 303
    assert "more than was agreed" not in ann.client.get(claim).text
    assert press(ann.client, claim, "/send").status_code == 303
    (spent,) = claims.lines(session, claim[-26:])
    assert (spent.passengers, spent.claimed_p, spent.allowed_p) == (2, 6_50, 6_50)
    assert claims.one(session, claim[-26:], APPROVER).claimed_p == 6_50
    session.rollback()
    judged = lead.get(f"{MANAGE}/{claim[-26:]}").text
    assert "£6.50" in judged
    for page in (judged, ann.client.get(claim).text):
        assert "10 miles from EH1 1YZ to PH1 5AA, Car or van, with 2 passengers" in page


def test_passengers_of_a_cost_without_miles_count_for_nothing(site: Flask, session: ScopedSession) -> None:
    page = f"/scotland/expenses/for/{activity(session, opened(session), in_days=0)}"
    session.rollback()
    ann = member(site, "ann")
    declare(ann, page)
    row = {"costs-0-category": "coach", "costs-0-amount": "4.20", "costs-0-passengers": "3"}
    sent = ann.submit(f"{page}/ask", {**row, "do": "send"})
    assert sent.status_code == 303
    (line,) = preapprovals.lines(session, sent.headers["Location"][-26:])
    assert (line.passengers, line.asked_p) == (0, 4_20)
    session.rollback()
    assert "passenger" not in ann.get(sent.headers["Location"]).text
