"""What every command says when the database cannot be used: one line with what to do, and no traceback."""

from typing import Any

import click
import sqlalchemy as sa

UNDEFINED_TABLE, NOT_ALLOWED = "42P01", "42501"
"""PostgreSQL's codes for a table that is not there, and for what the role may not do."""


class Commands(click.Group):
    """Commands of which none ends with a traceback because the database cannot be reached, opened or written, or has no tables."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what the database said is one line, with exit code 1."""
        try:
            return super().invoke(ctx)
        except sa.exc.DBAPIError as error:
            no_database = type(error) is sa.exc.DatabaseError  # what SQLite says of a file that is none, or damaged
            code = getattr(error.orig, "sqlstate", "")
            if not (
                no_database or isinstance(error, sa.exc.OperationalError) or code in (UNDEFINED_TABLE, NOT_ALLOWED)
            ):
                raise
            said = " ".join(str(error.orig).split())
            advice = "is QP_DATABASE_URL right? has qplatform db upgrade run?"
            if no_database:
                advice = "is QP_DATABASE_URL right? where it is, restore a backup: qplatform db restore FILE"
            elif code == NOT_ALLOWED:
                advice = "does QP_DATABASE_OWNER_URL name the tables' owner?"
            elif "disk is full" in said or "No space left" in said:
                advice = "make room on its disk, and ask again"
            raise SystemExit(f"the database cannot be used: {said} ({advice})") from error
