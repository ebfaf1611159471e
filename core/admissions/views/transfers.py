"""Moving an application to another area: the central team's page, at the site that has the application."""

from flask import Blueprint, Response, current_app, request

from core.admissions import downloads
from core.admissions.letters import applications as application_letters
from core.admissions.queries import applications as queries
from core.admissions.queries.targets import Target, targets
from core.admissions.service import equality, transfers
from core.admissions.service.transfers import Place
from core.admissions.states import SUBMITTED, TRANSFERRED
from core.admissions.views.shared import still
from core.admissions.web_forms.applications import MoveForm
from core.data.db import platform_scope
from core.kernel.errors import Conflict
from core.kernel.permissions import Permission
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on
from core.web.i18n import gettext as _
from core.web.pages import redirect_with, render
from core.web.where import only_at_partners_sites

blueprint = Blueprint("moving", __name__, url_prefix="/manage/admissions/applications")
only_at_partners_sites(blueprint)


@blueprint.route("/<application_id>/move", methods=["GET", "POST"])
@needs(Permission.ADMISSIONS_CONFIGURE)
def move(application_id: str) -> Response:
    """Choose the window it moves to, and say why."""
    context = here()
    found = queries.one(context.session, context.visitor.account_id, application_id)
    if found.state == TRANSFERRED and request.method == "POST":  # the second press of the button
        return redirect_with(_("The application is moved already."), "applications.show", application_id=application_id)
    still(found.state == SUBMITTED, transfers.NOT_NOW)
    choices = {one.window_id: one for one in targets(context.session, context.tenant.id)}
    form = MoveForm([(key, _label(one)) for key, one in choices.items()], data={"version": str(found.version)})
    if form.validate_on_submit():
        with kept_on(form):
            if form.version.data != str(found.version):  # before the other site is reached for: that is written down
                raise Conflict
            _go(Place(context.tenant.id, application_id), found.version, choices[form.window.data], form.why.data)
            return redirect_with(
                _("The application is moved, and a letter is on its way."), "applications.show",
                application_id=application_id,
            )  # fmt: skip
    status = 422 if form.errors else 200
    return render("admissions/applications/move.html", status, form=form, found=found, any=bool(choices))


def _go(source: Place, version: int, target: Target, why: str) -> None:
    """Make the step, in a session that reaches both sites."""
    actor, config = here().visitor.actor(), current_app.config["Q"]
    tenant = current_app.extensions["q.directory"].by_id(target.tenant_id)
    here().session.rollback()  # SQLite: no read stays open beside the other session, which writes
    with platform_scope("Joining Q: an application moves to another area", actor) as session:
        moved = transfers.transfer(
            session, actor, source, version=version, target_tenant_id=target.tenant_id, window_id=target.window_id, why=why,
            store=downloads.store(), post=application_letters.moved(tenant, why),
        )  # fmt: skip
        if equality.carry(
            session, secret_key=config.secret_key, before=config.secret_key_before, source=source.application_id,
            target=moved.application_id,
        ):  # fmt: skip
            equality.mix(
                session
            )  # else the numbers of these transactions would tie the answers to the move until the night


def _label(target: Target) -> str:
    """Site, window and whether it is open, in the reader's language."""
    tenant = current_app.extensions["q.directory"].by_id(target.tenant_id)
    return f"{tenant.named(here().language)}: {target.name} ({_('Open') if target.is_open else _('Closed')})"
