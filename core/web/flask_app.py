"""Flask with what every request pays for and nobody here needs taken out."""

import logging
from collections.abc import Callable, MutableMapping
from functools import lru_cache
from typing import Any

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface
from flask.templating import Environment
from itsdangerous import URLSafeTimedSerializer
from werkzeug.routing import Rule

from core.web import turned_away
from core.web.sent import FormRequest

log = logging.getLogger("q.web")


class CookieSessions(SecureCookieSessionInterface):
    """Flask's signed cookie; the signer is made once for an application instead of for every request."""

    def __init__(self) -> None:
        self._signer = lru_cache(maxsize=4)(super().get_signing_serializer)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The signer of `app`'s cookies."""
        return self._signer(app)


class Templates(Environment):
    """Flask's templates, none of which is ever given globals of its own."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's globals themselves, where Jinja would lay an empty map over them for each template: every page would
        look up each name, at each import and each include, in the two of them."""
        return super().make_globals(d) if d else self.globals


class LateRule(Rule):
    """A route whose address builder is compiled when the first address of it is built. Werkzeug compiles two for each of some 550
    routes at the start, by way of Python's syntax trees: 0.09 s, for routes most of which a process never names."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_now = super()._compile_builder

        def late(rule: "LateRule", /, **values: Any) -> tuple[str, str]:
            built = compile_now(append_unknown).__get__(rule)
            setattr(rule, "_build_unknown" if append_unknown else "_build", built)
            return built(**values)  # type: ignore[no-any-return]  # a function bound by hand

        return late


class PlatformFlask(Flask):
    """The platform's application. Its views, handlers and hooks are plain functions: `mount` refuses plugins with others."""

    session_interface = CookieSessions()
    jinja_environment = Templates
    url_rule_class = LateRule
    request_class = FormRequest

    def dispatch_request(self) -> Any:
        """The view's answer; to a form, only where the form has all the fields that were sent."""
        dispatch = super().dispatch_request
        return turned_away.answer(dispatch) if request.method == "POST" else dispatch()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """`func` itself: Flask asks of each of nine functions at each request whether it is a coroutine function."""
        return func

    def log_exception(self, exc_info: Any) -> None:
        """Tell of an error that came after the view; Flask would name the address, in which the secrets of mailed links stand."""
        log.error("unhandled error", exc_info=exc_info)
