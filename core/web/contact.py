"""Where people write to: a site's own address where it has one, else the platform's."""

from urllib.parse import urlsplit

from flask import current_app

from core.web.context import here


def contact_address() -> str:
    """The email address of whoever answers for this site."""
    own = here().tenant.details.get("contact", "")
    return str(own or platform_address())


def platform_address() -> str:
    """The central team's address: QP_CONTACT, else `help@` the host of QP_BASE_URL."""
    config = current_app.config["Q"]
    return str(config.contact or f"help@{urlsplit(config.base_url).hostname}")
