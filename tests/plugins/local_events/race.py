"""One of several processes in which people register for one event at the same moment, leave it, and answer offers.

`main` is what `tests.support.racing` runs: each of its accounts registers, does `rounds` things at random and accepts what it is offered, all on
`threads` threads. It gives {"told": {what came of it: how often}, "errors": […]}.
"""

import random
import threading
from collections import Counter
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
from plugins.local_events.service import offers, places
from tests.support.racing import think

Act = Callable[[ScopedSession, TenantRef, str, Visitor], str]


def properly(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor) -> str:
    """The plugin's own way."""
    return places.register(session, tenant, event_id, visitor).state


def naively(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor) -> str:
    """The control, which must oversell: look whether there is room, think, then write."""
    pool = counting.of_event(session, event_id).pools[0]
    if pool.left == 0:
        return "waitlisted"
    session.rollback()
    think(0.02)
    now = clock.now()
    with transaction(session):
        session.add(
            Registration(
                event_id=event_id, pool_id=pool.id, account_id=visitor.account_id, name=visitor.name, email=visitor.email,
                state="confirmed", queued_at=now, changed_at=now,
            )
        )  # fmt: skip
    return "confirmed"


def _withdraw(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor) -> str:
    return "withdrew" if places.withdraw(session, tenant, event_id, visitor) else "had none"


def _accept(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor) -> str:
    return "accepted" if offers.accept(session, tenant, event_id, visitor) else "had it"


def _decline(session: ScopedSession, tenant: TenantRef, event_id: str, visitor: Visitor) -> str:
    return "declined" if offers.decline(session, tenant, event_id, visitor) else "had none"


LATER: tuple[Act, ...] = (_withdraw, _withdraw, _accept, _accept, _decline, properly)


def main(job: dict[str, Any], begin: Callable[[], object]) -> dict[str, Any]:
    """Let `job["people"]` accounts act and count what came of it."""
    engine = create_engine(job["url"])
    tenant = TenantRef(job["tenant"], "scotland", "Scotland", "nation")
    first: Act = naively if job["naive"] else properly
    told: Counter[str] = Counter()
    errors: list[str] = []
    lock = threading.Lock()

    def act(what: Act, visitor: Visitor) -> None:
        try:
            with ScopedSession(scope=Scope.tenant(tenant.id), bind=engine) as session:
                came = what(session, tenant, job["event"], visitor)
        except Refused:
            came = "refused"
        except Exception as error:  # noqa: BLE001 - every failure is told: the test expects none
            with lock:
                errors.append(repr(error)[:300])
            return
        with lock:
            told[came] += 1

    chance = random.Random(job["seed"])
    people = [
        Visitor(new_id(), f"Person {number}", f"{number}@example.org", is_member=True, home_tenant_id=tenant.id)
        for number in range(job["people"])
    ]
    rounds: list[list[Act]] = [[first for _ in people]]
    rounds += [[chance.choice(LATER) for _ in people] for _ in range(job["rounds"])]

    with engine.connect():  # connected and ready before the start
        pass
    begin()
    with ThreadPoolExecutor(job["threads"]) as pool:
        for acts in rounds:
            list(pool.map(act, acts, people))
        if job["rounds"]:
            begin()  # by chance alone all offers may have been declined or left; where the others go on, more are made later
            list(pool.map(act, [_accept for _ in people], people))
    engine.dispose()
    return {"told": dict(told), "errors": errors}
