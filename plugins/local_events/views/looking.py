"""Looking for something to go to: what the filters ask, the calendar by month and week, what is on across the UK."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from flask import Response, request, url_for

from core.sdk import (
    clock,
    gettext,
    here,
    map_of,
    ngettext,
    noticeboard,
    public,
    render,
    searched,
    site_names,
    whole_number,
)
from plugins.local_events import rules
from plugins.local_events.calendars.grid import Shown, Span, day_of
from plugins.local_events.queries import calendars
from plugins.local_events.queries.looking import ANY, Wanted, begins
from plugins.local_events.queries.tags import on_cards, plain_topic
from plugins.local_events.views.base import WORDS, blueprint, settings_of
from plugins.local_events.words import AUDIENCES, DOMAINS, KINDS

WAYS = ("in_person", "online")
PAGE = 12
DAY = timedelta(days=1)


def wanted() -> Wanted:
    """What this request's address asks for; what makes no sense asks for nothing."""
    args = request.args

    def one_of(name: str, known: Any) -> str:
        value = args.get(name, "")
        return value if value in known else ""

    return Wanted(
        words=searched(),
        kind=one_of("kind", KINDS),
        way=one_of("way", WAYS),
        audience=one_of("for", AUDIENCES),
        domain=one_of("domain", DOMAINS),
        topic=plain_topic(searched("topic")),
        since=day_of(args.get("from", "")),
        until=day_of(args.get("to", "")),
    )


@dataclass(frozen=True, slots=True)
class Unasked:
    """The filters of a list of which nothing is asked yet: the same for all readers who are members, and for all who are not."""

    show: str
    member: bool

    wanted: ClassVar[Wanted] = ANY
    kinds: ClassVar[dict[str, str]] = KINDS
    domains: ClassVar[dict[str, str]] = DOMAINS

    @property
    def audiences(self) -> dict[str, str] | None:
        """Whom events can be for; only members can choose."""
        return AUDIENCES if self.member else None


def asked(found: Wanted, **more: str | int | None) -> dict[str, Any]:
    """The same as an address's query, with `more`; what is empty is left out."""
    query: dict[str, Any] = {
        "q": found.words, "kind": found.kind, "way": found.way, "for": found.audience,
        "domain": found.domain, "topic": found.topic,
        "from": found.since and found.since.isoformat(), "to": found.until and found.until.isoformat(), **more,
    }  # fmt: skip
    return {name: value for name, value in query.items() if value}


@blueprint.get("/calendar")
@public
def calendar() -> Response:
    """A month, or with `week` a week, of this site's events; at the UK site of every site's."""
    context, at_uk = here(), here().tenant.kind == "uk"
    by_week = "week" in request.args
    today = clock.today()
    span = (Span.week if by_week else Span.month)(day_of(request.args.get("week" if by_week else "month", "")) or today)
    looked_for = replace(wanted(), since=None, until=None)
    sites, area = (site_names(), _area()) if at_uk else (None, None)
    found = []
    if area in (None, context.tenant.id):
        own = calendars.between(
            context.session,
            rules.audiences(context.visitor, context.tenant.ref()),
            span.starts_at,
            span.ends_at,
            looked_for,
        )
        found = [
            Shown(one.title, url_for("local_events.show", event_id=one.id), one.starts_at, one.ends_at) for one in own
        ]
    if sites is not None:
        found = sorted([*found, *_elsewhere(span, looked_for, sites, area)], key=lambda one: one.starts_at)
    too_many = len(found) > calendars.MOST

    def href(on: date, *, week: bool = span.by_week) -> str:
        day = on.isoformat() if week else f"{on:%Y-%m}"
        return url_for("local_events.calendar", **asked(looked_for, area=area, **{"week" if week else "month": day}))

    near = today if any(day == today for day in span.days) else span.first
    return render(
        "local_events/looking/calendar.html", span=span, weeks=span.filled(found[: calendars.MOST]), today=today,
        may_create=rules.may_create(context.visitor, context.tenant.ref(), settings_of(context)),
        too_many=too_many, found=bool(found), wanted=looked_for, href=href, near=near, sites=sites, area=area,
        narrowed=looked_for.anything or area is not None, list_of_day=_list_of_day(looked_for, area), **WORDS,
    )  # fmt: skip


def _list_of_day(looked_for: Wanted, area: int | None) -> Any:
    def href(on: date) -> str:
        return url_for("local_events.listing", **asked(replace(looked_for, since=on, until=on), area=area))

    return href


def _area() -> int | None:
    """The site that the UK site's address asks for; None for no site's."""
    area = whole_number(request.args.get("area", ""))
    return area if area in site_names() else None


def _audiences() -> tuple[str, ...]:
    """Whose cards on the noticeboard this visitor may see."""
    return ("uk", "public") if here().visitor.is_member else ("public",)


def _on_cards(look: Wanted, area: int | None, since: datetime | None, until: datetime | None) -> noticeboard.Wanted:
    """What somebody looks for, as the noticeboard takes it."""
    return noticeboard.Wanted(
        words=look.words, kind=look.kind, way=look.way, tenant_id=area, tags=on_cards([look.domain], [look.topic]),
        since=since, until=until,
    )  # fmt: skip


def _elsewhere(span: Span, look: Wanted, sites: Mapping[int, tuple[str, str]], area: int | None) -> list[Shown]:
    """What other sites have on the noticeboard for a month or a week."""
    cards = noticeboard.on_between(
        here().session, audiences=_audiences(), wanted=_on_cards(look, area, span.starts_at, span.ends_at),
        limit=calendars.MOST + 1, without_tenant=here().tenant.id,
    )  # fmt: skip
    return [
        Shown(card.title, sites[card.origin_tenant_id][1] + card.path, card.starts_at, card.ends_at, sites[card.origin_tenant_id][0])
        for card in cards
    ]  # fmt: skip


def across() -> Response:
    """What is on across the UK, from the noticeboard: the UK site's own page of events."""
    context = here()
    sites, audiences, look = site_names(), _audiences(), wanted()
    since = begins(look.since) if look.since else None
    cards = _on_cards(look, _area(), since, begins(look.until + DAY) if look.until else None)
    number = min(whole_number(request.args.get("page", "")) or 1, 200)
    found = noticeboard.find(
        context.session, audiences=audiences, wanted=cards, limit=PAGE + 1, offset=(number - 1) * PAGE
    )
    counts = noticeboard.count_by_site(context.session, audiences=audiences, wanted=cards)
    says = {
        site: ngettext("%(num)s event", "%(num)s events", counts[site])
        if site in counts
        else gettext("nothing planned")
        for site in sites
    }
    hrefs = {site: url_for("local_events.listing", **asked(look, area=site)) for site in sites}
    drawing, dots = map_of(says, hrefs)
    return render(
        "local_events/looking/across.html", cards=found[:PAGE], more=len(found) > PAGE, number=number, sites=sites,
        counts=counts, says=says, hrefs=hrefs, drawing=drawing, dots=dots, area=cards.tenant_id, wanted=look,
        narrowed=cards.anything, asked=asked,
        may_create=rules.may_create(context.visitor, context.tenant.ref(), settings_of(context)), **WORDS,
    )  # fmt: skip
