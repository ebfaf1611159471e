"""Panels and applications to plan for: drawn ones, and large ones that look like a round of Q."""

import random
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import combinations, product

from hypothesis import strategies as st

from core.admissions.assign import Application, Assessor, Plan

ROLES = ("external", "lay", "welsh_reader")
WORKPLACES = ("", "a hospital", "a practice")
Panel = tuple[list[Assessor], list[Application]]


# Made once, because to make and check a way of drawing takes longer than to draw.
_roles = st.sampled_from(ROLES)
_workplaces = st.sampled_from(WORKPLACES)
_required = st.dictionaries(_roles, st.integers(0, 2), max_size=3)
_held = [st.sets(_roles, max_size=most) for most in range(len(ROLES) + 1)]


@cache
def _people(count: int) -> st.SearchStrategy[set[str]]:
    """Some of a panel of so many."""
    return st.sets(st.sampled_from([f"a{i}" for i in range(count)])) if count else st.just(set())


@st.composite
def panels(
    draw: st.DrawFn,
    *,
    people: int = 8,
    applications: int = 8,
    seats: int = 4,
    most_roles: int = 3,
    existing: bool = True,
) -> Panel:
    """A small panel and its applications; `most_roles` is how many roles one person may hold."""
    count = draw(st.integers(0, people))
    some = _people(count)
    assessors = [
        Assessor(
            id=f"a{i}",
            capacity=draw(st.integers(0, 5)),
            roles=frozenset(draw(_held[most_roles])),
            workplace=draw(_workplaces),
            already=draw(st.integers(0, 2)),
        )
        for i in range(count)
    ]
    found = [
        Application(
            id=f"p{i}",
            wanted=draw(st.integers(0, seats)),
            required_roles=draw(_required),
            conflicts=frozenset(draw(some)),
            existing=frozenset(draw(some)) if existing and draw(st.booleans()) else frozenset(),
            workplace=draw(_workplaces),
        )
        for i in range(draw(st.integers(0, applications)))
    ]
    return assessors, found


def round_of_q(
    people: int = 60, applications: int = 500, wanted: int = 3, capacity: int = 30, *, roles: bool = True, seed: int = 1
) -> Panel:
    """A large round: a quarter of the panel is lay, some read Welsh, one in twenty is in conflict, twenty workplaces."""
    draw = random.Random(seed)
    shares = (("lay", 0.25), ("external", 0.4), ("welsh_reader", 0.15))
    assessors = [
        Assessor(
            id=f"a{i:03}",
            capacity=capacity,
            roles=frozenset(role for role, share in shares if draw.random() < share),
            workplace=f"w{draw.randrange(20)}",
        )
        for i in range(people)
    ]
    found = []
    for i in range(applications):
        required = {"lay": 1, "welsh_reader": 1} if draw.random() < 0.15 else {"lay": 1}
        conflicts = frozenset(a.id for a in assessors if draw.random() < 0.05)
        found.append(
            Application(f"p{i:04}", wanted, required if roles else {}, conflicts, workplace=f"w{draw.randrange(20)}")
        )
    return assessors, found


def pairs(plan: Plan) -> list[tuple[str, str]]:
    """All (application, assessor) under the plan."""
    return [(x.application, x.assessor) for x in (*plan.added, *plan.kept)]


def parts(assigned: Iterable[tuple[str, str]]) -> int:
    """How many connected parts the graph of these assignments has."""
    root: dict[tuple[str, str], tuple[str, str]] = {}

    def find(node: tuple[str, str]) -> tuple[str, str]:
        while root.setdefault(node, node) != node:
            node = root[node]
        return node

    for application, assessor in assigned:
        root[find(("application", application))] = find(("assessor", assessor))
    return len({find(node) for node in list(root)})


def teams(assessors: Sequence[Assessor], application: Application) -> list[tuple[Assessor, ...]]:
    """All complete teams that `application` could have, by trying every one."""
    may = [a for a in assessors if a.id not in application.conflicts]
    stay = application.existing - application.conflicts
    return [
        team
        for team in combinations(may, max(application.wanted, len(stay)))
        if stay <= {a.id for a in team}
        and all(sum(role in a.roles for a in team) >= n for role, n in application.required_roles.items())
    ]


def all_plans(assessors: Sequence[Assessor], applications: Sequence[Application]) -> list[list[tuple[str, str]]]:
    """Every complete plan that keeps to the capacities (of people without assignments that stay over them)."""
    found = []
    for choice in product(*(teams(assessors, application) for application in applications)):
        assigned = [(p.id, a.id) for p, team in zip(applications, choice, strict=True) for a in team]
        load = {a.id: a.already for a in assessors}
        stays = {a.id: a.already + sum(a.id in p.existing - p.conflicts for p in applications) for a in assessors}
        for _, a in assigned:
            load[a] += 1
        if all(load[a.id] <= max(a.capacity, stays[a.id]) for a in assessors):
            found.append(assigned)
    return found


class Pipes:
    """A network of pipes from "source" to "sink"."""

    def __init__(self) -> None:
        self.room: dict[tuple[object, object], int] = {}
        self.near: dict[object, set[object]] = {}

    def lay(self, begin: object, end: object, size: int) -> None:
        """A pipe of that size."""
        self.room[begin, end] = size
        self.room.setdefault((end, begin), 0)
        self.near.setdefault(begin, set()).add(end)
        self.near.setdefault(end, set()).add(begin)

    def more(self) -> bool:
        """Send one unit more through; whether it found a way."""
        came: dict[object, object] = {"source": "source"}
        queue: list[object] = ["source"]
        for node in queue:
            for other in self.near.get(node, ()):
                if other not in came and self.room[node, other] > 0:
                    came[other] = node
                    queue.append(other)
        end: object = "sink" if "sink" in came else "source"
        while end != "source":
            self.room[came[end], end] -= 1
            self.room[end, came[end]] += 1
            end = came[end]
        return "sink" in came


def most_seats(assessors: Sequence[Assessor], applications: Sequence[Application]) -> int:
    """How many seats can be filled at most where nobody holds two roles: a plain maximum flow, one unit at a time.

    From each person, through each application that they may have (once), to its seats for their role or for anybody.
    """
    pipes = Pipes()
    for a in assessors:
        pipes.lay("source", ("person", a.id), a.capacity - a.already)
    for p in applications:
        for needed, count in p.required_roles.items():
            pipes.lay(("seat", p.id, needed), "sink", count)
        pipes.lay(("seat", p.id, None), "sink", p.wanted - sum(p.required_roles.values()))
        for a in assessors:
            if a.id not in p.conflicts:
                pipes.lay(("person", a.id), ("pair", a.id, p.id), 1)
                for role in (None, *(a.roles & set(p.required_roles))):
                    pipes.lay(("pair", a.id, p.id), ("seat", p.id, role), 1)
    flow = 0
    while pipes.more():
        flow += 1
    return flow
