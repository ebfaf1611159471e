"""The one clock. Instants are aware UTC datetimes; people see Europe/London."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

_frozen: datetime | None = None


def now() -> datetime:
    """The present instant in UTC, as every guard, lease and expiry must read it."""
    return _frozen if _frozen is not None else datetime.now(UTC)


def today() -> date:
    """Today's date in London: what "from" and "to" dates of roles and windows are compared with."""
    return london(now()).date()


def london(instant: datetime) -> datetime:
    """The same instant on a London clock (summer time included)."""
    return instant.astimezone(LONDON)


def from_london(naive: datetime) -> datetime:
    """A wall-clock time typed by a person in the UK, as a UTC instant.

    In the repeated hour of October the first reading is taken; in March's missing hour the time is moved on, as
    `zoneinfo` does.
    """
    return naive.replace(tzinfo=LONDON, fold=0).astimezone(UTC)


@contextmanager
def frozen(instant: datetime) -> Iterator[None]:
    """Hold the clock at `instant` (aware) inside the block: for tests of time in a guard."""
    global _frozen
    before, _frozen = _frozen, instant.astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before
