"""What nobody should send."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from tests.integration.bad_input.world import CSRF, Browser

LONG = 100_000
FIELDS: dict[str, Any] = {
    "null byte": "a\x00b\x07\x1b",
    "long": "x" * LONG,
    "long number": "9" * 400,  # more than a float holds, and fewer digits than Python reads
    "number": "-99999999999999999999999",
    "day that is none": "2031-02-30T25:61",
    "last day": "9999-12-31T23:59",
    "markup": "=<script>alert(1)</script>\"'{{7*7}}; drop table people_account; --",
    "other scripts": "\u202e\u0645\u0631\u062d\u0628\u0627" + "🧪" * 90,
    "json": '{"enabled": 1, "settings": [[[[]]]]}',
    "nested": "[" * 20_000,
    "nothing": "",
    "spaces": " \t \u00a0",
    "bad utf-8": b"\xff\xfe\xc3\x28\xed\xa0\x80",
    "line breaks": "a@example.org\r\nBcc: b@example.org",
    "several": ["first", "second", ""],
}
"""By what is wrong with it: a value for one field of a form."""
FOR_EVERY_FIELD = {"null byte", "long", "number", "json", "nested", "nothing", "several"}
"""Also for what people choose and what the page itself carries along; the others only for what people type."""

QUERIES = (
    "%00", "%ff%fe", "%ed%a0%80", "-1", "9" * 30, "9" * 5000, "x" * 20_000, "%F0%9F%A7%AA", "%0d%0aSet-Cookie:x",
    "'%22--<script>%%(name)s{}%zz", "99999-01-01", "%C2%B2",
)  # fmt: skip
"""Values of a query, as they stand in an address."""

SEGMENTS = (
    "%00", "a%00b", "%ff", "%ed%a0%80", "%F0%9F%A7%AA", "a" * 5000, "..%2f..%2fetc", "-1", "9" * 30,
    "9" * 5000, "%20", "%0a", "0" * 26, "%C2%B2",
)  # fmt: skip
"""Parts of an address where an id, a name or a number should stand."""


def expired(app: Flask, browser: Browser, hours: int = 13) -> str:
    """The browser's own form token, as it was given out so many hours ago."""
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    raw = serializer.loads(browser.cookie)[CSRF]
    now = TimestampSigner("any").get_timestamp()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TimestampSigner, "get_timestamp", lambda _: now - int(timedelta(hours=hours).total_seconds()))
        return str(URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token").dumps(raw))
