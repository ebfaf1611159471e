"""The console's tenants: the table, one tenant's plugins, and undoing a change."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, make_response, redirect, request, url_for

from core.console import queries, service, waiting
from core.console.preview import differences
from core.console.sheets import PLUGINS, SITES, site_name
from core.console.undoing import settings_before
from core.console.views.blueprints import console
from core.console.views.flow import Steps, plugin_page, preview_page
from core.data.audit import UK
from core.data.db import tenant_session
from core.hooks.registry import Registry
from core.kernel.errors import NotFound
from core.kernel.permissions import Permission
from core.kernel.views import OpenWork
from core.tenancy import left
from core.tenancy.directory import TenantDirectory, TenantSnapshot
from core.tenancy.service import Change
from core.tenancy.switches import kept_at
from core.web.access import needs
from core.web.context import here
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.listing import Listing
from core.web.lists import Read, in_memory, listed, searched
from core.web.pages import redirect_with, registry, render

LARGEST_REVISION = 1_000_000_000
SIZE = 50


def directory() -> TenantDirectory:
    """Every tenant of this application."""
    found: TenantDirectory = current_app.extensions["q.directory"]
    return found


def tenant_called(slug: str) -> TenantSnapshot:
    """The tenant as it is now. Raises NotFound."""
    known = directory().by_slug(slug)
    if known is None:  # another process may have added it
        directory().refresh(here().session)
        known = directory().by_slug(slug)
    if known is None:
        raise NotFound
    return directory().current(here().session, known.id)


def open_work(tenant: TenantSnapshot) -> list[OpenWork]:
    """What waits at one tenant, asked in a session of its own."""
    with tenant_session(tenant.id) as session:
        return list(waiting.asked(registry(), session, (tenant.ref(),), tenant.enabled))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sites table: the site, and how much waits there for somebody."""

    row: queries.TenantRow
    waiting: int


def _lines(rows: Iterable[queries.TenantRow]) -> list[Line]:
    rows = list(rows)
    known = [tenant for row in rows if (tenant := directory().by_id(row.id)) is not None]
    work = waiting.at_sites(registry(), known)
    return [Line(row, sum(one.count for one in work.get(row.id, ()))) for row in rows]


SITE_SORTS: dict[str, Callable[[Any], Any]] = {
    "order": lambda row: 0,  # as the query gives them: the UK site, the nations, the regions
    "name": lambda row: site_name(row.id).casefold(),
    "members": lambda row: row.members,
    "changed": lambda row: row.changed_at,
}
WORK_SORT: dict[str, Callable[[Any], Any]] = {"work": lambda line: line.waiting}


def _sites(search: str, listing: Listing) -> Read:
    """The lines of the sites whose name has `search` in it, in either language. What waits is asked of those that are shown; of
    all of them where it decides their order."""
    directory().refresh(here().session)
    wanted = search.casefold()
    rows = [
        row
        for row in queries.tenants_table(here().session, registry())
        if wanted in f"{row.name}\n{row.name_cy}\n{row.slug}".casefold()
    ]
    if listing.sort.removeprefix("-") in WORK_SORT:
        return in_memory(_lines(rows), listing, WORK_SORT)
    sites = in_memory(rows, listing, SITE_SORTS)

    def read(limit: int | None, offset: int) -> tuple[list[Line], int]:
        shown, total = sites(limit, offset)
        return _lines(shown), total

    return read


@console.get("/")
@needs(Permission.CONSOLE_USE)
def home() -> Response:
    """Every tenant in one table."""
    search = searched()
    sorts = (*SITE_SORTS, *WORK_SORT)
    listing = Listing.read(url_for("console.home"), request.args, sorts=sorts, filters=("q",), size=SIZE)
    found = listed(listing, SITES, _sites(search, listing))
    if isinstance(found, Response):
        return found
    listing, lines = found
    titles = {name: plugin.manifest.title for name, plugin in registry().plugins.items()}
    return render(
        "console/tenants.html", lines=lines, listing=listing, search=search, titles=titles, broken=registry().broken,
        unfit=any(tenant.unfit for tenant in directory().all()),
    )  # fmt: skip


PLUGIN_SORTS: dict[str, Callable[[Any], Any]] = {
    "name": lambda row: say(row.title).casefold(),
    "on": lambda row: row.on,
}


@console.get("/plugins/")
@needs(Permission.CONSOLE_USE)
def plugin_table() -> Response:
    """Every plugin of this installation: where it is on, and whether it is in service."""
    search = searched()
    listing = Listing.read(
        url_for("console.plugin_table"), request.args, sorts=tuple(PLUGIN_SORTS), filters=("q",), size=SIZE
    )
    wanted = search.casefold()
    rows = [
        row
        for row in queries.plugins_table(here().session, registry())
        if wanted in f"{say(row.title)}\n{row.name}".casefold()
    ]
    found = listed(listing, PLUGINS, in_memory(rows, listing, PLUGIN_SORTS))
    if isinstance(found, Response):
        return found
    listing, shown = found
    return render("console/plugins.html", rows=shown, listing=listing, search=search, sites=len(directory().all()))


def lead_to_plugins(app: Flask, plugins: Registry) -> None:
    """Make `/console/<name>/…` lead to `/manage/<name>/…`, where the central team's pages of the plugin of that address stand.

    A rule for each plugin: one for any name would take the console's own addresses too, of which some are for other methods.
    """
    for address in plugins.addresses:
        room, _, name = address.partition("/")
        if room == "manage" and name:
            app.add_url_rule(f"/console/{name}/<path:page>", "console.page_of_plugin", page_of_plugin)


@needs(Permission.CONSOLE_USE)
def page_of_plugin(page: str) -> Response:
    """Whoever looks for a plugin's page in the console is sent to where it stands."""
    name = request.path.removeprefix("/console/").removesuffix(page)
    return make_response(redirect(f"{here().prefix}/manage/{name}{quote(page)}"))


@console.get("/tenants/<slug>/")
@needs(Permission.CONSOLE_USE)
def tenant(slug: str) -> Response:
    """One tenant: its plugins, what waits there, and what was changed."""
    found = tenant_called(slug)
    session = here().session
    return render(
        "console/tenant.html",
        tenant=found,
        plugins=queries.plugins_at(session, registry(), found.id),
        work=open_work(found),
        past=queries.history(session, found.id),
        titles={name: plugin.manifest.title for name, plugin in registry().plugins.items()},
        changes=lambda plugin, before, after: differences(registry(), plugin, before, after),
    )


def _decided_at_uk(slug: str, plugin: str) -> Response | None:
    """To the UK site's page of a plugin that is switched and set there for every site; None where `slug` decides."""
    tenant = tenant_called(slug)
    if kept_at(registry(), plugin, tenant.id) == tenant.id:
        return None
    uk = directory().by_id(UK)
    return redirect_with(
        _("This plugin is for the whole platform."), "console.plugin", slug=uk.slug if uk else "uk", plugin=plugin
    )


@contextmanager
def _steps(slug: str, plugin: str) -> Iterator[Steps]:
    """The steps of changing one plugin at any tenant, with a session of that tenant."""
    found = tenant_called(slug)
    actor, ref = here().visitor.actor(), found.ref()
    with tenant_session(found.id) as session:
        now = queries.plugin_at(session, registry(), found.id, plugin)

        def check(asked: service.Asked) -> queries.PluginNow:
            return service.as_central(ref, now, asked)

        def apply(asked: service.Asked, revision: int, why: str) -> int:
            becomes = check(asked)
            change = Change(plugin, becomes.enabled, becomes.settings, revision, why, becomes.left)
            return service.configure_as_central(session, registry(), ref, actor, change)

        yield Steps(
            session=session,
            tenant=ref,
            now=now,
            central=True,
            check=check,
            apply=apply,
            here_url=url_for("console.plugin", slug=slug, plugin=plugin),
            back_url=url_for("console.tenant", slug=slug),
            back=("console.tenant", {"slug": slug}),
            undo=lambda change: url_for("console.undo", slug=slug, plugin=plugin, revision=change.revision),
            unfit=found.unfit.get(plugin, ""),
        )


@console.route("/tenants/<slug>/plugins/<plugin>/", methods=["GET", "POST"])
@needs(Permission.PLUGINS_CONFIGURE)
def plugin(slug: str, plugin: str) -> Response:
    """One plugin at one tenant: switch and settings, preview, confirmation."""
    if elsewhere := _decided_at_uk(slug, plugin):
        return elsewhere
    with _steps(slug, plugin) as steps:
        return plugin_page(steps)


@console.get("/tenants/<slug>/plugins/<plugin>/undo/<int:revision>")
@needs(Permission.PLUGINS_CONFIGURE)
def undo(slug: str, plugin: str, revision: int) -> Response:
    """Preview going back to how the plugin was before one change; confirming it is a change like any other."""
    if revision > LARGEST_REVISION:
        raise NotFound
    if elsewhere := _decided_at_uk(slug, plugin):
        return elsewhere
    with _steps(slug, plugin) as steps:
        change = queries.past(steps.session, steps.tenant.id, plugin, revision)
        whole = settings_before(steps.session, registry(), steps.now.plugin, change)
        leaves = left.read(steps.now.plugin, change.before.get("left")) if steps.may_leave else None
        asked = service.Asked(bool(change.before["enabled"]), whole, leaves)
        return preview_page(steps, asked, service.becoming(steps.now, asked))
