"""Asking an applicant for more about named parts of a submitted application."""

from flask import Blueprint, Response

from core.admissions.letters import applications as application_letters
from core.admissions.queries import applications as queries
from core.admissions.service import submitting
from core.admissions.states import SUBMITTED
from core.admissions.views.shared import still
from core.admissions.web_forms.applications import AskForm
from core.kernel import wall_clock
from core.kernel.errors import Refused
from core.kernel.permissions import Permission
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on
from core.web.i18n import gettext as _
from core.web.pages import redirect_with, render
from core.web.where import only_at_partners_sites

blueprint = Blueprint("asking", __name__, url_prefix="/manage/admissions/applications")
only_at_partners_sites(blueprint)


@blueprint.route("/<application_id>/ask", methods=["GET", "POST"])
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def ask(application_id: str) -> Response:
    """Say what more is wanted, about which parts, by when."""
    context = here()
    session, reader = context.session, context.visitor.account_id
    found = queries.one(session, reader, application_id)
    still(found.state == SUBMITTED)
    versions = queries.versions(session, reader, application_id)
    if not versions:
        raise Refused(submitting.ERASED)
    schema = versions[-1].schema
    left = submitting.MOST_ASKED - len(queries.asked(session, reader, application_id))
    still(left > 0, submitting.ASKED_ENOUGH)
    choices = [(one.key, one.title.in_language(context.language)) for one in schema.sections]
    form = AskForm(choices)
    if form.validate_on_submit():
        with kept_on(form):
            submitting.ask(
                session, application_id, context.visitor.actor(), sections=form.sections.data, question=form.question.data,
                due_at=wall_clock.instant(form.due_at.data), known=[key for key, _title in choices],
                post=application_letters.asked(context.tenant, schema),
            )  # fmt: skip
            return redirect_with(
                _("The applicant is asked for more, and a letter is on its way."), "applications.show",
                application_id=application_id,
            )  # fmt: skip
    return render("admissions/applications/ask.html", 422 if form.errors else 200, form=form, found=found, left=left)
