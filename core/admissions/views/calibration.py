"""An assessor's pages of calibration: the cases to score, and scoring one."""

from typing import Any

from flask import Blueprint, Response, request

from core.admissions import content
from core.admissions.queries import calibration as queries
from core.admissions.service import calibration as service
from core.admissions.web_forms.calibration import ScoresForm, values_of
from core.kernel.permissions import Permission
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on, next_version, version_sent
from core.web.i18n import gettext as _
from core.web.pages import redirect_with, render
from core.web.where import only_at_partners_sites

blueprint = Blueprint("calibration", __name__, url_prefix="/assess/calibration")
only_at_partners_sites(blueprint)
MAY = Permission.ADMISSIONS_ASSESS


@blueprint.get("/")
@needs(MAY)
def index() -> Response:
    """The cases that one was asked to score."""
    found = queries.tasks(here().session, here().visitor.account_id)
    return render("admissions/calibration/tasks.html", tasks=found)


@blueprint.route("/<mark_id>", methods=["GET", "POST"])
@needs(MAY)
def mark(mark_id: str) -> Response:
    """Score a case: saved as often as one likes, sealed once."""
    context = here()
    marking = queries.marking(context.session, mark_id, context.visitor.account_id)
    form: Any = ScoresForm(data=values_of(marking.scores, marking.recommendation))
    if form.validate_on_submit():
        sealing = request.form.get("do") == "seal"
        act = service.seal if sealing else service.save
        with kept_on(form, lambda: ScoresForm(formdata=None, data=values_of(marking.scores, marking.recommendation))):
            act(
                context.session, context.visitor.actor(), mark_id, version_sent(), form.judged(),
                form.recommendation.data or None,
            )  # fmt: skip
            if sealing:
                return redirect_with(_("Your scores are sealed. Thank you."), "calibration.index")
            return redirect_with(_("Your scores are saved. Nobody sees them."), "calibration.mark", mark_id=mark_id)
    return render(
        "admissions/calibration/mark.html", 422 if form.errors else 200, form=form, marking=marking,
        version=next_version(form, marking.version), criteria=content.criteria(),
    )  # fmt: skip
