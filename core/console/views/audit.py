"""The audit trail across all sites: filters, pages, export, and whether every chain is whole."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, request, url_for

from core.console import queries, trail
from core.console.views.blueprints import console
from core.console.views.tenants import directory, tenant_called
from core.data.db import platform_scope
from core.kernel.permissions import Permission
from core.web.access import needs
from core.web.context import here
from core.web.pages import render

FILTERS = ("tenant", "action", "actor", "from", "to")


def address(endpoint: str, **also: str) -> str:
    """A page's address with the present filters and `also`."""
    kept = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    query = urlencode({**kept, **also}, errors="replace")
    return url_for(endpoint) + (f"?{query}" if query else "")


def page(found: queries.Trail, bad: frozenset[str], endpoint: str, **context: Any) -> Response:
    """The list of entries with its filters."""
    return render(
        "console/audit.html",
        found=found,
        bad=bad,
        chosen={name: request.args.get(name, "") for name in FILTERS},
        older=address(endpoint, before=found.older) if found.older else "",
        newest=address(endpoint) if request.args.get("before") else "",
        sites={tenant.id: tenant for tenant in directory().all()},
        **context,
    )


@console.get("/audit/")
@needs(Permission.CONSOLE_AUDIT_VIEW)
def audit_trail() -> Response:
    """What was done at every site, the newest first."""
    slug = request.args.get("tenant", "")
    wanted, bad = trail.read(request.args, tenant_called(slug).id if slug else None)
    with platform_scope("console: audit trail", here().visitor.actor()) as session:
        found = queries.trail(session, wanted)
    return page(found, bad, "console.audit_trail", tenants=directory().all(), export=address("console.audit_csv"))


@console.get("/audit/trail.csv")
@needs(Permission.CONSOLE_AUDIT_VIEW)
def audit_csv() -> Response:
    """Every entry that the filters let through, as CSV."""
    slug = request.args.get("tenant", "")
    wanted, _ = trail.read(request.args, tenant_called(slug).id if slug else None)
    sites = {tenant.id: tenant.slug for tenant in directory().all()}
    with platform_scope("console: audit trail export", here().visitor.actor()) as session:
        body = "".join(trail.csv_lines(queries.whole_trail(session, wanted), sites))
    return csv_response(body, "audit.csv")


def csv_response(body: str, name: str) -> Response:
    """CSV for download, never kept by a cache."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(body, mimetype="text/csv", headers=headers)


@console.get("/audit/chains")
@needs(Permission.CONSOLE_AUDIT_VIEW)
def audit_chains() -> Response:
    """Walk every site's chain and say whether it is whole."""
    tenants = [(tenant.id, tenant.named(here().language)) for tenant in directory().all()]
    with platform_scope("console: audit chains checked", here().visitor.actor()) as session:
        reports = queries.chains(session, tenants)
    return render("console/chains.html", reports=reports)
