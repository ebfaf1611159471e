"""Where people write to: a site's own address where it has one, else the platform's."""

from urllib.parse import urlsplit

from flask import current_app, request

from core.web.context import here
from core.web.tenant_path import BY_HOST


def contact_address() -> str:
    """The email address of whoever answers for this site."""
    own = here().tenant.details.get("contact", "")
    return str(own or platform_address())


def platform_address() -> str:
    """The central team's address: QP_CONTACT, else `help@` the host of QP_BASE_URL."""
    config = current_app.config["Q"]
    return str(config.contact or f"help@{urlsplit(config.base_url).hostname}")


def root() -> str:
    """Where links in mail begin: the platform's own address from its settings, or the host name of a site that has its own.

    Never what a request merely claims: the host is one of the directory's, by which the request came in, and scheme and port are
    those of the settings. Whoever sends a request writes what stands behind the name in its Host header.
    """
    base = str(current_app.config["Q"].base_url)
    if not here().by_host:
        return base
    parts = urlsplit(base)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{request.environ[BY_HOST]}{port}"
