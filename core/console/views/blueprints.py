"""The two blueprints, each reachable only where it belongs: the console at the UK site, management at a partner's."""

from typing import Any

from flask import Blueprint, request
from werkzeug.exceptions import NotFound

from core.data.audit import UK
from core.web.tenant_path import KEY

console = Blueprint("console", __name__, url_prefix="/console")
manage = Blueprint("manage", __name__, url_prefix="/manage")


def _no_such_page() -> None:
    """Let the request go on as one that no route matches: the answer is the same, byte for byte, whoever asks."""
    request.url_rule = None
    request.routing_exception = NotFound()


@console.url_value_preprocessor
def _only_at_the_uk_site(_: str | None, __: dict[str, Any] | None) -> None:
    """Runs before the gate, so that a partner's site shows no sign-in page for a console it does not have."""
    if int(request.environ.get(KEY, UK)) != UK:
        _no_such_page()


@manage.url_value_preprocessor
def _only_at_a_partners_site(_: str | None, __: dict[str, Any] | None) -> None:
    """The UK site is managed in the console."""
    if int(request.environ.get(KEY, UK)) == UK:
        _no_such_page()
