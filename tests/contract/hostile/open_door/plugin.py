"""A plugin with one page."""

from collections.abc import Iterable

from flask import Blueprint

from core.sdk import hookimpl

blueprint = Blueprint("open_door", __name__)


@blueprint.get("/")
def page() -> str:
    """A page."""
    return "HOSTILE"


@hookimpl
def q_blueprints() -> Iterable[Blueprint]:
    """The page."""
    return [blueprint]
