"""Databases and plugins in numbers: what the growth benchmarks serve."""

import http.client
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa

from core.data.engine import create_engine
from core.data.scope import Scope
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id
from core.sdk.scaffold import write_plugin
from core.tenancy.models import PluginState, Tenant
from plugins.local_events.models import Event, Pool
from tests.support.databases import Database
from tests.support.servers import Process

ON = ("local_events", "bench_01", "bench_02")
"""The three plugins that are on where growth in plugins is measured."""


@contextmanager
def _session(database: Database, scope: Scope) -> Any:
    engine = create_engine(database.app_url)
    try:
        with ScopedSession(scope=scope, bind=engine) as session, transaction(session):
            yield session
    finally:
        engine.dispose()


def add_events(session: ScopedSession, tenant_id: int, count: int) -> list[str]:
    """`count` published public events at one tenant, in the caller's transaction; their ids."""
    start = clock.now() + timedelta(days=1)
    row: dict[str, Any] = {
        "tenant_id": tenant_id, "kind": "workshop", "summary": "A local workshop on patient flow. " * 4, "description": "",
        "mode": "in_person", "online_url": "", "audience": "public", "state": "published", "modified_at": start,
        "version": 1, "created_by": None, "created_at": start, "published_at": start, "state_why": "",
    }  # fmt: skip
    rows = [
        {
            **row, "id": new_id(), "title": f"Improvement workshop {i}", "place": f"Room {i % 40}, Edinburgh",
            "starts_at": start + timedelta(hours=i), "ends_at": start + timedelta(hours=i + 2),
        }
        for i in range(count)
    ]  # fmt: skip
    session.execute(sa.insert(Event), rows)
    pool = {"tenant_id": tenant_id, "kind": "in_person", "capacity": 5000, "eligibility": "public", "version": 1}
    session.execute(sa.insert(Pool), [{**pool, "id": new_id(), "event_id": row["id"]} for row in rows])
    return [r["id"] for r in rows]


def analyse(owner_url: str) -> None:
    """Have the database count what was put into it, as autovacuum does of every database but the suite's: else the planner takes
    a table of 5,000 events for an empty one, and reads all of it for each page."""
    engine = sa.create_engine(owner_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("analyze"))
    engine.dispose()


def hold_events(database: Database, tenant_id: int, count: int) -> None:
    """Put `count` events into a database that nobody serves yet."""
    with _session(database, Scope.tenant(tenant_id)) as session:
        add_events(session, tenant_id, count)
    analyse(database.owner_url)


def read_tenants(database: Database) -> tuple[list[Any], list[Any]]:
    """The tenants of a database and the states of their plugins, as rows."""
    with _session(database, Scope.platform("bench")) as session:
        tenants = session.execute(sa.select(*Tenant.__table__.columns).order_by(Tenant.id)).mappings().all()
        return list(tenants), list(session.execute(sa.select(*PluginState.__table__.columns)).mappings().all())


def hold_tenants(database: Database, rows: tuple[list[Any], list[Any]], count: int) -> None:
    """Put `count` tenants into an empty database: the first of `rows`, then copies of the second under invented names."""
    tenants, states = rows
    second = tenants[1]
    kept = [
        *tenants[:count],
        *({**second, "id": n, "slug": f"site-{n}", "position": n} for n in range(len(tenants) + 1, count + 1)),
    ]
    own = [state for state in states if state["at_tenant_id"] == second["id"]]
    on = [{**state, "id": new_id(), "at_tenant_id": tenant["id"]} for tenant in kept for state in own]
    with _session(database, Scope.platform("bench")) as session:
        session.execute(sa.insert(Tenant), kept)
        session.execute(sa.insert(PluginState), on)


def switch_on(database: Database, tenant_id: int) -> None:
    """Have exactly the plugins of `ON` on at one tenant."""
    with _session(database, Scope.platform("bench")) as session:
        there = set(session.scalars(sa.select(PluginState.plugin).where(PluginState.at_tenant_id == tenant_id)))
        rows = [
            {
                "id": new_id(), "at_tenant_id": tenant_id, "plugin": name, "enabled": True, "ever_enabled": True,
                "settings": {}, "settings_version": 1, "revision": 1,
            }
            for name in ON
            if name not in there
        ]  # fmt: skip
        session.execute(sa.insert(PluginState), rows)


def write_plugins(folder: Path, count: int) -> Path:
    """`count` plugins as `qplatform plugins new` writes them, installed in `folder` as one distribution's entry points."""
    names = [f"bench_{n:02}" for n in range(1, count + 1)]
    for name in names:
        write_plugin(name, folder)
    described = folder / "q_bench-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: q-bench\nVersion: 1.0\n")
    points = "\n".join(f"{name} = {name}" for name in names)
    (described / "entry_points.txt").write_text(f"[q_platform.plugins]\n{points}\n")
    return folder


class Served:
    """A running server, asked for pages over one connection; its CPU is that of all its processes."""

    def __init__(self, server: Process) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        main = psutil.Process(server.pid)
        self._processes = [main, *main.children(recursive=True)]

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def asking(self, path: str) -> Callable[[int], None]:
        """What gets `path` so many times."""

        def run(times: int) -> None:
            for _ in range(times):
                self._connection.request("GET", path)
                answer = self._connection.getresponse()
                assert answer.status == 200, (path, answer.status)
                answer.read()

        return run

    def cpu_seconds(self) -> float:
        """CPU used so far by the server's processes."""
        return sum(sum(process.cpu_times()[:2]) for process in self._processes)

    def worker_memory(self) -> tuple[float, float]:
        """MiB of the process that answers, the largest: (its own pages and its share of those it has in common with the
        others, PSS; everything it can see, RSS, which counts what is common once for each process)."""
        of_each = [process.memory_full_info() for process in self._processes]
        largest = max(of_each, key=lambda memory: memory.rss)
        return largest.pss / 2**20, largest.rss / 2**20
