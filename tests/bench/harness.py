"""Timing by CPU, interleaved: every round runs every subject, so that a noisy minute hits them all."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

ROUNDS = 7


@dataclass
class Subject:
    """One thing to time: `run(n)` does it n times; `clock` tells the CPU seconds used so far, of this process by default."""

    name: str
    run: Callable[[int], None]
    clock: Callable[[], float] = time.process_time
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    @property
    def cpu_ms(self) -> float:
        """Median CPU milliseconds of one."""
        return statistics.median(self.cpu) * 1000

    @property
    def wall_ms(self) -> float:
        """Median wall-clock milliseconds of one."""
        return statistics.median(self.wall) * 1000


def interleave(subjects: list[Subject], times: int, rounds: int = ROUNDS) -> None:
    """`rounds` of `times` runs of each subject, after a warm-up that fills every cache."""
    for subject in subjects:
        subject.run(5)
    for _ in range(rounds):
        for subject in subjects:
            cpu, wall = subject.clock(), time.perf_counter()
            subject.run(times)
            subject.cpu.append((subject.clock() - cpu) / times)
            subject.wall.append((time.perf_counter() - wall) / times)


def verdict(measured: float, goal: float) -> str:
    """The goal and whether `measured` met it."""
    return f"{goal:g} {'met' if measured <= goal else 'MISSED'}"


def table(rows: list[tuple[str, str, str, str]]) -> str:
    """Rows of (what, measured, ratio, goal and verdict) as text columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
