"""What waits for a partner's lead, and how many people came how far in each of its windows."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from flask import Blueprint, Response, request, url_for

from core.admissions.queries import funnel, queues
from core.admissions.queries.funnel import ENDS, Funnel
from core.admissions.queries.queues import Waiting
from core.kernel import clock
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.web import charts
from core.web.access import needs
from core.web.context import here
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.listing import Listing
from core.web.lists import in_memory, listed
from core.web.pages import render
from core.web.sheets import Column, Sheet
from core.web.where import only_at_partners_sites

blueprint = Blueprint("overview", __name__, url_prefix="/manage/admissions")
only_at_partners_sites(blueprint)
SIZE = 50
KINDS: Mapping[str, str] = {
    "declaration": N_("A conflict of interest was declared: allow it, or take the assessor off"),
    "assign": N_("Nobody assesses it yet"),
    "overdue": N_("An assessment is overdue"),
    "sign": N_("Ready to be decided"),
    "discuss": N_("The panel has to discuss it"),
    "more": N_("It needs another assessor"),
    "returned": N_("The central team sent the decision back"),
    "hold": N_("Its decision can go into a batch"),
    "release": N_("A batch can be released"),
    "appeal": N_("Somebody appeals"),
    "moderate": N_("A signed decision has to be moderated"),
    "incident": N_("A rule failed: a person must decide"),
}
"""What is to be done about each kind of thing that waits."""
STAGES: Mapping[str, str] = {
    "interested": N_("Interested"),
    "started": N_("Started"),
    "submitted": N_("Submitted"),
    "assessed": N_("Assessed"),
    "accepted": N_("Accepted"),
    "members": N_("Members"),
    "declined": N_("Declined"),
    "withdrawn": N_("Withdrawn"),
    "not_submitted": N_("Not submitted in time"),
}
FUNNEL_SORTS: dict[str, Callable[[Funnel], Any]] = {
    "opens": lambda row: row.opens_at,
    "name": lambda row: row.window_name.casefold(),
    **{name: attrgetter(name) for name in STAGES},
}
WORK = Sheet(
    "waiting",
    (
        Column(N_("What waits"), lambda row: say(KINDS[row.kind])),
        Column(N_("Application"), lambda row: row.reference),
        Column(N_("Since"), lambda row: row.since),
    ),
    personal=False,
)


def stage_columns() -> tuple[Column, ...]:
    """A column for each stage and each other end, as every file of figures has them."""
    return tuple(Column(title, attrgetter(name)) for name, title in STAGES.items())


FIGURES = Sheet(
    "funnel",
    (
        Column(N_("Window"), lambda row: row.window_name),
        Column(N_("Opens"), lambda row: row.opens_at),
        *stage_columns(),
    ),
    personal=False,
)


def address(one: Waiting) -> str:
    """Where something that waits is done."""
    if one.kind in {"assign", "overdue", "more"}:
        return url_for("panels.show", window_id=one.window_id)
    if one.kind in {"sign", "returned"}:
        return url_for("decisions.one", window_id=one.window_id, application_id=one.application_id)
    other: dict[str, tuple[str, dict[str, Any]]] = {
        "declaration": ("oversight.declaration", {"assignment_id": one.ref}),
        "discuss": ("meetings.listing", {"window_id": one.window_id}),
        "hold": ("decisions.listing", {"window_id": one.window_id}),
        "release": ("decisions.batch", {"batch_id": one.ref}),
        "appeal": ("decisions.appeal", {"appeal_id": one.ref}),
        "incident": ("windows.proposal", {"window_id": one.window_id, "application_id": one.application_id}),
    }
    endpoint, values = other[one.kind]
    return url_for(endpoint, **values)


def headings() -> list[tuple[str, str, bool]]:
    """The columns of a table of figures: (heading, key to sort by, a number). Its files have the other ends as well."""
    return [(say(STAGES[name]), name, True) for name in funnel.STAGES]


def chart(stages: Sequence[tuple[str, int]]) -> Any:
    """The picture of a funnel."""
    return charts.bars(_("How many came so far"), [(say(STAGES[name]), count) for name, count in stages])


@blueprint.get("/waiting")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def work() -> Response:
    """What needs the lead, the longest waiting first."""
    context = here()
    kind = request.args.get("kind", "")
    kind = kind if kind in queues.LEAD_KINDS else ""
    listing = Listing.read(url_for("overview.work"), request.args, sorts=("since",), filters=("kind",), size=SIZE)
    found = listed(
        listing,
        WORK,
        lambda limit, offset: queues.of_lead(
            context.session, context.visitor.account_id, clock.now(), kind=kind, limit=limit, offset=offset
        ),
    )
    if isinstance(found, Response):
        return found
    page, rows = found
    kinds = {name: KINDS[name] for name in queues.LEAD_KINDS}
    return render("admissions/overview/work.html", listing=page, rows=rows, kind=kind, kinds=kinds, place_of=address)


@blueprint.get("/funnel")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def figures() -> Response:
    """From interest to membership, window by window."""
    context = here()
    every = funnel.funnels(context.session, context.visitor.account_id, clock.now())
    listing = Listing.read(url_for("overview.figures"), request.args, sorts=("-opens", *FUNNEL_SORTS), size=SIZE)
    found = listed(listing, FIGURES, in_memory(every, listing, FUNNEL_SORTS))
    if isinstance(found, Response):
        return found
    page, rows = found
    begun = [one for one in every if one.opens_at <= clock.now()]
    shown = next((one for one in begun if one.window_id == request.args.get("window")), begun[0] if begun else None)
    return render(
        "admissions/overview/funnel.html", listing=page, rows=rows, stages=STAGES, columns=headings(), windows=begun, shown=shown,
        chart=chart(shown.stages()) if shown else None, ends=[(name, getattr(shown, name)) for name in ENDS] if shown else [],
    )  # fmt: skip
