"""The worker: takes jobs from the outbox, runs them, gives out the slots of schedules, and looks after dead colleagues."""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask

from core.data import audit, upserts
from core.data.away import tell
from core.data.db import db, open_session
from core.data.scope import Scope
from core.kernel import clock
from core.kernel.ids import new_id
from core.work import registry
from core.work.engine import Engine, EngineError
from core.work.models import WorkerBeat
from core.work.relay import Relay
from core.work.runner import MayRun, Runner, describe, stamp_log_records, writing
from core.work.schedule import Timetable

log = logging.getLogger("q.work")
POLL, IDLE_POLL, IDLE_AFTER = 0.05, 0.2, 30.0
"""Seconds between looks into the outbox: just after work, and when none came for `IDLE_AFTER`."""
FORGET_BEATS = timedelta(hours=1)


STOPPING = (signal.SIGTERM, signal.SIGINT)
"""What tells a worker to stop."""


def stop_signals() -> Callable[[], None]:
    """Keep SIGTERM and SIGINT from now on; what is returned waits until one of them has come. For the main thread, once.

    Python itself writes a signal's number into the pipe, at once and in whichever thread it comes. A handler of ours would run at
    the main thread's next step: where the signal comes just before that thread begins to wait, there is no next step.
    """
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    signal.set_wakeup_fd(writes)  # before the handlers: a signal that came between them would be told to nobody
    for number in STOPPING:
        signal.signal(number, lambda *_: None)

    def wait() -> None:
        while os.read(reads, 1)[0] not in STOPPING:
            pass

    return wait


class Worker:
    """One worker process: `Worker(app, may_run).run()` returns when SIGTERM or SIGINT was obeyed.

    `may_run(tenant_id, job_name)` says whether the job's plugin is on for the tenant. A worker beats every `beat`
    seconds; one that has not for `dead` seconds is taken for dead, and its work is run by the others. On SIGTERM it begins
    nothing more and gives what runs `grace` seconds to end. Every `rarely` seconds it looks for work that the engine gave up.
    """

    def __init__(
        self,
        app: Flask,
        may_run: MayRun,
        *,
        beat: float = 3.0,
        dead: float = 15.0,
        grace: float = 15.0,
        rarely: float = 60.0,
    ) -> None:
        self.id = f"{socket.gethostname()[:60]}-{os.getpid()}-{new_id()[-6:]}"
        self._beat, self._dead, self._grace, self._rarely = beat, timedelta(seconds=dead), grace, rarely
        with app.app_context():
            self._db: sa.Engine = db.engine
        self._app, self._runner = app, Runner(app, may_run)
        self.engine = Engine(self._db, self.id, registry.QUEUES, self._runner.run)
        self._relay = Relay(self._db, self.engine, registry.QUEUES)
        self._timetable = Timetable(app, may_run)
        self._started_at = clock.now()
        self._wake, self._stopping, self._stopped = threading.Event(), threading.Event(), threading.Event()
        self._pump = threading.Thread(target=self._pump_until_stopped, name="pump", daemon=True)
        self._timekeeper = threading.Thread(target=self._keep_time, name="timetable", daemon=True)
        self._last_work = time.monotonic()
        self._next_rare = 0.0

    def _know_tenants(self) -> None:
        """Read the tenants once, for what is logged: jobs of the core need not look at one."""
        if directory := self._app.extensions.get("q.directory"):
            with self._app.app_context(), open_session(Scope.tenant(audit.UK)) as session:
                directory.refresh(session)

    def _slug_of(self, tenant_id: int) -> str:
        """The tenant's name in addresses, as far as this process has read the tenants; else ""."""
        directory = self._app.extensions.get("q.directory")
        found = directory.by_id(tenant_id) if directory is not None else None
        return str(found.slug) if found is not None else ""

    def run(self) -> int:
        """Work until a signal says to stop. Returns 0, the exit code; where work had to be left to others the process ends here, with 1."""
        wait = stop_signals()
        stamp_log_records(self._slug_of)
        self.start()
        log.info("worker %s is ready", self.id)
        wait()
        log.info("worker %s is stopping", self.id)
        if self.stop():
            return 0
        logging.shutdown()
        os._exit(1)  # Python would wait for the threads of what still runs

    def start(self) -> None:
        """Begin working, on threads of its own. Raises EngineError (one line) when the database is not ready for it."""
        try:
            self._beat_once()
            self._know_tenants()
        except sa.exc.DBAPIError as error:
            raise EngineError(
                f"the worker cannot use the database ({describe(error)}); has `qplatform db upgrade` been run?"
            ) from error
        self.engine.launch()
        self.engine.on_end = self._ended
        self._pump.start()
        self._timekeeper.start()

    def stop(self) -> bool:
        """Begin nothing more, wait for what runs, and go. Returns False when something still ran after the grace, or could not be noted
        because the database is out of reach."""
        self._stopping.set()
        self._wake.set()
        self.engine.stop_taking()
        end = time.monotonic() + self._grace
        while self.engine.busy and time.monotonic() < end:
            time.sleep(0.02)
        left = self.engine.busy
        if left:
            log.warning("%d jobs did not end in time; another worker runs them again", left)
        self._stopped.set()
        self._wake.set()
        self._pump.join(5)
        self._timekeeper.join(5)
        try:
            self.engine.close()
            with writing(self._db) as connection:
                connection.execute(sa.delete(WorkerBeat).where(WorkerBeat.id == self.id))
        except Exception as error:  # noqa: BLE001 - the worker goes all the same: without its beat it is soon taken for dead
            tell(log, "the others could not be told of the end", error)
            return False  # threads of the engine may be waiting for the database to note what has ended
        return left == 0

    def _ended(self) -> None:
        self._last_work = time.monotonic()
        self._wake.set()

    def _pump_until_stopped(self) -> None:
        """The worker's own loop. It outlives whatever goes wrong in it: a database that restarts."""
        next_beat, failures = 0.0, 0
        while not self._stopped.is_set():
            try:
                if time.monotonic() >= next_beat:
                    next_beat = time.monotonic() + self._beat
                    self._look_after()
                moved = 0 if self._stopping.is_set() else self._relay.step()
                failures = 0
            except Exception as error:  # noqa: BLE001 - the loop outlives it
                tell(log, "the worker's loop failed; it goes on", error)
                failures += 1
                self._stopped.wait(min(10.0, 0.5 * 2 ** min(failures, 5)))
                continue
            if moved:
                self._last_work = time.monotonic()
                continue
            idle = time.monotonic() - self._last_work > IDLE_AFTER
            self._wake.wait(IDLE_POLL if idle else POLL)
            self._wake.clear()

    def _keep_time(self) -> None:
        """Give out the slots of schedules, on a thread of its own: a plugin says whether its job is needed, and while it thinks work is
        taken and the worker beats."""
        failures = 0
        while not self._stopping.wait(min(10.0, IDLE_POLL * 2 ** min(failures, 6))):
            try:
                given = self._timetable.tick()
                failures = 0
            except Exception as error:  # noqa: BLE001 - the thread outlives it
                tell(log, "slots could not be given out; it goes on", error)
                failures += 1
                continue
            if given:
                self._last_work = time.monotonic()
                self._wake.set()

    def _look_after(self) -> None:
        live = self._beat_once()
        self.engine.recover(live)
        if time.monotonic() >= self._next_rare:
            self._next_rare = time.monotonic() + self._rarely
            self.engine.take_lost(self._runner.record_lost)
            self.engine.prune()

    def _beat_once(self) -> set[str]:
        """Say that this worker lives; the ids of all that do."""
        now = clock.now()
        values: dict[str, Any] = {"started_at": self._started_at, "seen_at": now, "running": self.engine.busy}
        beat = upserts.insert(self._db, WorkerBeat).values(id=self.id, **values)
        with writing(self._db) as connection:
            connection.execute(beat.on_conflict_do_update(index_elements=[WorkerBeat.id], set_=values))
            connection.execute(sa.delete(WorkerBeat).where(WorkerBeat.seen_at < now - FORGET_BEATS))
            return set(connection.scalars(sa.select(WorkerBeat.id).where(WorkerBeat.seen_at > now - self._dead)))
