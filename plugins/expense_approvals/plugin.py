"""What this plugin adds to the platform."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint

from core.sdk import (
    N_,
    Actor,
    EventRef,
    NavItem,
    OpenWork,
    Person,
    Renewed,
    ScopedSession,
    SubjectName,
    TenantRef,
    clock,
    hookimpl,
    sealer,
    sites,
)
from plugins.expense_approvals import demonstration, jobs, personal
from plugins.expense_approvals.figures import NEARLY
from plugins.expense_approvals.manifest import APPROVE, BUDGETS, MANIFEST, POLICY
from plugins.expense_approvals.queries import adjustments, claims, figures, payments, preapprovals, subjects
from plugins.expense_approvals.service import renewing
from plugins.expense_approvals.settings import Settings, settings_at
from plugins.expense_approvals.views import blueprint, manage_blueprint

SETTINGS = Settings
JOBS = jobs
"""Named here so that the worker knows what happens by itself."""
_BASE = f"/{MANIFEST.url_name}/"


@hookimpl
def q_blueprints() -> Iterable[Blueprint]:
    """The members' pages under `/expenses/`."""
    return [blueprint]


@hookimpl
def q_manage_blueprints() -> Iterable[Blueprint]:
    """The approvers' and leads' pages under `/manage/expenses/`."""
    return [manage_blueprint]


@hookimpl
def q_nav_items() -> Iterable[NavItem]:
    """The link for members: every page behind it asks for signing in."""
    return [NavItem(N_("Expenses"), _BASE, 60, signed_in=True)]


@hookimpl
def q_manage_items(tenant: TenantRef, actor: Actor) -> Iterable[NavItem]:
    """The link for approvers, or for who only sets budgets; and at the UK site the one to the policy."""
    if actor.can(APPROVE):
        yield NavItem(N_("Expenses"), f"/manage{_BASE}", 40, "wallet")
    elif actor.can(BUDGETS):
        yield NavItem(N_("Expenses"), f"/manage{_BASE}budgets", 40, "wallet")
    if tenant.kind == "uk" and actor.can(POLICY):
        yield NavItem(N_("The expenses policy"), f"/manage{_BASE}policy", 41, "file-text")


@hookimpl
def q_event_links(event: EventRef, actor: Actor) -> Iterable[NavItem]:
    """From an event to whether its costs may be covered; for who sets budgets to saying so."""
    yield NavItem(N_("Can my costs be covered?"), f"{_BASE}?event={event.id}", 50, "wallet")
    if actor.can(BUDGETS):
        days = {"first": clock.london(event.starts_at).date(), "last": clock.london(event.ends_at).date()}
        asked = urlencode({"event": event.id, "title": event.title, **days})
        yield NavItem(N_("Cover costs of this event"), f"/manage{_BASE}activities/new?{asked}", 51, "wallet")


@hookimpl
def q_open_work(session: ScopedSession, tenants: tuple[TenantRef, ...]) -> Iterable[OpenWork]:
    """What waits for a decision or an answer, and budgets that will not do."""
    there = {tenant.id for tenant in tenants}
    most = {site.id: settings_at(site).limits.lead_p for site in sites() if site.id in there}
    asked, asked_above = preapprovals.waiting(session, most)
    claimed, claimed_above = claims.waiting(session, most)
    sorts = (
        (N_("Expenses waiting for a decision"), asked, ""),
        (N_("Expenses above this site’s limit, for the central team"), asked_above, ""),
        (N_("Claims waiting for a check or a decision"), claimed, "claims/"),
        (N_("Claims above this site’s limit, for the central team"), claimed_above, "claims/"),
        (N_("Adjustments waiting for approval"), adjustments.waiting(session), "adjustments/"),
        (N_("Claims waiting to be paid"), payments.waiting(session), "payments/"),
        (N_("Budgets that are nearly used or used up"), figures.full(session, NEARLY), "budgets"),
    )
    for tenant in tenants:
        for label, counts, page in sorts:
            if counts[tenant.id]:
                yield OpenWork(tenant.id, label, counts[tenant.id], f"/manage{_BASE}{page}")


@hookimpl
def q_audit_subjects(session: ScopedSession, ids: frozenset[str]) -> Iterable[SubjectName]:
    """Activities by title; payments, and what was paid, by reference."""
    return [SubjectName(one, name) for one, name in subjects.names(session, ids).items()]


@hookimpl
def q_export_person_data(session: ScopedSession, tenant: TenantRef, account_id: str) -> Iterable[tuple[str, Any]]:
    """The person's declarations and what they asked for. What is held for every site together is told at the first of the sites
    that ever had the plugin, so that it stands in the file once."""
    told = any(site.id < tenant.id and MANIFEST.name in site.ever_enabled for site in sites())
    return personal.person_data(session, account_id, together=not told)


@hookimpl
def q_erase_person_data(session: ScopedSession, account_id: str, dry_run: bool) -> Iterable[str]:
    """Take the person out of both."""
    return list(personal.erase_person(session, account_id, dry_run))


@hookimpl
def q_renew_sealed(session: ScopedSession) -> Iterable[Renewed]:
    """Bank details, the site's own account, batches and the marks of proofs."""
    return renewing.renew(session, sealer)


@hookimpl
def q_demonstration(session: ScopedSession, tenant: TenantRef, people: Iterable[Person]) -> None:
    """People at every step between asking and being paid."""
    demonstration.fill(session, tenant, people)
