"""A column that holds one of a closed list."""

from collections.abc import Iterable

import sqlalchemy as sa


def quoted(values: Iterable[str]) -> str:
    """The values as SQL writes a list of texts, in one order."""
    return ", ".join(repr(value) for value in sorted(values))


def one_of(column: str, values: Iterable[str]) -> sa.CheckConstraint:
    """The constraint that `column` holds one of `values`, named after the column."""
    return sa.CheckConstraint(f"{column} in ({quoted(values)})", name=column)
