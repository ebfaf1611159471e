"""This site's events for other programs: files and feeds for calendars, Atom, and the page that tells how to subscribe."""

from typing import Any, NamedTuple

from flask import Response, request

from core.sdk import (
    AREA_CALENDAR,
    Form,
    Here,
    NotFound,
    Reader,
    Refused,
    calendar_keys,
    calendar_keys_made_at,
    calendars,
    clock,
    contact_address,
    feed_response,
    gettext,
    here,
    in_language,
    is_on,
    noticeboard,
    public,
    reader_of,
    reads_by_token,
    redirect_with,
    render,
    root_of,
    say,
    signed_in,
    sites,
    while_off,
)
from plugins.local_events import rules
from plugins.local_events.calendars import atom, links
from plugins.local_events.calendars.entries import entry
from plugins.local_events.calendars.structured import structured
from plugins.local_events.manifest import MANIFEST
from plugins.local_events.queries import events
from plugins.local_events.queries.calendars import MOST, SHOWN_BACK, Dated, dated, programme
from plugins.local_events.service.changing import path_of
from plugins.local_events.states import CONFIRMED
from plugins.local_events.views.base import blueprint, known_at
from plugins.local_events.words import KINDS

CALENDAR_TYPE, ATOM_TYPE = "text/calendar; charset=utf-8", "application/atom+xml; charset=utf-8"


def _href(context: Here, path: str) -> str:
    """A page of this site as a whole address, the same whichever way the site was reached."""
    return f"{root_of(context.tenant)}{path}"


def _closed(context: Here) -> str:
    """What feeds say instead of linking to pages that are gone; "" while the plugin is on and they are there."""
    if is_on(context.tenant, MANIFEST.name):
        return ""
    return gettext(
        "The pages of these events are closed for now. To ask about this one, write to %(address)s.",
        address=contact_address(),
    )


def _entry(context: Here, event: Dated, join_href: str = "") -> calendars.Entry:
    if closed := _closed(context):
        return entry(event, "", say(KINDS[event.kind]), join_href, closed)
    return entry(event, _href(context, path_of(event.id)), say(KINDS[event.kind]), join_href)


@blueprint.get("/<event_id>.ics")
@while_off
@public
def event_file(event_id: str) -> Response:
    """One event as a file for a calendar; with the link for joining online for who has a place."""
    context = here()
    seen = events.seen_by(context.session, context.tenant.ref(), known_at(event_id), event_id)
    if seen.event.published_at is None:
        raise NotFound
    coming = seen.own is not None and seen.own.state == CONFIRMED
    found = _entry(context, dated(seen.event), seen.event.online_url if coming else "")
    return feed_response(found, lambda: calendars.single(found), mimetype=CALENDAR_TYPE, name=f"q-{event_id[-6:]}.ics")


@blueprint.get("/feed.ics")
@while_off
@public
@reads_by_token
def feed() -> Response:
    """This site's public events for calendars to subscribe to; with a member's token, everything that member may see. At the UK
    site those of every site, from the noticeboard."""
    context, token = here(), request.args.get("token")
    reader = None
    if token is not None:
        reader = reader_of(context.session, token, AREA_CALENDAR)
        if reader is None:
            raise NotFound
    language = reader.locale if reader and reader.locale in context.tenant.languages else context.language
    with in_language(language):
        found = [_entry(context, event) for event in programme(context.session, _audiences(context, reader))]
        if context.tenant.kind == "uk":
            found = sorted([*found, *_everywhere(context, reader)], key=lambda one: (one.starts_at, one.uid))
        name = gettext("Events: %(site)s", site=context.tenant.named(language))
        source = _href(context, "/events/feed.ics")
        return feed_response(
            (found, name, source),
            lambda: calendars.feed(found, name=name, source=source, language=language),
            mimetype=CALENDAR_TYPE,
        )


def _everywhere(context: Here, reader: Reader | None) -> list[calendars.Entry]:
    """What other sites have on the noticeboard, each entry with the site's name."""
    known = {site.id: site for site in sites()}
    cards = noticeboard.programme(
        context.session, plugin=MANIFEST.name, audiences=("uk", "public") if reader and reader.is_member else ("public",),
        since=clock.now() - SHOWN_BACK, without_tenant=context.tenant.id, limit=MOST,
    )  # fmt: skip
    closed = gettext("The page of this event is closed for now.")

    def entry_of(card: noticeboard.Dated) -> calendars.Entry:
        site = known[card.tenant_id]
        said = (card.summary, site.named(context.language), closed if card.closed else "")
        return calendars.Entry(
            uid=card.uid, sequence=card.sequence, starts_at=card.starts_at, ends_at=card.ends_at, title=card.title,
            modified_at=card.changed_at, status=calendars.CANCELLED if card.cancelled else calendars.CONFIRMED, place=card.place,
            text="\n\n".join(filter(None, said)), kind=say(KINDS[card.kind]) if card.kind in KINDS else "",
            href="" if card.closed else f"{root_of(site)}{card.path}",
        )  # fmt: skip

    return [entry_of(card) for card in cards if card.tenant_id in known]


def _audiences(context: Here, reader: Reader | None) -> tuple[str, ...]:
    if reader is None or not reader.is_member:
        return ("public",)
    return ("area", "uk", "public") if reader.home_tenant_id == context.tenant.id else ("uk", "public")


@blueprint.get("/feed.atom")
@while_off
@public
def feed_atom() -> Response:
    """This site's public events for news readers."""
    context = here()
    closed = _closed(context)
    found = [
        (event, "" if closed else _href(context, path_of(event.id)), say(KINDS[event.kind]))
        for event in programme(context.session, ("public",))
    ]
    facts: dict[str, Any] = {
        "name": gettext("Events: %(site)s", site=context.tenant.named(context.language)),
        "author": context.tenant.partner,
        "href": _href(context, "/events/feed.atom"),
        "page_href": _href(context, "/" if closed else "/events/"),
        "closed": closed,
        "language": context.language,
    }
    return feed_response((found, facts), lambda: atom.feed(found, **facts), mimetype=ATOM_TYPE)


@blueprint.get("/subscribe")
@public
def subscribe() -> Response:
    """How to have this site's events in one's own calendar."""
    return _subscribe_page()


@blueprint.post("/subscribe")
@signed_in
def make_address() -> Response:
    """Make, or make anew, a member's own address for the whole programme."""
    context, form = here(), Form()
    if not form.validate_on_submit():
        return _subscribe_page(422, form=form)
    token = calendar_keys.make(context.session, context.visitor.actor(), AREA_CALENDAR, form.form_key.data)
    if token is None:
        return redirect_with(
            gettext("This address has been shown already. Make a new one if you do not have it."),
            "local_events.subscribe",
        )
    return _subscribe_page(href=f"{_href(context, '/events/feed.ics')}?token={token}")


@blueprint.post("/subscribe/end")
@signed_in
def end_address() -> Response:
    """End that address."""
    try:
        calendar_keys.end(here().session, here().visitor.actor(), AREA_CALENDAR)
    except Refused as refused:
        return _subscribe_page(422, problem=say(refused.message, refused.params))
    return redirect_with(
        gettext("The address is ended. Calendars that read it will find nothing there."), "local_events.subscribe"
    )


def _subscribe_page(status: int = 200, href: str = "", form: Form | None = None, problem: str = "") -> Response:
    context = here()
    account_id = context.visitor.account_id
    since = calendar_keys_made_at(context.session, account_id).get(AREA_CALENDAR) if account_id else None
    response = render(
        "local_events/calendars/subscribe.html", status, form=form or Form(formdata=None), href=href, since=since, problem=problem,
        public_href=_href(context, "/events/feed.ics"), atom_href=_href(context, "/events/feed.atom"),
        local=rules.is_local(context.visitor, context.tenant.ref()),
    )  # fmt: skip
    response.headers["Cache-Control"] = "no-store"
    return response


class Keep(NamedTuple):
    """An event for the calendars of others and for search engines, as its page says it: the same to everybody who sees the page.
    `href` is the event's whole address, `site` and `site_href` are the site's name and address."""

    event: Dated
    kind: str
    href: str
    site: str
    site_href: str

    @property
    def entry(self) -> calendars.Entry:
        """The event as a calendar has it."""
        return entry(self.event, self.href, self.kind)

    @property
    def google(self) -> str:
        """Where Google takes it into a calendar."""
        return links.google(self.entry)

    @property
    def outlook(self) -> str:
        """Where Outlook does."""
        return links.outlook(self.entry)

    @property
    def structured(self) -> dict[str, Any]:
        """What search engines are told of it."""
        return structured(self.event, self.href, self.site, self.site_href)


def keeping(context: Here, seen: events.Seen) -> Keep | None:
    """What an event's page needs to put it into a calendar, and to tell search engines of a public one; None for a draft."""
    if seen.event.published_at is None:
        return None
    event, tenant = dated(seen.event), context.tenant
    root = root_of(tenant)
    return Keep(event, say(KINDS[event.kind]), f"{root}{path_of(event.id)}", tenant.named(context.language), f"{root}/")
