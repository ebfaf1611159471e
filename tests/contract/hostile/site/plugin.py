"""A plugin with one page."""

from collections.abc import Iterable

from flask import Blueprint

from core.sdk import hookimpl, public

blueprint = Blueprint("site", __name__)


@blueprint.get("/")
@public
def page() -> str:
    """A page."""
    return "HOSTILE"


@hookimpl
def q_blueprints() -> Iterable[Blueprint]:
    """The page."""
    return [blueprint]
