"""Published worked examples that several tests use."""

from hypothesis import HealthCheck, settings

from core.admissions.measure.results import Mark

WHENEVER = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Properties that hold also while the machine is busy."""

SHROUT_FLEISS = [
    [float(score) for score in row.split()]
    for row in ("9 2 5 8", "6 1 3 2", "8 4 6 8", "7 1 2 6", "10 5 6 9", "6 2 4 7")
]
"""Shrout and Fleiss (1979), table 2: six targets (rows) marked by four judges."""


def columns(*observers: str) -> list[list[str | None]]:
    """Krippendorff's tables print one line for each observer, `.` for a missing value: units are their columns."""
    rows = [[None if word == "." else word for word in line.split()] for line in observers]
    return [list(unit) for unit in zip(*rows, strict=True)]


def numbers(*observers: str) -> list[list[float | None]]:
    """`columns` for values that are numbers."""
    return [[None if value is None else float(value) for value in unit] for unit in columns(*observers)]


def marks(table: list[list[float]]) -> list[Mark]:
    """A full table as single marks: assessors j0, j1, …; applications a00, a01, …"""
    return [Mark(f"j{j}", f"a{i:02}", score) for i, row in enumerate(table) for j, score in enumerate(row)]
