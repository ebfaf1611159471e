"""Which jobs and schedules there are. Declared with `@job` and `@every` where they live, known to web and worker alike."""

import random
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from inspect import signature
from types import MappingProxyType
from typing import Any

from core.data.session import ScopedSession

QUEUES: Mapping[str, int] = MappingProxyType({"default": 8, "mail": 3})
"""How many jobs of each queue run at once in one worker. Mail has its own, so that a slow mail server delays mail alone."""
LONGEST_PAUSE = 3600.0
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")

Handler = Callable[..., None]
Needed = Callable[[ScopedSession], bool]


class UnknownJob(LookupError):
    """No job of that name is declared in this process."""


class GiveUp(Exception):
    """Raised by a handler: trying again cannot help. The job is recorded as failed at once."""


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of job. `platform`, where given, is the reason for which it runs across tenants instead of in one; `title` (a message)
    says to people what it does."""

    name: str
    handler: Handler
    queue: str
    tries: int
    base: float
    platform: str | None
    title: str = ""

    @property
    def owner(self) -> str:
        """The plugin it belongs to, or `core`."""
        return self.name.partition(".")[0]

    def strange(self, args: Collection[str]) -> set[str]:
        """Those names among `args` that the handler does not take: code of another release gave them, or nobody looked."""
        _, *taken = signature(self.handler).parameters.values()  # the first is the session
        takes_all = any(one.kind is one.VAR_KEYWORD for one in taken)
        return set() if takes_all else set(args).difference(one.name for one in taken)

    def pause(self, attempt: int) -> float:
        """Seconds to wait after the failed try number `attempt`: doubled each time, up to an hour, spread by a fifth."""
        return float(min(LONGEST_PAUSE, self.base * 2 ** min(attempt - 1, 20)) * random.uniform(1, 1.2))


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a job comes round by itself. `once` says that one run serves the whole platform; `needed`, where given, whether a
    tenant has anything for it to do."""

    name: str
    cron: str
    once: bool
    needed: Needed | None = None


JOBS: dict[str, Job] = {}
SCHEDULES: dict[str, Schedule] = {}


def find(name: str) -> Job:
    """The job of that name. Raises UnknownJob."""
    try:
        return JOBS[name]
    except KeyError:
        raise UnknownJob(f"no job is called {name!r}; declare it with @job") from None


def _add(declared: Job) -> None:
    if not _NAME.fullmatch(declared.name) or len(declared.name) > 80:
        raise ValueError(f"{declared.name!r} is no name for a job: it must look like plugin.what_it_does")
    if declared.queue not in QUEUES:
        raise ValueError(f"there is no queue {declared.queue!r}; there are {', '.join(QUEUES)}")
    if declared.tries < 1:
        raise ValueError("a job needs at least one try")
    other = JOBS.get(declared.name)
    if other is not None and _origin(other.handler) != _origin(declared.handler):
        raise ValueError(
            f"two jobs are called {declared.name!r}: {_origin(other.handler)}, {_origin(declared.handler)}"
        )
    JOBS[declared.name] = declared


def _origin(handler: Handler) -> str:
    return f"{handler.__module__}.{handler.__qualname__}"


def job(
    name: str, *, title: str = "", queue: str = "default", tries: int = 6, base: float = 0.5, platform: str | None = None
) -> Callable[[Handler], Handler]:  # fmt: skip
    """Declare a job: `def handler(session, **args)`, run in the tenant it was asked for in, at least once.

    The handler opens its own `transaction(session)`, and must bear being run twice: a worker may die after the
    transaction and before the engine has noted it. After an exception it is tried again, `tries` times in all, `base`
    seconds later and then twice as long each time. `title` (a message) says in the console what it does: a plugin's
    need one. `platform` gives the reason for a job that needs every tenant's
    rows. Raises ValueError for a name already taken, an unknown queue or no tries.
    """

    def declare(handler: Handler) -> Handler:
        _add(Job(name, handler, queue, tries, base, platform, title))
        return handler

    return declare


def every(
    cron: str,
    *,
    name: str,
    title: str = "",
    once: bool = False,
    platform: str | None = None,
    needed: Needed | None = None,
    queue: str = "default",
    tries: int = 6,
    base: float = 0.5,
) -> Callable[[Handler], Handler]:
    """Declare a job that comes round by itself: `def handler(session, at)`, where `at` is the slot (aware UTC; `_at` where it does not matter).

    `cron` has five fields (or six with seconds in front) and is read on a London clock, so that "0 8 * * *" is eight in
    the morning all year; keep daily jobs out of 01:00 to 02:00, which happens twice in October. Each slot is given out
    once, however many workers there are; of those missed while no worker ran, the last is made up for. It runs for
    every tenant where its plugin is on; with `once` one time only, at the UK site; with `platform` (the reason) one
    time across all tenants. What comes round often and mostly finds nothing says so with `needed(session)`, a question or two
    in a tenant's session: a slot is passed over where it answers False. Raises ValueError as `job` does, for a wrong number
    of fields, and for `needed` together with `platform`.
    """
    if needed is not None and platform is not None:
        raise ValueError("what runs across all tenants cannot ask one of them whether it is needed")
    if len(cron.split()) not in {5, 6}:
        raise ValueError(f"{cron!r} must have five fields, or six with seconds in front")

    def declare(handler: Handler) -> Handler:
        def run(session: ScopedSession, at: str) -> None:
            handler(session, datetime.fromisoformat(at))

        run.__module__, run.__qualname__ = handler.__module__, handler.__qualname__
        _add(Job(name, run, queue, tries, base, platform, title))
        SCHEDULES[name] = Schedule(name, cron, once or platform is not None, needed)
        return handler

    return declare


def as_json(args: Mapping[str, Any]) -> dict[str, Any]:
    """`args` if it is plain JSON as it stands. Raises TypeError naming what is not: rows, dates and sets stay outside."""
    for key, value in args.items():
        if not _plain(value):
            raise TypeError(f"the argument {key!r} is not plain JSON: {type(value).__name__}")
    return dict(args)


def _plain(value: Any) -> bool:
    if value is None or isinstance(value, bool | int | str):
        return True
    if isinstance(value, float):
        return value == value and abs(value) != float("inf")
    if isinstance(value, list):
        return all(_plain(item) for item in value)
    return isinstance(value, dict) and all(isinstance(k, str) and _plain(v) for k, v in value.items())
