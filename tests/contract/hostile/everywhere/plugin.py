"""A page that says what is set, and one that only takes POST; its own answers to errors must not show while it is off."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict

from core.sdk import NavItem, ScopedSession, TenantRef, Touched, TouchedThing, here, hookimpl, public, while_off

blueprint = Blueprint("everywhere", __name__)
HEARD: list[str] = []
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


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


@blueprint.get("/feed.txt")
@while_off
@public
def feed() -> Response:
    """What goes on answering."""
    return Response("still here", mimetype="text/plain")


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
def q_switch_off_touches(session: ScopedSession, tenants: tuple[TenantRef, ...], limit: int) -> Iterable[Touched]:
    """One thing at every site, earlier where the site's id is lower, all of them told by one statement."""
    session.execute(sa.text("select 1 from tenancy_tenant"))
    things = [
        TouchedThing(tenant.id, f"The {tenant.slug} thing", NOON + timedelta(days=tenant.id), 2)
        for tenant in sorted(tenants, key=lambda tenant: tenant.id)
    ]
    return [Touched("Things everywhere", "They see nothing.", len(things), 2 * len(things), tuple(things[:limit]))]


@hookimpl
def q_tenant_enabled(tenant: Any) -> None:
    """Note who it was switched on for."""
    HEARD.append(tenant.slug)
