"""Counting the SQL statements of a piece of work."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from core.work.models import HookFailure

# What belongs to the transaction and not to the work: its ends, and telling the database whose it is.
OVERHEAD = re.compile(
    r"\s*(begin|commit|rollback|savepoint|release|pragma|select set_config|select pg_catalog)", re.IGNORECASE
)
NOT_THE_PAGES = f"INSERT INTO {HookFailure.__tablename__} "
"""What a hook that was slow on a busy machine leaves behind is written at the end of a later request, of whatever page."""


@dataclass
class Statements:
    """The statements seen; `len()` counts those that do work."""

    all: list[str] = field(default_factory=list)

    @property
    def work(self) -> list[str]:
        """The statements without transaction control."""
        return [one for one in self.all if not OVERHEAD.match(one) and NOT_THE_PAGES not in one]

    @property
    def text(self) -> str:
        """The statements that do work, one per line, for a failure's message."""
        return "\n".join(" ".join(statement.split()) for statement in self.work)

    def __len__(self) -> int:
        return len(self.work)


Counter = Callable[[], AbstractContextManager[Statements]]


@contextmanager
def counted() -> Iterator[Statements]:
    """Collect every statement that any engine of this process sends inside the block."""
    seen = Statements()

    def note(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        seen.all.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
