"""Public pages that need not be made again: 304 to a visitor whose browser has the page as it still is."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

from flask import Response, current_app, g, make_response, request, session

from core.kernel import clock
from core.web.context import here

RELEASE = "q.release"
MINUTE = 60
_OTHERS = "q_shows_others"
_CODE = frozenset({".py", ".html", ".po", ".txt", ".css", ".js"})


def release_of(folders: Iterable[Path]) -> str:
    """What tells this release's pages from another's: how many files the code has, their bytes and the newest one's time.

    All web processes of one installation agree on it, so a browser may ask any of them.
    """
    stats = [one for folder in folders for one in _code_in(folder)]
    return f"{len(stats)}-{sum(one.st_size for one in stats)}-{max((one.st_mtime_ns for one in stats), default=0)}"


def _code_in(folder: str | Path) -> Iterator[os.stat_result]:
    """What the folder's code files and those of its subfolders are like. With paths for all of them it would take four times as long,
    at every start."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _code_in(entry.path)
            elif os.path.splitext(entry.name)[1] in _CODE and entry.is_file():  # noqa: PTH122 - see above
                yield entry.stat()


def revalidated(view: Callable[..., Any]) -> Callable[..., Any]:
    """For a GET view that shows a tenant's own rows to everybody: an unchanged page is answered with 304, not made again.

    Such a page follows from its address, the language, the tenant's configuration and the tenant's rows. Every change of
    those rows is audited in the same transaction, so the length of the audit trail tells whether any changed; what is
    "to come" moves with the clock, so a page is good for at most a minute. Someone signed in, or about to be told
    something, gets the page anew. A page that shows other tenants' cards must not be kept so, for their trails are not asked:
    a view that finds it does says so with `shows_others`.
    """

    @wraps(view)
    def answer(*args: Any, **values: Any) -> Any:
        if here().visitor.signed_in or session.get("_flashes"):
            return view(*args, **values)
        etag = _etag()
        if request.if_none_match.contains_weak(etag):
            unchanged = Response(status=304)
            unchanged.headers["Vary"] = "Cookie, Accept-Language"
            unchanged.set_etag(etag, weak=True)
            return unchanged
        response = make_response(view(*args, **values))
        if response.status_code == 200 and not g.get(_OTHERS):
            response.headers["Vary"] = "Cookie, Accept-Language"
            response.set_etag(etag, weak=True)
        return response

    return answer


def shows_others() -> None:
    """The page that is being made shows cards of other tenants: `revalidated` gives it no tag, so it is made anew each time."""
    setattr(g, _OTHERS, True)


def _etag() -> str:
    context = here()
    parts = (
        current_app.extensions[RELEASE],
        context.tenant.id,
        context.tenant.version,
        sorted(context.tenant.enabled),
        context.changes,
        context.language,
        request.script_root,
        request.full_path,
        int(clock.now().timestamp()) // MINUTE,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
