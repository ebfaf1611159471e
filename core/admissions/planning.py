"""What a plan of assignments is made from, how it is kept, and what of it somebody gets to see."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from core.admissions.assign import Application, Assessor, Plan

FORMAT = 1
"""Of a kept plan: whoever changes it tells old plans by it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a plan is made from: the panel, and the applications of one window."""

    assessors: tuple[Assessor, ...]
    applications: tuple[Application, ...]

    @property
    def basis(self) -> str:
        """The SHA-256 (hex) of all of it: it moves with every change that the plan could depend on."""
        everything = {
            "assessors": [_plain(asdict(one)) for one in sorted(self.assessors, key=lambda one: one.id)],
            "applications": [_plain(asdict(one)) for one in sorted(self.applications, key=lambda one: one.id)],
        }
        text = json.dumps(everything, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: sorted(value) if isinstance(value, frozenset) else value for key, value in values.items()}


def kept(plan: Plan, facts: Facts) -> dict[str, Any]:
    """A plan as JSON, with what its pages compare it with: each assessor's capacity, how many each application wants."""
    return {
        "format": FORMAT,
        "added": [
            {"application": one.application, "assessor": one.assessor, "reasons": [asdict(why) for why in one.reasons]}
            for one in plan.added
        ],
        "kept": [{"application": one.application, "assessor": one.assessor} for one in plan.kept],
        "shortfalls": [
            {"application": one.application, "missing": one.missing, "role": one.role, "why": asdict(one.why)}
            for one in plan.shortfalls
        ],
        "capacity": {one.id: one.capacity for one in facts.assessors},
        "wanted": {one.id: one.wanted for one in facts.applications},
    }


@dataclass(frozen=True, slots=True)
class Pair:
    """One assessor for one application. `reasons` are {code, message, values}; `stays` tells that it was so before."""

    application: str
    assessor: str
    reasons: tuple[Mapping[str, Any], ...]
    stays: bool


@dataclass(frozen=True, slots=True)
class Lack:
    """What an application would still lack."""

    application: str
    missing: int
    role: str
    why: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """A plan as somebody sees it. Every figure is counted over what they see: not one of them tells that something was
    left out. `overlaps` maps how many applications two assessors share to how many pairs share that many; `groups` counts
    the connected parts of the graph of assessors and applications."""

    pairs: tuple[Pair, ...]
    lacks: tuple[Lack, ...]
    loads: Mapping[str, int]
    capacity: Mapping[str, int]
    seats: int
    filled: int
    groups: int
    overlaps: Mapping[int, int]
    own_workplace: int

    @property
    def added(self) -> int:
        """How many assignments applying the plan makes, as far as one sees."""
        return sum(not pair.stays for pair in self.pairs)


def seen(plan: Mapping[str, Any], visible: Collection[str]) -> Seen:
    """What whoever may see the applications `visible` sees of a kept plan."""
    may = frozenset(visible)
    pairs = tuple(
        Pair(one["application"], one["assessor"], tuple(one.get("reasons", ())), stays)
        for part, stays in (("kept", True), ("added", False))
        for one in plan[part]
        if one["application"] in may
    )
    lacks = tuple(
        Lack(one["application"], one["missing"], one["role"], one["why"])
        for one in plan["shortfalls"]
        if one["application"] in may
    )
    teams: dict[str, set[str]] = {}
    for pair in pairs:
        teams.setdefault(pair.application, set()).add(pair.assessor)
    held = Counter(assessor for team in teams.values() for assessor in team)
    loads = {assessor: held[assessor] for assessor, most in plan["capacity"].items() if held[assessor] or most}
    shared = Counter(pair for team in teams.values() for pair in combinations(sorted(team), 2))
    overlaps = Counter(shared.values())
    overlaps[0] = len(loads) * (len(loads) - 1) // 2 - len(shared)
    return Seen(
        pairs=pairs,
        lacks=lacks,
        loads=loads,
        capacity={assessor: plan["capacity"][assessor] for assessor in loads},
        seats=sum(wanted for application, wanted in plan["wanted"].items() if application in may),
        filled=len(pairs),
        groups=_groups(teams.values()),
        overlaps={count: number for count, number in sorted(overlaps.items()) if number},
        own_workplace=sum(any(why["code"] == "own_workplace" for why in pair.reasons) for pair in pairs),
    )


def _groups(teams: Iterable[set[str]]) -> int:
    """How many groups of assessors share no application with another group."""
    parts: list[set[str]] = []
    for team in teams:
        touched = [part for part in parts if part & team]
        parts = [part for part in parts if not part & team]
        parts.append(set().union(team, *touched))
    return len(parts)
