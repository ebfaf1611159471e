"""The worker: how long a job waits, how many it runs, and what it costs to have it wait. Figures are printed."""

import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.data.db import db
from core.data.session import transaction
from core.work import enqueue, enqueue_many
from tests.bench.harness import table
from tests.integration.work.conftest import Bench, application_on
from tests.support.databases import Database

AS_SERVED = '{"beat": 3, "dead": 15, "rarely": 60}'
JOBS, WAITS = 500, 60
IDLE_FROM, IDLE_FOR = 35, 30
"""Seconds until the worker has gone over to slow looks, and for which it is then watched."""


@pytest.fixture
def rig(own_database: Database, tmp_path: Path) -> Iterator[Bench]:
    """The work rig on a database of its own."""
    made = Bench(own_database, application_on(own_database), tmp_path / "probe.jsonl", tmp_path)
    yield made
    made.stop_all()
    with made.app.app_context():
        db.engine.dispose()


def _cpu(process: psutil.Process) -> float:
    return float(sum(process.cpu_times()[:2]))


def test_the_worker_is_quick_when_asked_and_quiet_when_not(rig: Bench) -> None:
    began = time.monotonic()
    worker = psutil.Process(rig.worker(TIMES=AS_SERVED, QUIET="1").pid)
    rig.ask("probe.note", tag="first")
    rig.until(lambda: rig.told("note", "first"))
    first = time.monotonic() - began

    for number in range(WAITS):
        rig.ask("probe.note", tag=f"wait-{number}", since=time.time())
        time.sleep(random.uniform(0.05, 0.3))
    rig.until(lambda: sum(entry["tag"].startswith("wait-") for entry in rig.told("note")) == WAITS)
    waits = sorted(entry["late"] * 1000 for entry in rig.told("note") if entry["tag"].startswith("wait-"))

    asked = time.perf_counter()
    with rig.session() as session:
        for number in range(200):
            with transaction(session):
                enqueue(session, "probe.note", tag=f"single-{number}")
    single = 200 / (time.perf_counter() - asked)
    rig.until(lambda: sum(entry["tag"].startswith("single-") for entry in rig.told("note")) == 200, 60)

    cpu, asked_at = _cpu(worker), time.time()
    with rig.session() as session, transaction(session):
        enqueue_many(session, "probe.note", [{"tag": f"many-{number}"} for number in range(JOBS)])
    rig.until(lambda: sum(entry["tag"].startswith("many-") for entry in rig.told("note")) == JOBS, 60)
    ended = max(entry["at"] for entry in rig.told("note") if entry["tag"].startswith("many-"))
    rate, each = JOBS / (ended - asked_at), (_cpu(worker) - cpu) / JOBS * 1000

    time.sleep(IDLE_FROM)
    cpu = _cpu(worker)
    time.sleep(IDLE_FOR)
    idle = (_cpu(worker) - cpu) / IDLE_FOR * 100
    rows = [
        ("what", "measured", "goal", ""),
        ("first job after the start", f"{first:.1f} s", "", ""),
        ("asked to begun, median", f"{statistics.median(waits):.0f} ms", "100 ms", ""),
        ("asked to begun, 95 in 100", f"{waits[int(len(waits) * 0.95) - 1]:.0f} ms", "", ""),
        ("asked for, a transaction each", f"{single:.0f} a second", "", ""),
        ("jobs run", f"{rate:.0f} a second", "75 a second", ""),
        ("CPU of a job that does nothing", f"{each:.1f} ms", "", ""),
        ("CPU while nothing is asked for", f"{idle:.1f} %", "2 %", "ok" if idle <= 2 else "missed"),
        ("memory", f"{worker.memory_info().rss / 2**20:.0f} MiB", "", ""),
    ]
    print(f"\nworker on {rig.database.engine}\n{table(rows)}")
    assert idle < 5
