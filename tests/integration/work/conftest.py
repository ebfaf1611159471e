"""A database with the platform's tables and the engine's, and processes of the rig on it."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.audit import AuditEntry
from core.data.db import db, open_session
from core.data.scope import Scope
from core.data.session import ScopedSession, transaction
from core.work import enqueue
from tests.integration.work import rig
from tests.support.databases import Database, Databases
from tests.support.environment import environment
from tests.support.forking import Forked
from tests.support.patience import PATIENCE
from tests.support.servers import kill_all

TENANTS = (1, 2, 3)


@dataclass
class Bench:
    """The database, an application on it in this process, and the processes that were started."""

    database: Database
    app: Flask
    log: Path
    folder: Path
    started: list[Forked] = field(default_factory=list)

    def start(self, word: str, *more: str, **settings: str) -> Forked:
        """Start a program of the rig; its log goes to a file."""
        env = environment(self.database, PROBE_LOG=str(self.log), PYTHONWARNINGS="ignore", **settings)
        process = Forked("tests.integration.work.rig", (word, *more), env, self.folder / f"{word}.log")
        self.started.append(process)
        return process

    def worker(self, **settings: str) -> Forked:
        """Start a worker."""
        return self.start("worker", **settings)

    def stop(self, process: Forked, seconds: float = PATIENCE) -> int:
        """SIGTERM, and the exit code."""
        process.send_signal(signal.SIGTERM)
        return process.wait(seconds)

    def stop_all(self) -> None:
        """SIGTERM to every worker there is."""
        for process in self.started:
            if process.poll() is None:
                self.stop(process)

    def worker_log(self) -> str:
        """What the workers have logged."""
        path = self.folder / "worker.log"
        return path.read_text() if path.exists() else ""

    def told(self, event: str, tag: str | None = None) -> list[dict[str, Any]]:
        """The lines of the probe log with that event (and tag)."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        found = [json.loads(line) for line in lines if line.endswith("}")]
        return [e for e in found if e["event"] == event and (tag is None or e.get("tag") == tag)]

    def let_end(self, tag: str) -> None:
        """Let `probe.slow` end that was asked for with this tag, before its time."""
        self.log.with_name(f"{self.log.name}.{tag}").touch()

    def until(self, ready: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """What `ready` answers once it is true; fails with the workers' log when it does not come."""
        end = time.monotonic() + seconds
        while not (found := ready()):
            if time.monotonic() > end:
                pytest.fail(f"nothing within {seconds} s\n{self.worker_log()[-4000:]}", pytrace=False)
            time.sleep(0.02)
        return found

    def session(self, tenant_id: int = 1) -> ScopedSession:
        """A session in one tenant."""
        with self.app.app_context():
            return open_session(Scope.tenant(tenant_id))

    def ask(self, name: str, tenant_id: int = 1, **args: Any) -> str:
        """Ask for a job in a transaction of its own."""
        with self.session(tenant_id) as session, transaction(session):
            return enqueue(session, name, **args)

    def rows(self, entity: Any, *where: Any) -> list[Any]:
        """Rows of a shared table."""
        with self.session() as session:
            return list(session.scalars(sa.select(entity).where(*where)))

    def committed(self, prefix: str) -> set[str]:
        """The subjects of the business entries that were committed."""
        found: set[str] = set()
        for tenant_id in TENANTS:
            with self.session(tenant_id) as session:
                found |= set(
                    session.scalars(sa.select(AuditEntry.subject).where(AuditEntry.subject.startswith(prefix)))
                )
        return found


def application_on(database: Database) -> Flask:
    """The rig's application in this process."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(database).items():
            patch.setenv(name, value)
        return rig.application()


@pytest.fixture(scope="module")
def bench(databases: Databases, baseline: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The rig on one database for a whole module: tests keep apart by their tags."""
    database = databases.create(baseline)
    folder = tmp_path_factory.mktemp("work")
    app = application_on(database)
    made = Bench(database, app, folder / "probe.jsonl", folder)
    yield made
    for process in made.started:
        if process.poll() is None:
            process.kill()
            process.wait()
    with app.app_context():
        db.engine.dispose()
    databases.drop(database)


@pytest.fixture
def bench_alone(bench: Bench) -> Iterator[Bench]:
    """The rig with no worker running yet; those that the test starts are gone afterwards."""
    before = list(bench.started)
    yield bench
    for process in bench.started:
        if process not in before and process.poll() is None:
            kill_all(process.pid)
            process.wait()


@pytest.fixture
def worker(bench: Bench) -> Forked:
    """One worker for the test; it stays for the next."""
    running = [p for p in bench.started if p.poll() is None and "worker" in p.args]
    return running[0] if running else bench.worker()
