"""What the pages on which partners and assessors work share."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, Response, request

from core.admissions.service.windows import STATE_CHANGED
from core.kernel.errors import Conflict, Invalid, Refused
from core.kernel.numbers import whole_number
from core.web.context import here
from core.web.forms import Form
from core.web.i18n import say


@contextmanager
def kept_on(form: Form) -> Iterator[None]:
    """Show a refusal on the form itself, with everything that was typed."""
    try:
        yield
    except Invalid as error:
        form.take(error.field_errors or {"": error.message})
    except (Conflict, Refused) as error:
        form.form_errors.append(say(error.message, error.params))


def still(possible: bool, message: str = "") -> None:
    """Raise Refused instead of offering a form for what cannot be done. A form that was offered before, and is sent now, goes
    on to its service, whose refusal stands beside what was typed."""
    if not possible and request.method != "POST":
        raise Refused(message or STATE_CHANGED)


def version_sent(now: int = 0) -> int:
    """The version that the form was made from, 0 for none; `now` where the page is only shown."""
    return whole("version") if request.method == "POST" else now


def whole(name: str) -> int:
    """A whole number out of the form; 0 for what is none."""
    return whole_number(request.form.get(name))


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
