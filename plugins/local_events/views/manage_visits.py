"""The organisers' list of visits that members offer."""

from flask import Response, request, url_for

from core.sdk import N_, Column, Listing, Sheet, gettext, here, listed, needs, render
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.queries import visits as queries
from plugins.local_events.views.base import manage_blueprint
from plugins.local_events.views.visits import WORDS
from plugins.local_events.visit_words import OFFER_STATES, VISIT_AUDIENCES, VISIT_KINDS

OFFERS = Sheet(
    "visits",
    (
        Column(N_("Title"), lambda row: row.title),
        Column(N_("Kind of visit"), lambda row: gettext(VISIT_KINDS[row.kind])),
        Column(N_("Host"), lambda row: row.host_name),
        Column(N_("Who it is for"), lambda row: gettext(VISIT_AUDIENCES[row.audience])),
        Column(N_("State"), lambda row: gettext(OFFER_STATES[row.state])),
        Column(N_("People can ask until"), lambda row: row.open_until),
        Column(N_("When"), lambda row: row.starts_at),
        Column(N_("Places"), lambda row: row.capacity),
        Column(N_("Waiting for the host"), lambda row: row.waiting),
        Column(N_("Agreed"), lambda row: row.agreed),
        Column(N_("Took place"), lambda row: row.took_place),
    ),
    personal=True,
)


@manage_blueprint.get("/visits/")
@needs(ORGANISE)
def visits() -> Response:
    """Every offer of this site, with how its visits stand."""
    session = here().session
    wished = Listing.read(
        url_for("local_events_manage.visits"),
        request.args,
        sorts=("-open", "title", "host"),
        filters=("state",),
        size=25,
    )
    state = request.args.get("state", "")
    state = state if state in OFFER_STATES else ""

    def read(limit: int | None, offset: int) -> tuple[list[queries.Row], int]:
        return queries.rows(session, state=state, order=wished.sort, limit=limit, offset=offset)

    found = listed(wished, OFFERS, read)
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render("local_events/manage/visits.html", listing=listing, rows=rows, state=state, **WORDS)
