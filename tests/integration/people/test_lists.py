"""Lists of people and of one's items: what they hold, and that their cost does not grow with their rows."""

import re
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.people import queries, reach
from core.people.models import Account, Profile
from core.tenancy import service as tenancy
from core.tenancy import shelf
from core.tenancy.directory import TenantSnapshot
from core.tenancy.models import PluginState, Tenant
from core.tenancy.service import Change
from tests.factories.people import client_of, make_person
from tests.support.app_fixtures import FrozenClock
from tests.support.statements import Counter

Sessions = Callable[[str], ScopedSession]
Tenants = Callable[[str], TenantSnapshot]


def test_members_by_name_search_cohort_and_page(app: Flask, session: ScopedSession, tenant: Tenants) -> None:
    for number, name in enumerate(("Anna Ash", "Bo Beech", "Cai Cedar", "Anna Cedar")):
        person = make_person(app, f"p{number}@example.org", name=name, home="wales")
        with transaction(session):
            session.add(Profile(account_id=person, organisation=f"{name.split()[1]} 100% trust"))
    make_person(app, "elsewhere@example.org", name="Anna Elsewhere", home="scotland")
    make_person(app, "no-member@example.org", name="Anna Visitor")
    wales = tenant("wales").id

    def names(*args: object, **options: object) -> list[str]:
        return [row.name for row in queries.members(session, wales, *args, **options)]  # type: ignore[arg-type]  # by the cases below

    assert names() == ["Anna Ash", "Anna Cedar", "Bo Beech", "Cai Cedar"]
    assert names(sort="-name")[0] == "Cai Cedar"
    assert names(sort="organisation")[0] == "Anna Ash"
    assert names(sort="no such column") == names()
    assert names("anna") == ["Anna Ash", "Anna Cedar"]
    assert names("CEDAR anna") == ["Anna Cedar"]
    assert names("p2@") == ["Cai Cedar"]
    assert names("100%") == names()
    assert names("%") == names()
    assert names("_nna") == []
    assert names(cohort="pilot") == []
    assert names("", 1, 2) == ["Anna Ash", "Anna Cedar", "Bo Beech"], "one row more tells that there is a next page"
    assert names("", 2, 2) == ["Bo Beech", "Cai Cedar"]
    assert queries.members(session, wales, size=None)[0].total == 4
    assert queries.members_by_tenant(session) == {wales: 4, tenant("scotland").id: 1}


def test_who_holds_what(app: Flask, session: ScopedSession, tenant: Tenants) -> None:
    make_person(app, "a@example.org", name="Anna", grants=[(Role.PARTNER_LEAD, "wales"), (Role.ASSESSOR, "scotland")])
    make_person(app, "b@example.org", name="Bo", grants=[(Role.CENTRAL_TEAM, "uk")])
    assert [(r.name, r.role) for r in queries.role_holders(session)] == [
        ("Bo", "central_team"), ("Anna", "assessor"), ("Anna", "partner_lead"),
    ]  # fmt: skip
    assert [r.role for r in queries.role_holders(session, tenant("wales").id)] == ["partner_lead"]
    assert [r.name for r in queries.role_holders(session, role="assessor")] == ["Anna"]
    assert [r.name for r in queries.role_holders(session, search="BO")] == ["Bo"]
    assert queries.role_holders(session, ended=True) == []


def test_finding_accounts(app: Flask, session: ScopedSession, tenant: Tenants) -> None:
    make_person(app, "anna@example.org", name="Anna Ash", home="wales")
    make_person(app, "bo@example.org", name="Bo Beech")
    [row] = queries.search_accounts(session, "ash")
    assert (row.email, row.home_tenant_id, row.cohort, row.total) == (
        "anna@example.org",
        tenant("wales").id,
        "founding",
        1,
    )
    assert [r.name for r in queries.search_accounts(session, "")] == ["Anna Ash", "Bo Beech"]
    assert [r.name for r in queries.search_accounts(session, "", offset=1, limit=1)] == ["Bo Beech"]
    assert queries.search_accounts(session, "'; drop table") == []


def test_names_are_sorted_without_regard_to_case(app: Flask, session: ScopedSession, tenant: Tenants) -> None:
    names = ("Zed Ash", "de Souza", "Abel Beech")
    for number, name in enumerate(names):
        make_person(app, f"p{number}@example.org", name=name, home="wales", grants=[(Role.ASSESSOR, "wales")])
    wales = tenant("wales").id
    in_order = sorted(names, key=str.casefold)
    assert [row.name for row in queries.members(session, wales)] == in_order
    assert [row.name for row in queries.members(session, wales, sort="-name")] == in_order[::-1]
    assert [row.name for row in queries.search_accounts(session, "")] == in_order
    assert [row.name for row in queries.role_holders(session, wales)] == in_order
    assert [row.name for row in reach.members_named(session, wales, "example.org")] == in_order


def test_what_was_never_told_stands_last_both_ways(app: Flask, session: ScopedSession, tenant: Tenants) -> None:
    ids = [make_person(app, f"p{number}@example.org", name=f"P{number}", home="wales") for number in range(3)]
    with transaction(session):
        session.add_all(Profile(account_id=ids[n], organisation=("Trust", "Ambulance")[n]) for n in range(2))
        session.execute(
            sa.update(Account).where(Account.id == ids[1]).values(signed_in_at=clock.now()),
        )
    for sort in ("signed_in", "-signed_in"):
        assert queries.search_accounts(session, "", sort=sort)[0].id == ids[1], sort
    for sort, names in (("organisation", ["P1", "P0", "P2"]), ("-organisation", ["P0", "P1", "P2"])):
        assert [row.name for row in queries.members(session, tenant("wales").id, sort=sort)] == names, sort


def _put(session: ScopedSession, account_id: str, title: str, days: float | None, *, needs: bool = False) -> None:
    with transaction(session):
        shelf.put(
            session, account_id=account_id, plugin="local_events", ref=new_id(), kind="event", title=title,
            status="Needs an answer" if needs else "Coming", path="/events/x/",
            when=clock.now() + timedelta(days=days) if days is not None else None, needs_action=needs,
        )  # fmt: skip


def test_my_items_from_every_site(app: Flask, session_for: Sessions, frozen_clock: FrozenClock) -> None:
    mine, other = make_person(app, "sam@example.org"), make_person(app, "zoe@example.org")
    wales, oxford = session_for("wales"), session_for("oxford")
    _put(wales, mine, "Next month", 30)
    _put(oxford, mine, "Tomorrow", 1)
    _put(oxford, mine, "100% of wards %(in) time", 2)
    _put(wales, mine, "Any time", None)
    _put(wales, mine, "Yesterday", -1)
    _put(oxford, mine, "Last year", -365)
    _put(oxford, mine, "Answer this", -2, needs=True)
    _put(wales, other, "Somebody else's", 2)
    page = client_of(app, mine).get("/scotland/me/").text
    order = [
        "Needs you",
        "Answer this",
        "Coming up",
        "Tomorrow",
        "Next month",
        "Without a date",
        "Any time",
        "Past",
        "Yesterday",
        "Last year",
    ]
    places = [page.index(words) for words in order]
    assert places == sorted(places)
    assert "Somebody else" not in page
    assert "100% of wards %(in) time" in page
    assert 'href="/oxford/events/x/"' in page
    assert 'href="/wales/events/x/"' in page


def test_what_was_cancelled_is_told_apart_from_what_is_coming_until_its_time(
    app: Flask, session_for: Sessions, frozen_clock: FrozenClock, statements: Counter
) -> None:
    wales, mine = session_for("wales"), make_person(app, "sam@example.org")
    off, day = new_id(), clock.now() + timedelta(days=2)
    _put(wales, mine, "Still on", 3)
    with transaction(wales):
        shelf.put(
            wales, account_id=mine, plugin="local_events", ref=off, kind="event", title="The hall is flooded", status="Coming",
            when=day, path="/events/y/", calendar=shelf.InCalendar("y@q.example", 1, day + timedelta(hours=2)),
        )  # fmt: skip

    def groups() -> dict[str, list[str]]:
        main = client.get("/wales/me/").text.partition("<main")[2].partition("</main>")[0]
        parts = re.split(r"<h2>([^<]*)</h2>", main)[1:]
        return {
            heading: re.findall(r'<h3><a href="[^"]*">([^<]*)</a>', rest)
            for heading, rest in zip(parts[::2], parts[1::2], strict=True)
        }

    client = client_of(app, mine)
    assert groups() == {"Coming up": ["The hall is flooded", "Still on"]}
    with statements() as before:
        groups()
    with transaction(wales):
        shelf.cancel_all(
            wales, plugin="local_events", ref=off, title="The hall is flooded", status="Cancelled", sequence=2
        )
    with statements() as after:
        assert list(groups().items()) == [
            ("Coming up", ["Still on"]), ("No longer taking place", ["The hall is flooded"]),
        ]  # fmt: skip
    assert len(after) == len(before)
    frozen_clock.advance(days=2, hours=1)
    client = client_of(app, mine)
    assert groups() == {"Coming up": ["Still on"], "Past": ["The hall is flooded"]}


def test_what_somebody_wrote_is_shown_as_it_is_and_a_message_in_the_readers_language(
    app: Flask, session_for: Sessions
) -> None:
    wales, mine = session_for("wales"), make_person(app, "sam@example.org")
    _put(wales, mine, "Home", 1)  # an event that is called like a word of the pages
    with transaction(wales):
        shelf.put(
            wales, account_id=mine, plugin="trips", ref=new_id(), kind="trip", title="Sign in", title_is_message=True,
            status="Coming", when=clock.now() + timedelta(days=2), path="/trips/x/",
        )  # fmt: skip
    client = client_of(app, mine)
    client.get("/wales/language/cy")
    titles = re.findall(r'<a href="/wales/(?:events|trips)/x/">([^<]*)</a>', client.get("/wales/me/").text)
    assert titles == ["Home", "Mewngofnodi"]


def test_no_items_yet(app: Flask) -> None:
    page = client_of(app, make_person(app, "sam@example.org")).get("/wales/me/").text
    assert "Nothing here yet" in page
    assert "Needs you" not in page


def _work(page: str) -> list[tuple[str, list[str]]]:
    """What the page says of somebody's work: (heading, addresses) of each site."""
    found = re.findall(r"<h2[^>]*>([^<]*)</h2>\s*<p class=\"row\">(.*?)</p>", page, re.DOTALL)
    return [(heading, re.findall(r'href="([^"]*)"', links)) for heading, links in found]


def test_my_items_lead_to_the_work_of_ones_roles_at_every_site(app: Flask) -> None:
    worker = make_person(
        app, "w@example.org", grants=[(Role.ASSESSOR, "scotland"), (Role.EVENTS_ORGANISER, "wales"), (Role.ASSESSOR, "wales")]
    )  # fmt: skip
    client = client_of(app, worker)
    page = client.get("/oxford/me/").text
    assert _work(page) == [
        ("Your work at Scotland", ["/scotland/assess/"]),
        ("Your work at Wales", ["/wales/assess/", "/wales/manage/events/"]),
    ]
    assert "Nothing here yet" not in page
    for _, links in _work(page):
        assert [client.get(link).status_code for link in links] == [200] * len(links)
    lead = client_of(app, make_person(app, "l@example.org", grants=[(Role.PARTNER_LEAD, "scotland")]))
    assert _work(lead.get("/me/").text)[0][1][0] == "/scotland/manage/"
    central = client_of(app, make_person(app, "c@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    work = _work(central.get("/scotland/me/").text)
    assert len(work) == 1
    assert work[0][1][0] == "/console/"
    assert [central.get(link).status_code for link in work[0][1]] == [200] * len(work[0][1])
    member = client_of(app, make_person(app, "m@example.org", home="scotland"))
    assert "Your work" not in member.get("/scotland/me/").text
    client.get("/wales/language/cy")
    assert "Eich gwaith: Cymru" in client.get("/wales/me/").text


def test_work_of_a_plugin_that_is_off_is_not_led_to(app: Flask, session_for: Sessions) -> None:
    client = client_of(app, make_person(app, "o@example.org", grants=[(Role.EVENTS_ORGANISER, "scotland")]))
    assert _work(client.get("/wales/me/").text)
    scotland = app.extensions["q.directory"].by_slug("scotland").ref()
    off = Change(plugin="local_events", enabled=False, settings={}, revision=1, why="A pause.")
    tenancy.configure(session_for("scotland"), app.extensions["q.registry"], scotland, off, SYSTEM)
    assert not _work(client.get("/wales/me/").text)


def test_work_of_a_plugin_whose_settings_do_not_fit_is_not_led_to(app: Flask, platform_session: ScopedSession) -> None:
    """It is off there until the central team has mended them."""
    client = client_of(app, make_person(app, "o@example.org", grants=[(Role.EVENTS_ORGANISER, "scotland")]))
    at = app.extensions["q.directory"].by_slug("scotland").id
    with transaction(platform_session):
        old = (PluginState.at_tenant_id == at, PluginState.plugin == "local_events")
        platform_session.execute(sa.update(PluginState).where(*old).values(settings={"default_capacity": "many"}))
        platform_session.execute(
            sa.update(Tenant).where(Tenant.id == at).values(config_version=Tenant.config_version + 1)
        )
    assert client.get("/scotland/manage/events/").status_code == 404
    assert not _work(client.get("/wales/me/").text)


def test_roles_at_every_site_cost_my_items_one_statement(app: Flask, statements: Counter) -> None:
    slugs = [site.slug for site in app.extensions["q.directory"].all() if site.kind != "uk"]
    roles = (Role.EXPENSE_APPROVER, Role.ASSESSOR, Role.PARTNER_LEAD, Role.EVENTS_ORGANISER)
    people = [
        make_person(app, "none@example.org", home="wales"),
        make_person(app, "one@example.org", grants=[(Role.PARTNER_LEAD, "wales")]),
        make_person(app, "all@example.org", grants=[(role, slug) for slug in slugs for role in roles]),
    ]
    counts = []
    for person in people:
        client = client_of(app, person)
        client.get("/wales/me/")
        with statements() as seen:
            page = client.get("/wales/me/").text
        counts.append(len(seen))
    assert len(_work(page)) == len(slugs)
    assert counts == [counts[0], counts[0] + 1, counts[0] + 1]


def test_fifty_rows_cost_what_one_costs(
    app: Flask, session_for: Sessions, tenant: Tenants, statements: Counter
) -> None:
    wales = session_for("wales")
    me = make_person(app, "p0@example.org", home="wales")
    client = client_of(app, me)

    def counts() -> list[int]:
        found = []
        for path in ("/me/", "/wales/me/", "/account/devices", "/account/", "/account/home"):
            client.get(path)
            with statements() as seen:
                assert client.get(path).status_code == 200
            found.append(len(seen))
        for read in (
            lambda: queries.members(wales, tenant("wales").id),
            lambda: queries.role_holders(wales),
            lambda: queries.search_accounts(wales, "example"),
        ):
            wales.rollback()
            read()
            with statements() as seen:
                read()
            found.append(len(seen))
        return found

    _put(wales, me, "Something", 1)
    _put(wales, me, "Something past", -1)
    one = counts()
    for number in range(49):
        _put(wales, me, f"Something {number}", number - 20, needs=number % 3 == 0)
        client_of(app, me)
    for number in range(1, 20):
        make_person(app, f"p{number}@example.org", home="wales", grants=[(Role.ASSESSOR, "oxford")])
    assert counts() == one
    assert max(one) <= 6
