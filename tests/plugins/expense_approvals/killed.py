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
from core.sdk import ScopedSession, Visitor
from plugins.expense_approvals.queries import preapprovals
from plugins.expense_approvals.service import asking
from tests.plugins.expense_approvals import claimed, helpers

MOST, LONGEST = 6, 0.1
"""A child is killed after it has moved money up to so often, however long that takes, and so many seconds later at most."""


def main(job: dict[str, Any], begin: Callable[[], object]) -> dict[str, Any]:
    """Kill `job["kills"]` children; how often the budget did not add up, and every sum that was found committed and spent."""
    engine, looking = create_engine(job["url"]), create_engine(job["url"])
    scope, chance = Scope.tenant(job["tenant"]), random.Random(job["seed"])
    with ScopedSession(scope=scope, bind=engine) as session:
        _round(session, job["activity"])
        ready = [_checked(session, job["activity"]) for _ in range(job["kills"] // 5)]
        _approve(session, _checked(session, job["activity"]))
    engine.dispose()
    begin()
    wrong, found, spent = 0, set[int](), set[int]()
    with ScopedSession(scope=scope, bind=looking) as session:
        for _ in range(job["kills"]):
            claim_id = ready.pop() if ready else ""
            child, told = _begun(lambda: ScopedSession(scope=scope, bind=engine), job["activity"], claim_id)
            for _ in range(1 + chance.randint(0, MOST)):  # the first time, that it has begun
                os.read(told, 1)
            time.sleep(chance.uniform(0, LONGEST))
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            os.close(told)
            assert os.WIFSIGNALED(status), "the child ended by itself: its error is in the test's output"
            sums = helpers.sums(session, job["budget"])
            wrong += not sums.add_up
            found.add(sums.committed)
            spent.add(sums.actual)
    looking.dispose()
    return {"wrong": wrong, "found": sorted(found), "spent": sorted(spent)}


def _begun(session_of: Callable[[], ScopedSession], activity_id: str, claim_id: str) -> tuple[int, int]:
    """A child that moves money until it is killed, and where it writes a byte when it begins and after each move; first of all it
    approves the claim, where it has one."""
    here, there = os.pipe()

    def tell() -> None:
        os.write(there, b"!")

    child = os.fork()
    if child == 0:
        try:
            with session_of() as session:
                session.connection()
                tell()
                if claim_id:
                    _approve(session, claim_id)
                    tell()
                while True:
                    _round(session, activity_id, tell)
        except BaseException:  # noqa: BLE001 - whatever it is, it is told
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(there)
    return child, here


def _round(session: ScopedSession, activity_id: str, tell: Callable[[], object] = lambda: None) -> None:
    """Ask, agree and withdraw; `tell` is called after what moves money."""
    person, made = _agreed(session, activity_id)
    tell()
    asking.withdraw(session, made, preapprovals.one(session, made, person).version, person)
    tell()


def _agreed(session: ScopedSession, activity_id: str) -> tuple[Visitor, str]:
    """Somebody, and what was agreed with them."""
    person = helpers.visitor()
    made = helpers.asked(session, activity_id, person, helpers.cost(pence=500, in_days=0))
    helpers.agree(session, made)
    return person, made


def _checked(session: ScopedSession, activity_id: str) -> str:
    """A claim for less than was agreed that waits for its approval."""
    person, made = _agreed(session, activity_id)
    claim_id = claimed.draft(session, made, person, claimed.spent(pence=400))
    claimed.send(session, claim_id, person, mark=_mark(claim_id))
    claimed.check(session, claim_id)
    return claim_id


def _approve(session: ScopedSession, claim_id: str) -> None:
    """Spend its money."""
    claimed.approve(session, claim_id, mark=_mark(claim_id))


def _mark(claim_id: str) -> Callable[[str], str]:
    """A key for each claim: all have one receipt, and are not about finding that."""
    return lambda text: claimed.mark(claim_id + text)
