"""Conflicts of interest with one application: who has one, putting one down, also of one's own, and ending one."""

from flask import Blueprint, Response

from core.admissions import conflict_rules
from core.admissions.queries import conflicts as queries
from core.admissions.service import conflicts as service
from core.admissions.web_forms.panels import ConflictForm, WhyForm
from core.kernel.errors import Refused
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on
from core.web.i18n import gettext as _
from core.web.pages import redirect_with, render
from core.web.where import only_at_partners_sites

blueprint = Blueprint("conflicts", __name__, url_prefix="/manage/admissions")
only_at_partners_sites(blueprint)
SOURCES = {
    service.DECLARED: N_("Declared by the person"),
    conflict_rules.DERIVED: N_("Follows from what is known"),
    service.SET: N_("Put down by the partner"),
}


@blueprint.route("/applications/<application_id>/conflict", methods=["GET", "POST"])
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def of(application_id: str) -> Response:
    """The conflicts of interest with an application, and a form for one more."""
    context = here()
    session, me = context.session, context.visitor.account_id or ""
    application = queries.application(session, me, application_id)
    form = ConflictForm(me, queries.panel(session))
    if form.validate_on_submit():
        with kept_on(form):
            service.put_down(
                session, context.visitor.actor(), application_id, form.account_id.data or "", form.kind.data or "",
                form.why.data,
            )  # fmt: skip
            if form.account_id.data == me:
                return redirect_with(
                    _("Your conflict of interest is noted. You see nothing of the application from now on."),
                    "panels.show", window_id=application.window_id,
                )  # fmt: skip
            return redirect_with(
                _("The conflict of interest is noted."), "conflicts.of", application_id=application_id
            )  # fmt: skip
    return render(
        "admissions/panels/conflicts.html", 422 if form.errors else 200, form=form, application=application,
        conflicts=queries.of(session, application_id), kinds=conflict_rules.KINDS, sources=SOURCES, stays=conflict_rules.stays,
    )  # fmt: skip


@blueprint.route("/conflicts/<conflict_id>/end", methods=["GET", "POST"])
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def end(conflict_id: str) -> Response:
    """End a conflict of interest, for a stated reason."""
    context, form = here(), WhyForm()
    found = queries.one(context.session, context.visitor.account_id, conflict_id)
    if conflict_rules.stays(found.kind, found.source) and not form.is_submitted():
        raise Refused(service.FLOOR_HOLDS)
    if form.validate_on_submit():
        with kept_on(form):
            application_id = service.end(context.session, context.visitor.actor(), conflict_id, form.why.data)
            return redirect_with(
                _("The conflict of interest has ended."), "conflicts.of", application_id=application_id
            )  # fmt: skip
    return render(
        "admissions/panels/conflict_end.html", 422 if form.errors else 200, form=form, conflict=found, kinds=conflict_rules.KINDS
    )  # fmt: skip
