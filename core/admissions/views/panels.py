"""A window's panel: who has which application, what is missing, assigning by hand and taking back."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request, url_for

from core.admissions.jobs.panels import needs_in
from core.admissions.panel_needs import ROLE_NAMES
from core.admissions.queries import panels as queries
from core.admissions.queries import plans as plan_queries
from core.admissions.queries import windows
from core.admissions.queries.panels import Candidate, OnPanel, Seat
from core.admissions.service import assigning
from core.admissions.states import (
    ASSESSING,
    DECLARED,
    EXPIRED,
    OFFERED,
    RECUSED,
    SEALED,
    SUBMITTED,
    TAKEN_BACK,
    TURNED_DOWN,
)
from core.admissions.web_forms.panels import AssignForm, WhyForm, usual_day
from core.admissions.web_forms.windows import PressForm
from core.kernel.errors import Refused
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on, next_version, version_sent
from core.web.i18n import LANGUAGES, ngettext, say
from core.web.i18n import gettext as _
from core.web.listing import Listing
from core.web.lists import in_memory, listed, searched
from core.web.pages import redirect_with, render
from core.web.sheets import Column, Sheet
from core.web.where import only_at_partners_sites

blueprint = Blueprint("panels", __name__, url_prefix="/manage/admissions")
only_at_partners_sites(blueprint)
SIZE = 25
STATES = {
    OFFERED: (N_("Offered"), "info"),
    DECLARED: (N_("Waits for you: a minor conflict was declared"), "warn"),
    ASSESSING: (N_("Being assessed"), "brand"),
    SEALED: (N_("Sealed"), "ok"),
    RECUSED: (N_("In conflict"), "neutral"),
    TURNED_DOWN: (N_("Turned down"), "neutral"),
    TAKEN_BACK: (N_("Taken back"), "neutral"),
    EXPIRED: (N_("Ended"), "neutral"),
}
PLAN_STATES = {
    "queued": (N_("Waiting to begin"), "info"),
    "running": (N_("Being worked out"), "info"),
    "ready": (N_("Ready to look at"), "warn"),
    "applied": (N_("Applied"), "ok"),
    "failed": (N_("Could not be worked out"), "err"),
    "discarded": (N_("Discarded"), "neutral"),
}
SHOW = {"missing": N_("Somebody is missing"), "overdue": N_("Something is overdue"), "complete": N_("Complete")}
SORTS: dict[str, Callable[[OnPanel], Any]] = {
    "submitted": lambda row: (row.submitted_at, row.id),
    "name": lambda row: row.name.casefold(),
    "reference": lambda row: row.reference,
    "language": lambda row: row.locale,
    "missing": lambda row: (row.missing, sum(row.missing_roles.values())),
    "overdue": lambda row: row.overdue,
}


def missing_in_words(row: OnPanel) -> str:
    """What an application lacks, as one line."""
    parts = [
        _("%(name)s: %(count)s more", name=say(ROLE_NAMES[role]), count=n) for role, n in row.missing_roles.items()
    ]
    if row.missing:
        parts.insert(0, ngettext("%(num)s more assessor", "%(num)s more assessors", row.missing))
    return "; ".join(parts)


PANEL = Sheet(
    "panel",
    (
        Column(N_("Reference"), lambda row: row.reference),
        Column(N_("Applicant"), lambda row: row.name),
        Column(N_("Language"), lambda row: LANGUAGES[row.locale]),
        Column(N_("Submitted"), lambda row: row.submitted_at),
        Column(N_("Assessors"), lambda row: "; ".join(_seat(seat) for seat in row.seats if seat.held)),
        Column(N_("Missing"), missing_in_words),
        Column(N_("Overdue"), lambda row: row.overdue),
    ),
    personal=True,
)


def _seat(seat: Seat) -> str:
    return f"{seat.name} ({say(STATES[seat.state][0])})"


@blueprint.get("/windows/<window_id>/panel")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def show(window_id: str) -> Response:
    """Every application of a window with who has it."""
    return page(window_id)


def page(window_id: str, problem: str = "") -> Response:
    """The panel's page, with what stood in the way of what was just pressed."""
    context = here()
    window = windows.one(context.session, window_id)
    wanted = needs_in(context.session)(window_id)
    everything = queries.on_panel(context.session, context.visitor.account_id, window_id, wanted)
    search, show_only = searched(), request.args.get("show", "")
    keep: dict[str, Callable[[OnPanel], object]] = {
        "missing": lambda row: not row.complete, "overdue": lambda row: row.overdue, "complete": lambda row: row.complete,
    }  # fmt: skip
    rows = [
        row
        for row in everything
        if search.casefold() in f"{row.name} {row.reference} {' '.join(seat.name for seat in row.seats)}".casefold()
        and keep.get(show_only, bool)(row)
    ]
    wished = Listing.read(
        url_for("panels.show", window_id=window_id), request.args, sorts=tuple(SORTS), filters=("q", "show"), size=SIZE
    )
    found = listed(wished, PANEL, in_memory(rows, wished, SORTS), of=window_id)
    if isinstance(found, Response):
        return found
    listing, rows_of_page = found
    return render(
        "admissions/panels/show.html", 422 if problem else 200, window=window, listing=listing, rows=rows_of_page,
        everything=everything, missing=queries.missing_in(everything), overdue=sum(row.overdue for row in everything),
        wanted=wanted, states=STATES, roles=ROLE_NAMES, shows=SHOW, search=search, chosen=show_only, problem=problem,
        lacks=missing_in_words, press=PressForm(formdata=None), spoken=LANGUAGES,
        plans=plan_queries.newest(context.session, window_id), plan_states=PLAN_STATES,
    )  # fmt: skip


@blueprint.route("/windows/<window_id>/panel/<application_id>/assign", methods=["GET", "POST"])
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def assign(window_id: str, application_id: str) -> Response:
    """Give an application to an assessor."""
    context = here()
    session, account_id = context.session, context.visitor.account_id
    window = windows.one(session, window_id)
    application = queries.one_on_panel(session, account_id, window_id, needs_in(session)(window_id), application_id)
    if application.state != SUBMITTED and request.method != "POST":
        raise Refused(N_("Only an application that is submitted can be assigned."))
    people = queries.candidates(session, account_id, window_id, application_id)
    form = AssignForm(data={"due_on": usual_day(window.closes_at, queries.pinned(session, window_id).assess_days)})
    form.assessor_id.choices = [(one.id, one.name) for one in people]
    if form.validate_on_submit():
        with kept_on(form):
            assigning.assign(
                session, context.visitor.actor(), application_id, form.assessor_id.data or "", form.due_at,
                form.form_key.data,
            )  # fmt: skip
            return redirect_with(
                _("The application is offered. The assessor gets a letter within a few minutes."), "panels.show",
                window_id=window_id,
            )  # fmt: skip
    return render(
        "admissions/panels/assign.html", 422 if form.errors else 200, form=form, window=window, application=application,
        people=people, hints={one.id: _about(one) for one in people}, lacks=missing_in_words(application), states=STATES,
    )  # fmt: skip


def _about(one: Candidate) -> str:
    """What whoever assigns should know of somebody: what they bring, how much they have."""
    brings = ", ".join(say(ROLE_NAMES[role]) for role in one.roles)
    has = _("has %(held)s of at most %(capacity)s", held=one.held, capacity=one.capacity)
    return f"{brings}; {has}" if brings else has


@blueprint.route("/assignments/<assignment_id>/take-back", methods=["GET", "POST"])
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def take_back(assignment_id: str) -> Response:
    """Take an application back from an assessor, for a stated reason."""
    context, form = here(), WhyForm()
    seat, reference, window_id = queries.seat(context.session, context.visitor.account_id, assignment_id)
    if not seat.open and request.method != "POST":
        raise Refused(assigning.NOT_TO_TAKE_BACK)
    if form.validate_on_submit():
        with kept_on(form):
            assigning.take_back(context.session, context.visitor.actor(), assignment_id, version_sent(), form.why.data)
            return redirect_with(_("The application is taken back."), "panels.show", window_id=window_id)
    return render(
        "admissions/panels/take_back.html", 422 if form.errors else 200, form=form, seat=seat, reference=reference,
        window_id=window_id, version=next_version(form, seat.version), states=STATES,
    )  # fmt: skip
