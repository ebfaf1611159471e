"""PostgreSQL's cursor, which describes a result's columns only when somebody asks about one."""

from collections.abc import Sequence
from typing import Any, overload

import psycopg


class Columns(Sequence[psycopg.Column]):
    """The columns of a cursor's present result, each described when it is looked at."""

    __slots__ = ("_count", "_cursor")

    def __init__(self, cursor: "Cursor", count: int) -> None:
        self._cursor, self._count = cursor, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> psycopg.Column: ...
    @overload
    def __getitem__(self, index: slice) -> list[psycopg.Column]: ...
    def __getitem__(self, index: int | slice) -> psycopg.Column | list[psycopg.Column]:
        if isinstance(index, slice):
            return [psycopg.Column(self._cursor, number) for number in range(self._count)[index]]
        return psycopg.Column(self._cursor, range(self._count)[index])


class Cursor(psycopg.Cursor[Any]):
    """psycopg describes every column of every result at once. SQLAlchemy asks whether there are any, and about each only the
    first time it runs a statement: of a page that reads seventy columns, that was a tenth of all its calls."""

    @property
    def description(self) -> Any:
        """The columns of the present result; None where it has no rows to fetch."""
        result = self.pgresult
        if result is None or not result.nfields:
            return super().description
        return Columns(self, result.nfields)
