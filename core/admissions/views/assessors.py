"""A partner's panel: who assesses, what they bring, what they are tied to."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request, url_for

from core.admissions import conflict_rules
from core.admissions.models.panels import ASSESSOR_ROLES
from core.admissions.panel_needs import ROLE_NAMES
from core.admissions.queries import assessors as queries
from core.admissions.queries.assessors import Row
from core.admissions.service import assessors as service
from core.admissions.web_forms.panels import AddForm, InterestForm, PlaceForm, WhyForm
from core.kernel.errors import Conflict, Refused
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on, next_version, version_sent
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.listing import Listing
from core.web.lists import in_memory, listed, searched
from core.web.pages import redirect_with, render
from core.web.sheets import Column, Sheet
from core.web.where import only_at_partners_sites

blueprint = Blueprint("assessors", __name__, url_prefix="/manage/admissions/assessors")
only_at_partners_sites(blueprint)
SIZE = 50
USUAL_CAPACITY = 20
STATES = {"active": (N_("Active"), "ok"), "paused": (N_("Paused"), "warn"), "ended": (N_("Ended"), "neutral")}
SORTS: dict[str, Callable[[Row], Any]] = {
    "name": lambda row: (row.name.casefold(), row.id),
    "held": lambda row: row.held,
    "capacity": lambda row: row.capacity,
    "sealed": lambda row: row.sealed,
    "workplace": lambda row: row.workplace.casefold(),
    "trained": lambda row: row.trained_on.isoformat() if row.trained_on else "",
    "state": lambda row: list(STATES).index(row.state),
}
ASSESSORS = Sheet(
    "assessors",
    (
        Column(N_("Name"), lambda row: row.name),
        Column(N_("Email address"), lambda row: row.email),
        Column(N_("Brings"), lambda row: "; ".join(say(ROLE_NAMES[role]) for role in row.roles)),
        Column(N_("Where they work"), lambda row: row.workplace),
        Column(N_("Applications"), lambda row: row.held),
        Column(N_("Sealed"), lambda row: row.sealed),
        Column(N_("At most"), lambda row: row.capacity),
        Column(N_("Trained on"), lambda row: row.trained_on),
        Column(N_("State"), lambda row: say(STATES[row.state][0])),
    ),
    personal=True,
)


@blueprint.get("/")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def listing() -> Response:
    """Everybody who is or was on the panel."""
    context = here()
    search = searched()
    state, role = request.args.get("state", ""), request.args.get("role", "")
    wished = Listing.read(
        url_for("assessors.listing"), request.args, sorts=tuple(SORTS), filters=("q", "state", "role"), size=SIZE
    )
    everybody = queries.listed(context.session, context.visitor.account_id)
    rows = [
        row
        for row in everybody
        if search.casefold() in f"{row.name} {row.email} {row.workplace}".casefold()
        and (state not in STATES or row.state == state)
        and (role not in ASSESSOR_ROLES or role in row.roles)
    ]
    found = listed(wished, ASSESSORS, in_memory(rows, wished, SORTS))
    if isinstance(found, Response):
        return found
    page, rows_of_page = found
    return render(
        "admissions/assessors/list.html", listing=page, rows=rows_of_page, anybody=bool(everybody), states=STATES,
        roles=ROLE_NAMES, search=search, state=state, role=role,
    )  # fmt: skip


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def new() -> Response:
    """Take somebody onto the panel."""
    context, form = here(), AddForm(data={"capacity": USUAL_CAPACITY})
    if form.validate_on_submit():
        with kept_on(form):
            assessor_id = service.add(
                context.session, context.visitor.actor(), form.email.data, form.place(), form.form_key.data
            )
            return redirect_with(_("The person is on the panel."), "assessors.show", assessor_id=assessor_id)
    return render("admissions/assessors/edit.html", 422 if form.errors else 200, form=form, assessor=None)


def _one(assessor_id: str) -> Row:
    return queries.one(here().session, here().visitor.account_id, assessor_id)


@blueprint.get("/<assessor_id>/")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def show(assessor_id: str) -> Response:
    """One assessor: the place, what it carries, the interests."""
    return _page(_one(assessor_id), InterestForm(formdata=None))


def _page(row: Row, form: InterestForm, problem: str = "") -> Response:
    return render(
        "admissions/assessors/show.html", 422 if form.errors or problem else 200, assessor=row, form=form, problem=problem,
        states=STATES, roles=ROLE_NAMES, kinds=conflict_rules.KINDS, interests=queries.interests(here().session, row.id),
        moves=[how for how, (source, _target) in service.MOVES.items() if source == row.state],
    )  # fmt: skip


@blueprint.route("/<assessor_id>/edit", methods=["GET", "POST"])
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def edit(assessor_id: str) -> Response:
    """Change a place."""
    context, row = here(), _one(assessor_id)
    form = PlaceForm(data=row._asdict())
    if form.validate_on_submit():
        with kept_on(form, lambda: PlaceForm(formdata=None, data=row._asdict())):
            service.change(context.session, context.visitor.actor(), assessor_id, version_sent(), form.place())
            return redirect_with(_("The place on the panel is changed."), "assessors.show", assessor_id=assessor_id)
    return render(
        "admissions/assessors/edit.html", 422 if form.errors else 200, form=form, assessor=row,
        version=next_version(form, row.version),
    )  # fmt: skip


@blueprint.post("/<assessor_id>/move")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def move(assessor_id: str) -> Response:
    """Pause somebody, let them go on, or take them back."""
    context = here()
    try:
        service.move(
            context.session, context.visitor.actor(), assessor_id, version_sent(0), request.form.get("how", "")
        )  # fmt: skip
    except (Conflict, Refused) as error:
        return _page(_one(assessor_id), InterestForm(formdata=None), say(error.message, error.params))
    return redirect_with(_("The place on the panel is changed."), "assessors.show", assessor_id=assessor_id)


@blueprint.route("/<assessor_id>/end", methods=["GET", "POST"])
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def end(assessor_id: str) -> Response:
    """End a place, for a stated reason."""
    context, row, form = here(), _one(assessor_id), WhyForm()
    if form.validate_on_submit():
        with kept_on(form):
            service.end(context.session, context.visitor.actor(), assessor_id, version_sent(), form.why.data)
            return redirect_with(_("The place on the panel has ended."), "assessors.listing")
    return render(
        "admissions/assessors/end.html", 422 if form.errors else 200, form=form, assessor=row,
        version=next_version(form, row.version),
    )  # fmt: skip


@blueprint.post("/<assessor_id>/interests")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def interest_add(assessor_id: str) -> Response:
    """Note what an assessor is tied to."""
    row, form = _one(assessor_id), InterestForm()
    if form.validate_on_submit():
        with kept_on(form):
            _add_interest(assessor_id, form)
            return redirect_with(_("The interest is noted."), "assessors.show", assessor_id=assessor_id)
    return _page(row, form)


def _add_interest(assessor_id: str, form: InterestForm) -> None:
    service.add_interest(
        here().session, here().visitor.actor(), assessor_id, kind=form.kind.data or "", target=form.target.data,
        form_key=form.form_key.data,
    )  # fmt: skip


@blueprint.post("/<assessor_id>/interests/<interest_id>/end")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def interest_end(assessor_id: str, interest_id: str) -> Response:
    """End an interest."""
    service.end_interest(here().session, here().visitor.actor(), assessor_id, interest_id)
    return redirect_with(_("The interest has ended."), "assessors.show", assessor_id=assessor_id)


own = Blueprint("interests", __name__, url_prefix="/assess/interests")
"""The assessor's own page."""
only_at_partners_sites(own)


@own.route("/", methods=["GET", "POST"], strict_slashes=False)
@needs(Permission.ADMISSIONS_ASSESS)
def own_interests() -> Response:
    """What the assessor who is signed in is tied to: see it, add to it."""
    context, form = here(), InterestForm()
    assessor_id = queries.own(context.session, context.visitor.account_id)
    if form.validate_on_submit():
        with kept_on(form):
            _add_interest(assessor_id, form)
            return redirect_with(_("The interest is noted."), "interests.own_interests")
    return render(
        "admissions/assessors/own.html", 422 if form.errors else 200, form=form, kinds=conflict_rules.KINDS,
        workplace=queries.workplace(context.session, assessor_id),
        interests=queries.interests(context.session, assessor_id),
    )  # fmt: skip


@own.post("/<interest_id>/end")
@needs(Permission.ADMISSIONS_ASSESS)
def own_end(interest_id: str) -> Response:
    """End one of one's own interests."""
    context = here()
    assessor_id = queries.own(context.session, context.visitor.account_id)
    service.end_interest(context.session, context.visitor.actor(), assessor_id, interest_id)
    return redirect_with(_("The interest has ended."), "interests.own_interests")
