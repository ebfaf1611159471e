"""The one registry: every room of the core says here what it holds about a person. Plugins say it through their hooks.

A test over the metadata fails on a shared table with a column of a person's that no part names.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from core.data.session import ScopedSession

Export = Callable[[ScopedSession, str], Iterable[tuple[str, Any]]]
"""`(session, account id)` to (heading msgid, JSON value) pairs; nothing where nothing is held."""
Erase = Callable[[ScopedSession, str], int]
"""`(session, account id)`: take the person out, in the caller's transaction; how many rows that concerned."""

About = Callable[[Any], Sequence[sa.Select[Any]]]
"""`(account id, or the parameter that stands for one)` to statements that give a row each where something of the part at the
session's site is about that person."""

Files = Callable[[ScopedSession, str], Iterable[tuple[str, bytes]]]
"""`(session, account id)` to (name, content) of files, one after the other."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one part of the core holds. `per_tenant` parts are asked in a session of every tenant, others once.

    `about`, of parts that are `per_tenant`, tells cheaply whether a site holds anything: most hold nothing, and are not asked
    for their rows then. It may say so too often, and never too seldom: what hangs on a row that it finds need not be named.
    `erase` None: nothing of it can be erased, `stays` (msgid) says why. Where `erase` leaves something, `stays` says what.
    `files`, of parts that are `per_tenant`, are what the person gave as files.
    """

    name: str
    tables: tuple[str, ...]
    export: Export
    erase: Erase | None = None
    stays: str = ""
    per_tenant: bool = False
    about: About | None = None
    files: Files | None = None


_PARTS: dict[str, Part] = {}
PARTS: Mapping[str, Part] = MappingProxyType(_PARTS)
"""Every part by name, in the order they are exported; erasing goes the other way, the account last."""

_KEPT: dict[str, timedelta] = {}
KEPT: Mapping[str, timedelta] = MappingProxyType(_KEPT)
"""For how long other rooms keep what is not kept as long as there is an account, by name: the page about privacy says it."""


def keeps(name: str, time: timedelta) -> None:
    """Tell for how long something of a person's is kept, at import."""
    _KEPT[name] = time


def contribute(part: Part) -> Part:
    """Add a part, at import. Raises ValueError for a name that is taken by another one."""
    if part.name in _PARTS and _PARTS[part.name].tables != part.tables:
        raise ValueError(f"two parts of a person's data are called {part.name}")
    _PARTS[part.name] = part
    return part
