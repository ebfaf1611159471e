"""What was submitted in a window, for the partner's lead and the central team: the list, and one application at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, request, url_for

from core.admissions.form.schema import Section
from core.admissions.form.wording import Piece, pieces
from core.admissions.letters.receipts import in_words
from core.admissions.queries import applications as queries
from core.admissions.queries import attachments, windows
from core.admissions.queries.applications import Version
from core.admissions.states import (
    ACCEPTED,
    DECLINED,
    INFO_REQUESTED,
    NOT_SUBMITTED,
    SUBMITTED,
    TRANSFERRED,
    WITHDRAWN,
)
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.listing import Listing
from core.web.lists import listed, searched
from core.web.pages import render
from core.web.sheets import Column, Sheet
from core.web.where import only_at_partners_sites

blueprint = Blueprint("applications", __name__, url_prefix="/manage/admissions")
only_at_partners_sites(blueprint)
SIZE = 25
STATES = {
    SUBMITTED: (N_("Submitted"), "info"),
    INFO_REQUESTED: (N_("More is asked"), "warn"),
    ACCEPTED: (N_("Accepted"), "ok"),
    DECLINED: (N_("Declined"), "neutral"),
    WITHDRAWN: (N_("Withdrawn"), "neutral"),
    TRANSFERRED: (N_("Moved to another area"), "neutral"),
    NOT_SUBMITTED: (N_("Not submitted in time"), "neutral"),
}
LATENESS = {
    "on_time": N_("On time"),
    "in_grace": N_("In the grace after closing"),
    "by_extension": N_("With more time given"),
}
STEPS = {
    "application.start": N_("Begun"),
    "application.submit": N_("Submitted"),
    "application.ask": N_("More was asked"),
    "application.lapse": N_("The day for what was asked is past"),
    "application.withdraw": N_("Withdrawn"),
    "application.transfer": N_("Moved to another area"),
    "application.arrive": N_("Came from another area"),
    "application.accept": N_("Accepted"),
    "application.decline": N_("Declined"),
}
"""What the steps of the audit trail are called on the page."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be done about an application: the page on which it is done, and who may, in which states."""

    endpoint: str
    label: str
    permission: str
    states: frozenset[str]


OFFERS = (
    Offer("asking.ask", N_("Ask for more"), Permission.TENANT_ADMISSIONS_MANAGE, frozenset({SUBMITTED})),
    Offer("moving.move", N_("Move to another area"), Permission.ADMISSIONS_CONFIGURE, frozenset({SUBMITTED})),
)
ROOMS = (
    ("oversight.redact", N_("Hide words from assessors")),
    ("oversight.translate", N_("Log a translation")),
    ("panels.assign", N_("Assign an assessor")),
    ("conflicts.of", N_("Conflicts of interest")),
    ("oversight.assessments", N_("Assessments and notes")),
    ("windows.proposal", N_("What the rules propose")),
    ("decisions.one", N_("The decision")),
)
"""The pages about one submitted application, in the order in which they are needed."""
IN_HAND = frozenset({SUBMITTED, INFO_REQUESTED})
DECIDED = frozenset({ACCEPTED, DECLINED})
BEFORE_DECIDING = frozenset({"oversight.redact", "oversight.translate", "panels.assign"})
APPLICATIONS = Sheet(
    "applications",
    (
        Column(N_("Reference"), lambda row: row.reference),
        Column(N_("Name"), lambda row: row.name),
        Column(N_("State"), lambda row: say(STATES[row.state][0])),
        Column(N_("Submitted"), lambda row: row.submitted_at),
        Column(N_("In time"), lambda row: say(LATENESS.get(row.lateness, ""))),
        Column(N_("Minutes at the form"), lambda row: row.seconds // 60),
        Column(N_("Words"), lambda row: row.words),
    ),
    personal=True,
)


@blueprint.after_request
def _keep_nothing(response: Response) -> Response:
    """These pages hold what people wrote about themselves: no browser or proxy keeps them."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response


@blueprint.get("/windows/<window_id>/applications")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def listing(window_id: str) -> Response:
    """What was submitted in one window; drafts are counted, and read by nobody."""
    context = here()
    session, reader = context.session, context.visitor.account_id
    window = windows.one(session, window_id)
    search, state = searched(), request.args.get("state", "")
    state = state if state in STATES else ""
    path = url_for("applications.listing", window_id=window_id)
    sorts = ("-submitted", *queries.SORTS)
    wished = Listing.read(path, request.args, sorts=sorts, filters=("q", "state"), size=SIZE)

    def read(limit: int | None, offset: int) -> tuple[Sequence[Any], int]:
        return queries.listed(
            session, reader, window_id, search=search, state=state, sort=wished.sort, limit=limit, offset=offset
        )

    found = listed(wished, APPLICATIONS, read, of=window_id)
    if isinstance(found, Response):
        return found
    page, rows = found
    return render(
        "admissions/applications/list.html", window=window, listing=page, rows=rows, states=STATES, lateness=LATENESS,
        search=search, state=state, path=path, drafts=queries.drafts(session, reader, window_id),
    )  # fmt: skip


@blueprint.get("/applications/<application_id>")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def show(application_id: str) -> Response:
    """One application: each submitted version, what changed between them, and what happened to it."""
    context = here()
    session, reader = context.session, context.visitor.account_id
    found = queries.one(session, reader, application_id)
    versions = queries.versions(session, reader, application_id)
    shown = _chosen(versions)
    before = versions[shown.number - 2] if shown is not None and shown.number > 1 else None
    return render(
        "admissions/applications/show.html",
        found=found,
        versions=versions,
        shown=shown,
        changed=_changed(before, shown) if before is not None and shown is not None else {},
        states=STATES,
        lateness=LATENESS,
        steps=STEPS,
        asked=queries.asked(session, reader, application_id),
        history=queries.history(session, reader, found),
        held=queries.held(session, reader, application_id),
        files=attachments.for_lead(session, reader, application_id),
        offers=_offers(found),
        rooms=_rooms(found),
        elsewhere=_elsewhere(found),
        titles=_titles(versions),
    )


def _chosen(versions: Sequence[Version]) -> Version | None:
    """The version that the address names, else the newest; None where its words were erased with the person."""
    named = request.args.get("version", "")
    return next((one for one in versions if str(one.number) == named), versions[-1] if versions else None)


def _changed(before: Version, after: Version) -> dict[str, tuple[Piece, ...]]:
    """What changed between two versions, by question."""
    language = here().language
    found = {}
    for question in after.schema.questions():
        old, new = (in_words(question, one.answers.get(question.key), language) for one in (before, after))
        if before.answers.get(question.key) != after.answers.get(question.key):
            found[question.key] = pieces(old, new)
    return found


def _titles(versions: Sequence[Version]) -> Mapping[str, str]:
    """The titles of the form's sections, as requests for more name them."""
    sections: list[Section] = [section for one in versions for section in one.schema.sections]
    return {section.key: section.title.in_language(here().language) for section in sections}


def _offers(found: queries.One) -> list[tuple[str, str]]:
    """(label, address) of what this visitor can do about the application as it stands."""
    return [
        (_(offer.label), url_for(offer.endpoint, application_id=found.id))
        for offer in OFFERS
        if found.state in offer.states and here().visitor.can(offer.permission)
    ]


def _rooms(found: queries.One) -> list[tuple[str, str]]:
    """(label, address) of the other pages about the application; what prepares it for assessors only while it is in hand."""
    return [
        (_(label), _address(endpoint, found))
        for endpoint, label in ROOMS
        if found.state in IN_HAND or (found.state in DECIDED and endpoint not in BEFORE_DECIDING)
    ]


def _address(endpoint: str, found: queries.One) -> str:
    """Where a page about the application is; some stand below its window."""
    if current_app.url_map.is_endpoint_expecting(endpoint, "window_id"):
        return url_for(endpoint, application_id=found.id, window_id=found.window_id)
    return url_for(endpoint, application_id=found.id)


def _elsewhere(found: queries.One) -> tuple[str, str, bool] | None:
    """(the other site's name, the page of the application there where this visitor can open it, whether it went there)."""
    tenant = current_app.extensions["q.directory"].by_id(found.moved_tenant_id or 0)
    if tenant is None or found.moved_id is None:
        return None
    central = here().visitor.can(Permission.ADMISSIONS_CONFIGURE)
    href = f"{tenant.prefix}/manage/admissions/applications/{found.moved_id}" if central else ""
    return tenant.named(here().language), href, found.state == TRANSFERRED
