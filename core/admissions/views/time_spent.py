"""How long applications took, for the central team: each window, and the UK against the promise."""

from collections.abc import Callable
from typing import Any

from flask import Response, current_app, request, url_for

from core.admissions.queries import time_spent as queries
from core.admissions.queries.time_spent import OfWindow
from core.admissions.views.blueprints import central
from core.data.db import platform_scope
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.listing import Listing
from core.web.lists import in_memory, listed
from core.web.pages import render
from core.web.sheets import Column, Sheet

SIZE = 50


def _site(row: OfWindow) -> str:
    tenant = current_app.extensions["q.directory"].by_id(row.tenant_id)
    return str(tenant.named(here().language))


def _least(value: int | None) -> int:
    """What too few tell of sorts before everything else."""
    return -1 if value is None else value


SORTS: dict[str, Callable[[OfWindow], Any]] = {
    "site": lambda row: (_site(row).casefold(), row.name.casefold()),
    "window": lambda row: row.name.casefold(),
    "count": lambda row: row.spent.measured,
    "median": lambda row: _least(row.spent.median),
    "ninety": lambda row: _least(row.spent.ninety),
    "within": lambda row: _least(row.spent.within),
}
TIMES = Sheet(
    "time-at-the-form",
    (
        Column(N_("Site"), _site),
        Column(N_("Window"), lambda row: row.name),
        Column(N_("Measured"), lambda row: row.spent.measured),
        Column(N_("Half within, minutes"), lambda row: row.spent.median),
        Column(N_("Nine of ten, minutes"), lambda row: row.spent.ninety),
        Column(N_("In two hours, percent"), lambda row: row.spent.within),
    ),
    personal=False,
)


@central.get("/time")
@needs(Permission.ADMISSIONS_CONFIGURE)
def time_at_the_form() -> Response:
    """How long it takes to apply, window by window."""
    actor = here().visitor.actor()
    with platform_scope("Joining Q: time spent at the form", actor) as session:
        windows, whole = queries.everywhere(session, actor.account_id)
    wished = Listing.read(url_for("admissions.time_at_the_form"), request.args, sorts=tuple(SORTS), size=SIZE)
    found = listed(wished, TIMES, in_memory(windows, wished, SORTS))
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render(
        "admissions/time_spent.html", listing=listing, rows=[(_site(row), row) for row in rows], whole=whole,
        fewest=queries.FEWEST,
    )  # fmt: skip
