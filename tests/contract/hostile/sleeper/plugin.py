"""A plugin whose page is a coroutine."""

from collections.abc import Iterable

from flask import Blueprint

from core.sdk import hookimpl, public

blueprint = Blueprint("sleeper", __name__)


@blueprint.get("/")
@public
async def page() -> str:
    """A page that somebody would have to wait for."""
    return "HOSTILE"


@hookimpl
def q_blueprints() -> Iterable[Blueprint]:
    """The page."""
    return [blueprint]
