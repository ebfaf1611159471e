"""State machines as tables: (event, from, to, who may, guard). The docs are drawn from the same rows."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.kernel.errors import Refused
from core.kernel.text import N_

STATE_CHANGED = N_("This cannot be done now: its state has changed.")


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: `event` takes `source` to `target`; `who` names the permission asked for, `guard` the condition in words."""

    event: str
    source: str
    target: str
    who: str
    guard: str = ""


class StateMachine:
    """A table of transitions that refuses what it does not list.

    Raises ValueError when built from a table in which one (event, source) pair leads to two targets, or in which a
    state cannot be reached from `initial`.
    """

    def __init__(self, name: str, initial: str, transitions: Iterable[Transition]) -> None:
        self.name, self.initial = name, initial
        self.transitions = tuple(transitions)
        self._by_key = {(row.event, row.source): row for row in self.transitions}
        if len(self._by_key) != len(self.transitions):
            raise ValueError(f"{name}: one event leads from one state to two")
        reached, grew = {initial}, True
        while grew:
            more = {row.target for row in self.transitions if row.source in reached} - reached
            reached |= more
            grew = bool(more)
        if unreachable := self.states - reached:
            raise ValueError(f"{name}: no way to reach {sorted(unreachable)}")

    @property
    def states(self) -> frozenset[str]:
        """Every state the table names."""
        return frozenset({self.initial} | {s for row in self.transitions for s in (row.source, row.target)})

    def sources(self, event: str) -> tuple[str, ...]:
        """The states `event` may start from: the WHERE of the conditional update."""
        return tuple(row.source for row in self.transitions if row.event == event)

    def row(self, event: str, source: str) -> Transition:
        """The row for `event` from `source`; raises Refused when there is none."""
        try:
            return self._by_key[event, source]
        except KeyError:
            raise Refused(STATE_CHANGED) from None

    def target(self, event: str, source: str) -> str:
        """Where `event` leads from `source`; raises Refused when it may not happen there."""
        return self.row(event, source).target

    def events_from(self, source: str) -> tuple[str, ...]:
        """What can happen next from `source`, in the table's order."""
        return tuple(row.event for row in self.transitions if row.source == source)

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram, for the documentation."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        lines += [f"    {row.source} --> {row.target}: {row.event}" for row in self.transitions]
        return "\n".join(lines)
