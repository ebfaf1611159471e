"""What this plugin adds to the platform: its pages, its settings and its hooks."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint

from core.sdk import Fragment, NavItem, ScopedSession, here, hookimpl
from $package import queries, service
from $package.manifest import MANIFEST
from $package.settings import Settings
from $package.views import blueprint

SETTINGS = Settings


@hookimpl
def q_blueprints() -> Iterable[Blueprint]:
    """The pages under `/$url_name/`."""
    return [blueprint]


@hookimpl
def q_nav_items() -> Iterable[NavItem]:
    """The link to the list."""
    return [NavItem(MANIFEST.title, f"/{MANIFEST.url_name}/", 60)]


@hookimpl
def q_page_fragments(session: ScopedSession, place: str) -> Iterable[Fragment]:
    """The newest notes on a site's start page."""
    if place != "home.main":
        return []
    found = here().tenant.settings.get(MANIFEST.name)
    settings = found if isinstance(found, Settings) else Settings()
    notes = queries.newest(session, settings.shown_at_home) if settings.shown_at_home else []
    return [Fragment("$name/home.html", {"notes": notes}, 60)] if notes else []


@hookimpl
def q_export_person_data(session: ScopedSession, account_id: str) -> Iterable[tuple[str, Any]]:
    """The person's notes."""
    return service.person_data(session, account_id)


@hookimpl
def q_erase_person_data(session: ScopedSession, account_id: str, dry_run: bool) -> Iterable[str]:
    """Take the person off their notes."""
    return list(service.erase_person(session, account_id, dry_run))
