"""Offers of membership: the applicant's page, on which the compact is accepted, and the partner's list."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request, url_for

from core.admissions.letters.joining import offer_letter
from core.admissions.queries import compact as compacts
from core.admissions.queries import offers as queries
from core.admissions.queries.offers import Listed
from core.admissions.service import offers as service
from core.admissions.states import JOINED, LAPSED, OFFER, OFFERED, REFUSED
from core.admissions.views.applying import blueprint as applying
from core.admissions.views.windows import blueprint as managing
from core.admissions.web_forms.joining import PromiseForm, RenewForm
from core.kernel.errors import Conflict, Refused
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.web.access import needs, signed_in
from core.web.contact import contact_address
from core.web.context import here
from core.web.forms import kept_on, next_version, version_sent
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.listing import Listing
from core.web.lists import listed, searched
from core.web.pages import redirect_with, render
from core.web.sheets import Column, Sheet

SIZE = 50
STATES = {
    OFFERED: (N_("Not answered yet"), "warn"),
    JOINED: (N_("Accepted"), "ok"),
    REFUSED: (N_("Turned down"), "neutral"),
    LAPSED: (N_("Lapsed"), "neutral"),
}
OFFERS = Sheet(
    "offers",
    (
        Column(N_("Reference"), lambda row: row.reference),
        Column(N_("Name"), lambda row: row.name),
        Column(N_("Email address"), lambda row: row.email),
        Column(N_("State"), lambda row: say(STATES[row.state][0])),
        Column(N_("Offered"), lambda row: row.offered_at),
        Column(N_("Lapses"), lambda row: row.lapses_at),
        Column(N_("Reminded"), lambda row: row.reminded_at),
        Column(N_("Answered or lapsed"), lambda row: row.ended_at),
        Column(N_("Why it was renewed"), lambda row: row.why),
    ),
    personal=True,
)


@applying.route("/<application_id>/offer", methods=["GET", "POST"])
@signed_in
def offer(application_id: str) -> Response:
    """The offer, the compact, and the promise that makes somebody a member."""
    context, form = here(), PromiseForm()
    mine = queries.mine(context.session, application_id, str(context.visitor.account_id))
    status, changed = 200, ""
    if form.is_submitted():
        status = 422
        if form.validate_on_submit():
            try:
                service.accept(
                    context.session, context.visitor.actor(), application_id=mine.application_id, home=context.tenant.ref(),
                    shown=form.shown.data or "", post=offer_letter(context.tenant, "welcome"),
                )  # fmt: skip
                return redirect_with(
                    _("Welcome to Q: you are a member."), "applying.offer", application_id=mine.application_id
                )
            except Conflict as conflict:
                status, changed, form.promise.data = 409, say(conflict.message, conflict.params), False
            except Refused as refused:
                form.form_errors.append(say(refused.message, refused.params))
    newest = compacts.newest(context.session)
    if newest is not None:
        form.promise.label.text = newest.text.promise.in_language(context.language)
        form.shown.data = newest.version.id
    return render(
        "admissions/offers/offer.html", status, mine=mine, form=form, newest=newest, changed=changed,
        already=context.visitor.is_member, contact=contact_address(),
    )  # fmt: skip


@applying.route("/<application_id>/offer/decline", methods=["GET", "POST"])
@signed_in
def offer_decline(application_id: str) -> Response:
    """Say no to the offer, after saying what that means."""
    context = here()
    mine = queries.mine(context.session, application_id, str(context.visitor.account_id))
    if not mine.stands:
        raise Refused(service.GONE)
    if request.method == "POST":
        service.refuse(context.session, context.visitor.actor(), application_id=mine.application_id)
        return redirect_with(_("You have turned the offer down."), "applying.offer", application_id=mine.application_id)
    return render("admissions/offers/decline.html", mine=mine, already=context.visitor.is_member)


@managing.get("/offers")
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def offer_list() -> Response:
    """Who was offered membership here, and what became of it."""
    context = here()
    search, state = searched(), request.args.get("state", "")
    state = state if state in OFFER.states else ""
    listing = Listing.read(
        url_for("windows.offer_list"), request.args, sorts=tuple(queries.SORTS), filters=("q", "state"), size=SIZE
    )

    def read(limit: int | None, offset: int) -> tuple[Sequence[Any], int]:
        rows = queries.listed(
            context.session, context.visitor.account_id, state=state, search=search, sort=listing.sort, limit=limit,
            offset=offset,
        )  # fmt: skip
        return rows, rows[0].total if rows else 0

    found = listed(listing, OFFERS, read)
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render("admissions/offers/list.html", rows=rows, listing=listing, search=search, state=state, states=STATES)


def _offer(offer_id: str) -> Listed:
    return queries.one(here().session, here().visitor.account_id, offer_id)


@managing.route("/offers/<offer_id>/renew", methods=["GET", "POST"])
@needs(Permission.TENANT_ADMISSIONS_MANAGE)
def offer_renew(offer_id: str) -> Response:
    """Let a lapsed offer stand again, for a reason."""
    context, form = here(), RenewForm()
    row = _offer(offer_id)
    if row.state != LAPSED and request.method != "POST":
        raise Refused(service.NOT_LAPSED)
    if form.validate_on_submit():
        with kept_on(form):
            service.renew(
                context.session, context.visitor.actor(), offer_id=row.id,
                version=version_sent(),
                until=form.instant(), why=form.why.data, post=offer_letter(context.tenant, "renewed"),
            )  # fmt: skip
            return redirect_with(_("The offer stands again, and a letter is on its way."), "windows.offer_list")
    form.version.data = str(next_version(form, row.version))
    return render("admissions/offers/renew.html", 422 if form.errors else 200, form=form, row=row)
