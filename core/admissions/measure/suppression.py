"""Suppression in tables whose margins are shown: small counts, and as much else as keeps them from being reckoned back.

Counts of 1 to 4 are hidden (primary suppression), totals too; zeros are true zeros and are shown. Then, for each of
them, other counts are hidden (complementary suppression) until somebody who has everything that is published, and knows
that a hidden count is at least 1, must allow for every value from 1 to 4: they learn "fewer than 5" and nothing more. (Of a total they also learn that it
is no less than the counts it is made of that are not zero, which the shown zeros say anyway.)

The method is the network one of L. Cox ("Network models for complementary cell suppression", JASA 90, 1995): a table
with margins is a graph, its lines the nodes and its entries the edges; values that fit what is published differ by
flows along hidden edges, so the range that an attacker can establish is a maximum flow, and exact in whole numbers. What
to hide is chosen by cheapest augmenting paths, small counts before large ones and totals last: sound always, frugal
mostly, optimal not by claim. Tables that share cells with another published table are beyond it: publish one of them.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.admissions.measure.disclosure import FEWEST_APART, FEWEST_SHOWN, Hidden, Shown

_ENDLESS = 10**30


@dataclass(frozen=True, slots=True)
class ProtectedTable:
    """A table of counts as it may be published. What is hidden for being small and what for its sake looks the same."""

    cells: tuple[tuple[Shown, ...], ...]
    row_totals: tuple[Shown, ...]
    column_totals: tuple[Shown, ...]
    total: Shown

    @property
    def hidden(self) -> int:
        """How many entries are hidden, totals included."""
        lines = (*self.cells, self.row_totals, self.column_totals, (self.total,))
        return sum(shown.value is None for line in lines for shown in line)


@dataclass(frozen=True, slots=True)
class ProtectedList:
    """Counts with one total as they may be published."""

    cells: tuple[Shown, ...]
    total: Shown


@dataclass(slots=True)
class _Entry:
    """A count as an edge from the node of its row to that of its column.

    Lines of a table sum to zero when totals of rows and columns are taken as negative: `sign`. `price` is what hiding
    it costs.
    """

    row: int
    column: int
    value: int
    sign: int
    price: int
    hidden: bool = False

    def room(self, direction: int) -> int:
        """By how much the signed value may move up (1) or down (-1): a count falls no lower than 1, and rises freely."""
        return _ENDLESS if direction == self.sign else self.value - 1


@dataclass(slots=True)
class _Network:
    entries: list[_Entry]
    near: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    """Node → (entry, direction, other node): up leads from the row to the column, down leads back."""

    def __post_init__(self) -> None:
        for place, entry in enumerate(self.entries):
            self.near.setdefault(entry.row, []).append((place, 1, entry.column))
            self.near.setdefault(entry.column, []).append((place, -1, entry.row))

    def protect(self, place: int, direction: int, need: int) -> None:
        """Hide what it takes so that the entry's signed value could be `need` further in `direction`.

        It stops where hiding every count and total would not take it further. Only a total gets there, going down, at
        one for each of its counts: every other can rise, and fall to 1, together with the totals it is part of.
        """
        entry = self.entries[place]
        # A rise of the entry leads from row to column; what makes up for it leads back.
        start, end = (entry.column, entry.row) if direction == 1 else (entry.row, entry.column)
        moved = [0] * len(self.entries)
        opened: set[int] = set()
        while need > 0:
            path = self._cheapest(start, end, moved, opened, place)
            if path is None:
                break
            step = min(need, *(self._left(edge, way, moved) for edge, way in path))
            for edge, way in path:
                moved[edge] += way * step
                opened.add(edge)
            need -= step
        for edge in opened:
            self.entries[edge].hidden |= moved[edge] != 0

    def _left(self, edge: int, way: int, moved: list[int]) -> int:
        """How much more the entry may move `way`, given by how much it has: going back is free up to where it stood."""
        return self.entries[edge].room(way) - way * moved[edge]

    def _cheapest(
        self, start: int, end: int, moved: list[int], opened: set[int], without: int
    ) -> list[tuple[int, int]] | None:
        """The cheapest path that can carry something: hidden entries cost nothing, others their price."""
        best = {start: 0}
        came: dict[int, tuple[int, int, int]] = {}
        queue = [(0, start)]
        while queue:
            cost, node = heapq.heappop(queue)
            if node == end:
                break
            if cost > best[node]:
                continue
            for edge, way, other in self.near[node]:
                entry = self.entries[edge]
                if edge == without or entry.value == 0 or self._left(edge, way, moved) <= 0:
                    continue
                sum_so_far = cost + (0 if entry.hidden or edge in opened else entry.price)
                if sum_so_far < best.get(other, _ENDLESS):
                    best[other] = sum_so_far
                    came[other] = (node, edge, way)
                    heapq.heappush(queue, (sum_so_far, other))
        if end not in came:
            return None
        path, node = [], end
        while node != start:
            node, edge, way = came[node]
            path.append((edge, way))
        return path


def protected_table(counts: Sequence[Sequence[int]], fewest: int = FEWEST_SHOWN) -> ProtectedTable:
    """A table of counts (rows of equal length) with its totals, small counts and what gives them away hidden.

    Raises ValueError for an empty or ragged table and for counts below zero.
    """
    rows, columns = len(counts), len(counts[0]) if counts else 0
    if not rows or not columns or any(len(row) != columns for row in counts):
        raise ValueError("a table has rows of one length")
    full = [[*row, sum(row)] for row in counts]
    full.append([sum(line) for line in zip(*full, strict=True)])
    entries = []
    for i, row in enumerate(full):
        for j, value in enumerate(row):
            margins = (i == rows) + (j == columns)
            entries.append(
                _Entry(i, rows + 1 + j, value, -1 if margins == 1 else 1, _price(value, margins, full[-1][-1]))
            )
    _hide(entries, fewest)
    shown = [_shown(entry) for entry in entries]
    lines = [tuple(shown[start : start + columns + 1]) for start in range(0, len(shown), columns + 1)]
    return ProtectedTable(
        tuple(line[:-1] for line in lines[:-1]), tuple(line[-1] for line in lines[:-1]), lines[-1][:-1], lines[-1][-1]
    )


def protected_list(counts: Sequence[int], fewest: int = FEWEST_SHOWN) -> ProtectedList:
    """Counts with their one total, small ones and what gives them away hidden. Raises ValueError for counts below zero."""
    total = sum(counts)
    # One line is a graph of two nodes: the line, and the world outside it.
    entries = [_Entry(0, 1, value, 1, _price(value, 0, total)) for value in counts]
    entries.append(_Entry(0, 1, total, -1, _price(total, 1, total)))
    _hide(entries, fewest)
    shown = [_shown(entry) for entry in entries]
    return ProtectedList(tuple(shown[:-1]), shown[-1])


def _price(value: int, margins: int, total: int) -> int:
    """Hiding a count costs what it tells; any total costs more than all counts together, the grand total more than all totals."""
    return value + margins * margins * (10 * total + 1)


def _shown(entry: _Entry) -> Shown:
    return Shown(None, Hidden.SUPPRESSED) if entry.hidden else Shown(entry.value)


def _hide(entries: list[_Entry], fewest: int) -> None:
    """Primary suppression, then complementary for each; hiding more never takes the protection of another away."""
    if any(entry.value < 0 for entry in entries):
        raise ValueError("a count is not below zero")
    small = [place for place, entry in enumerate(entries) if 0 < entry.value < fewest]
    for place in small:
        entries[place].hidden = True
    network = _Network(entries)
    for place in sorted(small, key=lambda place: -entries[place].price):
        entry = entries[place]
        network.protect(place, entry.sign, fewest - 1 - entry.value)
        network.protect(place, -entry.sign, entry.value - 1)


def put_together(counts: Sequence[Sequence[int]]) -> frozenset[int] | None:
    """Which lines (each of as many figures: accepted and declined, or people alone) must be shown as one; empty for none. None
    where nothing may be shown by itself. The next smallest line joins those with 1 to 4 in a figure or in all, until they are
    two at least with ten in each figure; of two that are alike the first (decision 0017)."""
    together = {place for place, row in enumerate(counts) if any(0 < n < FEWEST_SHOWN for n in (*row, sum(row)))}
    if not together:
        return frozenset()
    left = sorted(set(range(len(counts))) - together, key=lambda place: (sum(counts[place]), place))
    while len(together) < 2 or any(
        sum(figure) < FEWEST_APART for figure in zip(*(counts[i] for i in together), strict=True)
    ):
        if not left:
            return None
        together.add(left.pop(0))
    return frozenset(together) if left else None
