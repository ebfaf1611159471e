"""A partner's own management pages: overview, members, plugins, audit trail."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request, url_for

from core.admissions.queries import queues
from core.admissions.views.overview import KINDS
from core.console import queries, service, trail, waiting
from core.console.preview import differences
from core.console.sheets import MEMBERS, TRAIL
from core.console.views.audit import all_lines, lines, listing_of, page
from core.console.views.blueprints import manage
from core.console.views.flow import Steps, plugin_page
from core.kernel import clock
from core.kernel.errors import Forbidden
from core.kernel.permissions import Permission
from core.kernel.views import OpenWork
from core.people.models import COHORT_TITLES, COHORTS
from core.people.queries import MEMBER_SORTS, members, members_by_tenant
from core.web.access import needs
from core.web.context import here
from core.web.listing import Listing
from core.web.lists import asked_for, download, listed, searched
from core.web.pages import fragments, registry, render

SIZE = 50


@manage.get("/")
@needs(Permission.TENANT_MANAGE)
def home() -> Response:
    """What there is and what waits, at a glance."""
    context = here()
    work = waiting.asked(registry(), context.session, (context.tenant.ref(),), context.tenant.enabled)
    return render(
        "manage/home.html",
        members=members_by_tenant(context.session).get(context.tenant.id, 0),
        on=len(context.tenant.enabled),
        work=[*_joining(), *work],
        pieces=fragments("manage.main"),
    )


def _joining() -> list[OpenWork]:
    """What waits in Joining Q for whoever runs it here. The UK site takes no applications."""
    context = here()
    if context.tenant.kind == "uk" or not context.visitor.can(Permission.TENANT_ADMISSIONS_MANAGE):
        return []
    found = queues.counts_of_lead(context.session, context.visitor.account_id, clock.now())
    page = "/manage/admissions/waiting?kind="
    return [OpenWork(context.tenant.id, KINDS[kind], count, f"{page}{kind}") for kind, count in found.items()]


@manage.get("/members/")
@needs(Permission.TENANT_MEMBERS_VIEW)
def member_list() -> Response:
    """The members whose home this is."""
    context = here()
    search, cohort = searched(), request.args.get("cohort", "")
    cohort = cohort if cohort in COHORTS else ""
    listing = Listing.read(
        url_for("manage.member_list"), request.args, sorts=tuple(MEMBER_SORTS), filters=("q", "cohort"), size=SIZE
    )

    def read(limit: int | None, offset: int) -> tuple[Sequence[Any], int]:
        page = 1 if limit is None else offset // limit + 1
        rows = members(context.session, context.tenant.id, search, page, limit, cohort=cohort, sort=listing.sort)
        return rows[:limit], rows[0].total if rows else 0

    found = listed(listing, MEMBERS, read)
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render(
        "manage/members.html", rows=rows, listing=listing, search=search, cohort=cohort, cohorts=COHORT_TITLES
    )


@manage.get("/plugins/")
@needs(Permission.TENANT_PLUGINS_CONFIGURE)
def plugin_list() -> Response:
    """The plugins of which the central team leaves something to partners."""
    context = here()
    plugins = [now for now in queries.plugins_at(context.session, registry(), context.tenant.id) if now.left]
    return render(
        "manage/plugins.html",
        plugins=plugins,
        past=queries.history(context.session, context.tenant.id),
        titles={name: plugin.manifest.title for name, plugin in registry().plugins.items()},
        changes=lambda plugin, before, after: differences(registry(), plugin, before, after),
    )


@manage.route("/plugins/<plugin>/", methods=["GET", "POST"])
@needs(Permission.TENANT_PLUGINS_CONFIGURE)
def plugin(plugin: str) -> Response:
    """One plugin: what partners may switch and set, preview, confirmation."""
    context = here()
    actor, tenant, session = context.visitor.actor(), context.tenant.ref(), context.session
    now = queries.plugin_at(session, registry(), tenant.id, plugin)
    if not now.left:
        raise Forbidden(Permission.PLUGINS_CONFIGURE)

    def check(asked: service.Asked) -> queries.PluginNow:
        return service.as_lead(session, registry(), tenant, actor, plugin, asked)

    def apply(asked: service.Asked, revision: int, why: str) -> int:
        return service.configure_as_lead(
            session, registry(), tenant, actor, plugin=plugin, asked=asked, revision=revision, why=why
        )

    return plugin_page(
        Steps(
            session=session,
            tenant=tenant,
            now=now,
            central=False,
            check=check,
            apply=apply,
            here_url=url_for("manage.plugin", plugin=plugin),
            back_url=url_for("manage.plugin_list"),
            back=("manage.plugin_list", {}),
            unfit=context.tenant.unfit.get(plugin, ""),
        )
    )


@manage.get("/audit/")
@needs(Permission.TENANT_AUDIT_VIEW)
def audit_trail() -> Response:
    """What was done at this site."""
    context = here()
    wanted, bad = trail.read(registry(), request.args, context.tenant.id, context.visitor.account_id)
    listing = listing_of("manage.audit_trail")
    if kind := asked_for():
        return download(kind, TRAIL, all_lines(context.session, wanted), listing.filters)
    found = queries.trail(context.session, wanted)
    return page(
        listing, lines(context.session, found), found.older, bad, context.tenant.ever_enabled, tenants=()
    )  # fmt: skip
