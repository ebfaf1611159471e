"""Making the graph of assessors and applications hang together, without which severities cannot be compared."""

from core.admissions.assign.overlap import can_take, swap, swap_cost
from core.admissions.assign.state import State, bits

LOOKED_AT = 4000
"""So many possible changes are compared for each link."""

Edge = tuple[int, int]


def components(state: State) -> list[int]:
    """The component of each application, by a number; applications that nobody has are -1."""
    part = [-1] * len(state.team)
    number = 0
    for start, team in enumerate(state.team):
        if part[start] >= 0 or not team:
            continue
        part[start] = number
        queue = [start]
        seen: set[int] = set()
        for p in queue:
            for a in state.team[p]:
                if a not in seen:
                    seen.add(a)
                    for q in sorted(state.held[a]):
                        if part[q] < 0:
                            part[q] = number
                            queue.append(q)
        number += 1
    return part


def groups(state: State) -> int:
    """How many connected parts there are, counting only who and what has an assignment."""
    return max(components(state), default=-1) + 1


def loose(state: State) -> list[Edge]:
    """The assignments (assessor, application) that lie on a circle: without one of them, all stays as connected."""
    n = len(state.held)
    near: list[list[int]] = [sorted(n + p for p in held) for held in state.held] + [sorted(team) for team in state.team]
    depth = [-1] * len(near)
    low = [0] * len(near)
    bridges: set[Edge] = set()
    for root in range(n):
        if depth[root] >= 0:
            continue
        depth[root] = low[root] = 0
        stack = [(root, -1, iter(near[root]))]
        while stack:
            node, parent, rest = stack[-1]
            for other in rest:
                if depth[other] < 0:
                    depth[other] = low[other] = depth[node] + 1
                    stack.append((other, node, iter(near[other])))
                    break
                if other != parent:
                    low[node] = min(low[node], depth[other])
            else:
                stack.pop()
                if parent >= 0:
                    low[parent] = min(low[parent], low[node])
                    if low[node] > depth[parent]:
                        bridges.add((min(node, parent), max(node, parent) - n))
    return [(a, p) for a in range(n) for p in state.leavers(a) if (a, p) not in bridges]


def _link_by_swap(state: State, part: list[int], free: list[Edge]) -> bool:
    """Let two people of different parts change places, one of them off a circle: the parts become one, loads stay."""
    best, most, looked = None, 0, 0
    everything = [(a, p) for a in range(len(state.held)) for p in state.leavers(a)]
    for a, p in free:
        joiners = state.takers(p, a)
        for b, q in everything:
            if part[q] != part[p] and joiners >> b & 1 and can_take(state, q, b, a):
                looked += 1
                cost = swap_cost(state, p, a, q, b)
                if best is None or cost < most:
                    best, most = (p, a, q, b), cost
        if looked > LOOKED_AT:
            break
    if best is not None:
        swap(state, *best)
    return best is not None


def _link_by_move(state: State, part: list[int], free: list[Edge]) -> bool:
    """Give one place on a circle to somebody of another part who has room, at the least harm to even loads."""
    home = [next((part[p] for p in held), -1) for held in state.held]
    best = None
    for a, p in free:
        for b in bits(state.takers(p, a)):
            if home[b] not in (-1, part[p]) and state.load[b] < state.capacity[b]:
                harm = (state.load[b] - state.load[a], not state.outside[p] >> b & 1, p, a, b)
                if best is None or harm < best:
                    best = harm
    if best is not None:
        _, _, p, a, b = best
        state.remove(a, p)
        state.add(b, p)
    return best is not None


def connect(state: State) -> set[Edge]:
    """Join the connected parts as far as exchanges can. Returns the assignments (assessor, application) made for it."""
    before = {(a, p) for p, team in enumerate(state.team) for a in team}
    while True:
        part = components(state)
        if max(part, default=-1) < 1:
            break
        free = loose(state)
        if not (_link_by_swap(state, part, free) or _link_by_move(state, part, free)):
            break
    return {(a, p) for p, team in enumerate(state.team) for a in team} - before
