"""Flask with what every request pays for and nobody here needs taken out."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer


class CookieSessions(SecureCookieSessionInterface):
    """Flask's signed cookie; the signer is made once for an application instead of for every request."""

    def __init__(self) -> None:
        self._signer = lru_cache(maxsize=4)(super().get_signing_serializer)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The signer of `app`'s cookies."""
        return self._signer(app)


class PlatformFlask(Flask):
    """The platform's application. Its views, handlers and hooks are plain functions: `mount` refuses plugins with others."""

    session_interface = CookieSessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """`func` itself: Flask asks of each of nine functions at each request whether it is a coroutine function."""
        return func
