"""WSGI middleware: which tenant a request is for, by host name or by the first path segment."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from core.tenancy.directory import TenantDirectory
from core.tenancy.files import RESERVED

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
KEY, BY_HOST, UNKNOWN_HOST = "q.tenant_id", "q.by_host", "q.unknown_host"


class TenantPath:
    """Puts the tenant's id into the environment and its path prefix into SCRIPT_NAME, so that no blueprint knows tenants.

    `refresh` reads the directory again: it is asked once for a segment that nobody knows, since another process may
    have added a tenant.
    """

    def __init__(self, app: WsgiApp, directory: TenantDirectory, refresh: Callable[[], None], base_url: str) -> None:
        self._app, self._directory, self._refresh = app, directory, refresh
        self._base_host = (urlsplit(base_url).hostname or "").lower()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "/")
        if not path.startswith(("/assets/", "/healthz", "/readyz", "/metrics")):
            self._resolve(environ, path)
        return self._app(environ, start_response)

    def _resolve(self, environ: Environ, path: str) -> None:
        if not self._directory.all():
            self._refresh()
        host = environ.get("HTTP_HOST", "").rsplit(":", 1)[0].strip("[]").lower()
        own = self._directory.by_host(host)
        if own is not None:
            environ[KEY], environ[BY_HOST] = own.id, host
            return
        if host not in {self._base_host, "localhost", "127.0.0.1", "::1", ""}:
            environ[UNKNOWN_HOST] = host
        segment = path[1:].partition("/")[0]
        tenant = self._directory.by_slug(segment) if segment and segment not in RESERVED else None
        if tenant is None or tenant.kind == "uk":
            environ[KEY] = 1
            return
        environ[KEY] = tenant.id
        environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/{segment}"
        environ["PATH_INFO"] = path[len(segment) + 1 :]
