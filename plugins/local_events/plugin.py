"""What this plugin adds to the platform: its pages, its settings and its hooks."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint

from core.sdk import N_, Actor, Fragment, NavItem, OpenWork, Person, Role, ScopedSession, TenantRef, hookimpl
from plugins.local_events import demonstration, queries, registration
from plugins.local_events.manifest import MANIFEST
from plugins.local_events.settings import Settings
from plugins.local_events.views import blueprint

SETTINGS = Settings
SHOWN_AT_HOME = 4
_BASE = f"/{MANIFEST.url_name}/"


@hookimpl
def q_blueprints() -> Iterable[Blueprint]:
    """The pages under `/events/`."""
    return [blueprint]


@hookimpl
def q_nav_items() -> Iterable[NavItem]:
    """The link to the list."""
    return [NavItem(N_("Events"), _BASE, 20)]


@hookimpl
def q_page_fragments(session: ScopedSession, actor: Actor, place: str) -> Iterable[Fragment]:
    """The next events on a site's start page: public ones, and for members those for all members too."""
    if place != "home.main":
        return []
    allowed = ("uk", "public") if Role.MEMBER in actor.roles else ("public",)
    events = queries.next_events(session, allowed, SHOWN_AT_HOME)
    return [Fragment("local_events/home.html", {"events": events}, 20)]


@hookimpl
def q_open_work(session: ScopedSession) -> Iterable[OpenWork]:
    """Drafts to look at and events to close."""
    drafts, over = queries.waiting(session)
    found = [
        OpenWork(N_("Events waiting to be published"), drafts, f"{_BASE}?show=drafts"),
        OpenWork(N_("Events that are over and not completed"), over, f"{_BASE}?show=past"),
    ]
    return [work for work in found if work.count]


@hookimpl
def q_export_person_data(session: ScopedSession, account_id: str) -> Iterable[tuple[str, Any]]:
    """The person's registrations and the events they created."""
    return registration.person_data(session, account_id)


@hookimpl
def q_erase_person_data(session: ScopedSession, account_id: str, dry_run: bool) -> Iterable[str]:
    """Take the person out of registrations and events."""
    return list(registration.erase_person(session, account_id, dry_run))


@hookimpl
def q_demonstration(session: ScopedSession, tenant: TenantRef, people: Iterable[Person]) -> None:
    """An invented programme with people coming."""
    demonstration.fill(session, tenant, people)
