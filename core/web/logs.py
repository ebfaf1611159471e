"""Logs as one JSON object a line, with request id and tenant; never row content or addresses of people."""

import json
import logging
import sys
from datetime import UTC, datetime

from flask import g, has_request_context


class JsonFormatter(logging.Formatter):
    """UTC time, level, logger, message, and what it was written for: a request's id and its tenant's slug, or a job's as well."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; line breaks inside the message are escaped by JSON, so an entry cannot be forged."""
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
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
        return json.dumps(entry, ensure_ascii=False)


def install(level: int = logging.INFO) -> None:
    """Send the root logger's entries to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    for earlier in [h for h in root.handlers if isinstance(h.formatter, JsonFormatter)]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(level)
