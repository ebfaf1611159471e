"""Logs as one JSON object a line, with request id and tenant; never row content or addresses of people."""

import io
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from json.encoder import encode_basestring as quoted

from flask import Response, g, has_request_context, request

from core.config import LOG_LEVELS

log = logging.getLogger("q.process")
requests = logging.getLogger("q.request")
STANDARD_ERROR = 2
encode = json.JSONEncoder(ensure_ascii=False).encode


class JsonFormatter(logging.Formatter):
    """UTC time, level, logger, message, and what it was written for: a request's id and its tenant's slug, or a job's as well."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; line breaks inside the message are escaped by JSON, so an entry cannot be forged."""
        entry: dict[str, object] = {
            "at": _moment(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if has_request_context():
            found = g.get("here")
            entry["request"] = g.get("request_id", "")
            entry["tenant"] = found.tenant.slug if found is not None else ""
        for key in ("request", "job", "tenant_id", "tenant"):
            if (value := getattr(record, key, None)) not in (None, ""):
                entry[key] = value
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return encode(entry)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def write(line: str) -> None:
    """Write one entry with one call: several processes share the file, and no entry may end up inside another. Nobody's request
    fails because the log cannot be written. A process that was started without standard error writes nothing: its number is that
    of a file or a connection by then."""
    if sys.__stderr__ is None:
        return
    left = f"{line}\n".encode("utf-8", "backslashreplace")
    with suppress(OSError):
        while left:
            left = left[os.write(STANDARD_ERROR, left) :]


class StandardError(logging.Handler):
    """Writes the entries of the log to standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one."""
        try:
            write(self.format(record))
        except Exception:  # noqa: BLE001 - an entry that cannot be put into words stops nobody's work
            self.handleError(record)


class Stray(io.TextIOBase):
    """Takes the place of standard output or error: what anybody writes there by himself becomes an entry for each line."""

    encoding, errors = "utf-8", "backslashreplace"

    def __init__(self, name: str, level: int) -> None:
        self._log, self._level, self._begun = logging.getLogger(name), level, threading.local()

    def writable(self) -> bool:
        """It can be written to."""
        return True

    def write(self, text: str) -> int:
        """Tell the lines that `text` ends; what follows the last of them waits for its end, in each thread by itself."""
        *lines, self._begun.line = (getattr(self._begun, "line", "") + text).split("\n")
        for line in filter(str.strip, lines):
            self._log.log(self._level, "%s", line)
        return len(text)

    def flush(self) -> None:
        """Tell what was begun, too."""
        if getattr(self._begun, "line", ""):
            self.write("\n")


def install() -> None:
    """Send the root logger's entries to standard error as JSON, from the level on that `QP_LOG_LEVEL` names, and with them warnings
    and what nobody caught, in any thread."""
    level = LOG_LEVELS.get(os.environ.get("QP_LOG_LEVEL", ""), logging.INFO)
    root = logging.getLogger()
    for earlier in [h for h in root.handlers if isinstance(h, StandardError)]:
        root.removeHandler(earlier)
    handler = StandardError()
    handler.setFormatter(JsonFormatter())
    handler.setLevel(level)  # for loggers with a level of their own, as the server's
    root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, error, trace: _uncaught("the process", error)
    threading.excepthook = lambda hooked: _uncaught(f"thread {hooked.thread and hooked.thread.name}", hooked.exc_value)
    sys.unraisablehook = lambda hooked: _uncaught("clearing up", hooked.exc_value)


def own_streams() -> None:
    """What is written to standard output and error past the log becomes part of it. For processes that write nothing else."""
    sys.stdout, sys.stderr = Stray("stdout", logging.INFO), Stray("stderr", logging.WARNING)


@contextmanager
def told() -> Iterator[None]:
    """Where what runs inside cannot go on, say so in the log, with one entry, and end the process. Raises SystemExit."""
    install()
    try:
        yield
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            raise
        log.critical("%s", error.code)
        raise SystemExit(1) from error
    except KeyboardInterrupt as error:
        log.warning("interrupted")
        raise SystemExit(130) from error
    except Exception as error:
        _uncaught("the process", error)
        raise SystemExit(1) from error


def _uncaught(where: str, error: BaseException | None) -> None:
    if not isinstance(error, SystemExit):
        log.critical("%s: an error that nobody caught", where, exc_info=error)


def answered(response: Response, seconds: float) -> None:
    """Write the request's own line: what was asked for by its route, in which neither ids stand nor the secrets of mailed links,
    and without the query. `seconds`: how long the answer took.

    What belongs to no site (static files, `/healthz`, `/readyz`, `/metrics`) is told where it fails alone: the rest would be most
    of the log, and says nothing. The line is put together by hand: by way of `logging` it costs three times as much.
    """
    here, status, rule = g.get("here"), response.status_code, request.url_rule
    if (here is not None or status >= 400) and requests.isEnabledFor(logging.INFO):
        write(
            f'{{"at": "{_moment(time.time())}", "level": "info", "logger": "{requests.name}", "message": "answered", '
            f'"request": {quoted(g.get("request_id", ""))}, "tenant": "{here.tenant.slug if here is not None else ""}", '
            f'"method": {quoted(request.method)}, "route": {quoted(rule.rule if rule is not None else "")}, '
            f'"status": {status}, "ms": {seconds * 1000:.1f}}}'
        )
