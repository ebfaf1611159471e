"""What the noticeboard and My items ask of a card alike."""

from typing import Any

import sqlalchemy as sa


def check_lengths(table: sa.Table, **said: str) -> None:
    """Raise ValueError where what a card says is longer than its column: SQLite would keep it, and PostgreSQL fail at it."""
    for name, text in said.items():
        kind: Any = table.c[name].type
        if len(text) > kind.length:
            raise ValueError(f"the {name} of a card has at most {kind.length} characters: {text!r} has {len(text)}")
