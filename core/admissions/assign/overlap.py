"""Who assesses together with whom: every pair of assessors should share about as many applications as any other."""

from collections.abc import Callable
from math import comb

from core.admissions.assign.state import State, bits

AWAY = 1000
"""An own workplace avoided is worth more than any evenness of pairs, as loads stay as they are."""
PARTNERS = 8
"""So many of the best newcomers are looked at for each seat."""
PATIENCE = 3
"""After so many rounds over all applications without a gain, the search ends."""

Tell = Callable[[float], None]


def repeats(state: State) -> int:
    """The sum over pairs of assessors of n(n-1)/2, where they share n applications: lowest when shared evenly."""
    return sum(n * (n - 1) for row in state.co for n in row) // 4


def fewest_repeats(state: State) -> int:
    """Less than this the teams' sizes do not allow, whoever is on them."""
    pairs = comb(sum(1 for held in state.held if held), 2)
    each, more = divmod(sum(comb(len(team), 2) for team in state.team), max(1, pairs))
    return more * comb(each + 1, 2) + (pairs - more) * comb(each, 2)


def join_cost(state: State, p: int, leaver: int, joiner: int) -> int:
    """How much worse (or, below 0, better) application `p` is with `joiner` in place of `leaver`."""
    out, into = state.co[leaver], state.co[joiner]
    cost = 0
    for other in state.team[p]:  # a loop, because a sum over so few takes twice as long
        if other != leaver:
            cost += into[other] - out[other] + 1
    outside = state.outside[p]
    return cost + AWAY * ((outside >> leaver & 1) - (outside >> joiner & 1))


def swap_cost(state: State, p: int, a: int, q: int, b: int) -> int:
    """How much worse it is when `a` of application `p` and `b` of `q` change places."""
    # Somebody on both is counted as won and as lost, once with each of the two.
    both = (state.mask[p] & state.mask[q]).bit_count()
    return join_cost(state, p, a, b) + join_cost(state, q, b, a) - 2 * both


def can_take(state: State, q: int, leaver: int, joiner: int) -> bool:
    """Whether `joiner` may be on application `q` in place of `leaver`."""
    if state.seating[q].plain:
        return bool((state.eligible[q] & ~state.mask[q]) >> joiner & 1)
    return bool(state.takers(q, leaver) >> joiner & 1)


def swap(state: State, p: int, a: int, q: int, b: int) -> None:
    """Let `a` of application `p` and `b` of `q` change places."""
    state.remove(a, p)
    state.remove(b, q)
    state.add(b, p)
    state.add(a, q)


def _better(state: State, p: int, a: int) -> int | None:
    """Make the best change found that takes `a` off `p` and leaves all loads as even; its cost, None when there is none.

    A change that costs nothing is made too: it lets the search walk on.
    """
    joiners = sorted((join_cost(state, p, a, b), state.random.random(), b) for b in bits(state.takers(p, a)))
    best, most = None, 1
    for cost, _, b in joiners[:PARTNERS]:
        if state.load[b] == state.load[a] - 1 and state.load[b] < state.capacity[b] and cost < most:
            best, most = (-1, b), cost
        both = state.mask[p]
        for q in state.leavers(b):
            if state.mask[q] >> a & 1 or q == p:
                continue
            total = cost + join_cost(state, q, b, a) - 2 * (both & state.mask[q]).bit_count()
            if total < most and can_take(state, q, b, a):
                best, most = (q, b), total
    if best is None:
        return None
    q, b = best
    if q < 0:
        state.remove(a, p)
        state.add(b, p)
    else:
        swap(state, p, a, q, b)
    return most


def improve(state: State, rounds: int, tell: Tell) -> None:
    """Even out who assesses with whom, and avoid own workplaces, without a change to how even the loads are."""
    least = fewest_repeats(state)
    now, idle = repeats(state), 0
    for number in range(rounds):
        tell(number / rounds)
        gained = False
        draw = state.random.sample(range(len(state.team)), len(state.team))
        for p in draw:
            for a in sorted(state.team[p]):
                if state.fixed[p] >> a & 1 or not state.mask[p] >> a & 1:
                    continue
                own = not state.outside[p] >> a & 1
                shared = max((state.co[a][b] for b in state.team[p] if b != a), default=0)
                if not own and (shared < 2 or now <= least):
                    continue
                cost = _better(state, p, a)
                if cost:
                    gained = True
        now = repeats(state)
        idle = 0 if gained else idle + 1
        if idle >= PATIENCE:
            break
