"""What the views of accounts share: the blueprint, the services' tools, the page for a dead link."""

from flask import Blueprint, Response, current_app, url_for

from core.kernel.errors import DomainError
from core.people.letters import send
from core.people.service.tools import Tools
from core.web.i18n import say
from core.web.pages import render

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.after_request
def _keep_nothing(response: Response) -> Response:
    """These pages hold what is nobody else's business: no browser or proxy keeps them (ASVS 14.3.2)."""
    response.headers["Cache-Control"] = "no-store"
    return response


def tools() -> Tools:
    """What the services need from this application."""
    config = current_app.config["Q"]
    return Tools(config.secret_key, send, quick=config.testing, before=config.secret_key_before)


def link_gone(error: DomainError, again: str) -> Response:
    """The page for a mailed link that is used, too old or damaged; `again` is the page (endpoint) that gives a new one."""
    return render("people/link_gone.html", status=410, message=say(error.message, error.params), again=url_for(again))
