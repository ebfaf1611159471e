"""DBOS Transact, and all that the platform knows of it. Imported by the worker process and by `db upgrade` alone: no
web process pays for its import (docs/decisions/0004).

DBOS is given three things its defaults do otherwise: JSON in place of pickle; a version that is pinned, because one that
follows the code strands the work of the release before; and queue threads that wait on a bell, so that polling can be
slow where nobody waits. The last uses its `queue_worker_thread`, which is not public: the lock pins the release.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, Serializer
from dbos._error import DBOSInitializationError
from dbos._queue import queue_worker_thread
from sqlalchemy import event

from core.data.engine import BUSY_SECONDS, tell_milliseconds, tell_no_rows
from core.work.runner import Task

log = logging.getLogger("q.work")
NAME = "q-platform"
VERSION = "1"
WORKFLOW = "run_job"
DEATHS = 5
"""How often a run is begun anew because its worker died, before it is given up."""
FALLBACK_POLL = 5.0
"""Seconds between looks that no bell asked for: for work that came back from a worker that died."""
KEPT_SECONDS = 7 * 86400
PRUNED_AT_ONCE = 500
EXPECTED_SECONDS = 0.5
STRAY_SECONDS = 30.0
"""After how long a run that this worker has taken, and is not busy with, was never begun: ends take a moment to be noted."""
REPEATED_SECONDS = 60.0
SPARE = 2
"""DBOS may run so many times a queue's places: the relay keeps to the places, this only bounds what comes back from the dead."""


class EngineError(SystemExit):
    """The worker must not start; the message is the one line that says why."""


class Json(Serializer):
    """Tasks as JSON: what is in the database can be read by people and by the next release. DBOS's default is pickle."""

    def name(self) -> str:
        """The format's name, stored with each row."""
        return "q_json"

    def serialize(self, data: Any) -> str:
        """`data` as JSON; an exception as its words."""
        return json.dumps(data, default=repr)

    def deserialize(self, serialized_data: str) -> Any:
        """What `serialize` wrote."""
        return json.loads(serialized_data)


def migrate(owner_url: str, app_role: str | None = None) -> None:
    """Create the engine's tables or bring them up to date: schema `dbos` on PostgreSQL, where `app_role` is given what it
    needs of it; the same file on SQLite. Run by the owner of the database."""
    _quiet()
    DBOS.migrate(owner_url, application_role=None if owner_url.startswith("sqlite") else app_role)


def unfinished(owner_url: str) -> int:
    """How many jobs of this database were begun, or given to the engine, and have not ended."""
    engine = sa.create_engine(owner_url, poolclass=sa.NullPool)
    schema = None if engine.dialect.name == "sqlite" else "dbos"
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("workflow_status", schema=schema):
            return 0
        runs = sa.table("workflow_status", sa.column("status"), schema=schema)
        going = (
            sa.select(sa.func.count()).select_from(runs).where(runs.c.status.in_(["ENQUEUED", "PENDING", "DELAYED"]))
        )
        return int(connection.execute(going).scalar_one())


def _quiet() -> None:
    """Let the root logger write what DBOS logs, from warnings on: it would add a handler of its own format."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
        logger.addFilter(Repeated())
    logger.setLevel(logging.WARNING)
    logger.propagate = True


class Repeated(logging.Filter):
    """Passes what is logged again only after `REPEATED_SECONDS`: while the database is away each thread of the engine says so, with its
    traceback, every second."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write the record down."""
        said, now = record.getMessage(), time.monotonic()
        self._told = {earlier: at for earlier, at in self._told.items() if now - at < REPEATED_SECONDS}
        first = said not in self._told
        if first:
            self._told[said] = now
        return first


def _own_engine(url: sa.URL) -> sa.Engine:
    """DBOS's own connections. On SQLite: the write lock at the first write, and waiting for it, as DBOS needs them."""
    if url.get_backend_name() != "sqlite":
        engine = sa.create_engine(
            url, pool_size=4, max_overflow=16, pool_pre_ping=True, pool_recycle=1800, hide_parameters=True
        )
        tell_no_rows(engine)
        return engine
    connect_args = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = sa.create_engine(url, connect_args=connect_args, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("synchronous=NORMAL", f"busy_timeout={BUSY_SECONDS * 1000}", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        tell_milliseconds(connection)

    return engine


class Bell(threading.Event):
    """What a queue thread of DBOS takes for its stop event: `ring` ends its pause, `set` ends the thread."""

    def __init__(self) -> None:
        super().__init__()
        self._stopped = False

    def wait(self, timeout: float | None = None) -> bool:
        """Pause until the bell rings or time is up; whether to stop."""
        super().wait(timeout)
        self.clear()
        return self._stopped

    def is_set(self) -> bool:
        """Whether to stop."""
        return self._stopped

    def ring(self) -> None:
        """End the pause."""
        super().set()

    def set(self) -> None:
        """Stop."""
        self._stopped = True
        super().set()


class Engine:
    """One launched DBOS. A process can hold one at a time."""

    def __init__(
        self, engine: sa.Engine, executor_id: str, queues: Mapping[str, int], run: Callable[[Mapping[str, Any]], None]
    ) -> None:
        """`engine` is the application's; `run` runs one task and returns when what follows from it is committed."""
        _quiet()
        self.executor_id, self._queues, self._run = executor_id, dict(queues), run
        self._running: dict[str, str] = {}
        self._expected: dict[str, tuple[float, str]] = {}
        self._missing: dict[str, float] = {}
        self._client = DBOSClient(system_database_engine=engine, serializer=Json(), application_name=NAME, lazy=True)
        self._system = _own_engine(engine.url)
        self._bells: list[Bell] = []
        self._threads: list[threading.Thread] = []
        self.on_end: Callable[[], None] = self.ring
        """Called in the job's thread when a run ended: there is room."""

    def launch(self) -> None:
        """Start running what is in the queues. Raises EngineError when the tables are missing or too old."""
        config = DBOSConfig(
            name=NAME,
            system_database_engine=self._system,
            application_version=VERSION,
            executor_id=self.executor_id,
            serializer=Json(),
            log_level="WARNING",
            run_migrations=False,
            use_listen_notify=False,
            scheduler_polling_interval_sec=3600.0,
            notification_listener_polling_interval_sec=0.25,  # nobody notifies; closing waits for one round of it
        )
        dbos = DBOS(config=config)

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=DEATHS)
        def run_job(data: dict[str, Any]) -> None:
            self._workflow(data)

        DBOS.listen_queues([])  # our own threads listen: see `Bell`
        try:
            DBOS.launch()
        except (DBOSInitializationError, sa.exc.DBAPIError) as error:
            raise EngineError("the job engine cannot start; has `qplatform db upgrade` been run?") from error
        for name, places in self._queues.items():
            queue = DBOS.register_queue(
                name, worker_concurrency=places * SPARE, polling_interval_sec=FALLBACK_POLL, on_conflict="always_update"
            )
            bell = Bell()
            thread = threading.Thread(
                target=queue_worker_thread, args=(bell, dbos, queue), name=f"queue-{name}", daemon=True
            )
            self._bells.append(bell)
            self._threads.append(thread)
            thread.start()

    def _workflow(self, data: dict[str, Any]) -> None:
        run_id = str(DBOS.workflow_id)
        self._running[run_id] = data["queue"]
        self._expected.pop(run_id, None)
        try:
            self._run(data)
        finally:
            self._running.pop(run_id, None)
            self.on_end()

    def hand_over(self, connection: sa.Connection, task: Task) -> None:
        """Make the task the engine's in the caller's transaction. One that it already had under that name stays as it is."""
        self._client.enqueue_in_transaction(
            connection,
            {"workflow_name": WORKFLOW, "queue_name": task.queue, "workflow_id": task.run_id},
            task.as_json(),
        )

    def ring(self) -> None:
        """Have the queues looked at now."""
        for bell in self._bells:
            bell.ring()

    def expect(self, tasks: Iterable[Task]) -> None:
        """Say that tasks were handed over (and committed), and have them fetched now."""
        now = time.monotonic()
        self._expected.update({task.run_id: (now, task.queue) for task in tasks})
        self.ring()

    def load(self, queue: str) -> int:
        """How many runs of `queue` are under way here, or will be in a moment unless another worker was quicker."""
        recent = time.monotonic() - EXPECTED_SECONDS
        for run_id, (since, _) in list(self._expected.items()):
            if since < recent:
                self._expected.pop(run_id, None)
        expected = [name for _, name in list(self._expected.values())]
        return sum(name == queue for name in [*list(self._running.values()), *expected])

    @property
    def busy(self) -> int:
        """How many runs are under way here."""
        return len(self._running)

    def recover(self, live: Iterable[str]) -> int:
        """Put back into the queue what runs under a worker that is not `live`, and what this one took and never began.

        Returns how many runs were put back. Safe to call from every worker at any time: each run goes back once.
        """
        alive = set(live)
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        dead = sorted({str(w.executor_id) for w in pending} - alive)
        back = len(DBOS._recover_pending_workflows(dead)) if dead else 0
        mine = {w.workflow_id for w in pending if w.executor_id == self.executor_id} - set(self._running)
        now = time.monotonic()
        self._missing = {run_id: self._missing.get(run_id, now) for run_id in mine}
        stray = sorted(run_id for run_id, since in self._missing.items() if now - since > STRAY_SECONDS)
        if stray:
            DBOS.resume_workflows(stray, queue_name="default")
        if back or stray:
            log.warning("put back %d runs of dead workers (%s) and %d of my own", back, ", ".join(dead), len(stray))
            self.ring()
        return back + len(stray)

    def take_lost(self, record: Callable[[Mapping[str, Any], str], None]) -> int:
        """Hand every task that the engine itself gave up to `record(task, why)`, then forget it. Returns how many."""
        gone = ["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
        lost = DBOS.list_workflows(status=gone, name=WORKFLOW, limit=PRUNED_AT_ONCE)
        for workflow in lost:
            given = workflow.input["args"][0] if workflow.input else None
            why = "the worker died of it again and again" if workflow.status != "ERROR" else str(workflow.error)[:2000]
            if given is not None:
                record(given, why)
            DBOS.delete_workflows([workflow.workflow_id])
        return len(lost)

    def prune(self) -> int:
        """Forget runs that ended a week ago, in small transactions. Returns how many."""
        before = datetime.fromtimestamp(time.time() - KEPT_SECONDS, UTC).isoformat()
        old = DBOS.list_workflows(
            status=["SUCCESS", "CANCELLED"],
            completed_before=before,
            limit=PRUNED_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if old:
            DBOS.delete_workflows([w.workflow_id for w in old])
        return len(old)

    def stop_taking(self) -> None:
        """Begin no further run."""
        for bell in self._bells:
            bell.set()
        for thread in self._threads:
            thread.join(5)

    def close(self) -> None:
        """Let go of DBOS and of its connections. What still runs is another worker's to run again."""
        self.stop_taking()
        DBOS.destroy(destroy_registry=True)
        self._system.dispose()
