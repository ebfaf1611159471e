"""Blueprints that exist at one side of the platform only: at the UK site, or at partners' sites."""

from typing import Any

from flask import Blueprint, request
from werkzeug.exceptions import NotFound

from core.data.audit import UK
from core.web.tenant_path import KEY


def _no_such_page() -> None:
    """Let the request go on as one that no route matches: the answer is the same, byte for byte, whoever asks."""
    request.url_rule = None
    request.routing_exception = NotFound()


def only_at_the_uk_site(blueprint: Blueprint) -> None:
    """Make `blueprint` unknown at partners' sites. It is asked before the gate, so that a partner's site shows no
    sign-in page for a page it does not have."""

    @blueprint.url_value_preprocessor
    def _check(_: str | None, __: dict[str, Any] | None) -> None:
        if int(request.environ.get(KEY, UK)) != UK:
            _no_such_page()


def only_at_partners_sites(blueprint: Blueprint) -> None:
    """Make `blueprint` unknown at the UK site."""

    @blueprint.url_value_preprocessor
    def _check(_: str | None, __: dict[str, Any] | None) -> None:
        if int(request.environ.get(KEY, UK)) == UK:
            _no_such_page()
