"""Error pages: what happened and what to do next; the same bytes for a missing thing and another tenant's."""

import logging
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from core.data.away import away
from core.data.db import db
from core.kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from core.kernel.permissions import ROLE_PERMISSIONS, ROLE_TITLES
from core.kernel.text import N_
from core.web import sent_again
from core.web.i18n import say

log = logging.getLogger("q.web")

WORDS: dict[int, tuple[str, str]] = {
    400: (
        N_("We could not read that"),
        N_("Something in what was sent is damaged. Go back, load the page again and send it once more."),
    ),
    403: (N_("You cannot open this page"), N_("You are signed in, but this page is for people with another role.")),
    404: (N_("We could not find that page"), N_("Check the address, or choose one of the sites below.")),
    405: (N_("That is not how this page works"), N_("Go back and use the buttons on the page.")),
    409: (N_("Somebody changed this meanwhile"), N_("Go back, load the page again and check what has changed.")),
    410: (N_("That link has been used or is too old"), N_("Ask for a new one.")),
    413: (N_("That is too large"), N_("Send a smaller file or less text.")),
    422: (N_("This could not be done"), N_("Go back and check what you entered.")),
    429: (N_("Too many tries"), N_("Wait a while and try again.")),
    500: (
        N_("Something went wrong on our side"),
        N_("We have made a note of it. Nothing you sent was half done. Try again in a minute."),
    ),
    503: (N_("The site is busy"), N_("Try again in a few seconds.")),
}
DOMAIN_STATUS: dict[type[DomainError], int] = {NotFound: 404, Forbidden: 403, Conflict: 409, Invalid: 422}


def install(app: Flask) -> None:
    """Error handlers for HTTP errors, refusals of services and bugs."""
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(sa.exc.DBAPIError, _database)
    app.register_error_handler(Exception, _bug)


def page(status: int, explanation: str = "", **context: Any) -> Response:
    """The error page for `status`; `explanation` (in the reader's language) takes the place of the usual one."""
    title, usual = WORDS.get(status, WORDS[500] if status >= 500 else WORDS[400])
    directory = current_app.extensions["q.directory"]
    body = render_template(
        "errors/page.html",
        status=status,
        title=say(title),
        explanation=explanation or say(usual),
        sites=directory.all() if status == 404 else (),
        request_id=g.get("request_id", "") if status >= 500 else "",
        **context,
    )
    return make_response(body, status)


def _refused(status: int, explanation: str = "", **context: Any) -> Response:
    """The error page; in its place, where a form was sent with something typed in it, the page that keeps what was typed."""
    words = explanation or say(WORDS[status][1])
    if roles := context.get("roles"):
        words = f"{words} {say(N_('These roles can:'))} {', '.join(roles)}."
    try:
        kept = sent_again.kept(status, words)
    except HTTPException:  # the gate refused it before it was read, and it is too large, say, to be read at all
        kept = None
    return kept or page(status, explanation, **context)


def _domain(error: DomainError) -> Response:
    status = next((code for kind, code in DOMAIN_STATUS.items() if isinstance(error, kind)), 422)
    if isinstance(error, NotFound):
        return _refused(404)
    if isinstance(error, Forbidden):
        return _refused(403, roles=[say(title) for title in _roles_with(error.permission)])
    return _refused(status, say(error.message, error.params))


def _roles_with(permission: str) -> list[str]:
    """The titles of the roles that hold `permission`, in the core or by a plugin's manifest."""
    held = {role for role, names in ROLE_PERMISSIONS.items() if permission in names}
    for plugin in current_app.extensions["q.registry"].plugins.values():
        for spec in plugin.manifest.permissions:
            held |= set(spec.roles) if spec.name == permission else set()
    return [ROLE_TITLES[role] for role in sorted(held)]


def _csrf(_: CSRFError) -> Response:
    return sent_again.kept(400) or page(
        400, say(N_("This form was open for too long. Go back, load the page again and send it once more."))
    )


def _http(error: HTTPException) -> Any:
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    response = _refused(404) if error.code == 404 else page(error.code)
    for name, value in error.get_headers(request.environ):
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _database(error: sa.exc.DBAPIError) -> Response:
    """A server of databases that is out of reach, going down, without room or read-only is nobody's bug, and passes: 503, and one line
    in the log for each request instead of a traceback."""
    why = away(error)
    if not why:
        return _bug(error)
    log.error("the database does not serve: %s", why)
    response = _given_up(503)
    response.headers["Retry-After"] = "5"
    return response


def _bug(error: Exception) -> Response:
    log.error("unhandled error", exc_info=error)
    return _given_up(500)


def _given_up(status: int) -> Response:
    if "here" in g:
        db.session.rollback()
    return page(status)
