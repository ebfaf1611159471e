"""From interest to membership: how many people each window has at each stage. Counts alone, one statement or two."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from core.admissions.models import Application, Assessment, Interest, MembershipOffer, Window
from core.admissions.queries.sight import clear_of
from core.admissions.service.interest import CONFIRMED
from core.admissions.states import ACCEPTED, DECLINED, JOINED, NOT_SUBMITTED, TRANSFERRED, WITHDRAWN
from core.data.session import ScopedSession

STAGES = ("interested", "started", "submitted", "assessed", "accepted", "members")
"""Each stage counts those who came at least so far."""
ENDS = ("declined", "withdrawn", "not_submitted")


class Funnel(NamedTuple):
    """One window's figures. `interested` are the people who were told that it opened, or wait for it. `accepted` counts released
    decisions alone, so that nothing shows before its release."""

    tenant_id: int
    window_id: str
    window_name: str
    opens_at: datetime
    interested: int
    started: int
    submitted: int
    assessed: int
    accepted: int
    members: int
    declined: int
    withdrawn: int
    not_submitted: int

    def stages(self) -> list[tuple[str, int]]:
        """(stage, how many), in order."""
        return [(name, getattr(self, name)) for name in STAGES]


def _sum(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def funnels(session: ScopedSession, account_id: str | None, now: datetime) -> list[Funnel]:
    """Every published window that the session's scope reaches, the latest first, as `account_id` may count them."""
    sealed = (
        sa.select(Assessment.id)
        .where(
            Assessment.tenant_id == Application.tenant_id, Assessment.application_id == Application.id,
            Assessment.sealed_at.is_not(None),
        )
        .exists()
    )  # fmt: skip
    joined = (
        sa.select(MembershipOffer.id)
        .where(
            MembershipOffer.tenant_id == Application.tenant_id, MembershipOffer.application_id == Application.id,
            MembershipOffer.state == JOINED,
        )
        .exists()
    )  # fmt: skip
    each = (
        sa.select(
            Application.tenant_id, Application.window_id, Application.state,
            Application.submitted_at.is_not(None).label("submitted"), sealed.label("assessed"), joined.label("joined"),
        )
        .where(Application.state != TRANSFERRED, clear_of(account_id))
        .subquery("each")
    )  # fmt: skip
    counted = (
        sa.select(
            each.c.tenant_id, each.c.window_id, sa.func.count().label("started"), _sum(each.c.submitted).label("submitted"),
            _sum(each.c.assessed).label("assessed"), _sum(each.c.state == ACCEPTED).label("accepted"),
            _sum(each.c.joined).label("members"), _sum(each.c.state == DECLINED).label("declined"),
            _sum(each.c.state == WITHDRAWN).label("withdrawn"), _sum(each.c.state == NOT_SUBMITTED).label("not_submitted"),
        )
        .group_by(each.c.tenant_id, each.c.window_id)
        .subquery("counted")
    )  # fmt: skip
    told = (
        sa.select(sa.func.count())
        .select_from(Interest)
        .where(
            Interest.tenant_id == Window.tenant_id, Interest.state == CONFIRMED,
            (Interest.told_open == Window.id) | ((Window.opens_at > now) & Interest.told_open.is_(None)),
        )
        .correlate(Window)
        .scalar_subquery()
    )  # fmt: skip
    columns = [
        sa.func.coalesce(counted.c[name], 0) for name in (*STAGES[1:], *ENDS)
    ]  # a window in which nobody has begun has no row to count
    query = (
        sa.select(Window.tenant_id, Window.id, Window.name, Window.opens_at, told, *columns)
        .outerjoin(counted, (counted.c.tenant_id == Window.tenant_id) & (counted.c.window_id == Window.id))
        .where(Window.state == "published")
        .order_by(Window.opens_at.desc(), Window.id)
    )
    return [Funnel(*row) for row in session.execute(query)]


def together(funnels_: Iterable[Funnel]) -> list[tuple[str, int]]:
    """(stage, how many) over several windows."""
    found = list(funnels_)
    return [(name, sum(getattr(one, name) for one in found)) for name in STAGES]
