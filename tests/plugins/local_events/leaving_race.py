"""One of two processes, in each of which one of an event's two organisers leaves it, at the same moment, event after event."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from core.data.engine import create_engine
from core.data.scope import Scope
from core.kernel import clock
from core.sdk import Refused, ScopedSession, TenantRef, Visitor, transaction
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import Organiser
from plugins.local_events.service import organisers
from tests.support.racing import think


def naively(session: ScopedSession, event_id: str, account_id: str) -> None:
    """The control, which must lose the last organiser: look who is there, think, then write."""
    here = sa.select(sa.func.count(Organiser.id)).where(Organiser.event_id == event_id, Organiser.left_at.is_(None))
    if session.scalar(here) == 1:
        raise Refused
    session.rollback()
    think(0.02)
    with transaction(session):
        session.execute(
            sa.update(Organiser)
            .where(Organiser.event_id == event_id, Organiser.account_id == account_id)
            .values(left_at=clock.now())
        )


def main(job: dict[str, Any], begin: Callable[[], object]) -> int:
    """Let `job["account"]` leave each of `job["events"]`; how many it has left."""
    engine = create_engine(job["url"])
    tenant = TenantRef(job["tenant"], "scotland", "Scotland", "nation")
    who = Visitor(job["account"], "Ann", "ann@example.org", permissions=frozenset({ORGANISE}))
    left = 0
    with engine.connect():  # connected and ready before the start
        pass
    begin()
    for event_id in job["events"]:
        with ScopedSession(scope=Scope.tenant(tenant.id), bind=engine) as session:
            try:
                if job["naive"]:
                    naively(session, event_id, job["account"])
                else:
                    organisers.leave(session, tenant, event_id, job["account"], who)
            except Refused:
                continue
            left += 1
    engine.dispose()
    return left
