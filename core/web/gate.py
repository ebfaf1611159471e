"""The gate: every request's tenant, visitor and session, and the check of the endpoint's declared access."""

import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast
from urllib.parse import quote, unquote_to_bytes

from flask import Flask, Response, abort, g, redirect, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_accept_header

from core.data.db import db
from core.data.scope import Scope
from core.data.session import ScopedSession
from core.hooks.registry import Registry
from core.kernel.errors import Forbidden
from core.kernel.permissions import Role
from core.tenancy.directory import TenantDirectory, TenantSnapshot, is_on
from core.web import sent_again
from core.web.access import Access, access_of
from core.web.context import Here, SignedIn, visitor_of
from core.web.tenant_path import BY_HOST, KEY, UNKNOWN_HOST

LOADER = "q.visitor_loader"
LANGUAGE_COOKIE = "q_language"
READS = ("GET", "HEAD")
FORM = "application/x-www-form-urlencoded"
LONGEST_FORM, MOST_FIELDS = 2_000_000, 10_000
"""Bytes and fields of a form without files: five long answers of letters that take nine bytes each, a box for each of thousands of people."""
VisitorLoader = Callable[..., SignedIn | None]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def install(app: Flask, registry: Registry, directory: TenantDirectory, https: bool) -> None:
    """Put the gate before every request and the security headers behind every response."""
    permissions = plugin_permissions(registry)

    @app.before_request
    def _enter() -> Any:
        g.request_id = request.headers.get("X-Request-Id", "")[:64] or secrets.token_hex(8)
        access = access_of(app, request.endpoint) if request.endpoint else None
        doubled = request.environ["PATH_INFO"].startswith("//")
        if access is not None and access.tenantless:
            return redirect(_one_address(), 308) if doubled else None
        tenant_id = int(request.environ.get(KEY, 1))
        session = cast("ScopedSession", db.session(scope=Scope.tenant(tenant_id)))
        session.info["request_id"] = g.request_id  # travels with the work that this request asks for
        tenant, changes = directory.arrive(session, alone="HTTP_IF_NONE_MATCH" in request.environ)
        loader: VisitorLoader | None = app.extensions.get(LOADER)
        person = loader(session, tenant) if loader is not None else None
        visitor = visitor_of(person, tenant_id, permissions)
        g.here = Here(tenant, visitor, session, "en", bool(request.environ.get(BY_HOST)), changes)
        g.here.language = _language(g.here)
        if g.here.by_host or request.environ.get(UNKNOWN_HOST):
            g.here.common = app.config["Q"].base_url
        off = _what_is_off(registry, tenant)
        closed = bool(off) and not _goes_on(registry, tenant, off, access)
        if closed:
            request.url_rule = None  # as if nothing had matched: no handler of the plugin's own runs
        if not _readable():
            abort(400)  # before any other answer, which would keep what was sent
        if closed or request.environ.get(UNKNOWN_HOST):
            abort(404)
        if access is None:
            return None  # no such route: Flask answers 404, 405 or the redirect to the final slash itself
        if doubled:
            return redirect(_one_address(), 308)
        if access.kind != "public" and not visitor.signed_in:
            return sent_again.kept(403) or redirect(
                f"{g.here.prefix}/account/sign-in?next={sent_again.return_path()}&asked=1", 303
            )
        if access.kind == "needs" and not visitor.can(access.permission):
            raise Forbidden(access.permission)
        return None

    @app.after_request
    def _leave(response: Response) -> Response:
        return _with_headers(response, https)


def _one_address() -> str:
    """The address of this page with a single slash before it: Werkzeug merges those further on, and leaves these out unseen.

    It names no host, and its path is quoted: browsers take a backslash for a slash, and two at the beginning for a host."""
    query = quote(request.query_string, safe="!$&'()*+,/:;=?@%")
    return quote(request.script_root + request.path, safe="!$&'()*+,/:;=@") + (f"?{query}" if query else "")


def _readable() -> bool:
    """Whether a form that was sent is text: of bytes that are no UTF-8 Werkzeug would make other characters, and they would be kept.

    Werkzeug limits the text and the fields of forms with files alone. Any other would be taken apart up to the size of a file, which
    takes seconds and a hundred times the memory. Raises RequestEntityTooLarge.
    """
    if request.mimetype != FORM:
        return True
    request.max_content_length = LONGEST_FORM  # holds for one, too, that does not say how long it is
    if (request.content_length or 0) > LONGEST_FORM:
        return True  # it is refused as that when it is read
    sent = request.get_data(cache=True, parse_form_data=False)
    if len(sent) >= LONGEST_FORM or sent.count(b"&") >= MOST_FIELDS:  # of one in pieces no more has been read
        raise RequestEntityTooLarge
    try:
        unquote_to_bytes(sent.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        return False
    return True


def _with_headers(response: Response, https: bool) -> Response:
    """The headers of every response. With a 304 the browser has the security ones already, beside the page it keeps."""
    if response.status_code != 304:
        said = {name.lower() for name, _ in response.headers}
        response.headers.extend([(name, value) for name, value in HEADERS.items() if name.lower() not in said])
    if https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Request-Id"] = g.get("request_id", "")
    return response


def _what_is_off(registry: Registry, tenant: TenantSnapshot) -> str:
    """The plugin that is off here and below whose address this one lies, be there a page or none, by whatever method; "" for
    none."""
    first, _, rest = request.path[1:].partition("/")
    address = f"manage/{rest.partition('/')[0]}" if first == "manage" else first
    plugin = registry.addresses.get(address, "")
    return "" if plugin in registry.plugins and is_on(tenant, plugin) else plugin


def _goes_on(registry: Registry, tenant: TenantSnapshot, plugin: str, access: Access | None) -> bool:
    """Whether a view answers although its plugin is off: it says so, and somebody can have subscribed to it here. One that is
    broken never answers."""
    if access is None or not access.while_off or request.method not in READS:
        return False
    return plugin in registry.plugins and plugin in tenant.ever_enabled


def _language(here: Here) -> str:
    """A choice made by cookie, then the person's own, then the browser's wish, then the site's default."""
    offered = here.tenant.languages
    chosen = request.cookies.get(LANGUAGE_COOKIE, "") or here.visitor.locale
    if chosen in offered:
        return chosen
    return _wished(request.headers.get("Accept-Language", ""), offered)


@lru_cache(maxsize=64)
def _wished(header: str, offered: tuple[str, ...]) -> str:
    """Which of the languages `offered` a browser's header wishes for most; the first where it wishes for none of them."""
    return parse_accept_header(header, LanguageAccept).best_match(offered) or offered[0]


def plugin_permissions(registry: Registry) -> dict[Role, frozenset[str]]:
    """What each role may do in the plugins, by their manifests."""
    held: dict[Role, frozenset[str]] = {}
    for plugin in registry.plugins.values():
        for permission in plugin.manifest.permissions:
            for role in permission.roles:
                held[role] = held.get(role, frozenset()) | {permission.name}
    return held
