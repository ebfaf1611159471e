"""Looking for events: filters, search, the calendar, what is on across the UK, and what each costs."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from core.kernel import clock
from core.kernel.permissions import Role
from core.sdk import ScopedSession, TenantRef, new_id, transaction
from plugins.local_events.calendars.grid import Span, day_of
from plugins.local_events.models import Event
from plugins.local_events.queries import events
from plugins.local_events.queries.calendars import Dated
from plugins.local_events.service import drafts, running
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import CENTRAL, OPEN, draft, published, visitor
from tests.plugins.local_events.visit_helpers import host_of, offered
from tests.support.app_fixtures import Counter, FrozenClock
from tests.support.client import FormClient


def _many(session: ScopedSession, tenant: TenantRef, number: int, starts: datetime, step: timedelta) -> None:
    """Published public events without pools, written at once."""
    now = clock.now()
    rows = [
        {
            "id": new_id(), "uid": new_id(), "tenant_id": tenant.id, "kind": "webinar", "title": f"Event {n}", "summary": "Words",
            "description": "", "mode": "in_person", "place": "Perth", "online_url": "", "starts_at": starts + n * step,
            "ends_at": starts + n * step + timedelta(hours=1), "audience": "public", "state": "published", "version": 1,
            "created_at": now, "modified_at": now, "published_at": now, "state_why": "",
        }
        for n in range(number)
    ]  # fmt: skip
    with transaction(session):
        session.execute(sa.insert(Event), rows)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"Run charts", "Human factors", "Open ward"}),
        ("q=charts", {"Run charts"}),
        ("q=CHARTS+pencil", {"Run charts"}),
        ("q=100%25", set()),
        ("q=Oban", {"Open ward"}),
        ("kind=webinar", {"Human factors"}),
        ("kind=nonsense", {"Run charts", "Human factors", "Open ward"}),
        ("way=online", {"Human factors"}),
        ("way=in_person", {"Run charts", "Open ward"}),
        ("from=2026-12-04", {"Open ward"}),
        ("to=2026-11-29", set()),
        ("from=2026-11-30&to=2026-11-30", {"Run charts", "Human factors"}),
        ("from=2026-13-45", {"Run charts", "Human factors", "Open ward"}),
    ],
)
def test_the_list_is_narrowed_down(
    session: ScopedSession,
    scotland: TenantRef,
    client: FormClient,
    frozen_clock: FrozenClock,
    query: str,
    found: set[str],
) -> None:
    week = clock.now() + timedelta(days=7)
    published(session, scotland, title="Run charts", summary="Bring a pencil")
    published(
        session,
        scotland,
        title="Human factors",
        summary="At night",
        kind="webinar",
        mode="online",
        place="",
        online_url="https://m.example.org/",
    )
    published(
        session,
        scotland,
        title="Open ward",
        summary="A walk",
        kind="site_visit",
        place="Oban",
        starts_at=week + timedelta(days=7),
    )
    page = client.get(f"/scotland/events/?{query}").text
    assert {title for title in ("Run charts", "Human factors", "Open ward") if title in page} == found
    if not found:
        assert "Nothing here fits" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("domain=safe", {"Run charts", "Human factors"}),
        ("domain=timely", {"Run charts"}),
        ("domain=nonsense", {"Run charts", "Human factors", "Open ward"}),
        ("topic=Falls", {"Human factors", "Open ward"}),
        ("topic=++FALLS++", {"Human factors", "Open ward"}),
        ("topic=fall", set()),
        ("topic=100%25", set()),
        ("domain=safe&topic=falls", {"Human factors"}),
        ("domain=equitable&topic=falls&kind=webinar", set()),
    ],
)
def test_the_list_and_the_calendar_are_narrowed_down_to_what_events_are_about(
    session: ScopedSession, scotland: TenantRef, client: FormClient, query: str, found: set[str]
) -> None:
    titles = {
        "Run charts": (("safe", "timely"), ()),
        "Human factors": (("safe",), ("falls",)),
        "Open ward": ((), ("falls",)),
    }
    starts = clock.now() + timedelta(days=7)
    for title, (domains, topics) in titles.items():
        published(session, scotland, title=title, starts_at=starts, domains=domains, topics=topics)
    published(session, scotland, title="Elsewhere", starts_at=starts)
    for address in (f"/scotland/events/?{query}", f"/scotland/events/calendar?month={starts:%Y-%m}&{query}"):
        page = client.get(address).text
        assert {title for title in titles if title in page} == found, address
    if found and "nonsense" not in query:
        assert "Elsewhere" not in page


@pytest.mark.parametrize(("site", "at"), [("scotland", "/scotland"), ("uk", "")])
def test_who_organises_finds_the_way_to_the_desk_and_nobody_else_does(
    app: Flask, client: FormClient, site: str, at: str
) -> None:
    role = Role.CENTRAL_TEAM if site == "uk" else Role.EVENTS_ORGANISER
    organiser = client_of(app, make_person(app, "ola@example.org", grants=[(role, site)]))
    member = client_of(app, make_person(app, "sam@example.org", home="scotland"))
    for page in (f"{at}/events/", f"{at}/events/calendar", f"{at}/events/?show=past"):
        ways = [f'href="{at}/manage/events/"' in one.get(page).text for one in (organiser, member, client)]
        assert ways == [True, False, False], page


def test_what_an_event_is_about_leads_to_others_like_it(
    session: ScopedSession, scotland: TenantRef, client: FormClient
) -> None:
    event_id = published(session, scotland, domains=("safe",), topics=("run charts",))
    page = client.get(f"/scotland/events/{event_id}").text
    for query in ("domain=safe", "topic=run+charts"):
        assert f'href="/scotland/events/?{query}"' in page, query
        assert event_id in client.get(f"/scotland/events/?{query}").text


def test_the_pages_of_a_narrowed_list_stay_narrowed(
    session: ScopedSession, scotland: TenantRef, client: FormClient
) -> None:
    _many(session, scotland, 60, clock.now() + timedelta(days=1), timedelta(hours=1))
    page = client.get("/scotland/events/?q=Event&kind=webinar").text
    assert "q=Event&amp;kind=webinar&amp;page=2" in page
    assert "Event 59" in client.get("/scotland/events/?q=Event&kind=webinar&page=2").text


@pytest.mark.parametrize("asked", ["month=2026-12", "week=2026-12-01"])
def test_a_month_and_a_week_show_what_is_on_each_day(
    session: ScopedSession, scotland: TenantRef, client: FormClient, frozen_clock: FrozenClock, asked: str
) -> None:
    published(session, scotland, title="Late", starts_at=datetime(2026, 12, 1, 23, 30, tzinfo=UTC))
    published(session, scotland, title="Hidden", audience="area", starts_at=datetime(2026, 12, 1, 9, tzinfo=UTC))
    page = client.get(f"/scotland/events/calendar?{asked}").text
    assert page.count("Late</a>") == 2  # it goes on past midnight
    assert "Hidden" not in page
    assert "Wednesday 2 December 2026" in page


def test_a_month_costs_the_same_whatever_is_on_and_less_than_twelve_statements(
    app: Flask, session: ScopedSession, scotland: TenantRef, frozen_clock: FrozenClock, statements: Counter
) -> None:
    client, counts = client_of(app, make_person(app, "sam@example.org", home="scotland")), []
    for many in (1, 200):
        _many(session, scotland, many, datetime(2026, 12, 1, 9, tzinfo=UTC), timedelta(hours=3))
        with statements() as seen:
            page = client.get("/scotland/events/calendar?month=2026-12").text
        counts.append(len(seen))
    assert counts[0] == counts[1] < 12
    assert "more" in page


def test_more_than_a_calendar_can_show_says_so(
    session: ScopedSession, scotland: TenantRef, client: FormClient, frozen_clock: FrozenClock
) -> None:
    _many(session, scotland, 1001, datetime(2026, 12, 1, 9, tzinfo=UTC), timedelta(minutes=20))
    assert "more than a calendar can show" in client.get("/scotland/events/calendar?month=2026-12").text


def test_dates_far_away_and_nonsense_are_the_present_month(client: FormClient, frozen_clock: FrozenClock) -> None:
    for asked in ("month=0001-01", "month=9999-12", "month=x", "week=2026-02-30", "week="):
        answer = client.get(f"/scotland/events/calendar?{asked}")
        assert answer.status_code == 200
        assert "November" in answer.text
    for asked in ("month=2017-01", "month=2099-12"):  # the links to the months before and after lead somewhere
        assert client.get(f"/scotland/events/calendar?{asked}").status_code == 200


def test_the_uk_site_shows_what_every_site_has_put_on_the_noticeboard(
    app: Flask, session: ScopedSession, scotland: TenantRef, session_for: Callable[[str], ScopedSession], wales: TenantRef,
    client: FormClient,
) -> None:  # fmt: skip
    for where, site in ((session, scotland), (session_for("wales"), wales)):
        for audience in ("area", "uk", "public"):
            published(where, site, title=f"{site.slug} {audience}", audience=audience)
    page = client.get("/events/").text
    assert all(title in page for title in ("scotland public", "wales public"))
    assert not any(title in page for title in ("scotland uk", "scotland area"))
    member = client_of(app, make_person(app, "sam@example.org", home="wales"))
    page = member.get("/events/").text
    assert all(title in page for title in ("scotland uk", "wales uk"))
    assert "scotland area" not in page
    narrowed = client.get(f"/events/?area={wales.id}").text
    assert "wales public" in narrowed
    assert "scotland public" not in narrowed
    assert "1 event" in narrowed
    assert "Nothing here fits" in client.get("/events/?way=online").text


def test_visits_that_members_offer_are_no_events(
    app: Flask, session: ScopedSession, scotland: TenantRef, client: FormClient
) -> None:
    """Most have no day yet. They have a list of their own."""
    offered(session, scotland, host_of(scotland), title="Our discharge lounge", audience="uk")
    member = client_of(app, make_person(app, "sam@example.org", home="wales"))
    assert "Our discharge lounge" not in member.get("/events/").text
    assert "Our discharge lounge" in member.get("/wales/events/visits/").text


@pytest.mark.parametrize("asked", ["month=2026-12", "week=2026-12-01"])
def test_the_uk_calendar_holds_what_every_site_has_put_on_the_noticeboard(
    app: Flask, session: ScopedSession, scotland: TenantRef, session_for: Callable[[str], ScopedSession], client: FormClient,
    frozen_clock: FrozenClock, asked: str,
) -> None:  # fmt: skip
    starts = datetime(2026, 12, 1, 9, tzinfo=UTC)
    for audience in ("area", "uk", "public"):
        published(session, scotland, title=f"scotland {audience}", audience=audience, starts_at=starts)
    uk = session_for("uk")
    published(uk, TenantRef(uk.scope.tenant_id or 0, "uk", "Q", "uk"), visitor(CENTRAL), title="own", starts_at=starts)
    over = published(session, scotland, title="is over", domains=("safe",), starts_at=starts)
    off = published(session, scotland, title="is off", starts_at=starts)
    running.cancel(session, scotland, OPEN, off, "Too few", visitor(CENTRAL))
    frozen_clock.move_to(starts + timedelta(days=2))
    running.complete(session, scotland, OPEN, over, visitor(CENTRAL))
    titles = {"scotland area", "scotland uk", "scotland public", "own", "is over", "is off"}

    def found(who: FormClient, more: str = "") -> set[str]:
        page = who.get(f"/events/calendar?{asked}{more}").text
        return {title for title in titles if f"{title}</a>" in page or f"{title} <span" in page}

    assert found(client) == {"scotland public", "own", "is over"}
    assert found(client, f"&area={scotland.id}") == {"scotland public", "is over"}
    assert found(client, f"&area={uk.scope.tenant_id}") == {"own"}
    assert found(client, "&domain=safe") == {"is over"}
    member = client_of(app, make_person(app, "sam@example.org", home="wales"))
    assert found(member) == {"scotland public", "scotland uk", "own", "is over"}
    assert f'href="/scotland/events/{over}"' in member.get(f"/events/calendar?{asked}").text


def test_the_uk_site_is_narrowed_down_to_what_events_are_about(
    session: ScopedSession, scotland: TenantRef, client: FormClient
) -> None:
    falls = published(session, scotland, title="Fewer falls", domains=("safe",), topics=("Falls  at night", "100%"))
    published(session, scotland, title="Shorter waits", domains=("timely", "efficient"), topics=("falls",))

    def found(query: str) -> set[str]:
        page = client.get(f"/events/?{query}").text
        return {title for title in ("Fewer falls", "Shorter waits") if title in page}

    assert found("domain=safe") == {"Fewer falls"}
    assert found("domain=efficient") == {"Shorter waits"}
    assert found("domain=nonsense") == {"Fewer falls", "Shorter waits"}  # as on a site's own list
    assert found("topic=FALLS+at+night") == {"Fewer falls"}
    assert found("topic=falls") == {"Shorter waits"}
    assert found("topic=safe") == set()  # a domain is no topic
    assert found("topic=%25") == set()
    assert found("topic=100%25&domain=safe") == {"Fewer falls"}
    assert found("topic=falls&domain=safe") == set()
    event = events.find(session, falls)
    changed = draft(title="Fewer falls", domains=("equitable",), topics=())
    drafts.edit(session, scotland, OPEN, falls, changed, event.version, visitor(CENTRAL))
    assert (found("domain=safe"), found("domain=equitable")) == (set(), {"Fewer falls"})


def test_the_uk_pages_cost_the_same_for_forty_as_for_one(
    session: ScopedSession, scotland: TenantRef, client: FormClient, statements: Counter
) -> None:
    month = f"/events/calendar?month={clock.now() + timedelta(days=7):%Y-%m}"
    counts: dict[str, list[int]] = {"/events/": [], month: []}
    for many in (1, 39):
        for _ in range(many):
            published(session, scotland)
        for path, seen_at in counts.items():
            with statements() as seen:
                assert "Measuring for improvement" in client.get(path).text
            seen_at.append(len(seen))
    assert all(few == lots < 12 for few, lots in counts.values())


@given(st.dates(date(2017, 1, 1), date(2099, 11, 30)))
def test_a_month_is_whole_weeks_and_the_months_follow_on_each_other(on: date) -> None:
    span = Span.month(on)
    assert len(span.days) % 7 == 0
    assert span.days[0].weekday() == 0
    assert {day for day in span.days if day.month == on.month and day.year == on.year} >= {on}
    assert Span.month(span.after).before == span.first
    assert Span.week(on).days[0] <= on <= Span.week(on).days[-1]


@given(st.integers(0, 6 * 24 * 60), st.integers(1, 14 * 24 * 60))
def test_an_event_is_on_each_day_that_it_touches_in_london(start: int, minutes: int) -> None:
    starts = datetime(2026, 10, 20, tzinfo=UTC) + timedelta(minutes=start)  # across the end of summer time
    ends = starts + timedelta(minutes=minutes)
    event = Dated("", "", 0, "", "", "", "", "", starts, ends, "", "", starts, None)
    shown = {day.on for week in Span.month(date(2026, 10, 1)).filled([event]) for day in week if day.events}
    first, last = clock.london(starts).date(), clock.london(ends - timedelta(seconds=1)).date()
    wanted = {first + timedelta(days=n) for n in range((last - first).days + 1)}
    assert shown == {on for on in wanted if on <= date(2026, 11, 1)}


def test_days_in_addresses() -> None:
    assert day_of("2026-11") == date(2026, 11, 1)
    assert day_of("2026-11-23") == date(2026, 11, 23)
    for text in ("", "x", "2026", "20261123", "1066-10-14", "2026-W48-1", "2026-13"):
        assert day_of(text) is None


def test_the_filters_that_are_kept_are_each_readers_own(
    app: Flask, session: ScopedSession, scotland: TenantRef
) -> None:
    """Only members choose whom events are for; what is asked stays in the form; past events keep to the past."""
    published(session, scotland)
    member, anyone = client_of(app, make_person(app, "may@example.org", home="scotland")), app.test_client()
    for _ in range(2):  # the second time they are kept
        assert 'name="for"' in member.get("/scotland/events/").text
        assert 'name="for"' not in anyone.get("/scotland/events/").text
        assert 'name="show" value="past"' in anyone.get("/scotland/events/?show=past").text
        assert 'name="show"' not in anyone.get("/scotland/events/").text
        assert 'value="charts"' in anyone.get("/scotland/events/?q=charts").text
        assert "Clear" in anyone.get("/scotland/events/?q=charts").text
        assert 'action="/wales/events/"' in anyone.get("/wales/events/").text
