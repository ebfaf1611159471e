"""What programs fetch again and again: answered with 304 while it is the same."""

import hashlib
from collections.abc import Callable

from flask import Response, current_app, request

from core.web.unchanged import RELEASE

CALENDAR, ATOM = "text/calendar; charset=utf-8", "application/atom+xml; charset=utf-8"


def feed_response(facts: object, write: Callable[[], bytes], *, mimetype: str, name: str = "") -> Response:
    """The file that `write` makes of `facts`, or 304 to who has it already. Equal `facts` must give the same file: their
    `repr` tells. With `name` browsers offer it to keep under that name."""
    said = f"{current_app.extensions[RELEASE]}\n{mimetype}\n{facts!r}"
    etag = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]
    if request.if_none_match.contains(etag):
        response = Response(status=304)
    else:
        response = Response(write(), content_type=mimetype)
        if name:
            response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.set_etag(etag)
    response.headers["Cache-Control"] = "private, no-cache"
    return response
