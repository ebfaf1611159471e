"""A column that holds one of a closed list."""

from collections.abc import Iterable

import sqlalchemy as sa


def one_of(column: str, values: Iterable[str]) -> sa.CheckConstraint:
    """The constraint that `column` holds one of `values`, named after the column."""
    quoted = ", ".join(repr(value) for value in sorted(values))
    return sa.CheckConstraint(f"{column} in ({quoted})", name=column)
