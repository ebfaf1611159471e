"""The audit trail across all sites: filters, pages, files, and whether every chain is whole."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, url_for

from core.console import actions, queries, subjects, trail
from core.console.sheets import TRAIL, TrailLine, action_title, trail_lines
from core.console.views.blueprints import console
from core.console.views.tenants import directory, tenant_called
from core.data.db import platform_scope
from core.data.session import ScopedSession
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


def lines(session: ScopedSession, found: queries.Trail) -> list[TrailLine]:
    """A page of the trail, or a block of it, with what each entry was about."""
    return list(trail_lines(found, subjects.names(session, registry(), found.entries)))


def all_lines(session: ScopedSession, wanted: queries.Wanted) -> Iterator[TrailLine]:
    """Every entry that is wanted, as its file has it: what the page says of an entry, the file says too."""
    for block in queries.whole_trail(session, wanted):
        yield from lines(session, block)


def page(
    listing: Listing,
    shown: Sequence[TrailLine],
    older: str,
    bad: frozenset[str],
    plugins: Iterable[str],
    **context: Any,
) -> Response:
    """The list of entries with its filters; `older` is where the next page begins. Of `plugins` the actions can be chosen."""
    offered = actions.groups(registry(), plugins, say)
    return render(
        "console/audit.html",
        lines=shown,
        groups=offered,
        begins=actions.asked(offered, request.args.get("action", "")),
        titled=action_title,
        bad=bad,
        listing=listing,
        chosen={name: request.args.get(name, "") for name in FILTERS},
        older=address(listing, before=older) if older else "",
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
            return download(kind, TRAIL, all_lines(session, wanted), listing.filters)
        found = queries.trail(session, wanted)
        shown = lines(session, found)
    return page(listing, shown, found.older, bad, registry().plugins, tenants=directory().all())


@console.get("/audit/chains")
@needs(Permission.CONSOLE_AUDIT_VIEW)
def audit_chains() -> Response:
    """Walk every site's chain and say whether it is whole."""
    tenants = [(tenant.id, tenant.named(here().language)) for tenant in directory().all()]
    with platform_scope("console: audit chains checked", here().visitor.actor()) as session:
        reports = queries.chains(session, tenants)
    return render("console/chains.html", reports=reports)
