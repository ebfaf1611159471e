"""A page that says what is set, and one that only takes POST; its own answers to errors must not show while it is off."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict

from core.sdk import NavItem, here, hookimpl, public

blueprint = Blueprint("everywhere", __name__)
HEARD: list[str] = []


class SETTINGS(BaseModel):
    """One word."""

    model_config = ConfigDict(extra="forbid", strict=True)
    word: str = "plain"


@blueprint.get("/")
@public
def page() -> str:
    """The word."""
    return str(here().tenant.settings["everywhere"].word)  # type: ignore[attr-defined]  # its own settings


@blueprint.post("/sent")
@public
def sent() -> str:
    """Takes POST alone."""
    return "sent"


@blueprint.errorhandler(404)
def _own_404(_: Any) -> tuple[str, int]:
    return "the plugin's own 404", 404


@blueprint.after_request
def _own_header(response: Response) -> Response:
    response.headers["X-Everywhere"] = "1"
    return response


@hookimpl
def q_blueprints() -> Iterable[Blueprint]:
    """The pages."""
    return [blueprint]


@hookimpl
def q_nav_items() -> Iterable[NavItem]:
    """One link."""
    return [NavItem("Everywhere", "/everywhere/")]


@hookimpl
def q_tenant_enabled(tenant: Any) -> None:
    """Note who it was switched on for."""
    HEARD.append(tenant.slug)
