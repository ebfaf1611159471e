"""What this plugin adds to the platform: its pages, its settings and its hooks."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint

from core.sdk import (
    N_,
    Actor,
    Fragment,
    NavItem,
    OpenWork,
    Person,
    Renewed,
    ScopedSession,
    SubjectName,
    TenantRef,
    Touched,
    TouchedThing,
    hookimpl,
    sealer,
)
from plugins.local_events import demonstration, demonstration_after, feedback_jobs, jobs, personal, rules
from plugins.local_events.manifest import MANIFEST, ORGANISE
from plugins.local_events.queries import events, subjects, switching_off, waiting
from plugins.local_events.service import sealed
from plugins.local_events.settings import Settings
from plugins.local_events.views import blueprint, manage_blueprint

SETTINGS = Settings
JOBS = (jobs, feedback_jobs)
"""Named here so that the worker knows what happens by itself."""
SHOWN_AT_HOME = 4
_BASE = f"/{MANIFEST.url_name}/"
WHILE_OFF = N_(
    "They keep their places, and calendars keep each event with its time and place. But the pages are gone: nobody can "
    "register, give a place back or be checked in, links in earlier letters find nothing, and no reminder goes out."
)


@hookimpl
def q_blueprints() -> Iterable[Blueprint]:
    """The pages under `/events/`."""
    return [blueprint]


@hookimpl
def q_manage_blueprints() -> Iterable[Blueprint]:
    """The organisers' pages under `/manage/events/`."""
    return [manage_blueprint]


@hookimpl
def q_manage_items(actor: Actor) -> Iterable[NavItem]:
    """The link to them."""
    return [NavItem(N_("Events"), f"/manage{_BASE}", 20, "calendar")] if actor.can(ORGANISE) else []


@hookimpl
def q_nav_items() -> Iterable[NavItem]:
    """The link to the list."""
    return [NavItem(N_("Events"), _BASE, 20)]


@hookimpl
def q_page_fragments(session: ScopedSession, tenant: TenantRef, actor: Actor, place: str) -> Iterable[Fragment]:
    """The next events on a site's start page, of those that whoever reads it finds in the list: for members of the area these are
    the ones that are for them alone, too."""
    if place != "home.main":
        return []
    found = events.next_events(session, rules.audiences_of(actor, tenant), SHOWN_AT_HOME)
    return [Fragment("local_events/events/home.html", {"events": found}, 20)]


@hookimpl
def q_open_work(session: ScopedSession, tenants: tuple[TenantRef, ...]) -> Iterable[OpenWork]:
    """Proposals and invitations to answer, drafts to publish and events to close."""
    there = waiting.at_sites(session, [tenant.id for tenant in tenants])
    sorts = (
        (N_("Proposals to decide"), there.proposals, f"/manage{_BASE}proposals"),
        (N_("Invitations to host an event together"), there.invitations, f"/manage{_BASE}hosting"),
        (N_("Events waiting to be published"), there.drafts, f"{_BASE}?show=drafts"),
        (N_("Events that are over and not completed"), there.over, f"{_BASE}?show=past"),
        (N_("Actions from feedback past their day"), there.late_actions, f"/manage{_BASE}feedback/actions?state=late"),
    )
    for tenant in tenants:
        for label, counts, href in sorts:
            if counts[tenant.id]:
                yield OpenWork(tenant.id, label, counts[tenant.id], href)


@hookimpl
def q_switch_off_touches(session: ScopedSession, limit: int) -> Iterable[Touched]:
    """Published events to come, with those who have a place or wait; a link to write to them first."""
    found = switching_off.ahead(session, limit)
    first = tuple(
        TouchedThing(one.tenant_id, one.title, one.starts_at, one.people, f"/manage{_BASE}{one.id}/messages/new")
        for one in found.first
    )
    return [Touched(N_("Events to come"), WHILE_OFF, found.events, found.people, first)]


@hookimpl
def q_audit_subjects(session: ScopedSession, ids: frozenset[str]) -> Iterable[SubjectName]:
    """Events, what belongs to one, and visits, by title."""
    return [SubjectName(one, title) for one, title in subjects.titles(session, ids).items()]


@hookimpl
def q_export_person_data(session: ScopedSession, account_id: str) -> Iterable[tuple[str, Any]]:
    """The person's registrations and the events they created."""
    return personal.person_data(session, account_id)


@hookimpl
def q_erase_person_data(session: ScopedSession, account_id: str, dry_run: bool) -> Iterable[str]:
    """Take the person out of registrations and events."""
    return list(personal.erase_person(session, account_id, dry_run))


@hookimpl
def q_renew_sealed(session: ScopedSession) -> Iterable[Renewed]:
    """Sensitive answers."""
    return [sealed.renew(session, sealer(sealed.PURPOSE))]


@hookimpl
def q_demonstration(session: ScopedSession, tenant: TenantRef, people: Iterable[Person]) -> None:
    """An invented programme with people coming, feedback on what is over, and visits."""
    everybody = list(people)
    demonstration.fill(session, tenant, everybody)
    demonstration_after.fill(session, tenant, everybody)
