"""Compiled templates kept on disk: a web process that starts again reads them instead of compiling each anew."""

import hashlib
import logging
import tempfile
from pathlib import Path

from flask import Flask
from jinja2.bccache import Bucket, FileSystemBytecodeCache

log = logging.getLogger("q.web")


class CompiledTemplates(FileSystemBytecodeCache):
    """Jinja's own store in a folder that only this system user may enter; what cannot be read or written is compiled.

    The names carry the release: filters may have been worked into the code, so it belongs to exactly this one.
    """

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill `bucket` from its file; leave it empty where there is none or it is damaged."""
        try:
            super().load_bytecode(bucket)
        except Exception as error:  # noqa: BLE001 - a damaged file may raise anything; compiling is always possible
            log.warning("a compiled template cannot be read: %s", type(error).__name__)
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write `bucket` to its file; a full disk costs a page nothing."""
        try:
            super().dump_bytecode(bucket)
        except OSError as error:
            log.warning("a compiled template cannot be kept: %s", error.strerror)


def keep(app: Flask, release: str) -> None:
    """Keep what `app` compiles for later starts of the same release; without a folder for it, do nothing."""
    name = hashlib.sha256(release.encode()).hexdigest()[:16]
    try:
        store = CompiledTemplates(pattern=f"q-{name}-%s.cache")
    except (OSError, RuntimeError) as error:
        log.warning("compiled templates are not kept in %s: %s", tempfile.gettempdir(), error)
        return
    app.jinja_env.bytecode_cache = store
    _forget_others(Path(store.directory), f"q-{name}-")


def _forget_others(folder: Path, ours: str) -> None:
    """Remove what other releases left. One that still runs here has what it needs in memory, or compiles it."""
    for path in folder.glob("q-*.cache"):
        if not path.name.startswith(ours):
            path.unlink(missing_ok=True)
