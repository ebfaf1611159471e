"""Where somebody has work: what their roles of today open for them, site by site, on top of My items."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.kernel.views import NavItem
from core.people import login
from core.tenancy.directory import TenantSnapshot
from core.tenancy.switches import on_by_tenant
from core.web.context import Visitor, here, visitor_of
from core.web.gate import plugin_permissions
from core.web.pages import manage_items_at, registry, sites


@dataclass(frozen=True, slots=True)
class Duties:
    """One site where somebody has work, and the links to it; of each link the label is a message and the path inside the site."""

    site: TenantSnapshot
    links: tuple[NavItem, ...]


def duties_of_visitor() -> list[Duties]:
    """The sites where the reader has been given a role that has work today, in the order of sites. What is held UK-wide is done at
    the UK site. One statement, whatever the number of sites; none for who holds no role, as the gate knows the roles."""
    person = login.present()
    if person is None or not person.grants:
        return []
    at = {tenant_id for _, tenant_id in person.grants}
    permissions, on = plugin_permissions(registry()), on_by_tenant(here().session, registry())
    found = []
    for site in sites():
        if site.id in at:
            working = on(site.id)
            links = tuple(_links(site, visitor_of(person, site.id, permissions), working))
            found += [Duties(site, links)] if links else []
    return found


def _links(site: TenantSnapshot, visitor: Visitor, on: frozenset[str]) -> Iterator[NavItem]:
    """The core's rooms, then those of the plugins that are `on`, as beside the pages for running the site."""
    if site.kind == "uk":
        if visitor.can(Permission.CONSOLE_USE):
            yield NavItem(N_("Console"), "/console/")
    else:
        if visitor.can(Permission.ADMISSIONS_ASSESS):
            yield NavItem(N_("Assess"), "/assess/")
        if visitor.can(Permission.TENANT_MANAGE):
            yield NavItem(N_("Manage this site"), "/manage/")
    yield from manage_items_at(site, on, visitor.actor())
