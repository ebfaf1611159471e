"""One of several processes that assign the same applications to the same assessor, or apply the same plan, at once.

`main` is what `tests.support.racing` runs: it does every attempt on `threads` threads and gives {"done": …, "refused": …,
"errors": […]}.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.admissions.models import Assessor, Assignment
from core.admissions.panel_needs import Needs
from core.admissions.service import assigning, plans
from core.data.engine import create_engine
from core.data.scope import Scope
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import DomainError
from core.kernel.ids import new_token
from core.kernel.permissions import Permission
from core.kernel.views import Actor
from tests.support.racing import think

LEAD = Actor(None, "", permissions=frozenset({Permission.TENANT_ADMISSIONS_MANAGE.value}))
HELD_ALREADY = sa.exc.IntegrityError


def assign(session: ScopedSession, job: dict[str, Any], application: str) -> None:
    """The product's own way."""
    due = clock.now() + timedelta(days=20)
    assigning.assign(session, LEAD, application, job["assessor"], due, new_token())


def assign_naively(session: ScopedSession, job: dict[str, Any], application: str) -> None:
    """The control, which must give somebody too many: look whether there is room, think, then write."""
    capacity = session.scalar(sa.select(Assessor.capacity).where(Assessor.id == job["assessor"])) or 0
    held = session.scalar(sa.select(sa.func.count(Assignment.id)).where(Assignment.assessor_id == job["assessor"])) or 0
    session.rollback()
    if held >= capacity:
        raise DomainError
    think(0.3)
    row = assigning.row_of(session, application, job["assessor"], clock.now() + timedelta(days=20), None)
    try:
        with transaction(session):
            session.execute(sa.insert(Assignment), [row])
    except HELD_ALREADY:
        raise DomainError from None


def apply(session: ScopedSession, job: dict[str, Any], run_id: str) -> None:
    """Apply a plan."""
    plans.apply(session, LEAD, run_id, clock.now() + timedelta(days=20), lambda _: Needs(1))


WAYS: dict[str, Callable[[ScopedSession, dict[str, Any], str], None]] = {
    "assign": assign, "assign_naively": assign_naively, "apply": apply,
}  # fmt: skip


def main(job: dict[str, Any], begin: Callable[[], object]) -> dict[str, Any]:
    """Do every attempt of `job["attempts"]` and count what came of it."""
    engine = create_engine(job["url"])

    def one(what: str) -> str:
        try:
            with ScopedSession(scope=Scope.tenant(job["tenant"]), bind=engine) as session:
                WAYS[job["way"]](session, job, what)
        except DomainError:
            return "refused"
        except Exception as error:  # noqa: BLE001 - every failure is told: the test expects none
            return repr(error)[:300]
        return "done"

    with engine.connect():  # connected and ready before the start
        pass
    begin()
    with ThreadPoolExecutor(job["threads"]) as pool:
        found = list(pool.map(one, job["attempts"]))
    engine.dispose()
    return {
        "done": found.count("done"), "refused": found.count("refused"),
        "errors": [one for one in found if one not in {"done", "refused"}],
    }  # fmt: skip
