"""Failures of plugins' hooks where every process sees them: noted in memory, written once the work that met them is over.

They cannot be written where they happen: that transaction may be rolled back, and on SQLite it may hold the one write lock.
"""

import logging
import threading
import time

import sqlalchemy as sa

from core.data.upserts import insert
from core.kernel import clock
from core.kernel.text import storable
from core.work.models import HookFailure
from core.work.runner import writing

log = logging.getLogger("q.plugins")
EVERY = 5.0
"""Seconds that pass before the same hook of the same plugin is written again, however often it fails."""
LONGEST = 500
Key = tuple[str, str]


class HookFailures:
    """What this process has noted and not written yet. Safe to share between threads."""

    def __init__(self, every: float = EVERY) -> None:
        self._every = every
        self._lock = threading.Lock()
        self._noted: dict[Key, tuple[int, str]] = {}
        self._waits_until: dict[Key, float] = {}

    def note(self, plugin: str, hook: str, error: str) -> None:
        """Remember one failure. Of an error only the first line is kept: what a database adds names values of rows."""
        line = storable((error.splitlines() or [""])[0][:LONGEST])
        with self._lock:
            self._noted[(plugin, hook)] = (self._noted.get((plugin, hook), (0, ""))[0] + 1, line)

    def write(self, engine: sa.Engine) -> None:
        """Write what is due, on a connection of its own that no process forked later shares. Never raises: nothing depends on it."""
        if not self._noted:
            return
        for key, noted in self._due().items():
            try:
                self._add(engine, key, noted)
            except sa.exc.SQLAlchemyError as error:
                log.warning("a failure of a plugin could not be written down: %s", type(error).__name__)

    def _due(self) -> dict[Key, tuple[int, str]]:
        now = time.monotonic()
        with self._lock:
            due = {key: self._noted.pop(key) for key in list(self._noted) if self._waits_until.get(key, 0.0) <= now}
            self._waits_until.update(dict.fromkeys(due, now + self._every))
        return due

    @staticmethod
    def _add(engine: sa.Engine, key: Key, noted: tuple[int, str]) -> None:
        new = insert(engine, HookFailure).values(
            plugin=key[0], hook=key[1], day=clock.today(), times=noted[0], last_error=noted[1], last_at=clock.now()
        )
        table = HookFailure.__table__.c
        values = {"times": table.times + new.excluded.times}
        values |= {name: new.excluded[name] for name in ("last_error", "last_at")}
        with writing(engine) as connection:
            connection.detach()
            connection.execute(new.on_conflict_do_update(index_elements=["plugin", "hook", "day"], set_=values))
