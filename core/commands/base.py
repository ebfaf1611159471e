"""What the commands have in common: the application they look at, and one line with what to do instead of a traceback."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
import sqlalchemy as sa
from flask import Flask

from core.app import create_app
from core.config import Config
from core.web import logs

T = TypeVar("T")

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


class Running(click.Command):
    """A command that goes on running. All that it writes is its log, even where it is called with words that it does not know."""

    def make_context(self, *words: Any, **options: Any) -> click.Context:
        """Click's own; what is wrong with the words or the environment's PORT is told in the log."""
        try:
            return super().make_context(*words, **options)
        except click.UsageError as error:
            with logs.told():
                raise SystemExit(error.format_message()) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run it."""
        logs.own_streams()
        with logs.told():
            return super().invoke(ctx)


def made_app() -> tuple[Config, Flask]:
    """The settings of the environment, and an application by them that serves nobody."""
    config = Config.from_env()
    return config, create_app(config)


def or_say_why(action: Callable[[], T]) -> T:
    """`action`'s result; its ValueError or OSError as one line and exit code 1."""
    try:
        return action()
    except (ValueError, OSError) as error:
        raise SystemExit(str(error)) from error
