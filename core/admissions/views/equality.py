"""The optional equality questions, asked between submitting and the confirmation, and changed or deleted from there."""

from flask import Response, current_app

from core.admissions import content
from core.admissions.equality import nation_of
from core.admissions.queries import applying
from core.admissions.queries import equality as queries
from core.admissions.queries.applying import Mine
from core.admissions.service import equality as service
from core.admissions.views.applying import blueprint
from core.admissions.web_forms.joining import equality_form
from core.kernel.errors import Refused
from core.kernel.text import N_
from core.web.access import signed_in
from core.web.context import here
from core.web.forms import kept_on
from core.web.i18n import gettext as _
from core.web.pages import redirect_with, render

NOT_YET = N_("These questions are asked once an application is submitted.")


def keys() -> dict[str, str]:
    """The platform's key and the one before, by which answers are found: services and queries are handed them."""
    config = current_app.config["Q"]
    return {"secret_key": config.secret_key, "before": config.secret_key_before}


def _mine(application_id: str) -> Mine:
    context = here()
    mine = applying.mine(context.session, application_id, str(context.visitor.account_id))
    if mine.state not in service.ANSWERABLE:
        raise Refused(NOT_YET)
    return mine


@blueprint.route("/<application_id>/equality", methods=["GET", "POST"])
@signed_in
def equality(application_id: str) -> Response:
    """The questions in the words of the nation that the site belongs to; each may be left out, and all by one press."""
    context, mine = here(), _mine(application_id)
    nation = nation_of(context.tenant.slug)
    given = queries.given(context.session, application_id=mine.id, **keys())
    form = equality_form(nation, given)
    if form.validate_on_submit():
        with kept_on(form):
            service.answer(
                context.session, **keys(), application_id=mine.id,
                account_id=str(context.visitor.account_id), nation=nation, answers=form.answers(),
            )  # fmt: skip
            return redirect_with(
                _("Thank you. Your answers are kept apart from your application.")
                if form.answers()
                else _("You answered none of these questions, and nothing is kept."),
                "applying.tasks",
                application_id=mine.id,
            )
    return render(
        "admissions/equality.html", 422 if form.errors else 200, mine=mine, form=form, given=given, nation=nation,
        asked=content.equality(),
    )  # fmt: skip


@blueprint.post("/<application_id>/equality/delete")
@signed_in
def equality_delete(application_id: str) -> Response:
    """Delete the answers."""
    mine = _mine(application_id)
    service.forget(here().session, application_id=mine.id, **keys())
    return redirect_with(_("Your answers are deleted."), "applying.tasks", application_id=mine.id)
