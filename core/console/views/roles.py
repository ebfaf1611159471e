"""Who holds which role, giving a role and ending one: the central team, at any tenant."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from flask import Response, request, url_for
from wtforms.fields.choices import SelectChoice

from core.console import queries
from core.console.forms import GrantForm, ReasonForm
from core.console.sheets import GRANTS
from core.console.views.blueprints import console
from core.console.views.tenants import directory, tenant_called
from core.data.db import tenant_session
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from core.kernel.ids import is_id
from core.kernel.permissions import ROLE_TITLES, Permission, Role
from core.kernel.text import N_
from core.people.queries import account_by_email, role_holders
from core.people.service import roles
from core.tenancy.directory import TenantSnapshot
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on
from core.web.i18n import day, say
from core.web.i18n import gettext as _
from core.web.listing import Listing
from core.web.lists import in_memory, listed, searched
from core.web.pages import redirect_with, render

SIZE = 100
GIVEN = tuple(role for role in Role if role is not Role.MEMBER)
"""The roles that are given: `member` follows from membership."""


GRANT_SORTS: dict[str, Callable[[Any], Any]] = {
    "where": lambda row: (row.at_tenant_id, row.role, row.name),
    "name": lambda row: (row.name.casefold(), row.at_tenant_id, row.role),
    "role": lambda row: (row.role, row.at_tenant_id, row.name),
    "from": lambda row: (row.starts_on, row.name),
}
"""What a list of grants can be sorted by."""
NO_ACCOUNT = N_("No account has this address. Ask the person to make one first.")


def _given_words(name: str, role: Role, place: str, starts_on: date) -> str:
    """What is said when somebody called `name` was given `role`, at the place called so, whose first day is `starts_on`."""
    title = say(ROLE_TITLES[role])
    if starts_on > clock.today():
        return _(
            "%(name)s has the role from %(day)s: %(role)s, %(place)s.",
            name=name,
            day=day(starts_on),
            role=title,
            place=place,
        )
    return _("%(name)s has the role now: %(role)s, %(place)s.", name=name, role=title, place=place)


def choice_of_roles(offered: Iterable[Role]) -> list[SelectChoice]:
    """What the field for a role offers; it begins with what is no answer."""
    return [
        SelectChoice("", _("Choose a role")),
        *(SelectChoice(role.value, say(ROLE_TITLES[role])) for role in offered),
    ]


@console.get("/roles/")
@needs(Permission.CONSOLE_USE)
def role_list() -> Response:
    """Every grant of today, by tenant and role."""
    slug, role = request.args.get("tenant", ""), searched("role")
    search = searched()
    at = tenant_called(slug) if slug else None
    listing = Listing.read(
        url_for("console.role_list"), request.args, sorts=tuple(GRANT_SORTS), filters=("tenant", "role", "q"), size=SIZE
    )
    held = role_holders(here().session, at.id if at else None, role=role, search=search)
    found = listed(listing, GRANTS, in_memory(held, listing, GRANT_SORTS))
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render(
        "console/roles.html",
        rows=rows,
        listing=listing,
        chosen={"tenant": slug, "role": role, "q": search},
        sites={tenant.id: tenant for tenant in directory().all()},
        titles=ROLE_TITLES,
        given=GIVEN,
    )


def given(session: ScopedSession, form: GrantForm, at: TenantSnapshot) -> str | None:
    """Give the role that a valid form asks for at the session's tenant `at`. What is said of it; None where it was refused, which the form
    then says at the field that it is about."""
    account = account_by_email(session, form.email.data)
    if account is None:
        form.take({"email": NO_ACCOUNT})
        return None
    try:
        roles.grant(
            session, here().visitor.actor(), account_id=account.id, role=Role(form.role.data), at=at.ref(),
            starts_on=form.starts_on.data, ends_on=form.ends_on.data, reason=form.reason.data,
        )  # fmt: skip
    except Invalid as invalid:
        form.take(invalid.field_errors)
    except NotFound:  # it has been closed
        form.take({"email": NO_ACCOUNT})
    except Conflict as held:
        form.take({"role": held.message})
    except Forbidden as forbidden:  # to oneself, for one
        form.take({"email": forbidden.message})
    else:
        return _given_words(account.name, Role(form.role.data), _place(at), form.starts_on.data)
    return None


@console.route("/roles/new", methods=["GET", "POST"])
@needs(Permission.ROLES_GRANT)
def role_new() -> Response:
    """Give somebody a role."""
    form = GrantForm(data={"starts_on": clock.today(), "at": request.args.get("tenant", "")})
    form.role.choices = choice_of_roles(GIVEN)
    form.at.choices = [
        SelectChoice("", _("Choose a site, or UK-wide")),
        *(SelectChoice(tenant.slug, _place(tenant)) for tenant in directory().all()),
    ]
    if form.validate_on_submit():
        at = tenant_called(form.at.data)
        with tenant_session(at.id) as session:
            if (said := given(session, form, at)) is not None:
                return redirect_with(said, "console.role_list")
    return render("console/role_new.html", status=422 if form.errors else 200, form=form)


def _place(tenant: TenantSnapshot) -> str:
    return _("UK-wide") if tenant.kind == "uk" else tenant.named(here().language)


@console.route("/roles/<grant_id>/end", methods=["GET", "POST"])
@needs(Permission.ROLES_GRANT)
def role_end(grant_id: str) -> Response:
    """End a role from today on."""
    if not is_id(grant_id):
        raise NotFound
    grant = queries.grant(here().session, grant_id)
    at = directory().by_id(grant.at_tenant_id)
    if at is None:
        raise NotFound
    form = ReasonForm()
    if form.validate_on_submit():
        with tenant_session(at.id) as session, kept_on(form):
            roles.end(session, here().visitor.actor(), grant_id=grant_id, at=at.ref(), reason=form.reason.data)
            return redirect_with(_("The role has ended."), "console.role_list")
    return render(
        "console/role_end.html",
        status=422 if form.errors else 200,
        form=form,
        grant=grant,
        role=say(ROLE_TITLES[grant.role]),
        place=_place(at),
        back="console.role_list",
    )
