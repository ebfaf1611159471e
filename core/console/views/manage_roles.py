"""The roles that a partner lead gives and ends at the own site."""

from flask import Response, request, url_for

from core.console import queries
from core.console.forms import GrantForm, ReasonForm
from core.console.sheets import GRANTS
from core.console.views.blueprints import manage
from core.console.views.roles import GRANT_SORTS, SIZE, choice_of_roles, given
from core.kernel import clock
from core.kernel.errors import Forbidden, NotFound
from core.kernel.ids import is_id
from core.kernel.permissions import ROLE_TITLES, Permission, Role
from core.people.queries import role_holders
from core.people.service import roles
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.listing import Listing
from core.web.lists import in_memory, listed, searched
from core.web.pages import redirect_with, render


def _given() -> list[Role]:
    """The roles this visitor may give here."""
    actor, at = here().visitor.actor(), here().tenant.ref()
    return [role for role in Role if role in roles.LEADS_MAY_GRANT and roles.may_grant(actor, role, at)]


@manage.get("/roles/")
@needs(Permission.TENANT_ROLES_MANAGE)
def role_list() -> Response:
    """Who holds which role here."""
    search = searched()
    listing = Listing.read(
        url_for("manage.role_list"), request.args, sorts=("role", "name", "from"), filters=("q",), size=SIZE
    )
    held = role_holders(here().session, here().tenant.id, search=search)
    found = listed(listing, GRANTS, in_memory(held, listing, GRANT_SORTS))
    if isinstance(found, Response):
        return found
    listing, rows = found
    given = {role.value for role in _given()}
    return render("manage/roles.html", rows=rows, listing=listing, search=search, titles=ROLE_TITLES, given=given)


@manage.route("/roles/new", methods=["GET", "POST"])
@needs(Permission.TENANT_ROLES_MANAGE)
def role_new() -> Response:
    """Give somebody one of the roles that leads give."""
    context = here()
    form = GrantForm(data={"starts_on": clock.today()})
    del form.at
    form.role.choices = choice_of_roles(_given())
    if form.validate_on_submit() and (said := given(context.session, form, context.tenant)) is not None:
        return redirect_with(said, "manage.role_list")
    return render("console/role_new.html", status=422 if form.errors else 200, form=form)


@manage.route("/roles/<grant_id>/end", methods=["GET", "POST"])
@needs(Permission.TENANT_ROLES_MANAGE)
def role_end(grant_id: str) -> Response:
    """End a role at this site; another site's grant is not there."""
    context = here()
    if not is_id(grant_id):
        raise NotFound
    grant = queries.grant(context.session, grant_id, context.tenant.id)
    if grant.role not in _given():
        raise Forbidden(Permission.ROLES_GRANT)
    form = ReasonForm()
    if form.validate_on_submit():
        with kept_on(form):
            roles.end(
                context.session, context.visitor.actor(), grant_id=grant_id, at=context.tenant.ref(), reason=form.reason.data
            )  # fmt: skip
            return redirect_with(_("The role has ended."), "manage.role_list")
    return render(
        "console/role_end.html",
        status=422 if form.errors else 200,
        form=form,
        grant=grant,
        role=say(ROLE_TITLES[grant.role]),
        place=context.tenant.named(context.language),
        back="manage.role_list",
    )
