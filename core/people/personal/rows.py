"""What parts of a person's data have in common: rows as JSON, and rows taken out."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from core.data.session import ScopedSession

WHO = sa.bindparam("who", type_=sa.String)
"""The person's number in a statement that a module keeps: `rows` and `change` are given it as `who`."""


def plain(value: Any) -> Any:
    """A column's value as JSON: instants and days as ISO 8601, instants in UTC."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def rows(session: ScopedSession, query: Any, **given: Any) -> list[dict[str, Any]]:
    """What a query gives, one object for each row, its values plain; `given` are its parameters."""
    return [{key: plain(value) for key, value in row._mapping.items()} for row in session.execute(query, given)]


def listed(heading: str, found: list[Any]) -> Iterator[tuple[str, Any]]:
    """A section under `heading` (msgid), or none where there is nothing."""
    if found:
        yield heading, found


def change(session: ScopedSession, *statements: Any, **given: Any) -> int:
    """Run statements that update or delete, in this order and with the parameters `given`; how many rows they concerned."""
    done: list[Any] = [session.execute(statement, given) for statement in statements]
    return sum(one.rowcount for one in done)
