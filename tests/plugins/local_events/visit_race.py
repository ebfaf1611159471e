"""One of several processes in which hosts agree to visits, or people answer feedback, at the same moment.

`main` is what `tests.support.racing` runs. It does `job["what"]` with each of `job["with"]` on several threads and gives {"done":
how often it was done, "refused": how often not, "errors": […]}.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa

from core.data.engine import create_engine
from core.data.scope import Scope
from core.sdk import Refused, ScopedSession, TenantRef, Visitor, transaction
from plugins.local_events.models import Visit, VisitOffer
from plugins.local_events.service import feedback, visits
from plugins.local_events.states import HOLDING
from tests.plugins.local_events.feedback_helpers import said
from tests.support.racing import think

THREADS = 4


def agree(session: ScopedSession, _: TenantRef, job: dict[str, Any], visit_id: str) -> bool:
    """The plugin's own way."""
    try:
        visits.agree(session, visit_id, None, "", 1, Visitor(job["host"]), lambda *_: None)
    except Refused:
        return False
    return True


def agree_naively(session: ScopedSession, _: TenantRef, job: dict[str, Any], visit_id: str) -> bool:
    """The control, which must give too many places: look whether one is free, think, then write."""
    held = sa.select(sa.func.count(Visit.id)).where(Visit.state.in_(HOLDING))
    free = session.scalar(sa.select(VisitOffer.capacity - held.scalar_subquery()).where(VisitOffer.id == job["offer"]))
    session.rollback()
    if not free:
        return False
    think(0.02)
    with transaction(session):
        session.execute(sa.update(Visit).where(Visit.id == visit_id).values(state="agreed"))
    return True


def answer(session: ScopedSession, tenant: TenantRef, job: dict[str, Any], account_id: str) -> bool:
    """Say how an event was."""
    return feedback.answer(session, tenant, job["event"], said(4, keep="Words"), Visitor(account_id))


WAYS: dict[str, Callable[[ScopedSession, TenantRef, dict[str, Any], str], bool]] = {
    "agree": agree, "agree_naively": agree_naively, "answer": answer,
}  # fmt: skip


def main(job: dict[str, Any], begin: Callable[[], object]) -> dict[str, Any]:
    """Do it with each of them, and count what came of it."""
    engine = create_engine(job["url"])
    tenant = TenantRef(job["tenant"], "scotland", "Scotland", "nation")
    result: dict[str, Any] = {"done": 0, "refused": 0, "errors": []}
    lock = threading.Lock()

    def one(what: str) -> None:
        try:
            with ScopedSession(scope=Scope.tenant(tenant.id), bind=engine) as session:
                key = "done" if WAYS[job["what"]](session, tenant, job, what) else "refused"
        except Exception as error:  # noqa: BLE001 - every failure is told: the test expects none
            with lock:
                result["errors"].append(repr(error)[:300])
            return
        with lock:
            result[key] += 1

    with engine.connect():  # connected and ready before the start
        pass
    begin()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, job["with"]))
    engine.dispose()
    return result
