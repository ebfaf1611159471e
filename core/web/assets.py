"""Static files under addresses that change with their content, so that browsers may keep them for a year."""

import hashlib
from collections.abc import Mapping
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, send_file

from core.web.access import tenantless

STATIC = Path(__file__).parent / "static"
STYLES = Path(__file__).parent / "styles"
STYLESHEET = "q.css"
PARTS = (
    "base", "tokens", "layout", "frame", "page", "forms", "cards", "content", "tables", "charts", "utilities", "modes",
)  # fmt: skip
"""The files of `styles/` that the stylesheet is made of, in their order: the first names the layers in theirs."""
YEAR = 31_536_000
blueprint = Blueprint("assets", __name__)


def stylesheet() -> str:
    """The core's stylesheet: its parts one after another, because a page asks for one file sooner than for twelve."""
    return "\n".join((STYLES / f"{part}.css").read_text("utf-8") for part in PARTS)


class Assets:
    """Every static file by name: the core's, its stylesheet, htmx from its package, and a plugin's as `<plugin>/<file>`."""

    def __init__(self, plugin_folders: Mapping[str, Path]) -> None:
        self._files: dict[str, Path | bytes] = {path.name: path for path in STATIC.iterdir() if path.is_file()}
        self._files[STYLESHEET] = stylesheet().encode()
        self._files["htmx.js"] = Path(str(files("js_lib_htmx") / "static" / "htmx" / "htmx.min.js"))
        for name, folder in plugin_folders.items():
            for path in sorted((folder / "static").glob("*")):
                self._files[f"{name}/{path.name}"] = path
        self._digests = {name: self._digest(file) for name, file in self._files.items()}

    @staticmethod
    def _digest(file: Path | bytes) -> str:
        return hashlib.sha256(file if isinstance(file, bytes) else file.read_bytes()).hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file. Raises KeyError for a name that is not there: a page must not ask for nothing."""
        return f"/assets/{self._digests[name]}/{name}"

    def digest(self, name: str) -> str:
        """What tells this file's content from another's. Raises KeyError as `url` does."""
        return self._digests[name]

    def file(self, name: str) -> Path | bytes | None:
        """The file of that name, or what is in it where it is made of others."""
        return self._files.get(name)


def asset(name: str) -> str:
    """The hashed address of a static file, for templates."""
    found: Assets = current_app.extensions["q.assets"]
    return found.url(name)


@blueprint.get("/assets/<digest>/<path:name>")
@tenantless
def serve(digest: str, name: str) -> Any:
    """A static file. An old or wrong hash is answered too, but not kept by the browser.

    Its tag is that of the content. With the address's own hash for one, a server of the release before would give its file the tag
    of the next, while the two run side by side, and the next would then tell the browser to keep it for a year.
    """
    assets: Assets = current_app.extensions["q.assets"]
    file = assets.file(name)
    if file is None:
        abort(404)
    present = assets.digest(name)
    response: Response
    if isinstance(file, bytes):
        response = send_file(BytesIO(file), mimetype="text/css", conditional=True, etag=present)
    else:
        response = send_file(file, conditional=True, etag=present)
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if digest == present else "no-cache"
    return response
