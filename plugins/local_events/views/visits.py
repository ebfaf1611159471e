"""Exchange and site visits: what is offered and what was learnt, offering one, and looking after it."""

from typing import Any

from flask import Response, request, url_for

from core.sdk import (
    N_,
    Column,
    Forbidden,
    Invalid,
    Listing,
    Refused,
    Sheet,
    gettext,
    here,
    in_memory,
    kept_on,
    key_sent,
    listed,
    next_version,
    noticeboard,
    redirect_with,
    render,
    say,
    searched,
    signed_in,
    sites,
    version_sent,
)
from plugins.local_events import rules
from plugins.local_events.letters import visits as letters
from plugins.local_events.manifest import CREATE, ORGANISE
from plugins.local_events.queries import visits as queries
from plugins.local_events.service import visit_offers, visits
from plugins.local_events.states import LIVING, OFFERED_VISIT
from plugins.local_events.views.base import blueprint
from plugins.local_events.visit_matching import topics_of
from plugins.local_events.visit_words import OFFER_STATES, VISIT_AUDIENCES, VISIT_KINDS, VISIT_STATES
from plugins.local_events.web_forms.visits import AskForm, InterestForm, LinkForm, OfferForm, values_of
from plugins.local_events.words import DOMAINS

WORDS: dict[str, Any] = {
    "kinds": VISIT_KINDS, "audiences": VISIT_AUDIENCES, "offer_states": OFFER_STATES, "states": VISIT_STATES, "domains": DOMAINS,
}  # fmt: skip
MOST_ELSEWHERE = 8
OFFERS = Sheet(
    "visit-offers",
    (
        Column(N_("Title"), lambda pair: pair[0].title),
        Column(N_("Kind of visit"), lambda pair: gettext(VISIT_KINDS[pair[0].kind])),
        Column(N_("Place"), lambda pair: pair[0].place),
        Column(N_("Host"), lambda pair: pair[0].host_name),
        Column(N_("When"), lambda pair: pair[0].starts_at),
        Column(N_("People can ask until"), lambda pair: pair[0].open_until),
        Column(N_("Places left"), lambda pair: pair[0].left),
    ),
    personal=True,
)
SORTS: dict[str, Any] = {
    "match": lambda pair: (-pair[1].score, -pair[0].offered_at.timestamp()),
    "new": lambda pair: -pair[0].offered_at.timestamp(),
    "title": lambda pair: pair[0].title.casefold(),
}


@blueprint.get("/visits/")
@signed_in
def visit_list() -> Response:
    """What is offered here, the best match first; what is offered elsewhere; what visits have taught."""
    context = here()
    session, tenant, visitor = context.session, context.tenant.ref(), context.visitor
    allowed, search = queries.audiences(visitor, tenant), searched()
    interest = queries.interest(session, visitor.account_id)
    wished = Listing.read(url_for("local_events.visit_list"), request.args, sorts=tuple(SORTS), filters=("q",), size=20)
    found = [
        pair
        for pair in queries.matched(queries.standing(session, allowed), interest.subject)
        if search.casefold()
        in f"{pair[0].title} {pair[0].place} {pair[0].what} {pair[0].learning_edge} {' '.join(pair[0].topics)}".casefold()
    ]
    page = listed(wished, OFFERS, in_memory(found, wished, SORTS))
    if isinstance(page, Response):
        return page
    listing, pairs = page
    cards = (
        noticeboard.visits(session, audiences=("uk",), limit=MOST_ELSEWHERE, without_tenant=tenant.id)
        if visitor.is_member
        else []
    )
    return render(
        "local_events/visits/list.html", listing=listing, pairs=pairs, search=search, interest=interest, cards=cards,
        sites={one.id: one for one in sites()}, learnt=queries.shared_for(session, allowed), may_offer=_may_offer(), **WORDS,
    )  # fmt: skip


def _may_offer() -> bool:
    context = here()
    return rules.is_local(context.visitor, context.tenant.ref()) or context.visitor.can(ORGANISE)


@blueprint.route("/visits/interest", methods=["GET", "POST"])
@signed_in
def visit_interest() -> Response:
    """Say what one looks for."""
    context = here()
    kept = queries.interest(context.session, context.visitor.account_id)
    form = InterestForm(data={**kept._asdict(), "topics": ", ".join(kept.topics)})
    if form.validate_on_submit():
        with kept_on(form):
            visit_offers.look_for(
                context.session, context.tenant.ref(), form.domains.data or [], topics_of(form.topics.data), form.words.data,
                context.visitor, form.form_key.data,
            )  # fmt: skip
            return redirect_with(gettext("Offers are put in order by what you look for."), "local_events.visit_list")
    return render("local_events/visits/interest.html", 422 if form.errors else 200, form=form)


@blueprint.route("/visits/new", methods=["GET", "POST"])
@signed_in
def visit_new() -> Response:
    """Offer a visit."""
    context = here()
    if not _may_offer():
        raise Forbidden(CREATE, N_("Members whose home is this site offer visits here."))
    form = OfferForm(data={"capacity": 2, "audience": "uk"} if request.method == "GET" else None)
    if form.validate_on_submit():
        with kept_on(form):
            offer_id = visit_offers.offer(
                context.session, context.tenant.ref(), form.draft(), context.visitor, form.form_key.data
            )
            return redirect_with(gettext("Your visit is offered."), "local_events.visit_show", visit_offer_id=offer_id)
    return render("local_events/visits/edit.html", 422 if form.errors else 200, form=form, offer=None)


@blueprint.get("/visits/<visit_offer_id>")
@signed_in
def visit_show(visit_offer_id: str) -> Response:
    """One offer."""
    return offer_page(visit_offer_id)


def offer_page(offer_id: str, status: int = 200, form: AskForm | None = None, problem: str = "") -> Response:
    """The page of one offer, with what the visitor can do about it."""
    context = here()
    session, tenant, visitor = context.session, context.tenant.ref(), context.visitor
    offer = queries.offer(session, tenant, visitor, offer_id)
    runs = visit_offers.may_run(visitor, offer)
    own = queries.own(session, offer_id, visitor.account_id)
    link = (
        LinkForm(queries.events_to_link(session), formdata=None, data={"event_id": offer.event_id or ""})
        if visitor.can(ORGANISE)
        else None
    )
    interest = queries.interest(session, visitor.account_id)
    return render(
        "local_events/visits/show.html", status, offer=offer, runs=runs, own=own, link=link, problem=problem,
        living=own is not None and own.state in LIVING,
        may_ask=visitor.is_member and offer.host_id != visitor.account_id and offer.stands and offer.left > 0,
        form=form or AskForm(formdata=None), match=queries.matched([offer], interest.subject)[0][1],
        asked=queries.of_offer(session, offer) if runs else [],
        learnt=queries.shared_for(session, queries.audiences(visitor, tenant), offer_id),
        may_close=runs and offer.state == OFFERED_VISIT, **WORDS,
    )  # fmt: skip


@blueprint.post("/visits/<visit_offer_id>/ask")
@signed_in
def visit_ask(visit_offer_id: str) -> Response:
    """Ask the host for a visit. A refusal is the error page's, which keeps what was typed: the offer's page has no form once it can
    no longer be asked for."""
    context = here()
    form = AskForm()
    if not form.validate():
        return offer_page(visit_offer_id, 422, form)
    try:
        visit_id = visits.ask(
            context.session,
            context.tenant.ref(),
            visit_offer_id,
            form.wants.data,
            context.visitor,
            letters.post(context.tenant),
        )
    except Invalid as error:
        form.take(error.field_errors)
        return offer_page(visit_offer_id, 422, form)
    return redirect_with(gettext("The host has your request."), "local_events.visit", visit_id=visit_id)


@blueprint.route("/visits/<visit_offer_id>/edit", methods=["GET", "POST"])
@signed_in
def visit_edit(visit_offer_id: str) -> Response:
    """Change what an offer says."""
    context = here()
    offer = queries.offer(context.session, context.tenant.ref(), context.visitor, visit_offer_id)
    if not visit_offers.may_run(context.visitor, offer):
        raise Forbidden(ORGANISE)
    if offer.state != OFFERED_VISIT:
        raise Refused(N_("This offer is closed."))
    form = OfferForm(data=values_of(offer))
    if form.validate_on_submit():
        with kept_on(form, lambda: OfferForm(formdata=None, data=values_of(offer))):
            visit_offers.change(
                context.session, context.tenant.ref(), visit_offer_id, form.draft(), version_sent(), context.visitor,
                letters.post(context.tenant),
            )  # fmt: skip
            return redirect_with(
                gettext("The offer is saved."), "local_events.visit_show", visit_offer_id=visit_offer_id
            )
    return render(
        "local_events/visits/edit.html", 422 if form.errors else 200, form=form, offer=offer,
        version=next_version(form, offer.version),
    )  # fmt: skip


@blueprint.post("/visits/<visit_offer_id>/close")
@signed_in
def visit_close(visit_offer_id: str) -> Response:
    """Take an offer back."""
    context = here()
    try:
        visit_offers.close(
            context.session, context.tenant.ref(), visit_offer_id, context.visitor, letters.post(context.tenant)
        )
    except Refused as error:
        return offer_page(visit_offer_id, 422, problem=say(error.message, error.params))
    return redirect_with(
        gettext("The offer is closed. Those who waited are told."),
        "local_events.visit_show",
        visit_offer_id=visit_offer_id,
    )


@blueprint.post("/visits/<visit_offer_id>/link")
@signed_in
def visit_link(visit_offer_id: str) -> Response:
    """Say which event an offer has become."""
    context = here()
    try:
        visit_offers.link(
            context.session,
            context.tenant.ref(),
            visit_offer_id,
            request.form.get("event_id", ""),
            context.visitor,
            key_sent(),
        )
    except Refused as error:
        return offer_page(visit_offer_id, 422, problem=say(error.message, error.params))
    except Invalid as error:
        words = error.field_errors["event_id"]
        return offer_page(visit_offer_id, 422, problem=say(words))
    return redirect_with(gettext("The offer is saved."), "local_events.visit_show", visit_offer_id=visit_offer_id)
