"""`/me/`: everything that concerns the person, from every site, as a page and as a calendar."""

from flask import Blueprint, Response, current_app, request

from core.kernel import calendars as ical
from core.kernel.errors import NotFound, Refused
from core.people import calendars, limits, queries
from core.people.asked import asked_of
from core.people.forms import PressForm
from core.people.models import MINE
from core.people.service import calendar_keys
from core.people.views.duties import duties_of_visitor
from core.tenancy.directory import TenantSnapshot
from core.tenancy.models import ShelfItem
from core.tenancy.switches import closed_pages
from core.web.access import public, signed_in
from core.web.context import here
from core.web.feeds import CALENDAR, feed_response
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.letters import in_language, root_of
from core.web.pages import redirect_with, registry, render

blueprint = Blueprint("me", __name__, url_prefix="/me")
FEED = "/me/calendar.ics"


def _sites() -> dict[int, TenantSnapshot]:
    return {tenant.id: tenant for tenant in current_app.extensions["q.directory"].all()}


@blueprint.get("/")
@signed_in
def items() -> Response:
    """My items: what is asked of the person, where they have work, what needs them first, then what is coming,
    what of it was cancelled, then what is past."""
    session, account_id = here().session, str(here().visitor.account_id)
    shelf = queries.my_items(session, account_id)
    return render(
        "people/items.html", shelf=shelf, sites=_sites(), asked=asked_of(session, account_id),
        closed=closed_pages(session, registry()), duties=duties_of_visitor(),
    )  # fmt: skip


@blueprint.route("/calendar", methods=["GET", "POST"])
@signed_in
def calendar() -> Response:
    """The address of one's own calendar: made here, shown once, made anew."""
    context, form = here(), PressForm()
    href = ""
    if form.validate_on_submit():
        token = calendar_keys.make(context.session, context.visitor.actor(), MINE, form.form_key.data)
        if token is None:
            return redirect_with(
                _("This address has been shown already. Make a new one if you do not have it."), "me.calendar"
            )
        href = f"{_feed_href()}?token={token}"
        form = PressForm(formdata=None)
    since = calendars.made_at(context.session, str(context.visitor.account_id)).get(MINE)
    response = render(
        "people/calendar.html", 422 if form.errors else 200, form=form, href=href, since=since,
        days=ical.KEPT_CANCELLED.days,
    )  # fmt: skip
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/calendar/end")
@signed_in
def end_calendar() -> Response:
    """End the address."""
    try:
        calendar_keys.end(here().session, here().visitor.actor(), MINE)
    except Refused as refused:
        return redirect_with(say(refused.message, refused.params), "me.calendar")
    return redirect_with(_("The address is ended. Calendars that read it will find nothing there."), "me.calendar")


def _feed_href() -> str:
    """Where everybody's calendar is: at the UK site, whichever site it was asked for at."""
    return f"{current_app.config['Q'].base_url}{FEED}"


@blueprint.get("/calendar.ics")
@public
@limits.reads
def feed() -> Response:
    """What one person has signed up for at every site, for a calendar program. A token that is not good finds no page."""
    session = here().session
    reader = calendars.reader_of(session, request.args.get("token", ""), MINE)
    if reader is None:
        raise NotFound
    with in_language(reader.locale):
        sites, closed = _sites(), closed_pages(session, registry())

        def entry(item: ShelfItem) -> ical.Entry:
            return _entry(item, sites[item.origin_tenant_id], closed=closed(item.origin_tenant_id, item.plugin))

        found = calendars.entries(session, reader.account_id, entry)
        name, source = _("My Q calendar"), _feed_href()
        return feed_response(
            (found, name, source), lambda: ical.feed(found, name=name, source=source, language=reader.locale),
            mimetype=CALENDAR,
        )  # fmt: skip


def _entry(item: ShelfItem, site: TenantSnapshot, *, closed: bool) -> ical.Entry:
    """A card of My items as a calendar has it. Its state is said in words too, where it is not simply coming; and so is that
    its page is closed, where the plugin that put it there is off: a link would find nothing."""
    assert item.when is not None  # a constraint of the table says the same
    assert item.ends_at is not None
    said = [site.named(here().language)] + ([] if item.calendar_status == ical.CONFIRMED else [say(item.status)])
    if closed:
        said.append(_("Its page is closed for now"))
    return ical.Entry(
        uid=item.uid, sequence=item.sequence, starts_at=item.when, ends_at=item.ends_at, title=say(item.title) if item.title_is_message else item.title,
        modified_at=item.changed_at, status=item.calendar_status, place=item.place, text=". ".join(said),
        href="" if closed else f"{root_of(site)}{item.path}", join_href=item.join_href,
    )  # fmt: skip
