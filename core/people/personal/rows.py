"""What parts of a person's data have in common: rows as JSON, and rows taken out."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from core.data.session import ScopedSession


def plain(value: Any) -> Any:
    """A column's value as JSON: instants and days as ISO 8601, instants in UTC."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def rows(session: ScopedSession, query: Any) -> list[dict[str, Any]]:
    """What a query gives, one object for each row, its values plain."""
    return [{key: plain(value) for key, value in row._mapping.items()} for row in session.execute(query)]


def listed(heading: str, found: list[Any]) -> Iterator[tuple[str, Any]]:
    """A section under `heading` (msgid), or none where there is nothing."""
    if found:
        yield heading, found


def change(session: ScopedSession, *statements: Any) -> int:
    """Run statements that update or delete, in this order; how many rows they concerned."""
    count = 0
    for statement in statements:
        own = statement.returning(*statement.table.primary_key)
        count += len(session.execute(own).all())
    return count
