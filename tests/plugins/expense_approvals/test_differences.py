"""A policy that is published late: differences to the penny of what was granted before, and nothing rewritten."""

import csv
from io import StringIO

from core.kernel.permissions import Role
from core.sdk import clock
from plugins.expense_approvals.queries import claims, past
from tests.plugins.expense_approvals.claimed import CHECKER, agreed, approve, check, draft, send, spent
from tests.plugins.expense_approvals.helpers import cost, opened, sums, switched_on, visitor
from tests.plugins.expense_approvals.test_pages import member
from tests.plugins.expense_approvals.test_policy_versions import published

PAGE = "/scotland/manage/expenses/figures/differences"


def lunch(session, budget, pence=760, share=100, colour=1, who=None):
    """A lunch that was granted."""
    ann = who or visitor()
    made = draft(session, agreed(session, budget, ann, cost(in_days=0, pence=pence, category="lunch")), ann, spent(pence=pence, category="lunch"), colour=colour)  # fmt: skip
    send(session, made, ann)
    check(session, made)
    approve(session, made, share=share)
    return made


def test_a_late_change_makes_differences_to_the_penny_and_rewrites_nothing(app, session, session_for, statements):
    switched_on(app, "scotland")
    budget = opened(session, 1_000_00)
    whole, cut = lunch(session, budget), lunch(session, budget, share=50, colour=2)
    before = claims.one(session, whole, CHECKER), claims.lines(session, whole)
    session.rollback()
    lead = member(app, "lena", Role.PARTNER_LEAD)
    assert "No claim comes out otherwise." in lead.get(PAGE).text
    uk = session_for("uk")
    published(uk, pence=500)
    uk.rollback()
    rows = list(csv.DictReader(StringIO(lead.get(f"{PAGE}?format=csv").text.lstrip("\ufeff"))))
    assert [(one["Claim"], one["Granted"], one["Still owed"], one["Stays with the person"]) for one in rows] == [
        (whole, "7.60", "0.00", "2.60")
    ]
    page = lead.get(PAGE).text
    assert "£2.60" in page
    assert cut not in page  # £3.80 is what a person said, and the policy still allows it
    session.rollback()
    assert (claims.one(session, whole, CHECKER), claims.lines(session, whole)) == before
    assert sums(session, budget).add_up
    later = lunch(session, budget, pence=500, colour=3)
    session.rollback()
    assert later not in lead.get(PAGE).text
    with statements() as seen:
        found = past.granted_before(session, before[0].begun_at, clock.now())
    assert (len(seen), len(found)) == (3, 3)


def test_a_years_miles_at_other_sites_are_kept_with_what_was_reckoned(session, session_for):
    ann, wales = visitor(), session_for("wales")
    for own, colour in ((wales, 1), (session, 2)):
        ground = agreed(own, opened(own, 1_000_00), ann, cost(in_days=0, pence=100_00), cost("m", None, in_days=0, category="mileage", miles=1_000, vehicle="car"))  # fmt: skip
        made = draft(own, ground, ann, spent("m", None, category="mileage", miles=9_000, vehicle="car"), colour=colour)
        send(own, made, ann)
        check(own, made)
        approve(own, made)
        own.rollback()
    (found,) = past.granted_before(session, clock.now().replace(year=2020), clock.now())
    assert list(found.past.trip.miles_before.values()) == [9_000]
