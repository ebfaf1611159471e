"""Plans of assignments: ask for one, watch it being worked out, look at it, apply or discard it."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from core.admissions import planning
from core.admissions.jobs.panels import needs_in
from core.admissions.panel_needs import ROLE_NAMES
from core.admissions.planning import Pair
from core.admissions.queries import panels as panel_queries
from core.admissions.queries import plans as queries
from core.admissions.service import plans as service
from core.admissions.views import panels
from core.admissions.web_forms.panels import DueForm, usual_day
from core.admissions.web_forms.windows import PressForm
from core.kernel.errors import Refused
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on, key_sent
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.listing import Listing
from core.web.lists import in_memory, listed
from core.web.pages import redirect_with, render
from core.web.sheets import Column, Sheet
from core.web.where import only_at_partners_sites

blueprint = Blueprint("plans", __name__, url_prefix="/manage/admissions")
only_at_partners_sites(blueprint)
SIZE = 50
SORTS: dict[str, Any] = {
    "reference": lambda row: (row["reference"], row["assessor"]),
    "assessor": lambda row: (row["assessor"].casefold(), row["reference"]),
    "new": lambda row: (row["stays"], row["reference"]),
}
PLAN = Sheet(
    "plan",
    (
        Column(N_("Application"), lambda row: row["reference"]),
        Column(N_("Applicant"), lambda row: row["name"]),
        Column(N_("Assessor"), lambda row: row["assessor"]),
        Column(N_("New"), lambda row: not row["stays"]),
        Column(N_("Why"), lambda row: "; ".join(row["reasons"])),
    ),
    personal=True,
)


def in_words(reason: Any) -> str:
    """One of the optimiser's reasons in the reader's language, a role by its name."""
    message, values = reason["message"], dict(reason["values"])
    if role := ROLE_NAMES.get(values.get("role", "")):
        values["role"] = say(role)
    return say(message, values)


@blueprint.post("/windows/<window_id>/panel/plans")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def ask(window_id: str) -> Response:
    """Ask for a plan."""
    context = here()
    try:
        run_id = service.ask(context.session, context.visitor.actor(), window_id, key_sent())
    except Refused as refused:
        return panels.page(window_id, say(refused.message, refused.params))
    return redirect_with(_("The plan is being worked out."), "plans.show", run_id=run_id)


@blueprint.get("/plans/<run_id>")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def show(run_id: str) -> Response:
    """A plan: how far it is; then who would get what, and why. Nothing is done by looking."""
    return _page(run_id, None)


def _page(run_id: str, form: DueForm | None, problem: str = "") -> Response:
    context = here()
    session = context.session
    run = queries.one(session, run_id)
    if run.plan is None:
        problem = problem or " ".join(form.form_errors if form else ())  # discarded meanwhile: its form is gone
        return render(
            "admissions/panels/plan_wait.html", 422 if problem else 200, run=run, states=panels.PLAN_STATES, press=PressForm(formdata=None),
            problem=problem,
        )  # fmt: skip
    applications = queries.visible(session, context.visitor.account_id, run.window_id)
    names = queries.names(session)
    seen = planning.seen(run.plan, applications)
    wished = Listing.read(url_for("plans.show", run_id=run_id), request.args, sorts=tuple(SORTS), size=SIZE)
    rows = [_row(pair, applications, names) for pair in seen.pairs]
    found = listed(wished, PLAN, in_memory(rows, wished, SORTS), of=run_id)
    if isinstance(found, Response):
        return found
    page, rows_of_page = found
    closes_at, pinned = panel_queries.closes_at(session, run.window_id), panel_queries.pinned(session, run.window_id)
    form = form or DueForm(formdata=None, data={"due_on": usual_day(closes_at, pinned.assess_days)})
    lacks = [
        (applications[one.application].reference, one.missing, ROLE_NAMES.get(one.role, ""), in_words(one.why))
        for one in seen.lacks
    ]
    loads = sorted(
        ((names[one], load, seen.capacity[one]) for one, load in seen.loads.items()),
        key=lambda load: load[0].casefold(),
    )
    return render(
        "admissions/panels/plan.html", 422 if form.errors or problem else 200, run=run, seen=seen, listing=page,
        rows=rows_of_page, form=form, states=panels.PLAN_STATES, press=PressForm(formdata=None), problem=problem, lacks=lacks, loads=loads,
    )  # fmt: skip


def _row(pair: Pair, applications: dict[str, queries.Named], names: dict[str, str]) -> dict[str, Any]:
    application = applications[pair.application]
    return {
        "reference": application.reference, "name": application.name, "assessor": names[pair.assessor], "stays": pair.stays,
        "reasons": [in_words(reason) for reason in pair.reasons],
    }  # fmt: skip


@blueprint.post("/plans/<run_id>/apply")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def apply(run_id: str) -> Response:
    """Offer everything that a plan adds."""
    context, form = here(), DueForm()
    run = queries.one(context.session, run_id)
    if form.validate_on_submit():
        with kept_on(form):
            service.apply(
                context.session, context.visitor.actor(), run_id, form.due_at, needs_in(context.session)
            )  # fmt: skip
            return redirect_with(
                _("The plan is applied. Each assessor gets one letter within a few minutes."), "panels.show",
                window_id=run.window_id,
            )  # fmt: skip
    return _page(run_id, form)


@blueprint.post("/plans/<run_id>/discard")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def discard(run_id: str) -> Response:
    """Discard a plan."""
    context = here()
    run = queries.one(context.session, run_id)
    try:
        service.discard(context.session, context.visitor.actor(), run_id)
    except Refused as refused:
        return _page(run_id, None, say(refused.message, refused.params))
    return redirect_with(_("The plan is discarded."), "panels.show", window_id=run.window_id)
