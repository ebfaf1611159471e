"""From a tuple's fields to the columns of the same names."""

from typing import Any

import sqlalchemy as sa


def columns(shape: type[Any], model: Any) -> list[Any]:
    """The columns of `model` (or of a table's `c`) that the fields of the named tuple `shape` are called after, in its order."""
    return [getattr(model, name) for name in shape._fields]


def table(model: type[Any]) -> Any:
    """The table of `model`, for what is asked at every page: the ORM takes as long over such a statement as the database does. The
    statement names the tenant itself, as the parameter `tenant`; the guard refuses one that does not."""
    return model.__table__


def here() -> Any:
    """That parameter: `session.tenant_id`. A new one for each place, because SQLAlchemy compares the copies of one at each execution."""
    return sa.bindparam("tenant")


def fixed(value: str | int) -> sa.ColumnElement[Any]:
    """A constant of ours, written into the statement itself: for what is asked at every page it need not be bound and sent anew, and
    the database knows of it when it plans. Raises ValueError for words that are no plain name."""
    if isinstance(value, str):
        if not value.isidentifier():
            raise ValueError(f"{value!r} is no constant for a statement")
        return sa.literal_column(f"'{value}'", sa.String())
    return sa.literal_column(str(int(value)), sa.Integer())
