"""Accounts, for the central team: finding one, what there is to know of it, closing it and opening it again."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request, url_for

from core.console.forms import CloseAccountForm, ReasonForm
from core.console.sheets import PEOPLE
from core.console.views.blueprints import console
from core.console.views.tenants import directory
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.kernel.permissions import ROLE_TITLES, Permission
from core.people import queries
from core.people.models import COHORT_TITLES
from core.people.service import accounts
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on
from core.web.i18n import gettext as _
from core.web.listing import Listing
from core.web.lists import listed, searched
from core.web.pages import redirect_with, render


@console.get("/people/")
@needs(Permission.ROLES_GRANT)
def person_list() -> Response:
    """Accounts by name or address."""
    search, closed = searched(), request.args.get("closed") == "1"
    listing = Listing.read(
        url_for("console.person_list"), request.args, sorts=tuple(queries.ACCOUNT_SORTS), filters=("q", "closed")
    )

    def read(limit: int | None, offset: int) -> tuple[Sequence[Any], int]:
        rows = queries.search_accounts(
            here().session, search, offset=offset, limit=limit, sort=listing.sort, closed=closed
        )
        return rows, rows[0].total if rows else 0

    found = listed(listing, PEOPLE, read)
    if isinstance(found, Response):
        return found
    listing, rows = found
    sites = {tenant.id: tenant for tenant in directory().all()}
    return render("console/people.html", rows=rows, listing=listing, search=search, closed=closed, sites=sites)


def _person(account_id: str) -> Any:
    found = queries.person(here().session, account_id) if is_id(account_id) else None
    if found is None or found.erased_at is not None:
        raise NotFound
    return found


@console.get("/people/<account_id>/")
@needs(Permission.ROLES_GRANT)
def person(account_id: str) -> Response:
    """One account: how it stands, its membership and roles, what can be done."""
    found = _person(account_id)
    held = queries.role_holders(here().session, account_id=account_id)
    return render(
        "console/person.html", person=found, roles=held, titles=ROLE_TITLES,
        cohort=COHORT_TITLES[found.cohort] if found.cohort else "",
        sites={tenant.id: tenant for tenant in directory().all()},
        own=account_id == here().visitor.account_id,
    )  # fmt: skip


@console.route("/people/<account_id>/close", methods=["GET", "POST"])
@needs(Permission.ROLES_GRANT)
def person_close(account_id: str) -> Response:
    """Close somebody's account, for a stated reason."""
    found, form = _person(account_id), CloseAccountForm()
    if form.validate_on_submit():
        with kept_on(form):
            accounts.close(
                here().session, here().visitor.actor(), account_id=account_id, reason=form.reason.data,
                erase=form.erase.data,
            )  # fmt: skip
            return redirect_with(_("The account is closed."), "console.person", account_id=account_id)
    return render("console/person_close.html", status=422 if form.errors else 200, form=form, person=found)


@console.route("/people/<account_id>/reopen", methods=["GET", "POST"])
@needs(Permission.ROLES_GRANT)
def person_reopen(account_id: str) -> Response:
    """Open a closed account again, which calls its erasing off."""
    found, form = _person(account_id), ReasonForm()
    if form.validate_on_submit():
        with kept_on(form):
            accounts.reopen(here().session, here().visitor.actor(), account_id=account_id, reason=form.reason.data)
            return redirect_with(_("The account is open again."), "console.person", account_id=account_id)
    return render("console/person_reopen.html", status=422 if form.errors else 200, form=form, person=found)
