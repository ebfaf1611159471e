"""The plan while it is made: who is on what, in small integers and bit masks, and the few steps that change it."""

import random
from collections.abc import Iterator, Sequence

from core.admissions.assign.model import Application, Assessor
from core.admissions.assign.seating import Seating, seating


def bits(mask: int) -> Iterator[int]:
    """The positions of the bits of `mask`, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def check(assessors: Sequence[Assessor], applications: Sequence[Application]) -> None:
    """Raise ValueError for what cannot be planned: ids twice, negative numbers, assignments of people not on the list."""
    known = {assessor.id for assessor in assessors}
    if len(known) < len(assessors) or len({application.id for application in applications}) < len(applications):
        raise ValueError("an assessor or an application is there twice")
    for assessor in assessors:
        if assessor.capacity < 0 or assessor.already < 0:
            raise ValueError(f"a negative number for assessor {assessor.id}")
    for application in applications:
        if application.wanted < 0 or any(count < 0 for count in application.required_roles.values()):
            raise ValueError(f"a negative number for application {application.id}")
        if unknown := application.existing - known:
            raise ValueError(f"{application.id} is assigned to somebody not on the list: {min(unknown)}")


class State:
    """Assessors `a` and applications `p` by index, in order of id, so that the order of the input changes nothing.

    `team[p]` and `held[a]` are the assignments from both sides, `mask[p]` the team as bits, `fixed[p]` those that stay.
    `co[a][b]` is how many applications two people share. `eligible[p]` are those without a conflict, `outside[p]`
    those of them who work elsewhere than the applicant. `order` is each assessor's place in the draw for equal choices.
    """

    def __init__(self, assessors: Sequence[Assessor], applications: Sequence[Application], seed: int) -> None:
        check(assessors, applications)
        self.assessors = sorted(assessors, key=lambda assessor: assessor.id)
        self.applications = sorted(applications, key=lambda application: application.id)
        self.random = random.Random(seed)
        n, m = len(assessors), len(applications)
        self.order = self.random.sample(range(n), n)
        self.capacity = [assessor.capacity for assessor in self.assessors]
        self.load = [assessor.already for assessor in self.assessors]
        self.held: list[set[int]] = [set() for _ in range(n)]
        self.co = [[0] * n for _ in range(n)]
        self.team: list[list[int]] = [[] for _ in range(m)]
        self.mask = [0] * m
        self.fixed = [0] * m
        self.index = {assessor.id: a for a, assessor in enumerate(self.assessors)}
        self.roles: dict[str, int] = {}
        self.at: dict[str, int] = {}
        for a, assessor in enumerate(self.assessors):
            self.at[assessor.workplace] = self.at.get(assessor.workplace, 0) | 1 << a
            for role in sorted(assessor.roles):
                self.roles[role] = self.roles.get(role, 0) | 1 << a
        self.eligible = [self._among(application) for application in self.applications]
        self.outside = [
            mask & ~(self.at.get(application.workplace, 0) if application.workplace else 0)
            for mask, application in zip(self.eligible, self.applications, strict=True)
        ]
        self.profile: list[list[int]] = []
        self.groups: list[list[tuple[int, int]]] = []
        self.counts: list[tuple[int, ...]] = []
        self.seating: list[Seating] = []
        self._prepare()
        for p, application in enumerate(self.applications):
            for assessor_id in sorted(application.existing - application.conflicts):
                self.add(self.index[assessor_id], p)
            self.fixed[p] = self.mask[p]

    def _among(self, application: Application) -> int:
        everybody = (1 << len(self.assessors)) - 1
        return everybody & ~sum(1 << self.index[i] for i in application.conflicts if i in self.index)

    def _prepare(self) -> None:
        """Profiles and seatings; applications that ask for the same of the same people share theirs."""
        profiles: dict[tuple[str, ...], tuple[list[int], list[tuple[int, int]]]] = {}
        shared: dict[object, Seating] = {}
        for p, application in enumerate(self.applications):
            required = {role: count for role, count in sorted(application.required_roles.items()) if count}
            names = tuple(required)
            if names not in profiles:
                each = [sum(1 << i for i, role in enumerate(names) if role in x.roles) for x in self.assessors]
                masks: dict[int, int] = {}
                for a, profile in enumerate(each):
                    masks[profile] = masks.get(profile, 0) | 1 << a
                profiles[names] = each, sorted(masks.items())
            each, groups = profiles[names]
            self.profile.append(each)
            self.groups.append(groups)
            self.counts.append(tuple(required.values()))
            stay = application.existing - application.conflicts
            present = tuple(sorted(each[self.index[i]] for i in stay))
            have = tuple(profile for profile, mask in groups if mask & self.eligible[p])
            key = (application.wanted, tuple(required.items()), have, present)
            if key not in shared:
                shared[key] = seating(application.wanted, tuple(required.values()), have, present)
            self.seating.append(shared[key])

    def missing(self) -> int:
        """How many seats are open, over all applications."""
        return sum(s.wanted - len(team) for s, team in zip(self.seating, self.team, strict=True))

    def add(self, a: int, p: int) -> None:
        """Put assessor `a` on application `p`."""
        for other in self.team[p]:
            self.co[a][other] += 1
            self.co[other][a] += 1
        self.team[p].append(a)
        self.mask[p] |= 1 << a
        self.held[a].add(p)
        self.load[a] += 1

    def remove(self, a: int, p: int) -> None:
        """Take assessor `a` off application `p`."""
        self.team[p].remove(a)
        self.mask[p] &= ~(1 << a)
        self.held[a].discard(p)
        self.load[a] -= 1
        for other in self.team[p]:
            self.co[a][other] -= 1
            self.co[other][a] -= 1

    def clear(self) -> None:
        """Take everybody off who does not stay anyway."""
        for p, team in enumerate(self.team):
            for a in list(team):
                if not self.fixed[p] >> a & 1:
                    self.remove(a, p)

    def lacking(self, p: int) -> int:
        """The roles (bits, as in profiles) that application `p` still has too few people of."""
        if self.seating[p].plain:
            return 0
        profile, team = self.profile[p], self.team[p]
        return sum(1 << i for i, count in enumerate(self.counts[p]) if sum(profile[a] >> i & 1 for a in team) < count)

    def fits(self, p: int) -> bool:
        """Whether the team of `p` keeps to its seats and leaves free those that roles need."""
        profile = self.profile[p]
        return self.seating[p].fits([profile[a] for a in self.team[p]])

    def takers(self, p: int, leaver: int | None = None) -> int:
        """Who could join application `p`, in place of `leaver` where one is given; capacity is not looked at."""
        seats = self.seating[p]
        free = self.eligible[p] & ~self.mask[p]
        if seats.plain:
            return free if leaver is not None or len(self.team[p]) < seats.wanted else 0
        profile = self.profile[p]
        stay = tuple(sorted([profile[a] for a in self.team[p] if a != leaver]))
        known = seats.joiners.get(stay)
        if known is None:
            known = sum(mask for held, mask in self.groups[p] if seats.fits((*stay, held)))
            seats.joiners[stay] = known
        return free & known

    def may(self, p: int) -> int:
        """Those without a conflict for application `p` who take anything at all."""
        return self.eligible[p] & sum(1 << a for a, most in enumerate(self.capacity) if most)

    def leavers(self, a: int) -> list[int]:
        """The applications that assessor `a` could give away, in order."""
        return sorted(p for p in self.held[a] if not self.fixed[p] >> a & 1)

    def snapshot(self) -> list[list[int]]:
        """The teams as they are, for `restore`."""
        return [list(team) for team in self.team]

    def restore(self, teams: list[list[int]]) -> None:
        """Go back to a snapshot."""
        self.clear()
        for p, team in enumerate(teams):
            for a in team:
                if not self.mask[p] >> a & 1:
                    self.add(a, p)
