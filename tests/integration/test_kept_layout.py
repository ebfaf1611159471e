"""What stands around pages, and the map of partners, are kept by what they depend on: nobody gets another reader's."""

from collections.abc import Callable

from flask import Flask

from core.data.session import ScopedSession
from core.kernel.permissions import Role
from core.kernel.views import SYSTEM
from core.tenancy import service as tenancy
from core.tenancy.service import Change
from core.web.layout import _place
from core.web.pages import KEPT
from tests.factories.people import client_of, make_person

MANAGE, JOIN = 'href="/scotland/manage/"', 'href="/scotland/apply/"'


def test_the_links_are_each_readers_own(app: Flask) -> None:
    lead = client_of(app, make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")]))
    member = client_of(app, make_person(app, "member@example.org", home="scotland"))
    anyone = app.test_client()
    for _ in range(2):  # the second time all of them are kept
        pages = [client.get("/scotland/events/").text for client in (lead, member, anyone)]
        assert [MANAGE in page for page in pages] == [True, False, False]
        assert [JOIN in page for page in pages] == [True, False, True]
        assert MANAGE not in lead.get("/wales/events/").text


def test_the_uk_sites_work_belongs_to_the_console(app: Flask) -> None:
    """Its pages below /manage/ have the console's links beside them; a partner's never have, whoever reads them."""
    central = client_of(app, make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    auditor = client_of(app, make_person(app, "auditor@example.org", grants=[(Role.AUDITOR, "uk")]))
    head, _, rest = central.get("/manage/events/").text.partition("</header>")
    beside = rest.partition('<nav class="side" aria-label="Console">')[2].partition("</nav>")[0]
    assert '<a href="/console/" aria-current="true">' in head
    assert 'href="/console/plugins' in beside
    assert '<a href="/manage/events/" aria-current="page">' in beside
    for reader, path in ((central, "/scotland/manage/events/"), (auditor, "/scotland/manage/audit/")):
        page = reader.get(path)
        assert (page.status_code, '<a href="/console/">' in page.text) == (200, True)
        assert '<nav class="side" aria-label="Console">' not in page.text


def test_they_say_where_the_reader_is_and_in_which_language(app: Flask) -> None:
    anyone = app.test_client()
    here = 'href="/wales/events/" aria-current="{}"'
    for _ in range(2):
        assert here.format("page") in anyone.get("/wales/events/").text
        assert here.format("true") in anyone.get("/wales/events/calendar").text
        assert "aria-current" not in anyone.get("/wales/accessibility").text.partition("</header>")[0]
        assert "Hygyrchedd" in anyone.get("/wales/", headers={"Accept-Language": "cy"}).text
        assert "Hygyrchedd" not in anyone.get("/wales/", headers={"Accept-Language": "en"}).text


def test_a_plugin_that_is_switched_off_has_no_link_at_the_next_page(
    app: Flask, session_for: Callable[[str], ScopedSession]
) -> None:
    anyone, link = app.test_client(), 'href="/scotland/events/"'
    assert link in anyone.get("/scotland/").text.partition("</header>")[0]
    scotland = app.extensions["q.directory"].by_slug("scotland").ref()
    off = Change(plugin="local_events", enabled=False, settings={}, revision=1, why="A pause.")
    tenancy.configure(session_for("scotland"), app.extensions["q.registry"], scotland, off, SYSTEM)
    assert link not in anyone.get("/scotland/").text.partition("</header>")[0]


def test_the_menu_leads_each_reader_to_their_own_home_site(app: Flask) -> None:
    at_wales, at_oxford = (
        client_of(app, make_person(app, f"{home}@example.org", home=home)) for home in ("wales", "oxford")
    )
    nowhere = client_of(app, make_person(app, "nowhere@example.org"))
    for _ in range(2):
        menus = [
            client.get("/scotland/accessibility").text.partition('<div class="drop">')[2].partition("</div>")[0]
            for client in (at_wales, at_oxford, nowhere)
        ]
        assert ['href="/wales/"' in menu for menu in menus] == [True, False, False]
        assert ['href="/oxford/"' in menu for menu in menus] == [False, True, False]
        assert all('href="/scotland/me/"' in menu for menu in menus)
        assert (
            'href="/wales/"'
            not in at_wales.get("/wales/accessibility").text.partition('<div class="drop">')[2].partition("</div>")[0]
        )


def test_the_map_of_partners_counts_anew_who_has_joined(app: Flask) -> None:
    anyone = app.test_client()
    assert 'aria-label="Wales: 0 members"' in anyone.get("/").text
    make_person(app, "new@example.org", home="wales")
    assert 'aria-label="Wales: 1 member"' in anyone.get("/").text
    assert "Cymru: 1 aelod" in anyone.get("/", headers={"Accept-Language": "cy"}).text


def test_of_the_map_of_partners_no_more_than_the_last_is_kept(app: Flask) -> None:
    """It has 33,000 characters, and moves with everybody who joins: thousands of them would be most of a process."""
    anyone = app.test_client()
    anyone.get("/")
    held = app.extensions[KEPT].cache_info().currsize
    for number in range(3):
        make_person(app, f"new{number}@example.org", home="wales")
        assert f'aria-label="Wales: {number + 1} member' in anyone.get("/").text
    assert app.extensions[KEPT].cache_info().currsize == held


def test_an_address_is_shortened_to_the_link_that_leads_to_it() -> None:
    hrefs = ["/", "/events/", "/events/mine/"]
    assert [_place(path, hrefs) for path in ("/", "/events/", "/events/x", "/events/mine/x", "/me")] == [
        "/", "/events/", "/events/…", "/events/mine/…", "/…",
    ]  # fmt: skip
