"""Moving an application to another area: the central team's page, at the site that has the application."""

from flask import Blueprint, Response, current_app, request

from core.admissions import application_letters, downloads, equality
from core.admissions.application_forms import MoveForm
from core.admissions.queries import applications as queries
from core.admissions.queries.targets import Target, targets
from core.admissions.service import transfers
from core.admissions.service.transfers import Place
from core.admissions.states import SUBMITTED, TRANSFERRED
from core.admissions.views.windows import STATES, kept, still
from core.data.db import platform_scope
from core.kernel.permissions import Permission
from core.web.access import needs
from core.web.context import here
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.pages import redirect_with, render
from core.web.where import only_at_partners_sites

blueprint = Blueprint("moving", __name__, url_prefix="/manage/admissions/applications")
only_at_partners_sites(blueprint)


@blueprint.route("/<application_id>/move", methods=["GET", "POST"])
@needs(Permission.ADMISSIONS_CONFIGURE)
def move(application_id: str) -> Response:
    """Choose the window it moves to, and say why."""
    context = here()
    actor, source = context.visitor.actor(), Place(context.tenant.id, application_id)
    found = queries.one(context.session, actor.account_id, application_id)
    if found.state == TRANSFERRED and request.method == "POST":  # the second press of the button
        return redirect_with(_("The application is moved already."), "applications.show", application_id=application_id)
    still(found.state == SUBMITTED, transfers.NOT_NOW)
    context.session.rollback()  # SQLite: no read stays open beside the other session, which writes
    with platform_scope("Joining Q: an application moves to another area", actor) as session:
        choices = {one.window_id: one for one in targets(session, context.tenant.id)}
        form = MoveForm([(key, _label(one)) for key, one in choices.items()], data={"version": str(found.version)})
        if form.validate_on_submit():
            target = choices[form.window.data]
            with kept(form):
                directory, secret = current_app.extensions["q.directory"], current_app.config["Q"].secret_key
                transfers.transfer(
                    session, actor, source, version=_whole(form.version.data), target_tenant_id=target.tenant_id,
                    window_id=target.window_id, why=form.why.data, store=downloads.store(),
                    link=lambda wanted: equality.link(secret, wanted),
                    post=application_letters.moved(directory.by_id(target.tenant_id), form.why.data),
                )  # fmt: skip
                return redirect_with(
                    _("The application is moved, and a letter is on its way."), "applications.show",
                    application_id=application_id,
                )  # fmt: skip
    return render(
        "admissions/applications/move.html", 422 if form.errors else 200, form=form, found=found, any=bool(choices)
    )


def _label(target: Target) -> str:
    """Site, window and state, in the reader's language."""
    tenant = current_app.extensions["q.directory"].by_id(target.tenant_id)
    return f"{tenant.named(here().language)}: {target.name} ({say(STATES[target.state][0])})"


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
