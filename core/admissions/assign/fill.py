"""Filling the seats: the nearest good choice first, a chain of exchanges where that finds nobody, then even loads."""

from collections.abc import Callable, Iterator
from itertools import product

from core.admissions.assign.paths import Closed, fill_seat, relieve
from core.admissions.assign.seating import Pattern, Seating
from core.admissions.assign.state import State, bits

WORTH = 3
"""Avoiding an applicant's own workplace is worth this many applications of difference between two people's loads."""
TRIES_OF_SEATS = 20_000
"""So many seats may be filled again, in all, to try other ways of counting people who hold two of the roles."""
FEWEST_TRIES = 4

Tell = Callable[[float], None]


def _choose(state: State, p: int) -> int | None:
    """The best person with room for an open seat of `p`: one whose role is needed, from elsewhere, least busy."""
    takers = [a for a in bits(state.takers(p)) if state.load[a] < state.capacity[a]]
    if not takers:
        return None
    outside, profile, team, co = state.outside[p], state.profile[p], state.team[p], state.co
    lacking = state.lacking(p)
    return min(
        takers,
        key=lambda a: (
            # While a role's seat is open somebody who holds it comes first: such people are fewer.
            not profile[a] & lacking,
            state.load[a] + (0 if outside >> a & 1 else WORTH),
            sum(co[a][other] for other in team),
            state.order[a],
        ),
    )


def _fill_all(state: State, tell: Tell) -> None:
    """Fill as many seats as can be: round by round, so that a shortage is shared out, the hardest applications first."""
    draw = state.random.sample(range(len(state.team)), len(state.team))
    draw.sort(key=lambda p: (state.seating[p].plain, state.eligible[p].bit_count()))
    rounds = max((seats.wanted for seats in state.seating), default=0)
    stuck: set[int] = set()
    ways = ((state.outside, Closed()), (state.eligible, Closed()))
    for number in range(1, rounds + 1):
        for i, p in enumerate(draw):
            if i % 50 == 0:
                tell((number - 1 + i / len(draw)) / rounds)
            while len(state.team[p]) < min(number, state.seating[p].wanted) and p not in stuck:
                chosen = _choose(state, p)
                if chosen is not None:
                    state.add(chosen, p)
                elif not any(fill_seat(state, p, allowed, closed) for allowed, closed in ways):
                    # No chain now means no chain later: exchanges elsewhere do not open one. It is checked at the end.
                    stuck.add(p)
    closed = Closed()
    while any(fill_seat(state, p, state.eligible, closed) for p in sorted(stuck)):
        closed = Closed()


def _choices(state: State, options: list[tuple[Pattern, ...]]) -> Iterator[tuple[Pattern, ...]]:
    """One pattern for each application that has several: all combinations when few, else a few alike and some drawn."""
    count = 1
    for option in options:
        count *= len(option)
    tries = max(FEWEST_TRIES, TRIES_OF_SEATS // max(1, sum(seats.wanted for seats in state.seating)))
    if count <= tries:
        yield from product(*options)
        return
    for i in range(tries):
        if i < 2:
            yield tuple(option[-i] for option in options)
        else:
            yield tuple(state.random.choice(option) for option in options)


def _bound(state: State, whole: list[Seating], enough: int) -> int:
    """How many seats stay open at least, whatever the patterns: those that do when one role at a time is asked for."""
    least = 0
    for role in range(1 + max(bit.bit_length() for seats in whole for option in seats.options for bit in (0, *option))):
        bit = 1 << role
        state.clear()
        state.seating = [
            Seating(seats.wanted, (tuple(bit for asks in seats.options[0] if asks & bit),)) for seats in whole
        ]
        _fill_all(state, lambda _: None)
        least = max(least, state.missing())
        if least >= enough:
            break
    return least


def fill(state: State, tell: Tell) -> None:
    """Fill as many seats as can be filled.

    The most possible where nobody holds two of the roles that one application requires. Where somebody does, every way
    of counting them is tried on small panels, and on large ones some of them.
    """
    whole = list(state.seating)
    several = [p for p, seats in enumerate(whole) if len(seats.options) > 1]
    _fill_all(state, tell)
    best, teams = state.missing(), state.snapshot()
    if not several or not best:
        return
    least = _bound(state, whole, best)
    for choice in _choices(state, [whole[p].options for p in several]) if best > least else ():
        state.clear()
        state.seating = list(whole)
        for p, pattern in zip(several, choice, strict=True):
            state.seating[p] = whole[p].only(pattern)
        if not all(state.fits(p) for p in several):
            continue
        _fill_all(state, tell)
        if state.missing() < best:
            best, teams = state.missing(), state.snapshot()
        if best <= least:
            break
    state.seating = whole
    state.restore(teams)


def cover(state: State) -> None:
    """On applications that stay short, give places to roles that lack where somebody who holds them has room.

    Otherwise places could be held for one person with two roles where two people with one each are there.
    """

    def short(p: int) -> int:
        profile = [state.profile[p][a] for a in state.team[p]]
        return sum(max(0, n - sum(held >> i & 1 for held in profile)) for i, n in enumerate(state.counts[p]))

    for p, seats in enumerate(state.seating):
        if len(state.team[p]) < seats.wanted and len(seats.options) > 1:
            profile = [state.profile[p][a] for a in state.team[p]]
            # From here on as many separate people as can be, so that no later exchange counts on somebody with two roles.
            fitting = (some for some in map(seats.only, seats.options) if some.fits(profile))
            state.seating[p] = next(fitting, seats)
        before = short(p) if not seats.plain and len(state.team[p]) < seats.wanted else 0
        for a in sorted(state.team[p]) if before else ():
            if state.fixed[p] >> a & 1:
                continue
            for b in sorted(bits(state.takers(p, a)), key=lambda b: (state.load[b], state.order[b])):
                if state.load[b] < state.capacity[b]:
                    state.remove(a, p)
                    state.add(b, p)
                    if short(p) < before:
                        before = short(p)
                        break
                    state.remove(b, p)
                    state.add(a, p)


def balance(state: State) -> None:
    """Make the loads as even as the seats allow; an own workplace only where it evens out more than `WORTH`."""
    for allowed, difference in ((state.outside, 2), (state.eligible, 2 + WORTH)):
        changed = True
        while changed:
            changed = False
            closed = Closed()
            for a in sorted(range(len(state.load)), key=lambda a: (-state.load[a], state.order[a])):
                while relieve(state, a, allowed, difference, closed):
                    changed, closed = True, Closed()
