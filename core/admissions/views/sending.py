"""What pages about assessing share: a refusal shown on the form itself, the version that a page was made from, and that no
browser keeps them."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, Response, request

from core.kernel.errors import Conflict, Invalid, Refused
from core.web.context import here
from core.web.forms import Form


@contextmanager
def shown_on(form: Form) -> Iterator[None]:
    """Show a refusal on the form itself, with everything that was typed."""
    try:
        yield
    except Invalid as error:
        form.take(error.field_errors or {"": error.message})
    except (Conflict, Refused) as error:
        form.take({"": error.message})


def version_sent() -> int:
    """The version that the form was made from; 0 is none."""
    return whole("version")


def whole(name: str) -> int:
    """A whole number out of the form; 0 for what is none."""
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


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
