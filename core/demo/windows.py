"""The source's application windows, moved so that they lie around today: some open, some to come, some being assessed,
some with their decisions out.

The source (22 February 2017) names three phases and three areas that were done before. Their order and their areas are
kept; the days are counted from the day on which the demonstration is filled.
"""

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from core.admissions.models import Interest, Window
from core.admissions.service import windows
from core.admissions.service.interest import CONFIRMED
from core.admissions.service.windows import Plan
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.kernel.views import SYSTEM
from core.people.service.sign_ins import token_hash
from core.tenancy.directory import TenantSnapshot

GRACE = 30 * 60
PLANNED_BEFORE = timedelta(days=42)
"""So long before it opens a window is planned and published."""


@dataclass(frozen=True, slots=True)
class Round:
    """When an area is open, in days from today; `released` days ago its decisions went out, `moved` days its closing was put
    off, `told` people were told that it opened and `wanted` wait to be told of the next opening."""

    opens: int
    closes: int
    released: int | None = None
    moved: int = 0
    wanted: int = 0
    told: int = 0


DONE_BEFORE = Round(-420, -388, released=330, wanted=9)
FIRST, SECOND, THIRD = Round(-12, 20, told=88), Round(20, 52, wanted=23), Round(111, 143, wanted=14)
ROUNDS = {
    "north-east-north-cumbria": DONE_BEFORE, "west-of-england": DONE_BEFORE, "south-west": DONE_BEFORE,
    # 9 March to 10 April 2017
    "scotland": FIRST,
    "uclpartners": Round(-30, 2, moved=2, told=57),
    "west-midlands": Round(-54, -21, told=96),
    "yorkshire-humber": Round(-75, -42, told=83),
    "north-west-coast": Round(-103, -70, released=7, wanted=5, told=104),
    # May 2017
    "wales": SECOND, "wessex": SECOND, "greater-manchester": SECOND, "kent-surrey-sussex": SECOND, "eastern": SECOND,
    # August 2017
    "northern-ireland": THIRD, "east-midlands": THIRD, "oxford": THIRD, "imperial-college-health-partners": THIRD,
    "health-innovation-network": THIRD,
}  # fmt: skip
"""Each partner's round, by its slug."""


def fill(session: ScopedSession, tenant: TenantSnapshot, form_version_id: str) -> str | None:
    """Plan and publish the round of `tenant`, at the time at which its lead would have; the window's id, None for the UK site.

    Each step is a service's own transaction, so that cards, history and trail are those of real windows.
    """
    one = ROUNDS.get(tenant.slug)
    if one is None:
        return None
    today = clock.today()
    opens, closes = _midnight(today + timedelta(days=one.opens)), _last_minute(today + timedelta(days=one.closes))
    first = Plan(f"{opens:%B %Y}", opens, closes - timedelta(days=one.moved), GRACE, form_version_id)
    with clock.frozen(min(clock.now(), opens - PLANNED_BEFORE)):
        window_id = windows.plan(session, SYSTEM, first, new_token())
        windows.publish(session, SYSTEM, window_id, 1)
    if one.moved:
        with clock.frozen(min(clock.now(), opens + timedelta(days=7))):
            why = "The week of the planned closing has two days of strikes."
            windows.amend(session, SYSTEM, window_id, 2, replace(first, closes_at=closes), why)
    if one.released is not None:
        with transaction(session):
            session.execute(
                sa.update(Window)
                .where(Window.id == window_id)
                .values(released_at=_midnight(today - timedelta(days=one.released)) + timedelta(hours=10))
            )
    _want(session, tenant, one, window_id, opens)
    return window_id


def _midnight(day: date) -> datetime:
    return clock.from_london(datetime.combine(day, time()))


def _last_minute(day: date) -> datetime:
    return clock.from_london(datetime.combine(day, time(23, 59)))


def _want(session: ScopedSession, tenant: TenantSnapshot, one: Round, window_id: str, opens: datetime) -> None:
    """People who want to be told when a window opens, and those who were told that this one did."""
    if not one.wanted + one.told:
        return
    chance, now = random.Random(tenant.slug), clock.now()
    rows = []
    for number in range(one.wanted + one.told):
        told = number >= one.wanted
        address = f"hopes{number + 1:02d}.{tenant.slug}@people.example"
        at = (opens if told else now) - timedelta(hours=chance.randint(2, 900))
        rows.append(
            {
                "id": new_id(), "tenant_id": tenant.id, "email": address, "email_norm": address,
                "locale": chance.choice(tenant.languages), "state": CONFIRMED, "token_hash": token_hash(new_token()),
                "told_open": window_id if told else None, "told_closing": window_id if told else None, "created_at": at,
                "changed_at": opens if told else at,
            }
        )  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(Interest), rows)
