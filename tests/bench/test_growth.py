"""What a page costs as the platform grows, and what a web process costs to start and to keep. `make bench` prints it."""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from core.kernel import clock
from tests.bench import grown
from tests.bench.harness import Subject, interleave, table, verdict
from tests.support import servers
from tests.support.data_fixtures import prepare
from tests.support.databases import Database, Databases

TIMES = 50
STARTS = 5
SCOTLAND = 2
LIST = "/scotland/events/"


@pytest.fixture
def copies(databases: Databases, baseline: Database) -> Iterator[Callable[..., Database]]:
    """Fresh copies of the baseline, or databases without a table, dropped after the test."""
    made: list[Database] = []

    def copy(empty: bool = False) -> Database:
        made.append(databases.create(None if empty else baseline))
        return made[-1]

    yield copy
    for database in made:
        databases.drop(database)


def _compare(running: list[servers.Process], path: str, name: str, goal: float) -> tuple[str, str, str, str]:
    """One row of the table: the page at `path` asked of the first server and of the second, by turns."""
    few, many = running
    with closing(grown.Served(few)) as small, closing(grown.Served(many)) as large:
        return _compared(small, large, path, name, goal)


def _compared(small: grown.Served, large: grown.Served, path: str, name: str, goal: float) -> tuple[str, str, str, str]:
    pair = [
        Subject("few", small.asking(path), small.cpu_seconds),
        Subject("many", large.asking(path), large.cpu_seconds),
    ]
    interleave(pair, TIMES)
    ratio = pair[1].cpu_ms / pair[0].cpu_ms
    said = verdict(ratio, goal) if goal else "-"
    return name, f"{pair[0].cpu_ms:.2f} to {pair[1].cpu_ms:.2f} ms", f"{ratio:.2f}", said


def test_tenants(copies: Callable[..., Database], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    running: list[servers.Process] = []
    rows_of_all = grown.read_tenants(copies())
    for count in (4, 1000):
        database = prepare(copies(empty=True), "db upgrade")
        grown.hold_tenants(database, rows_of_all, count)
        grown.hold_events(database, SCOTLAND, 50)
        running.append(servers.serve(database, tmp_path, forked=False))
    try:
        rows = [
            ("served, CPU of the server", "4 to 1,000 tenants", "ratio", "goal"),
            _compare(running, LIST, "list of 50 events", 1.15),
            _compare(running, "/scotland/", "tenant home", 0),
            _compare(running, "/", "UK home, which names every partner", 0),
        ]
    finally:
        for server in running:
            server.stop()
    with capsys.disabled():
        print(f"\n{running[0].database.engine}\n{table(rows)}")


def test_events(copies: Callable[..., Database], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    running: list[servers.Process] = []
    for count in (50, 5000):
        database = copies()
        grown.hold_events(database, SCOTLAND, count)
        running.append(servers.serve(database, tmp_path, forked=False))
    month = f"{clock.now() + timedelta(days=40):%Y-%m}"
    try:
        rows = [
            ("served, CPU of the server", "50 to 5,000 events", "ratio", "goal"),
            _compare(running, LIST, "list of 50 events", 1.3),
            _compare(running, f"{LIST}?kind=workshop&way=in_person", "the same, narrowed down by kind", 1.3),
            _compare(running, f"{LIST}?q=workshop", "the same, searched", 0),
            _compare(running, f"{LIST}calendar?month={month}", "a month: of nothing, and of 720 events", 0),
        ]
    finally:
        for server in running:
            server.stop()
    with capsys.disabled():
        print(f"\n{running[0].database.engine}\n{table(rows)}")


def _started(database: Database, folder: Path, **settings: str) -> tuple[float, float]:
    """(seconds until the first page is answered, CPU seconds that took), of a new server with one web process."""
    began = time.perf_counter()
    server = servers.start(("serve", "--workers", "1"), database, folder, servers.free_port(), settings, forked=False)
    while servers.status(server.port, LIST) != 200:
        assert server.process.poll() is None, server.log()
        time.sleep(0.005)
    wall = time.perf_counter() - began
    main = psutil.Process(server.pid)
    cpu = sum(sum(one.cpu_times()[:2]) for one in (main, *main.children(recursive=True)))
    server.wait_ready(1)
    server.stop()
    return wall, cpu


def test_plugins_start_and_memory(
    copies: Callable[..., Database], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [("served", "3 to 50 plugins, 3 on", "ratio", "goal")]
    running: list[servers.Process] = []
    starts = []
    for count, limit in ((3, 1.0), (50, 1.5)):
        folder = tmp_path / str(count)
        folder.mkdir()
        paths = os.pathsep.join(
            [str(grown.write_plugins(folder, count - 1)), *filter(None, [os.environ.get("PYTHONPATH")])]
        )
        database = prepare(copies(), "db upgrade", PYTHONPATH=paths)
        grown.switch_on(database, SCOTLAND)
        grown.hold_events(database, SCOTLAND, 50)
        _started(database, folder, PYTHONPATH=paths)  # writes the byte code
        times = [_started(database, folder, PYTHONPATH=paths) for _ in range(STARTS)]
        wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
        starts.append(
            (
                f"first page after the start, {count} plugins",
                f"{wall:.2f} s ({cpu:.2f} s CPU)",
                "",
                verdict(wall, limit),
            )
        )
        running.append(servers.serve(database, folder, forked=False, PYTHONPATH=paths))
    try:
        rows.append(_compare(running, LIST, "list of 50 events", 1.15))
        for server, count in zip(running, (3, 50), strict=True):
            with closing(grown.Served(server)) as served:
                for path in (LIST, "/", "/scotland/", "/account/sign-in"):
                    served.asking(path)(100)
                own, seen = served.worker_memory()
            starts.append(
                (f"memory of a web process, {count} plugins", f"{own:.0f} MiB (RSS {seen:.0f})", "", verdict(own, 100))
            )
    finally:
        for server in running:
            server.stop()
    with capsys.disabled():
        print(f"\n{running[0].database.engine}\n{table(rows + starts)}")
