"""Forms that are turned away as a whole: with a field that the form does not have, or sent too often.

A form has the fields that its view asks the request for, through a class of fields or by name: nobody lists them. What was sent and
nobody has asked for when the first service begins, or once the view has answered with a page and without one, is none of the form's,
and nothing is written. The answer is the form itself with every answer in it: the view is called once more, its form refuses before it looks at
anything, and no service begins. Where a view has no such form the answer is the page that keeps what was sent.

A view that asks for a field of its own only on another of its ways would refuse its own good form for ever. It asks for it when its form is
shown again, at the latest: then the form is taken after all, and the fault is on record for those who run the platform.
"""

import logging
from typing import Any, cast

from flask import Response, current_app, has_request_context, request
from markupsafe import escape
from werkzeug.exceptions import HTTPException

from core.data.session import before_services
from core.kernel.errors import DomainError
from core.kernel.text import N_
from core.web import errors, sent_again
from core.web.i18n import say
from core.web.sent import FormRequest, refusal, unknown

log = logging.getLogger("q.web")

LONGEST_NAME = 60
"""More of a field's name is not said back."""
NO_SUCH_FIELD = N_(
    "This form has no field named “%(name)s”: it may have changed since you opened it. Nothing was saved. Check what you typed and "
    "send it once more. If this happens again, load the page anew first."
)


class TurnedAway(Exception):
    """The form that was sent is refused as a whole, because of the field `name`: an answer, which no view catches with what services refuse."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        super().__init__(name)


def install() -> None:
    """Have every service ask, before it begins, whether its form is turned away."""
    before_services(_no_service)


def is_shown_again() -> bool:
    """Whether the view is called only for its form to be shown again."""
    return bool(refusal())


def answer(view: Any) -> Response:
    """What `view`, which takes no arguments, answers to a form; the form shown again where a field was sent that it has never asked for."""
    try:
        return _answered(view)
    except TurnedAway as away:
        again, name = shown_again(422, _words(away.name)), _shown(away.name)
        if away.name in unknown():
            log.warning("a form was sent to %s with a field that it does not have: %s", request.endpoint, name)
            return again
    log.error("%s asks for the field %s of its own form too late: see form_has", request.endpoint, name)
    cast("FormRequest", request).refusal = ""
    for file in request.files.values():
        file.seek(0)
    return answer(view)


def _answered(view: Any) -> Response:
    """What `view` answers. Raises TurnedAway where a field was sent that it has not asked for, or while the form is turned away already."""
    this = cast("FormRequest", request)
    this.answering = True
    try:
        response = current_app.make_response(view())
        if response.status_code < 300 and not this.refusal:
            _only_known()  # a redirect without a service says that it has been done already, whatever was sent
        return response
    finally:
        this.answering = False


def shown_again(status: int, words: str) -> Response:
    """The form that the present request sent, as `status` (400 and above), with `words` at its top and every answer in it."""
    this = cast("FormRequest", request)
    response = None
    if this.method == "POST" and this.endpoint is not None:
        this.refusal = words
        view, values = current_app.view_functions[this.endpoint], this.view_args or {}
        try:
            response = _answered(lambda: view(**values))
        except (TurnedAway, DomainError, HTTPException):
            response = None  # there is no form any more, or none that can refuse by itself
    if response is None or not _says(response, words):
        return sent_again.kept(status, words, without=unknown()) or errors.page(status, words)
    response.status_code = status
    return response


def _says(response: Response, words: str) -> bool:
    """Whether an answer tells `words`: as a page or, to a script that asked for it, as the `error` of what is not one."""
    if response.mimetype == "application/json":
        told = response.get_json()
        return isinstance(told, dict) and told.get("error") == words
    return response.mimetype == "text/html" and str(escape(words)) in response.get_data(as_text=True)


def _shown(name: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in name[:LONGEST_NAME])


def _words(name: str) -> str:
    return say(NO_SUCH_FIELD, {"name": _shown(name)})


def _no_service() -> None:
    """Before a service: none begins while a form is turned away, nor with a field that its view has not asked for."""
    if not has_request_context():
        return
    this = cast("FormRequest", request)
    if this.answering:
        if this.refusal:
            raise TurnedAway
        _only_known()


def _only_known() -> None:
    for name in unknown():
        raise TurnedAway(name)
