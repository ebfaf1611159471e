"""What goes into a plan of assignments and what comes out: plain values, no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Assessor:
    """Somebody who may be given applications.

    `capacity` is all that they can hold at once; `already` is what they hold outside the applications of this plan.
    Somebody who takes nothing more, but has assignments that stay, has a capacity of 0.
    """

    id: str
    capacity: int
    roles: frozenset[str] = frozenset()
    workplace: str = ""
    already: int = 0


@dataclass(frozen=True, slots=True)
class Application:
    """Something to be assessed by `wanted` people, among whom each role of `required_roles` is held so many times.

    One person who holds two of the roles counts for both. `conflicts` are assessors who may never have it (ids that are
    not on the panel are ignored). `existing` are the assessors who have it now: they keep it, unless in conflict.
    """

    id: str
    wanted: int
    required_roles: Mapping[str, int] = field(default_factory=dict)
    conflicts: frozenset[str] = frozenset()
    existing: frozenset[str] = frozenset()
    workplace: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """Something to be said: an English msgid, the values for its places, and a code for filters and tests.

    A value named `role` is the key of a role: whoever shows it puts the role's own name there.
    """

    code: str
    message: str
    values: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assignment:
    """One assessor for one application, and why, the strongest reason first."""

    application: str
    assessor: str
    reasons: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What an application still lacks: `missing` people, of the role `role` where one is named, and why."""

    application: str
    missing: int
    why: Words
    role: str = ""


@dataclass(frozen=True, slots=True)
class Measures:
    """How good the plan is.

    Loads include what assessors held already, over those who can take or hold anything. `groups` counts the connected
    parts of the graph of assessors and applications (those with an assignment): severities can be compared within one
    only. `overlaps` maps how many applications two assessors share to how many pairs of assessors share that many.
    """

    seats: int
    filled: int
    lowest_load: int
    highest_load: int
    groups: int
    own_workplace: int
    overlaps: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done. Nothing is done by making one, so a plan is also its own preview.

    Against the assignments as they are: `added` is new, `kept` stays, `ended` has to stop because a conflict is known
    now. `loads` is every assessor's load under the plan. Whoever shows a plan shows nobody an application with which
    they are in conflict, nor that one was left out: a plan tells who is.
    """

    added: tuple[Assignment, ...]
    kept: tuple[Assignment, ...]
    ended: tuple[Assignment, ...]
    shortfalls: tuple[Shortfall, ...]
    notes: tuple[Words, ...]
    loads: Mapping[str, int]
    measures: Measures
    seed: int

    @property
    def complete(self) -> bool:
        """Whether every application gets all that it asks for."""
        return not self.shortfalls

    def assessors_of(self, application: str) -> tuple[str, ...]:
        """Who would assess `application` under the plan, in order of id."""
        return tuple(sorted(x.assessor for x in (*self.added, *self.kept) if x.application == application))
