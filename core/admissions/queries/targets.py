"""Where an application can be moved: windows of other sites that take what was submitted elsewhere."""

from typing import NamedTuple

import sqlalchemy as sa

from core.admissions.instants import WindowState
from core.admissions.models import Window
from core.admissions.queries.applying import times_of
from core.admissions.service.transfers import TAKES
from core.data.session import ScopedSession
from core.kernel import clock


class Target(NamedTuple):
    """A window that an application can be moved to."""

    tenant_id: int
    window_id: str
    name: str
    state: WindowState


def targets(session: ScopedSession, without_tenant: int) -> list[Target]:
    """Windows of every other site that are open or being assessed, each site's newest first. Needs platform scope."""
    now = clock.now()
    query = (
        sa.select(
            Window.tenant_id, Window.id, Window.name, Window.state, Window.opens_at, Window.closes_at, Window.grace_seconds,
            Window.released_at,
        )
        .where(Window.state == "published", Window.opens_at <= now, Window.tenant_id != without_tenant)
        .order_by(Window.tenant_id, Window.opens_at.desc(), Window.id)
    )  # fmt: skip
    found = [Target(row[0], row[1], row[2], times_of(*row[3:]).state(now)) for row in session.execute(query)]
    return [one for one in found if one.state in TAKES]
