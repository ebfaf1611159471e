"""Which groups of people one application can be given, seen from the roles that it requires.

A *profile* is the set of required roles that a person holds, as bits. A *pattern* says what the seats ask for: with two
seats and the roles A and B required, either one seat for A and one for B, or one for somebody who is both and one for
anybody. With one pattern, the groups that fit are those that can be matched to its seats: they form a matroid, on which
exchanging people along shortest paths finds the most seats that can be filled (see `paths`). With several, it may not.
"""

from collections.abc import Iterable, Sequence
from itertools import product

MOST_UNITS = 6
"""With more required people than this, nobody is counted for two roles: the patterns would be too many to try."""

Pattern = tuple[int, ...]
"""The seats that ask for roles, as bits, in order. All other seats are for anybody."""


def _partitions(units: Sequence[int], seats: tuple[int, ...], found: set[Pattern]) -> None:
    """Put each unit (a role's bit) on a seat of its own or on one that does not ask for that role yet."""
    if not units:
        found.add(tuple(sorted(seats)))
        return
    unit, rest = units[0], units[1:]
    _partitions(rest, (*seats, unit), found)
    for i, seat in enumerate(seats):
        if not seat & unit:
            _partitions(rest, (*seats[:i], seat | unit, *seats[i + 1 :]), found)


def patterns(wanted: int, counts: Sequence[int], profiles: Iterable[int]) -> tuple[Pattern, ...]:
    """All patterns that `wanted` seats allow for so many people of each role, given the profiles that people have.

    The ones with the fewest double duties come first. None when the seats do not suffice.
    """
    units = [1 << role for role, count in enumerate(counts) for _ in range(count)]
    found: set[Pattern] = set()
    if len(units) > MOST_UNITS:
        found.add(tuple(sorted(units)))
    else:
        _partitions(units, (), found)
    held = set(profiles)
    return tuple(
        sorted(
            (
                pattern
                for pattern in found
                if len(pattern) <= wanted
                # A seat for one role stays when nobody holds it, so that it is reported; one for several needs somebody.
                and all(not seat & (seat - 1) or any(seat & ~have == 0 for have in held) for seat in pattern)
            ),
            key=lambda pattern: (-len(pattern), pattern),
        )
    )


def _seated(people: Sequence[int], pattern: Pattern) -> int:
    """How many of `people` (profiles) can sit on the seats of `pattern` at once."""
    taken: dict[int, int] = {}

    def seat(person: int, tried: set[int]) -> bool:
        for i, asks in enumerate(pattern):
            if i not in tried and asks & ~people[person] == 0:
                tried.add(i)
                if i not in taken or seat(taken[i], tried):
                    taken[i] = person
                    return True
        return False

    return sum(seat(person, set()) for person in range(len(people)))


class Seating:
    """The groups that fit an application of `wanted` seats, with one or more patterns."""

    def __init__(self, wanted: int, options: tuple[Pattern, ...]) -> None:
        self.wanted = wanted
        self.options = options
        self.plain = options == ((),)
        self.joiners: dict[tuple[int, ...], int] = {}
        """Who could join such a group, as the one panel's bits: filled by the state that this belongs to."""
        self._known: dict[tuple[int, ...], bool] = {}

    def fits(self, people: Sequence[int]) -> bool:
        """Whether people of these profiles can be on it together, with the seats that roles still need left free."""
        if len(people) > self.wanted:
            return False
        if self.plain:
            return True
        key = tuple(sorted(people))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = any(
                len(key) - (self.wanted - len(pattern)) <= _seated(key, pattern) for pattern in self.options
            )
        return known

    def only(self, pattern: Pattern) -> "Seating":
        """The same with one pattern alone."""
        return Seating(self.wanted, (pattern,))


def seating(wanted: int, counts: Sequence[int], profiles: Iterable[int], present: Sequence[int]) -> Seating:
    """The seating for an application on which people of the profiles `present` sit already and stay.

    Where those, or too few seats, make it impossible to have all the roles, the fewest possible are left out.
    """
    wanted = max(wanted, len(present))
    held = tuple(profiles)
    fewer = sorted(product(*(range(count + 1) for count in counts)), key=lambda some: (-sum(some), some))
    for some in fewer:
        found = patterns(wanted, some, held)
        whole = Seating(wanted, found)
        if found and whole.fits(present):
            return whole
    return Seating(wanted, ((),))
