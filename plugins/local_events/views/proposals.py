"""Members' proposals: what their proposers press on the event's page, and the organisers' queue."""

from collections.abc import Callable

from flask import Response, request, url_for

from core.sdk import (
    N_,
    Column,
    Conflict,
    Here,
    Listing,
    Refused,
    Sheet,
    clock,
    gettext,
    here,
    listed,
    needs,
    people_by_id,
    redirect_with,
    render,
    say,
    searched,
    signed_in,
    whole_number,
)
from plugins.local_events.letters import proposals as letters
from plugins.local_events.manifest import PUBLISH
from plugins.local_events.queries import proposals
from plugins.local_events.service import proposals as service
from plugins.local_events.states import CHANGES_REQUESTED, SUBMITTED
from plugins.local_events.views.base import WORDS, blueprint, manage_blueprint, settings_of
from plugins.local_events.views.pages import event_page
from plugins.local_events.web_forms.origin import WhyForm
from plugins.local_events.words import AUDIENCES, KINDS, STATES


def _pressed(event_id: str, press: Callable[[Here, service.Post], None], done: str) -> Response:
    """The event's page again, with what came of a press."""
    context = here()
    try:
        press(context, letters.post(context.tenant))
    except (Refused, Conflict) as error:
        return event_page(event_id, 422, say(error.message, error.params))
    return redirect_with(done, "local_events.show", event_id=event_id)


@blueprint.post("/<event_id>/submit")
@signed_in
def submit(event_id: str) -> Response:
    """Give one's proposal to the organisers."""

    def press(context: Here, post: service.Post) -> None:
        tenant, settings = context.tenant.ref(), settings_of(context)
        service.submit(context.session, tenant, settings, event_id, context.visitor, post)

    return _pressed(event_id, press, gettext("Your proposal is submitted. You will hear from us."))


@blueprint.post("/<event_id>/take-back")
@signed_in
def take_back(event_id: str) -> Response:
    """Withdraw one's own proposal."""

    def press(context: Here, post: service.Post) -> None:
        service.withdraw(context.session, context.tenant.ref(), event_id, context.visitor, post)

    return _pressed(event_id, press, gettext("Your proposal is withdrawn."))


@manage_blueprint.post("/<event_id>/approve")
@needs(PUBLISH)
def approve_proposal(event_id: str) -> Response:
    """Say yes to a proposal, as the page showed it."""
    version = whole_number(request.form.get("version", ""))

    def press(context: Here, post: service.Post) -> None:
        tenant, settings = context.tenant.ref(), settings_of(context)
        service.approve(context.session, tenant, settings, event_id, version, context.visitor, post)

    return _pressed(event_id, press, gettext("The proposal is approved."))


@manage_blueprint.post("/<event_id>/decide")
@needs(PUBLISH)
def decide_proposal(event_id: str) -> Response:
    """Send a proposal back, or turn it down, with a word to its proposer. A refusal is the error page's, which keeps the word: the
    event's page has no form for a proposal that is gone."""
    context, form = here(), WhyForm()
    if not form.validate():
        return event_page(event_id, 422, why_form=form)
    rejects = request.form.get("press") == "reject"
    use = service.reject if rejects else service.request_changes
    use(context.session, context.tenant.ref(), event_id, form.why.data, context.visitor, letters.post(context.tenant))
    words = gettext("The proposal is rejected.") if rejects else gettext("The proposal is sent back.")
    return redirect_with(words, "local_events.show", event_id=event_id)


QUEUES = {"": (SUBMITTED,), "changes": (CHANGES_REQUESTED,), "all": tuple(STATES)}
SHEET = Sheet(
    "proposals",
    (
        Column(N_("Title"), lambda one: one.title),
        Column(N_("Kind"), lambda one: say(KINDS[one.kind])),
        Column(N_("Starts"), lambda one: one.starts_at),
        Column(N_("Who it is for"), lambda one: say(AUDIENCES[one.audience])),
        Column(N_("State"), lambda one: say(STATES[one.state])),
        Column(N_("Since"), lambda one: one.since),
    ),
    personal=False,
)


@manage_blueprint.get("/proposals")
@needs(PUBLISH)
def proposal_list() -> Response:
    """Members' proposals: who waits longest first."""
    context = here()
    show = request.args.get("show", "")
    show, search = show if show in QUEUES else "", searched()
    wished = Listing.read(
        url_for("local_events_manage.proposal_list"), request.args, sorts=("since",), filters=("show", "q"), size=25
    )
    found = listed(
        wished,
        SHEET,
        lambda limit, offset: proposals.waiting(
            context.session, QUEUES[show], limit, offset, search, newest=wished.sort.startswith("-")
        ),
    )
    if isinstance(found, Response):
        return found
    listing, rows = found
    counts = proposals.undecided(context.session)
    return render(
        "local_events/manage/proposals.html", listing=listing, proposals=rows, show=show, search=search, counts=counts,
        people=people_by_id(context.session, {one.created_by for one in rows if one.created_by}), now=clock.now(), **WORDS,
    )  # fmt: skip
