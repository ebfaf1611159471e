"""The same thing begun at the same moment by several: processes, or callers with a connection each."""

import importlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from threading import Barrier, BrokenBarrierError
from typing import Any

from flask import Flask

from core.data.db import tenant_session
from core.data.session import ScopedSession
from core.kernel.errors import DomainError
from tests.support.forking import PRELOADED, PROCESSES
from tests.support.patience import PATIENCE

AT_ONCE = 6
RACES = (
    "tests.integration.admissions.applying_race", "tests.integration.admissions.decision_race",
    "tests.integration.admissions.joining_race", "tests.integration.admissions.panel_race",
    "tests.integration.admissions.seal_race", "tests.plugins.local_events.day_race",
    "tests.plugins.local_events.leaving_race", "tests.plugins.local_events.race", "tests.plugins.local_events.visit_race",
    "tests.plugins.expense_approvals.killed", "tests.plugins.expense_approvals.race",
    "tests.integration.plugins.switch_race", "tests.support.ports_race",
)  # fmt: skip
"""Each has `main(job, begin)`: it makes ready, calls `begin`, which waits for the others, does its part, and gives what came
of it. Where all of them call it again, they wait for one another again."""
LONGEST = PATIENCE + 60
"""Seconds that a race may take: longer than its processes wait for one another, so that what went wrong there is told first."""
PROCESSES.set_forkserver_preload([*RACES, *PRELOADED])


def together(module: str, *jobs: dict[str, Any]) -> list[Any]:
    """What the module's `main` gave for each job, each in a process of its own that waited until all were ready."""
    assert module in RACES
    everybody_ready, all_have_looked = (PROCESSES.Barrier(len(jobs), timeout=PATIENCE) for _ in range(2))
    running = []
    for job in jobs:
        here, there = PROCESSES.Pipe(duplex=False)
        meetings = (everybody_ready.wait, all_have_looked.wait)
        process = PROCESSES.Process(target=_take_part, args=(module, job, *meetings, there))
        process.start()
        there.close()
        running.append((process, here))
    told = []
    for process, here in running:
        with here:
            assert here.poll(LONGEST), "a process of the race said nothing"
            told.append(here.recv())  # EOFError where it died: what it wrote about that is in the test's output
        process.join(LONGEST)
        assert process.exitcode == 0
        process.close()
    return told


_to_meet: list[Callable[[], object]] = []
"""Where this process has yet to wait until all the others have looked."""


def think(seconds: float) -> None:
    """What a control does between looking and writing, whatever else the machine does: the first time in this process it waits until
    every other process of the race has come to think as well, or has done its part; after that, for so long."""
    try:
        meet = _to_meet.pop()
    except IndexError:
        time.sleep(seconds)
    else:
        meet()


def _take_part(
    module: str, job: dict[str, Any], begin: Callable[[], object], meet: Callable[[], object], tell: Connection
) -> None:
    _to_meet[:] = [meet]
    with tell:
        try:
            told = importlib.import_module(module).main(job, begin)
        finally:
            with suppress(BrokenBarrierError):  # who waited too long for this process has said so
                think(0)  # nobody need wait for it any longer
        tell.send(told)


def at_once(
    app: Flask, tenant_id: int, action: Callable[[ScopedSession, int], object], callers: int = AT_ONCE
) -> list[object]:
    """What `action(session, number)` gave to each of several callers who began together; a refusal gives its class."""
    start = Barrier(callers)

    def run(number: int) -> object:
        with app.app_context(), tenant_session(tenant_id) as session:
            start.wait()
            try:
                return action(session, number)
            except DomainError as refused:
                return type(refused)

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(run, range(callers)))
