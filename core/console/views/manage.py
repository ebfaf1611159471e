"""A partner's own management pages: overview, members, plugins, audit trail."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request, url_for

from core.console import queries, service, trail
from core.console.preview import differences
from core.console.views.audit import address, csv_response, page
from core.console.views.blueprints import manage
from core.console.views.flow import Steps, plugin_page
from core.kernel.errors import Forbidden
from core.kernel.permissions import Permission
from core.people.queries import members, members_by_tenant
from core.web.access import needs
from core.web.context import here
from core.web.pages import call_hooks, fragments, registry, render

SIZE = 50
LONGEST_SEARCH = 100


@manage.get("/")
@needs(Permission.TENANT_MANAGE)
def home() -> Response:
    """What there is and what waits, at a glance."""
    context = here()
    work = call_hooks("q_open_work", session=context.session)
    return render(
        "manage/home.html",
        members=members_by_tenant(context.session).get(context.tenant.id, 0),
        on=len(context.tenant.enabled),
        work=list(work.values()),
        pieces=fragments("manage.main"),
    )


@manage.get("/members/")
@needs(Permission.TENANT_MEMBERS_VIEW)
def member_list() -> Response:
    """The members whose home this is, by name."""
    search = trail.plain(request.args.get("q", ""), LONGEST_SEARCH)
    text = request.args.get("page", "1")
    number = max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    rows = members(here().session, here().tenant.id, search, number, SIZE)
    return render("manage/members.html", rows=rows[:SIZE], more=len(rows) > SIZE, page=number, search=search)


@manage.get("/plugins/")
@needs(Permission.TENANT_PLUGINS_CONFIGURE)
def plugin_list() -> Response:
    """The plugins of which the central team leaves something to partners."""
    context = here()
    plugins = [
        now
        for now in queries.plugins_at(context.session, registry(), context.tenant.id)
        if service.leaves_something(now.plugin.manifest)
    ]
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
    manifest = now.plugin.manifest
    if not service.leaves_something(manifest):
        raise Forbidden(Permission.PLUGINS_CONFIGURE)

    def check(enabled: bool | None, settings: Mapping[str, Any]) -> tuple[bool, dict[str, Any]]:
        return service.within_limits(session, registry(), tenant, actor, plugin, enabled, settings)

    def apply(enabled: bool | None, settings: Mapping[str, Any], revision: int, why: str) -> int:
        return service.configure_as_lead(
            session,
            registry(),
            tenant,
            actor,
            plugin=plugin,
            enabled=enabled,
            settings=settings,
            revision=revision,
            why=why,
        )

    return plugin_page(
        Steps(
            session=session,
            tenant=tenant,
            now=now,
            only=manifest.partner_may_set,
            may_switch=manifest.partner_may_switch,
            check=check,
            apply=apply,
            here_url=url_for("manage.plugin", plugin=plugin),
            back_url=url_for("manage.plugin_list"),
            back=("manage.plugin_list", {}),
        )
    )


@manage.get("/audit/")
@needs(Permission.TENANT_AUDIT_VIEW)
def audit_trail() -> Response:
    """What was done at this site, the newest first."""
    context = here()
    wanted, bad = trail.read(request.args, context.tenant.id)
    found = queries.trail(context.session, wanted)
    return page(found, bad, "manage.audit_trail", tenants=(), export=address("manage.audit_csv"))


@manage.get("/audit/trail.csv")
@needs(Permission.TENANT_AUDIT_VIEW)
def audit_csv() -> Response:
    """Every entry of this site that the filters let through, as CSV."""
    context = here()
    wanted, _ = trail.read(request.args, context.tenant.id)
    entries = queries.whole_trail(context.session, wanted)
    return csv_response("".join(trail.csv_lines(entries, {context.tenant.id: context.tenant.slug})), "audit.csv")
