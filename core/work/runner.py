"""Running one job: in its tenant's scope, in a session of its own; what follows from success and from failure."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from flask import Flask

from core.config import ROOT
from core.data import audit, upserts
from core.data.away import tell
from core.data.db import db, open_session, platform_scope
from core.data.scope import Scope
from core.data.session import WRITE_OPTION, ScopedSession
from core.kernel import clock
from core.kernel.text import storable
from core.work import registry
from core.work.models import DONE, FAILED, SKIPPED, OutboxItem, WorkFailure

log = logging.getLogger("q.work")
LOST_PAUSE = timedelta(seconds=5)
UNKNOWN_PAUSE = timedelta(seconds=60)
UNKNOWN_KEPT = timedelta(hours=24)
RECONNECT_SECONDS = (0.5, 1, 2, 5, 10)

MayRun = Callable[[int, str], bool]
"""Whether a job (by name) may run for a tenant (by id): the job's plugin is on there."""


@dataclass(frozen=True, slots=True)
class Task:
    """One run of one job, as it travels through the engine (JSON)."""

    id: str
    name: str
    queue: str
    args: Mapping[str, Any]
    tenant_id: int | None
    attempt: int
    turn: int
    failure_id: str | None
    request_id: str
    created_at: str

    @classmethod
    def of(cls, row: sa.Row[Any]) -> Self:
        """The task that an outbox row asks for."""
        values = {field: getattr(row, field) for field in cls.__slots__ if field not in {"tenant_id", "created_at"}}
        return cls(**values, tenant_id=row.at_tenant_id, created_at=row.created_at.isoformat())

    def as_json(self) -> dict[str, Any]:
        """Plain data for the engine."""
        return asdict(self)

    @property
    def run_id(self) -> str:
        """The engine's name for this run."""
        return f"{self.id}~{self.turn}"

    @property
    def last_try(self) -> bool:
        """Whether a failure of this run is final."""
        return self.attempt >= registry.find(self.name).tries


_current: ContextVar[Task | None] = ContextVar("q_task", default=None)


def this_run() -> Task:
    """The run that the calling handler belongs to. Raises LookupError outside a job."""
    task = _current.get()
    if task is None:
        raise LookupError("no job is running here")
    return task


def stamp_log_records(slug_of: Callable[[int], str]) -> None:
    """From now on give every log record the job, tenant (its number, and its name in addresses by `slug_of`) and request that it
    was written for. For the worker process."""
    make = logging.getLogRecordFactory()

    def factory(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        task = _current.get()
        if task is not None:
            record.job, record.tenant_id, record.request = task.name, task.tenant_id, task.request_id
            record.tenant = slug_of(task.tenant_id) if task.tenant_id is not None else ""
        return record

    logging.setLogRecordFactory(factory)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A write transaction on the work tables, which no scope concerns (on SQLite with the write lock from the start)."""
    with engine.connect().execution_options(**{WRITE_OPTION: True}) as connection, connection.begin():
        yield connection


class Runner:
    """Runs tasks for the engine, on as many threads as it likes."""

    def __init__(self, app: Flask, may_run: MayRun) -> None:
        self._app, self._may_run = app, may_run
        with app.app_context():
            self._engine = db.engine

    def run(self, data: Mapping[str, Any]) -> None:
        """Run one task and write down what follows. Returns only when that is committed, however long it takes."""
        task = Task(**data)
        token = _current.set(task)
        try:
            self._run(task)
        finally:
            _current.reset(token)

    def _run(self, task: Task) -> None:
        job = registry.JOBS.get(task.name)
        if job is None or job.strange(task.args):
            self._unknown(task)
            return
        started = time.perf_counter()
        try:
            if not self._allowed(job, task):
                self._persist(lambda c: self._fail(c, task, "its plugin is off here", "", SKIPPED))
                log.info("%s skipped: its plugin is off here", task.name)
                return
            self._handle(job, task)
        except (Exception, SystemExit) as error:
            log.exception("%s failed at try %d", task.name, task.attempt)
            self._failed(job, task, error)
            return
        log.info("%s done in %.0f ms", task.name, (time.perf_counter() - started) * 1000)
        if task.failure_id is not None:
            self._persist(lambda c: self._resolve(c, str(task.failure_id)))

    def _failed(self, job: registry.Job, task: Task, error: BaseException) -> None:
        """Give up, or try again later. A lost connection to the database is nobody's failure and counts as no try."""
        if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
            self._persist(lambda c: self._again(c, task, LOST_PAUSE, task.attempt))
        elif task.attempt >= job.tries or isinstance(error, registry.GiveUp):
            said, place = describe(error), place_of(error)
            self._persist(lambda c: self._fail(c, task, said, place, FAILED))
        else:
            pause = timedelta(seconds=job.pause(task.attempt))
            self._persist(lambda c: self._again(c, task, pause, task.attempt + 1))

    def _allowed(self, job: registry.Job, task: Task) -> bool:
        with self._app.app_context():
            return self._may_run(task.tenant_id if task.tenant_id is not None else audit.UK, job.name)

    def _handle(self, job: registry.Job, task: Task) -> None:
        with self._app.app_context(), self._session(job, task) as session:
            session.info["request_id"] = task.request_id
            job.handler(session, **task.args)
            if session.new or session.dirty or session.deleted:
                raise RuntimeError(f"{job.name} changed rows outside a transaction; nothing was saved")

    @contextmanager
    def _session(self, job: registry.Job, task: Task) -> Iterator[ScopedSession]:
        if job.platform is not None:
            with platform_scope(f"job {job.name}: {job.platform}") as session:
                yield session
        elif task.tenant_id is not None:
            with open_session(Scope.tenant(task.tenant_id)) as session:
                yield session
        else:
            raise registry.GiveUp(f"{job.name} was asked for without a tenant")

    def _unknown(self, task: Task) -> None:
        """Newer code asked for a job that this worker does not know, or with arguments that it does not: leave it to a newer worker, for
        a day. It counts as no try: nothing has been run."""
        if clock.now() - datetime.fromisoformat(task.created_at) < UNKNOWN_KEPT:
            log.warning("%s, or what it is given, is not known here; put off", task.name)
            self._persist(lambda c: self._again(c, task, UNKNOWN_PAUSE, task.attempt))
        else:
            self._persist(lambda c: self._fail(c, task, "no worker knows this job, or what it is given", "", FAILED))

    def _persist(self, write: Callable[[sa.Connection], None]) -> None:
        """Commit what follows from a run. A database that is away is waited for: the run is not over before."""
        tries = 0
        while True:
            try:
                with writing(self._engine) as connection:
                    write(connection)
            except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
                tell(log, "the outcome could not be written; trying again", error)
                time.sleep(RECONNECT_SECONDS[min(tries, len(RECONNECT_SECONDS) - 1)])
                tries += 1
            else:
                return

    def _again(self, connection: sa.Connection, task: Task, pause: timedelta, attempt: int) -> None:
        now = clock.now()
        values = {
            "id": task.id,
            "name": task.name,
            "queue": task.queue,
            "args": dict(task.args),
            "at_tenant_id": task.tenant_id,
            "run_after": now + pause,
            "created_at": datetime.fromisoformat(task.created_at),
            "attempt": attempt,
            "turn": task.turn + 1,
            "failure_id": task.failure_id,
            "request_id": task.request_id,
        }
        new = upserts.insert(connection, OutboxItem).values(**values)
        # Asked for again by its key while it ran, the job lies there under the name of this run, which the engine takes no second time:
        # the next try takes its place. One that another run of this task has written stays.
        later = {name: new.excluded[name] for name in values if name != "id"}
        asked_again = OutboxItem.turn < new.excluded.turn
        connection.execute(new.on_conflict_do_update(index_elements=[OutboxItem.id], set_=later, where=asked_again))

    def record_lost(self, data: Mapping[str, Any], error: str) -> None:
        """Write down a task that the engine gave up: its workers died of it, or it could not be read."""
        self._persist(lambda c: self._fail(c, Task(**data), error, "", FAILED))

    def _fail(self, connection: sa.Connection, task: Task, error: str, place: str, state: str) -> None:
        values = {
            "id": task.failure_id or task.id,
            "name": task.name,
            "args": dict(task.args),
            "at_tenant_id": task.tenant_id,
            "state": state,
            "error": error,
            "place": place,
            "attempts": task.attempt,
            "request_id": task.request_id,
            "created_at": datetime.fromisoformat(task.created_at),
            "failed_at": clock.now(),
        }
        latest = {key: values[key] for key in ("state", "error", "place", "failed_at")}
        statement = upserts.insert(connection, WorkFailure).values(**values)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=[WorkFailure.id],
                set_={**latest, "attempts": WorkFailure.attempts + statement.excluded.attempts},
            )
        )

    def _resolve(self, connection: sa.Connection, failure_id: str) -> None:
        connection.execute(
            sa.update(WorkFailure).where(WorkFailure.id == failure_id).values(state=DONE, resolved_at=clock.now())
        )


def describe(error: BaseException) -> str:
    """An exception in at most 2,000 characters; of a database error the driver's words alone, without the row's values."""
    said = str(error.orig) if isinstance(error, sa.exc.DBAPIError) else str(error)
    return storable(f"{type(error).__name__}: {said}"[:2000])


def place_of(error: BaseException) -> str:
    """Where it was raised: the last line of our own code on the way, as `core/work/mail.py:88`."""
    found, trace = "", error.__traceback__
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and ".venv" not in path.parts:
            found = f"{path.relative_to(ROOT)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found[:300]
