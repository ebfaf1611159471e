"""What the pages on which partners and assessors work share."""

from flask import Blueprint, Response, request

from core.admissions.service.windows import STATE_CHANGED
from core.kernel.errors import Refused
from core.web.context import here


def still(possible: bool, message: str = "") -> None:
    """Raise Refused instead of offering a form for what cannot be done. A form that was offered before, and is sent now, goes
    on to its service, whose refusal stands beside what was typed."""
    if not possible and request.method != "POST":
        raise Refused(message or STATE_CHANGED)


def me() -> str | None:
    """The account of whoever looks: what every reading query asks about."""
    return here().visitor.account_id


def kept_by_nobody(blueprint: Blueprint) -> None:
    """Make `blueprint` tell browsers and proxies to keep none of its pages: they hold what people wrote about themselves, and
    what is thought of it."""

    @blueprint.after_request
    def _say(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response
