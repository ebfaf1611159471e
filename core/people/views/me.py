"""`/me/`: everything that concerns the person, from every site."""

from flask import Blueprint, Response, current_app

from core.people import queries
from core.people.asked import asked_of
from core.web.access import signed_in
from core.web.context import here
from core.web.pages import render

blueprint = Blueprint("me", __name__, url_prefix="/me")


@blueprint.get("/")
@signed_in
def items() -> Response:
    """My items: what is asked of the person, what needs them first, then what is coming, then what is past."""
    session, account_id = here().session, str(here().visitor.account_id)
    shelf = queries.my_items(session, account_id)
    sites = {tenant.id: tenant for tenant in current_app.extensions["q.directory"].all()}
    return render("people/items.html", shelf=shelf, sites=sites, asked=asked_of(session, account_id))
