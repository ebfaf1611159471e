"""Where joining Q begins: which partner covers me, when it takes applications, and being told when it does."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, redirect, request, url_for
from flask.blueprints import BlueprintSetupState

from core.admissions.coverage import Found, asked
from core.admissions.instants import WindowState
from core.admissions.letters import windows as window_letters
from core.admissions.queries import applying, windows
from core.admissions.service import interest
from core.admissions.web_forms.windows import FinderForm, InterestForm, PressForm
from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.errors import NotFound, Refused
from core.people.limits import mails
from core.tenancy import noticeboard
from core.tenancy.directory import TenantDirectory, TenantSnapshot
from core.tenancy.geo.dots import SiteDots, uk_map
from core.tenancy.models import NoticeCard
from core.web.access import public
from core.web.context import here
from core.web.forms import kept_on
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.pages import redirect_with, render
from core.web.sent import form_has

blueprint = Blueprint("portal", __name__, url_prefix="/apply")
START = "applying.start"
"""The page on which an application begins."""
OPEN, AHEAD, CLOSED = "open", "ahead", "closed"


@dataclass(frozen=True, slots=True)
class Standing:
    """When a partner takes applications, as the public is told: open until, opens on, or closed."""

    kind: str
    opens_at: datetime | None = None
    closes_at: datetime | None = None


def _standing(cards: Iterable[NoticeCard], now: datetime) -> Standing:
    """What the cards of one site say now: the open one, else the next, else closed. They come the earliest first."""
    ahead: NoticeCard | None = None
    for card in cards:
        if card.starts_at <= now <= card.ends_at:
            return Standing(OPEN, card.starts_at, card.ends_at)
        if ahead is None and now < card.starts_at:
            ahead = card
    if ahead is not None:
        return Standing(AHEAD, ahead.starts_at, ahead.ends_at)
    return Standing(CLOSED)


@dataclass(frozen=True, slots=True)
class Site:
    """A partner in the list, in the reader's language."""

    slug: str
    name: str
    area: str
    partner: str
    href: str
    standing: Standing
    colour: str
    dots: SiteDots | None


def _sites() -> list[Site]:
    """Every partner with when it takes applications: one statement for all of them."""
    context, now = here(), clock.now()
    cards: dict[int, list[NoticeCard]] = {}
    for card in noticeboard.windows(context.session):
        cards.setdefault(card.origin_tenant_id, []).append(card)
    directory: TenantDirectory = current_app.extensions["q.directory"]
    return [_site(tenant, _standing(cards.get(tenant.id, ()), now)) for tenant in directory.partners()]


def _site(tenant: TenantSnapshot, standing: Standing) -> Site:
    language, details = here().language, tenant.details
    cy = language == "cy"
    area = (cy and details["area_cy"]) or details["area"]
    dots = next((site for site in uk_map().sites if site.tenant == tenant.slug), None)
    colour = details["colours"]["map"]
    partner = tenant.led_by(language)
    return Site(tenant.slug, tenant.named(language), area, partner, f"{tenant.prefix}/apply/", standing, colour, dots)


@blueprint.get("/")
@public
def home() -> Response:
    """At the UK site: which partner covers me. At a partner's: when it takes applications."""
    return _finder() if here().tenant.kind == "uk" else _partner()


def _finder() -> Response:
    form = FinderForm(formdata=request.args, meta={"csrf": False})
    found: Found | None = None
    if "postcode" in request.args:
        found, wrong = asked(form.postcode.data, form.authority.data or "")
        form.take(wrong)
    form.authority.choices = [(one.code, one.name) for one in found.authorities] if found else []
    sites = _sites()
    by_slug = {site.slug: site for site in sites}
    covering = [by_slug[slug] for slug in found.partners if slug in by_slug] if found else []
    return render(
        "admissions/finder.html",
        422 if form.errors else 200,
        form=form,
        found=found,
        covering=covering,
        sites=sites,
        drawing=uk_map(),
    )


def _partner() -> Response:
    context = here()
    window, visitor = windows.shown(context.session), context.visitor
    state = window.now if window is not None else None
    longer = (
        windows.extended_to(context.session, window.id, visitor.account_id) if window and visitor.account_id else None
    )
    if longer is not None and longer < clock.now():
        longer = None
    kind = {WindowState.OPEN: OPEN, WindowState.SCHEDULED: AHEAD}.get(state, CLOSED) if state else CLOSED
    begun = kind == OPEN or (longer is not None and kind != AHEAD)
    mine = applying.live_in(context.session, window.id, visitor.account_id) if window and visitor.account_id else None
    return render(
        "admissions/partner.html",
        window=window,
        kind=kind,
        longer=longer,
        mine=mine,
        start=_start() if begun and mine is None and not visitor.is_member else "",
        form=_interest_form() if kind != OPEN and mine is None and not visitor.is_member else None,
        area=_site(context.tenant, Standing(kind)),
        finder=finder_address(),
    )


def _start() -> str:
    """Where an application begins; nothing while there is no such page."""
    return url_for(START) if START in current_app.view_functions else ""


def finder_address() -> str:
    """The UK site's page, from a site that has a host name of its own too."""
    root = current_app.config["Q"].base_url if here().by_host else ""
    return f"{root}/apply/"


def _interest_form() -> InterestForm:
    return InterestForm(formdata=None, data={"email": here().visitor.email})


def _only_partners() -> None:
    """Raise NotFound at the UK site: people are told about an area."""
    if here().tenant.kind == "uk":
        raise NotFound


@blueprint.route("/interest", methods=["GET", "POST"])
@public
@mails
def register() -> Any:
    """Ask to be told when the window opens; the answer is the same whether the address is known."""
    _only_partners()
    context = here()
    form = InterestForm(data={"email": context.visitor.email})
    if form.validate_on_submit():
        with kept_on(form):
            interest.ask(
                context.session, secret_key=current_app.config["Q"].secret_key, email=form.email.data,
                locale=context.language, key=form.form_key.data, post=window_letters.tell(context.tenant),
            )  # fmt: skip
            return redirect(url_for("portal.registered"), 303)
    return render("admissions/interest.html", 422 if form.errors else 200, form=form)


@blueprint.get("/registered")
@public
def registered() -> Response:
    """What to do next, whoever was written to."""
    _only_partners()
    return render("admissions/registered.html")


@blueprint.route("/interest/<token>", methods=["GET", "POST"])
@public
def confirm(token: str) -> Response:
    """Confirm by the mailed link. Opening it changes nothing: mail scanners open links too."""
    return _by_link(
        token,
        "admissions/confirm.html",
        interest.confirm,
        _("We write to you when applications open, and once more before they close."),
    )


@blueprint.route("/stop/<token>", methods=["GET", "POST"])
@public
def stop(token: str) -> Response:
    """No more messages, by the link in each of them."""
    return _by_link(
        token, "admissions/stop.html", interest.stop, _("We do not write to this address about applications any more.")
    )


@blueprint.route("/stop/<token>/at-once", methods=["GET", "POST"])
@public
def stop_at_once(token: str) -> Any:
    """No more messages, asked for by a mail program (RFC 8058, List-Unsubscribe): it posts without cookies and without a
    form, so there is no token of a form to check. The link itself is the permission. People who open it get the page."""
    _only_partners()
    if request.method == "GET":
        return redirect(url_for("portal.stop", token=token), 303)
    form_has("List-Unsubscribe")
    try:
        interest.stop(here().session, token)
    except Refused as gone:
        return render("admissions/link_gone.html", 410, message=say(gone.message, gone.params))
    return Response("", 200, mimetype="text/plain")


def _without_form_token(state: BlueprintSetupState) -> None:
    state.app.extensions["csrf"].exempt(stop_at_once)


blueprint.record(_without_form_token)


def _by_link(token: str, template: str, step: Callable[[ScopedSession, str], None], done: str) -> Response:
    _only_partners()
    session, form = here().session, PressForm()
    try:
        email, _state = interest.held(session, token)
        if form.validate_on_submit():
            step(session, token)
            return redirect_with(done, "portal.home")
    except Refused as gone:
        return render("admissions/link_gone.html", 410, message=say(gone.message, gone.params))
    return render(template, 422 if form.errors else 200, form=form, email=email)
