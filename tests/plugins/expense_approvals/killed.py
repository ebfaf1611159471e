"""One of several processes that start another over and over and kill it at a random moment; `main` is what `tests.support.racing` runs.

Each child is forked from a process that has done everything once: what it costs is its connection and what it does.
"""

import os
import random
import signal
import time
import traceback
from collections.abc import Callable
from typing import Any

from core.data.engine import create_engine
from core.data.scope import Scope
from core.sdk import ScopedSession
from plugins.expense_approvals.queries import preapprovals
from plugins.expense_approvals.service import asking
from tests.plugins.expense_approvals import helpers

LONGEST = 0.4
"""Seconds: a few rounds on an idle machine, one on a busy one."""


def main(job: dict[str, Any], begin: Callable[[], object]) -> dict[str, Any]:
    """Kill `job["kills"]` children; how often the budget did not add up, and every sum that was found committed."""
    engine, looking = create_engine(job["url"]), create_engine(job["url"])
    scope, chance = Scope.tenant(job["tenant"]), random.Random(job["seed"])
    with ScopedSession(scope=scope, bind=engine) as session:
        _round(session, job["activity"])
    engine.dispose()
    begin()
    wrong, found = 0, set[int]()
    with ScopedSession(scope=scope, bind=looking) as session:
        for _ in range(job["kills"]):
            child = _begun(lambda: ScopedSession(scope=scope, bind=engine), job["activity"])
            time.sleep(chance.uniform(0, LONGEST))
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            assert os.WIFSIGNALED(status), "the child ended by itself: its error is in the test's output"
            sums = helpers.sums(session, job["budget"])
            wrong += not sums.add_up
            found.add(sums.committed)
    looking.dispose()
    return {"wrong": wrong, "found": sorted(found)}


def _begun(session_of: Callable[[], ScopedSession], activity_id: str) -> int:
    """A child that moves money until it is killed, and has begun."""
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with session_of() as session:
                session.connection()
                os.write(there, b"!")
                while True:
                    _round(session, activity_id)
        except BaseException:  # noqa: BLE001 - whatever it is, it is told
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(there)
    os.read(here, 1)
    os.close(here)
    return child


def _round(session: ScopedSession, activity_id: str) -> None:
    """Ask, agree and withdraw."""
    person = helpers.visitor()
    made = helpers.asked(session, activity_id, person, helpers.cost(pence=500))
    helpers.agree(session, made)
    asking.withdraw(session, made, preapprovals.one(session, made, person).version, person)
