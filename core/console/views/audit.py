"""The audit trail across all sites: filters, pages, files, and whether every chain is whole."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, url_for

from core.console import actions, queries, subjects, trail
from core.console.sheets import TRAIL, about, action_title
from core.console.views.blueprints import console
from core.console.views.tenants import directory, tenant_called
from core.data.db import platform_scope
from core.kernel.permissions import Permission
from core.web.access import needs
from core.web.context import here
from core.web.i18n import say
from core.web.listing import Listing
from core.web.lists import asked_for, download
from core.web.pages import registry, render

FILTERS = ("tenant", "action", "actor", "from", "to")


def listing_of(endpoint: str) -> Listing:
    """The trail's order and filters. It is paged from entry to entry, not by number: while one reads, it grows."""
    return Listing.read(url_for(endpoint), request.args, sorts=("-at", "at"), filters=FILTERS)


def address(listing: Listing, **also: str) -> str:
    """The trail's page with the present filters and order, and `also`."""
    query = urlencode([*listing.filters, ("sort", listing.sort), *also.items()], errors="replace")
    return f"{listing.path}?{query}"


def page(
    listing: Listing, found: queries.Trail, named: Mapping[str, str], bad: frozenset[str], plugins: Iterable[str],
    **context: Any,
) -> Response:  # fmt: skip
    """The list of entries with its filters. `named` says by an entry's id what it was about; of `plugins` the actions can be chosen."""
    offered = actions.groups(registry(), plugins, say)
    return render(
        "console/audit.html",
        found=found,
        named=named,
        groups=offered,
        begins=actions.asked(offered, request.args.get("action", "")),
        titled=action_title,
        about=about,
        bad=bad,
        listing=listing,
        chosen={name: request.args.get(name, "") for name in FILTERS},
        older=address(listing, before=found.older) if found.older else "",
        newest=address(listing) if request.args.get("before") else "",
        sites={tenant.id: tenant for tenant in directory().all()},
        **context,
    )


@console.get("/audit/")
@needs(Permission.CONSOLE_AUDIT_VIEW)
def audit_trail() -> Response:
    """What was done at every site."""
    slug = request.args.get("tenant", "")
    wanted, bad = trail.read(
        registry(), request.args, tenant_called(slug).id if slug else None, here().visitor.account_id
    )
    listing = listing_of("console.audit_trail")
    with platform_scope("console: audit trail", here().visitor.actor()) as session:
        if kind := asked_for():
            whole = queries.whole_trail(session, replace(wanted, before=""))
            return download(kind, TRAIL, whole, listing.filters)
        found = queries.trail(session, wanted)
        named = subjects.names(session, registry(), found.entries)
    return page(listing, found, named, bad, registry().plugins, tenants=directory().all())


@console.get("/audit/chains")
@needs(Permission.CONSOLE_AUDIT_VIEW)
def audit_chains() -> Response:
    """Walk every site's chain and say whether it is whole."""
    tenants = [(tenant.id, tenant.named(here().language)) for tenant in directory().all()]
    with platform_scope("console: audit chains checked", here().visitor.actor()) as session:
        reports = queries.chains(session, tenants)
    return render("console/chains.html", reports=reports)
