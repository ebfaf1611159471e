"""Chains of exchanges: one person joins an application, who leaves it for them joins another, and so on.

A shortest such chain to somebody with room fills one seat more and changes the load of its last person only. This is
the augmenting path of matroid intersection (assessors' capacities on one side, applications' seats on the other): when
there is none, no plan fills more seats. In the same way a chain from a busy person to one with two applications fewer
makes the loads more even, and when there is none, no plan with these seats filled is more even. Both hold where each
application has one pattern (see `seating`); else a chain is checked before it is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.admissions.assign.state import State, bits

Step = tuple[int, int]
"""An application, and who leaves it (-1: nobody, the seat was open)."""


@dataclass(slots=True)
class Closed:
    """The people (bits) from whom a search found no way on: until a chain is made, no other search need ask them."""

    people: int = 0


def _apply(state: State, end: int, came: dict[int, Step]) -> bool:
    """Make all exchanges that lead to `end`; nothing, and False, when some team would no longer fit."""
    done: list[tuple[int, int, int]] = []
    joiner = end
    while joiner in came:
        p, leaver = came[joiner]
        if leaver >= 0:
            state.remove(leaver, p)
        state.add(joiner, p)
        done.append((p, joiner, leaver))
        joiner = leaver
    if all(state.seating[p].plain or state.fits(p) for p, _, _ in done):
        return True
    for p, joined, left in reversed(done):
        state.remove(joined, p)
        if left >= 0:
            state.add(left, p)
    return False


def _search(
    state: State, came: dict[int, Step], seen: int, allowed: Sequence[int], ends: Callable[[int], bool]
) -> tuple[list[int], int]:
    """Everybody for whom `ends` is true and whom a shortest chain from `came` reaches, and everybody reached, as bits.

    Adds to `came` how each was reached; does not look at those in `seen`.
    """
    queue = list(came)
    found = [a for a in queue if ends(a)]
    for a in queue:
        for p in state.leavers(a):
            new = state.takers(p, a) & allowed[p] & ~seen
            seen |= new
            for b in bits(new):
                came[b] = (p, a)
                queue.append(b)
                if ends(b):
                    found.append(b)
    found.sort(key=state.load.__getitem__)
    return found, seen


def fill_seat(state: State, p: int, allowed: Sequence[int], closed: Closed) -> bool:
    """Fill one open seat of application `p` through a chain to the least busy person who has room; whether it could.

    `allowed[p]` are the people that may join `p`.
    """
    start = state.takers(p) & allowed[p] & ~closed.people
    came: dict[int, Step] = dict.fromkeys(sorted(bits(start), key=state.order.__getitem__), (p, -1))
    found, seen = _search(state, came, start | closed.people, allowed, lambda a: state.load[a] < state.capacity[a])
    if any(_apply(state, a, came) for a in found):
        return True
    if not found:
        closed.people = seen
    return False


def relieve(state: State, a: int, allowed: Sequence[int], difference: int, closed: Closed) -> bool:
    """Move one application from `a`, through a chain, to somebody with at least `difference` fewer; whether it could.

    With one `closed`, people must be asked about in order of their loads, the busiest first.
    """
    most = state.load[a] - difference
    if closed.people >> a & 1:
        return False

    def ends(b: int) -> bool:
        return state.load[b] <= most and state.load[b] < state.capacity[b]

    if not any(ends(b) for b in range(len(state.load))):
        return False
    came = {a: (-1, -1)}
    found, seen = _search(state, came, 1 << a | closed.people, allowed, ends)
    del came[a]
    if any(_apply(state, b, came) for b in found):
        return True
    if not found:
        closed.people = seen
    return False
