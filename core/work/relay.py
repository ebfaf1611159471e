"""From the outbox to the engine: rows that are due become the engine's, in one transaction. For the worker process."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from core.data.base import table_of
from core.kernel import clock
from core.work.models import OutboxItem
from core.work.runner import Task, writing

ITEM = table_of(OutboxItem)
COLUMNS = (
    "id", "name", "queue", "args", "at_tenant_id", "attempt", "turn", "failure_id", "request_id", "created_at",
)  # fmt: skip
DUE = ITEM.c.run_after <= sa.bindparam("now")
LOOK = sa.select(ITEM.c.id).where(DUE, ITEM.c.queue.in_(sa.bindparam("queues", expanding=True))).limit(1)
TAKE = (
    sa.select(*(ITEM.c[name] for name in COLUMNS))
    .where(DUE, ITEM.c.queue == sa.bindparam("queue"))
    .order_by(ITEM.c.run_after, ITEM.c.id)
    .limit(sa.bindparam("places", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)


class Hands(Protocol):
    """What the relay needs of the engine."""

    def hand_over(self, connection: sa.Connection, task: Task) -> None:
        """Make the task the engine's, in the caller's transaction."""

    def expect(self, tasks: Iterable[Task]) -> None:
        """Say that these were handed over and that the transaction was committed."""

    def load(self, queue: str) -> int:
        """How many runs of that queue this process is or will in a moment be busy with."""


class Relay:
    """Moves due rows, oldest first and no more than this worker has places for: the rest stays where it can be counted."""

    def __init__(self, engine: sa.Engine, hands: Hands, queues: Mapping[str, int]) -> None:
        self._engine, self._hands, self._queues = engine, hands, queues
        on_postgresql = engine.dialect.name == "postgresql"
        self._looking = engine.execution_options(isolation_level="AUTOCOMMIT") if on_postgresql else engine

    def step(self) -> int:
        """Move what is due and has a place; how many rows moved."""
        free = {queue: places - self._hands.load(queue) for queue, places in self._queues.items()}
        open_queues = [queue for queue, places in free.items() if places > 0]
        now = clock.now()
        if not open_queues or not self._any(open_queues, now):
            return 0
        moved: list[Task] = []
        with writing(self._engine) as connection:
            for queue in open_queues:
                rows = connection.execute(TAKE, {"queue": queue, "now": now, "places": free[queue]}).all()
                tasks = [Task.of(row) for row in rows]
                for task in tasks:
                    self._hands.hand_over(connection, task)
                moved += tasks
            if moved:
                connection.execute(sa.delete(ITEM).where(ITEM.c.id.in_([task.id for task in moved])))
        if moved:
            self._hands.expect(moved)
        return len(moved)

    def _any(self, queues: list[str], now: datetime) -> bool:
        """A look, several times a second, that locks nothing: the write lock and the row locks are for those who write."""
        with self._looking.connect() as connection:
            return connection.execute(LOOK, {"queues": queues, "now": now}).first() is not None
