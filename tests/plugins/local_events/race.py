"""One of several processes that register people for one event at the same moment.

`main` is what `tests.support.racing` runs: it registers every account on `threads` threads and gives {"taken": …, "full": …,
"errors": […]}.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from core.data.engine import create_engine
from core.data.scope import Scope
from core.kernel import clock
from core.kernel.ids import new_id
from core.sdk import Refused, ScopedSession, TenantRef, Visitor, transaction
from plugins.local_events.models import Registration
from plugins.local_events.queries import places as counting
from plugins.local_events.service import places


def properly(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor) -> bool:
    """The plugin's own way."""
    try:
        return places.register(session, tenant, event_id, visitor).state == "confirmed"
    except Refused:
        return False


def naively(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor) -> bool:
    """The control, which must oversell: look whether there is room, think, then write."""
    pool = counting.of_event(session, event_id).pools[0]
    if pool.left == 0:
        return False
    session.rollback()
    time.sleep(0.02)
    now = clock.now()
    with transaction(session):
        session.add(
            Registration(
                event_id=event_id, pool_id=pool.id, account_id=visitor.account_id, name=visitor.name, email=visitor.email,
                state="confirmed", queued_at=now, changed_at=now,
            )
        )  # fmt: skip
    return True


def main(job: dict[str, Any], begin: Callable[[], object]) -> dict[str, Any]:
    """Register `job["people"]` accounts and count what came of it."""
    engine = create_engine(job["url"])
    tenant = TenantRef(job["tenant"], "scotland", "Scotland", "nation")
    way = naively if job["naive"] else properly
    result: dict[str, Any] = {"taken": 0, "full": 0, "errors": []}
    lock = threading.Lock()

    def one(number: int) -> None:
        visitor = Visitor(
            new_id(), f"Person {number}", f"{number}@example.org", is_member=True, home_tenant_id=tenant.id
        )
        try:
            with ScopedSession(scope=Scope.tenant(tenant.id), bind=engine) as session:
                key = "taken" if way(session, tenant, job["event"], visitor) else "full"
        except Exception as error:  # noqa: BLE001 - every failure is told: the test expects none
            with lock:
                result["errors"].append(repr(error)[:300])
            return
        with lock:
            result[key] += 1

    with engine.connect():  # connected and ready before the start
        pass
    begin()
    with ThreadPoolExecutor(job["threads"]) as pool:
        list(pool.map(one, range(job["people"])))
    engine.dispose()
    return result
