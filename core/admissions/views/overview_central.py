"""What waits for the central team at every partner, and how many people came how far across the UK."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Response, current_app, request, url_for

from core.admissions.queries import compact as compacts
from core.admissions.queries import forms, funnel, policies, queues
from core.admissions.queries.funnel import Funnel
from core.admissions.queries.queues import Waiting
from core.admissions.views import overview
from core.admissions.views.blueprints import central
from core.admissions.views.overview import KINDS, SIZE, STAGES, WORK
from core.data.db import platform_scope
from core.kernel import clock
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.tenancy.directory import TenantDirectory, TenantSnapshot
from core.web.access import needs
from core.web.context import here
from core.web.listing import Listing
from core.web.lists import in_memory, listed
from core.web.pages import render
from core.web.sheets import Column, Sheet

AT_HOME = 5
"""So many of the things that wait stand on the desk itself."""


class Partner(NamedTuple):
    """One partner's figures over all its windows."""

    site: TenantSnapshot
    counts: dict[str, int]


def _site(tenant_id: int) -> TenantSnapshot:
    directory: TenantDirectory = current_app.extensions["q.directory"]
    found = directory.by_id(tenant_id)
    assert found is not None, "a row's tenant is there as long as the row is"
    return found


def _named(tenant_id: int) -> str:
    return _site(tenant_id).named(here().language)


def _count(stage: str) -> Callable[[Partner], int]:
    """What reads one stage's figure of a partner."""
    return lambda row: row.counts[stage]


ALL_WORK = Sheet("waiting", (Column(N_("Site"), lambda row: _named(row.tenant_id)), *WORK.columns), personal=False)
ALL_FIGURES = Sheet(
    "funnel",
    (
        Column(N_("Site"), lambda row: row.site.named(here().language)),
        *(Column(title, _count(name)) for name, title in STAGES.items()),
    ),
    personal=False,
)
SORTS: dict[str, Callable[[Partner], Any]] = {
    "site": lambda row: row.site.named(here().language).casefold(),
    **{name: _count(name) for name in STAGES},
}


def _address(one: Waiting) -> str:
    """Where it is done: moderating in the console, all else at the partner's own site."""
    site = _site(one.tenant_id)
    if one.kind == "moderate":
        return url_for("admissions.moderation_one", slug=site.slug, decision_id=one.ref)
    return f"{site.prefix}{overview.address(one)}"


@central.get("/")
@needs(Permission.ADMISSIONS_CONFIGURE)
def home() -> Response:
    """The central team's desk: what has waited longest at any partner, then what every partner shares."""
    context = here()
    with platform_scope("Joining Q: what waits at every partner", context.visitor.actor()) as session:
        rows, total = queues.of_central_team(session, context.visitor.account_id, limit=AT_HOME)
    return render(
        "admissions/central_home.html", rows=rows, total=total, kinds=KINDS, place_of=_address, site_called=_named,
        form=forms.newest_published(context.session), form_draft=forms.draft_number(context.session),
        compact=compacts.newest(context.session), compact_draft=compacts.draft_number(context.session),
        policy=policies.newest(context.session),
    )  # fmt: skip


@central.get("/waiting")
@needs(Permission.ADMISSIONS_CONFIGURE)
def central_work() -> Response:
    """What needs the central team, the longest waiting first."""
    visitor = here().visitor
    kind = request.args.get("kind", "")
    kind = kind if kind in queues.CENTRAL_KINDS else ""
    listing = Listing.read(
        url_for("admissions.central_work"), request.args, sorts=("since",), filters=("kind",), size=SIZE
    )
    with platform_scope("Joining Q: what waits at every partner", visitor.actor()) as session:
        found = listed(
            listing,
            ALL_WORK,
            lambda limit, offset: queues.of_central_team(
                session, visitor.account_id, kind=kind, limit=limit, offset=offset
            ),
        )
    if isinstance(found, Response):
        return found
    page, rows = found
    return render(
        "admissions/overview/central_work.html", listing=page, rows=rows, kind=kind, place_of=_address, site_called=_named,
        kinds={name: KINDS[name] for name in queues.CENTRAL_KINDS},
    )  # fmt: skip


def _by_partner(every: list[Funnel]) -> list[Partner]:
    counts: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(STAGES, 0))
    for one in every:
        for name in STAGES:
            counts[one.tenant_id][name] += getattr(one, name)
    return [Partner(_site(tenant_id), found) for tenant_id, found in counts.items()]


@central.get("/funnel")
@needs(Permission.ADMISSIONS_CONFIGURE)
def central_figures() -> Response:
    """From interest to membership at every partner, and for the UK as a whole."""
    visitor = here().visitor
    with platform_scope("Joining Q: how many came how far", visitor.actor()) as session:
        every = funnel.funnels(session, visitor.account_id, clock.now())
    listing = Listing.read(url_for("admissions.central_figures"), request.args, sorts=tuple(SORTS), size=SIZE)
    found = listed(listing, ALL_FIGURES, in_memory(_by_partner(every), listing, SORTS))
    if isinstance(found, Response):
        return found
    page, rows = found
    return render(
        "admissions/overview/central_funnel.html", listing=page, rows=rows, columns=overview.headings(),
        chart=overview.chart(funnel.together(every)),
    )  # fmt: skip
