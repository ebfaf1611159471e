"""The partner's pages for appeals: those that wait first, each looked at by somebody who had no part in the decision."""

from flask import Response, request, url_for

from core.admissions.letters import decision_post
from core.admissions.queries import appeals as queries
from core.admissions.queries import deciding as reading
from core.admissions.service import appeals as service
from core.admissions.views.deciding import LEAD, SIZE, blueprint, by_criterion, tables, titles, who
from core.admissions.web_forms.decisions import AnswerForm
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on, next_version, version_sent
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.listing import Listing
from core.web.lists import in_memory, listed
from core.web.pages import redirect_with, render
from core.web.sheets import Column, Sheet

STATES = {
    "received": (N_("Waits"), "warn"), "upheld": (N_("Upheld"), "ok"), "dismissed": (N_("Dismissed"), "neutral"),
    "withdrawn": (N_("Withdrawn"), "neutral"), "replaced": (N_("Decided anew"), "neutral"),
}  # fmt: skip
SORTS = {
    "state": lambda one: (one.state != "received", one.at), "reference": lambda one: one.reference, "name": lambda one: one.name.casefold(),
    "at": lambda one: one.at,
}  # fmt: skip
LIST = Sheet(
    "appeals",
    (
        Column(N_("Reference"), lambda one: one.reference),
        Column(N_("Name"), lambda one: one.name),
        Column(N_("Window"), lambda one: one.window_name),
        Column(N_("State"), lambda one: say(STATES[one.state][0])),
        Column(N_("Received"), lambda one: one.at),
        Column(N_("Answered"), lambda one: one.ended_at),
    ),
    personal=True,
)


@blueprint.get("/appeals/")
@needs(LEAD)
def appeals() -> Response:
    """Every appeal of this site."""
    wished = Listing.read(url_for("decisions.appeals"), request.args, sorts=tuple(SORTS), size=SIZE)
    found = listed(wished, LIST, in_memory(queries.listed(here().session, who()), wished, SORTS))
    if isinstance(found, Response):
        return found
    page, rows = found
    return render("admissions/decisions/appeals.html", listing=page, rows=rows, kinds=STATES)


@blueprint.route("/appeals/<appeal_id>", methods=["GET", "POST"])
@needs(LEAD)
def appeal(appeal_id: str) -> Response:
    """One appeal with what was decided and from what; upheld or dismissed with words."""
    context = here()
    session, actor = context.session, context.visitor.actor()
    found, form = queries.one(session, who(), appeal_id), AnswerForm()
    if form.validate_on_submit():
        with kept_on(form):
            if request.form.get("go") == "uphold":
                service.uphold(session, actor, found.id, version_sent(), form.answer.data)
                said = _("The appeal is upheld. The new decision goes to the central team, then into a batch.")
            else:
                service.dismiss(
                    session, actor, found.id, version_sent(), form.answer.data, post=decision_post.appealed(context.tenant)
                )  # fmt: skip
                said = _("The appeal is dismissed, and the applicant is written to.")
            return redirect_with(said, "decisions.appeals")
    return render(
        "admissions/decisions/appeal.html", 422 if form.errors else 200, appeal=found, form=form, kinds=STATES,
        past=reading.history(session, found.application_id), said=by_criterion(reading.scores(session, who(), found.application_id)),
        titles=titles(), version=next_version(form, found.version), **tables(),
    )  # fmt: skip
