"""The door of an event on a phone: without a network, with two phones, without scripts; tickets and certificates to look at."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from core.data.session import ScopedSession
from core.kernel import clock
from core.kernel.permissions import Role
from core.sdk import TenantRef
from plugins.local_events import tickets
from plugins.local_events.queries import attendance, events
from plugins.local_events.service import places
from tests.browser.visitors import signed_in
from tests.factories.people import make_person
from tests.plugins.local_events.helpers import published, visitor
from tests.support.databases import Database
from tests.support.servers import Process

Pages = Callable[..., Page]
Axe = Callable[[Page], None]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def session(session_for: Callable[[str], ScopedSession]) -> ScopedSession:
    """Scotland's rows."""
    return session_for("scotland")


@pytest.fixture
def server(session: ScopedSession, database: Database, start_server: Callable[..., Process]) -> Process:
    """A server on this test's own database."""
    return start_server(database)


@pytest.fixture
def event_id(app: Flask, session: ScopedSession) -> str:
    """An event in an hour with four people, of whom the first has an account."""
    scotland = TenantRef(session.scope.tenant_id or 0, "scotland", "Scotland", "nation")
    made = published(session, scotland, starts_at=clock.now() + timedelta(hours=1), title="Run charts by hand")
    ann = make_person(app, "ann@example.org", name="Ann Roy", home="scotland")
    places.register(session, scotland, made, visitor(account_id=ann, name="Ann Roy", home=scotland.id))
    for name in ("Ben Ure", "Cai Penn", "Dee Orr"):
        places.register(session, scotland, made, visitor(name=name))
    session.rollback()
    return made


@pytest.fixture
def phone(app: Flask, server: Process, new_page: Pages) -> Pages:
    """`phone(**options)`: another phone of one organiser's."""
    account = make_person(app, "olwen@example.org", name="Olwen", grants=((Role.EVENTS_ORGANISER, "scotland"),))

    def another(**options: object) -> Page:
        return signed_in(new_page(**{"viewport": PHONE, **options}), app, account, server.url)

    return another


def _people(session: ScopedSession, event_id: str) -> dict[str, attendance.Attendee]:
    session.rollback()
    return {one.name: one for one in attendance.people(session, events.find(session, event_id))}


def _row(page: Page, name: str) -> object:
    return page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=name, exact=True))


def _press(page: Page, button: str, name: str) -> None:
    page.get_by_role("button", name=f"{button} {name}", exact=True).click()


def _look(page: Page, axe: Axe | None = None) -> None:
    expect(page.locator("h1")).to_have_count(1)
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"), page.url
    if axe is not None:
        axe(page)


def test_presses_without_a_network_are_sent_when_there_is_one(
    session: ScopedSession, server: Process, event_id: str, phone: Pages, axe: Axe
) -> None:
    address = f"{server.url}/scotland/events/{event_id}/check-in"
    one, two = phone(color_scheme="dark"), phone()
    for page in (one, two):
        page.goto(address)
    _look(one, axe)
    one.context.set_offline(True)
    two.context.set_offline(True)
    _press(one, "Check in", "Ann Roy")
    _press(two, "Check in", "Ann Roy")
    _press(one, "Check in", "Ben Ure")
    _press(one, "Undo", "Ben Ure")
    one.get_by_label("Name, email or code").fill("cai")
    expect(one.get_by_role("heading", name="Dee Orr")).to_be_hidden()
    one.get_by_label("Code on the ticket").fill(tickets.shown(_people(session, event_id)["Dee Orr"].code).lower())
    one.get_by_role("button", name="Check in by code").click()
    one.get_by_label("Name, email or code").fill("")
    one.get_by_label("Name", exact=True).fill("Rhys Davies")
    one.get_by_role("button", name="Add and check in").click()
    expect(one.locator("[data-status]")).to_contain_text("5 presses wait on this phone")
    expect(two.locator("[data-status]")).to_contain_text("1 press waits on this phone")
    expect(one.locator("[data-count=inside]")).to_have_text("3")
    _look(one, axe)
    assert not any(person.presence.nonces for person in _people(session, event_id).values())
    for page in (one, two):
        page.context.set_offline(False)
        expect(page.locator("[data-status]")).to_have_text("Everything is sent.")
    found = _people(session, event_id)
    assert {name for name, person in found.items() if person.presence.inside} == {"Ann Roy", "Dee Orr", "Rhys Davies"}
    assert len(found["Ann Roy"].presence.nonces) == 2  # one came, both scans are kept
    one.reload()
    expect(one.locator("[data-count=inside]")).to_have_text("3")
    expect(one.get_by_role("button", name="Check in Ann Roy")).to_be_hidden()
    _press(one, "Left", "Dee Orr")
    expect(one.locator("[data-status]")).to_have_text("Everything is sent.")
    assert not _people(session, event_id)["Dee Orr"].presence.inside


def test_without_scripts_and_with_a_ticket_s_square(
    app: Flask, session: ScopedSession, server: Process, event_id: str, phone: Pages, new_page: Pages, axe: Axe
) -> None:
    base = f"{server.url}/scotland/manage/events/{event_id}"
    plain = phone(java_script_enabled=False)
    plain.goto(f"{server.url}/scotland/events/{event_id}/check-in")
    _look(plain)
    _press(plain, "Check in", "Ben Ure")
    expect(plain.get_by_role("status").first).to_contain_text("Ben Ure is checked in.")
    ann = new_page(viewport=PHONE)
    signed_in(ann, app, _people(session, event_id)["Ann Roy"].account_id or "", server.url)
    ann.goto(f"{server.url}/scotland/events/{event_id}")
    ann.get_by_role("link", name="Show my ticket").click()
    expect(ann.get_by_role("img", name="A square that the organiser’s phone reads")).to_be_visible()
    _look(ann, axe)
    scanner = phone()
    registration = _people(session, event_id)["Ann Roy"]
    secret = places.own_of(session, event_id, registration.account_id or "")
    assert secret is not None
    scanner.goto(f"{server.url}/scotland/events/{event_id}/check-in/ticket/{secret.secret}")
    expect(scanner.get_by_text("Here since")).to_be_visible()  # the page pressed its own button
    _look(scanner, axe)
    assert {name for name, one in _people(session, event_id).items() if one.presence.inside} == {"Ann Roy", "Ben Ure"}
    for path in (
        "attendance",
        f"attendance/{registration.id}",
        "certificates",
        "messages",
        "messages/new",
        "messages/automatic/change",
    ):
        scanner.goto(f"{base}/{path}")
        _look(scanner, axe)


def test_on_paper_the_list_has_a_box_beside_each_name_and_nothing_to_press(
    phone: Pages, server: Process, event_id: str
) -> None:
    page = phone(viewport={"width": 794, "height": 1123})
    page.goto(f"{server.url}/scotland/events/{event_id}/check-in")
    page.emulate_media(media="print")
    expect(page.locator(".heading")).to_contain_text("Run charts by hand")
    box = "row => { const box = getComputedStyle(row, '::before'); return [box.content, parseFloat(box.width) > 8, box.borderTopStyle] }"
    assert page.locator(".people > li").first.evaluate(box) == ['""', True, "solid"]
    for screen_only in ("Type a code", "Somebody without a place"):
        expect(page.get_by_text(screen_only, exact=True)).to_be_hidden()
    page.goto(f"{server.url}/scotland/events/{event_id}")
    expect(page.get_by_role("heading", name="When and where")).to_be_visible()
    for screen_only in ("Organise", "Put it in your calendar"):
        expect(page.get_by_text(screen_only, exact=True)).to_be_hidden()
