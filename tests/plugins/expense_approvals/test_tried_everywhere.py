"""Trying a policy out on the claims of every site: in parts, in as many statements however many there are."""

from datetime import timedelta

from core.data.db import platform_scope
from core.sdk import clock
from plugins.expense_approvals.queries import past
from tests.plugins.expense_approvals.claimed import agreed, draft, send, spent
from tests.plugins.expense_approvals.helpers import cost, opened, visitor

LONG_AGO = timedelta(days=366)


def drive(session, who, miles, colour):
    ground = agreed(session, opened(session, 1_000_00), who, cost(in_days=0, pence=500_00), cost("m", None, in_days=0, category="mileage", miles=1_000, vehicle="car"))  # fmt: skip
    made = draft(session, ground, who, spent("m", None, category="mileage", miles=miles, vehicle="car"), colour=colour)
    send(session, made, who)
    return made


def test_claims_of_every_site_come_in_parts_with_the_miles_before_them(app_context, session, session_for, statements):
    ann, wales, began = visitor(), session_for("wales"), clock.now()

    def read(**part):
        session.rollback()
        wales.rollback()
        with platform_scope("test") as everywhere, statements() as seen:
            found = past.sent_since(everywhere, began - LONG_AGO, **part)
        return found, len(seen)

    first = drive(session, ann, 7_000, 1)
    alone, few = read()
    drive(wales, ann, 9_000, 2)
    drive(session, ann, 1_000, 3)
    found, many = read()
    assert (alone.total, few) == (1, many)
    assert found.total == 3
    assert [claim.ref for _, claim in found.claims] == [first, *(claim.ref for _, claim in found.claims[1:])]
    assert [sum(claim.trip.miles_before.values()) for _, claim in found.claims] == [0, 7_000, 16_000]
    assert len({site for site, _ in found.claims}) == 2
    assert all(line.evidence == {"receipt"} for _, claim in found.claims for line in claim.lines)
    second, _ = read(part=2, size=2)
    assert (second.total, [claim.ref for _, claim in second.claims]) == (3, [first])
    assert read(part=9)[0].claims == []
