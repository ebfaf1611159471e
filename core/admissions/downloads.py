"""Sending a file to somebody who may have it: as a download, never as a page of this site."""

from typing import Protocol, cast
from urllib.parse import quote

from flask import Response, current_app

from core.data.files import Store, open_store
from core.kernel.errors import NotFound

FILES = "q.files"


def store() -> Store:
    """This application's store of contents."""
    return cast("Store", current_app.extensions[FILES])


def store_of(room: str) -> Store:
    """A store beside it for a room of its own, so that neither sweeps up what belongs to the other."""
    return open_store(f"{current_app.config['Q'].files_url.rstrip('/')}/{room}")


def filesize(size: int) -> str:
    """A number of bytes as people read it: 12 KB, 1.4 MB."""
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))} KB"
    return f"{size / 1_000_000:.1f} MB"


class Kept(Protocol):
    """What is known of a file that is sent: `id` for the log, and what it is called, is, and is stored under."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def mime(self) -> str: ...
    @property
    def key(self) -> str: ...


def sent(file: Kept, kept_in: Store | None = None) -> Response:
    """The file as a download, from `kept_in` (as a rule the store of contents). The browser neither guesses another kind nor
    runs anything that is in it.

    Raises NotFound, and says so in the log, where the content is not in its place.
    """
    content = (kept_in or store()).get(file.key)
    if content is None:
        current_app.logger.error("the content of file %s is missing", file.id)
        raise NotFound
    response = Response(content, mimetype=file.mime)
    plain = file.name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response
