"""What pages with forms share: a refusal shown on the form itself, and the version that a page was made from."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import request

from core.kernel.errors import Conflict, Invalid, Refused
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
