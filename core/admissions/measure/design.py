"""Who marked what as a graph: which assessors are joined by applications they share, and so can be compared at all.

Two assessors are linked when a chain of applications joins them. Across parts of the graph that nothing joins, a
difference of marks may be one of assessors or one of applications, and no method can tell which.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from core.admissions.measure.results import Mark, given


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the design that holds together. Names are sorted."""

    assessors: tuple[str, ...]
    applications: tuple[str, ...]
    marks: int

    @property
    def comparable(self) -> bool:
        """Whether there is anybody to compare an assessor of this part with."""
        return len(self.assessors) > 1


@dataclass(frozen=True, slots=True)
class Design:
    """The parts of a design, the largest (by marks) first."""

    components: tuple[Component, ...]
    of_assessor: dict[str, int]
    """Assessor → place of their component in `components`."""

    @property
    def connected(self) -> bool:
        """Whether everybody can be compared with everybody."""
        return len(self.components) <= 1

    def comparable(self, assessors: Iterable[str]) -> bool:
        """Whether all of these are in one component. Raises KeyError for somebody who scored nothing."""
        return len({self.of_assessor[name] for name in assessors}) <= 1


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Groups of assessors (partners, say) that marked nothing in common with each other, not even by a chain."""

    groups: tuple[str, ...]


def design(marks: Iterable[Mark]) -> Design:
    """The connected components of assessors and applications. "Not able to score" links nothing."""
    return design_of(given(marks))


def design_of(table: dict[str, dict[str, float]]) -> Design:
    """`design` of marks that `results.given` has already put in order."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for scores in table.values():
        first, *others = scores
        leader.setdefault(first, first)
        for other in others:
            leader.setdefault(other, other)
            leader[find(other)] = find(first)
    assessors: dict[str, list[str]] = defaultdict(list)
    applications: dict[str, list[str]] = defaultdict(list)
    marks: dict[str, int] = defaultdict(int)
    for name in sorted(leader):
        assessors[find(name)].append(name)
    for application, scores in table.items():
        root = find(next(iter(scores)))
        applications[root].append(application)
        marks[root] += len(scores)
    found = [Component(tuple(assessors[root]), tuple(applications[root]), marks[root]) for root in assessors]
    found.sort(key=lambda part: (-part.marks, part.assessors))
    places = {name: place for place, part in enumerate(found) for name in part.assessors}
    return Design(tuple(found), places)


def unlinked(found: Design, groups: Mapping[str, Collection[str]]) -> list[Unlinked]:
    """Which groups of assessors cannot be compared: sets of groups that share components, when there are two or more.

    `groups` names a partner's assessors, for example; one who scored nothing is passed over. An empty list means that
    every group is linked with every other; otherwise each entry is an island, sorted by its first name.
    """
    islands: list[tuple[set[int], list[str]]] = []
    for name in sorted(groups):
        parts = {found.of_assessor[person] for person in groups[name] if person in found.of_assessor}
        if not parts:
            continue
        touching = [island for island in islands if island[0] & parts]
        islands = [island for island in islands if not island[0] & parts]
        names = [member for island in touching for member in island[1]]
        islands.append((parts.union(*(island[0] for island in touching)), [*names, name]))
    if len(islands) < 2:
        return []
    return sorted((Unlinked(tuple(sorted(names))) for _, names in islands), key=lambda island: island.groups)
