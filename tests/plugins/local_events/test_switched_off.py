"""Local events switched off with events to come: the preview lists them, feeds keep answering, nothing is lost."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa
import vobject
from flask import Flask

from core.data.db import tenants_session
from core.data.session import transaction
from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.kernel.views import Actor
from core.people.models import AREA, MINE
from core.people.service import calendar_keys
from core.sdk import ScopedSession, TenantRef
from core.tenancy.directory import TenantSnapshot
from core.tenancy.models import PluginState, Tenant
from core.tenancy.service import Change, configure
from plugins.local_events.models import Registration
from plugins.local_events.queries import switching_off
from plugins.local_events.service import places, running
from plugins.local_events.settings import Settings
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import OPEN, ORGANISER, drafted, full_with, published, visitor
from tests.support.app_fixtures import Counter, FrozenClock
from tests.support.client import FormClient

ATOM = "{http://www.w3.org/2005/Atom}"
FEEDS = ("/scotland/events/feed.ics", "/scotland/events/feed.atom")
Switch = Callable[[bool], None]


@pytest.fixture
def switch(app: Flask, session: ScopedSession, scotland: TenantRef) -> Switch:
    """`switch(False)`: switch local events off in Scotland, as the console does."""

    def change(enabled: bool) -> None:
        where = (PluginState.at_tenant_id == scotland.id, PluginState.plugin == "local_events")
        revision = session.scalar(sa.select(PluginState.revision).where(*where)) or 0
        settings = Settings().model_dump(mode="json")
        by = Actor(None, "", frozenset(), frozenset(), is_system=True)
        configure(
            session,
            app.extensions["q.registry"],
            scotland,
            Change("local_events", enabled, settings, revision, "test"),
            by,
        )

    return change


def _entry(text: str) -> vobject.base.Component:
    return vobject.readOne(text).vevent


def test_what_is_ahead_is_counted_in_two_statements_whatever_its_number(
    session: ScopedSession, scotland: TenantRef, statements: Counter
) -> None:
    event_id, _first, (waiting,) = full_with(session, scotland, 1, title="Soonest")
    starts = clock.now() + timedelta(days=9)
    later = published(session, scotland, title="Later", starts_at=starts)
    places.register(session, scotland, later, waiting)
    drafted(session, scotland)
    running.cancel(session, scotland, OPEN, published(session, scotland), "Snow", visitor(ORGANISER))
    with statements() as seen:
        found = switching_off.ahead(session, 10)
    assert len(seen) == 2
    assert [(one.id, one.title, one.people) for one in found.first] == [(event_id, "Soonest", 2), (later, "Later", 1)]
    assert (found.events, found.people) == (2, 2)
    for _ in range(20):
        published(session, scotland)
    with statements() as seen:
        found = switching_off.ahead(session, 10)
    assert (len(seen), len(found.first), found.events) == (2, 10, 22)


def test_what_is_ahead_at_several_sites_costs_the_same_two_statements(
    app: Flask, session: ScopedSession, scotland: TenantRef, session_for: Callable[[str], ScopedSession],
    tenant: Callable[[str], TenantSnapshot], statements: Counter,
) -> None:  # fmt: skip
    wales = tenant("wales").ref()
    here = published(session, scotland, title="Here", starts_at=clock.now() + timedelta(days=9))
    there = published(session_for("wales"), wales, title="There", starts_at=clock.now() + timedelta(days=8))
    with app.app_context(), tenants_session([scotland.id, wales.id]) as both, statements() as seen:
        found = switching_off.ahead(both, 10)
    assert len(seen) == 2
    assert [(one.tenant_id, one.id) for one in found.first] == [(wales.id, there), (scotland.id, here)]
    assert found.events == 2


def test_who_gave_a_place_back_and_what_is_over_count_for_nothing(
    session: ScopedSession, scotland: TenantRef, frozen_clock: FrozenClock
) -> None:
    event_id, first, _waiting = full_with(session, scotland, 0)
    places.withdraw(session, scotland, event_id, first)
    assert [one.people for one in switching_off.ahead(session, 10).first] == [0]
    frozen_clock.advance(days=8)
    assert switching_off.ahead(session, 10) == ([], 0, 0)


def test_the_preview_lists_the_events_and_links_to_writing_first(
    app: Flask, session: ScopedSession, scotland: TenantRef
) -> None:
    event_id, _first, _waiting = full_with(session, scotland, 1, title="100% <Run> charts")
    for _ in range(10):
        published(session, scotland, starts_at=clock.now() + timedelta(days=30))
    central = client_of(app, make_person(app, "central@example.org", grants=[(Role.CENTRAL_TEAM, "uk")]))
    lead = client_of(app, make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")]))
    for client, path in (
        (central, "/console/tenants/scotland/plugins/local_events/"),
        (lead, "/scotland/manage/plugins/local_events/"),
    ):
        page = client.submit(path, {"enabled": None}, form="plugins/").text
        for words in ("Events to come (11)", "2 people count on this.", "and 1 more", "Nobody is told by itself."):
            assert words in page, words
        assert "100% <Run> charts" in html.unescape(page)
        (address,) = set(re.findall(r'href="http://[^/"]+(/scotland/manage/events/[^"]+/messages/new)"', page))
        assert address == f"/scotland/manage/events/{event_id}/messages/new"
        assert client.get(address).status_code == 200
        assert "Events to come" not in client.submit(path, {"set-default_capacity": "45"}, form="plugins/").text


def test_feeds_keep_answering_and_lead_to_nothing_that_is_gone(
    session: ScopedSession, scotland: TenantRef, client: FormClient, switch: Switch
) -> None:
    event_id = published(session, scotland)
    path = f"/scotland/events/{event_id}"
    before = [client.get(address) for address in (*FEEDS, f"{path}.ics")]
    switch(False)
    for page in ("/scotland/events/", path, "/scotland/events/calendar", "/scotland/events/subscribe"):
        assert client.get(page).data == client.get("/scotland/no-such-page").data, page
    feed, atom, file = after = [client.get(address) for address in (*FEEDS, f"{path}.ics")]
    for answer, was in zip(after, before, strict=True):
        assert answer.status_code == 200
        assert answer.mimetype == was.mimetype
        assert answer.headers["ETag"] != was.headers["ETag"]
        assert client.get(answer.request.path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
        assert f"/events/{event_id}" in was.text
        assert f"/events/{event_id}" not in answer.text
    for answer, was in ((feed, before[0]), (file, before[2])):
        now, then = _entry(answer.text), _entry(was.text)
        for name in ("uid", "sequence", "dtstart", "dtend", "summary", "location", "status"):
            assert getattr(now, name).value == getattr(then, name).value, name
        assert "url" in then.contents
        assert "url" not in now.contents
        assert "closed for now" in now.description.value
    entry = ET.fromstring(atom.data).find(f"{ATOM}entry")
    assert entry is not None
    assert entry.find(f"{ATOM}link") is None
    assert "closed for now" in (entry.findtext(f"{ATOM}content") or "")
    for link in ET.fromstring(atom.data).findall(f"{ATOM}link"):
        assert client.get(re.sub(r"^https?://[^/]+", "", link.attrib["href"])).status_code == 200


def test_a_feed_that_was_missing_is_missing_still(
    session: ScopedSession, scotland: TenantRef, client: FormClient, switch: Switch
) -> None:
    hidden = [drafted(session, scotland), published(session, scotland, audience="area"), "0" * 26]
    switch(False)
    missing = client.get("/scotland/no-such-page").data
    for path in (*(f"/scotland/events/{one}.ics" for one in hidden), f"{FEEDS[0]}?token={'A' * 43}"):
        assert client.get(path).data == missing, path
    for path in FEEDS:
        assert client.post(path).data == missing


def test_a_persons_own_calendar_and_items_say_that_the_page_is_closed(
    app: Flask, session: ScopedSession, scotland: TenantRef, switch: Switch
) -> None:
    event_id = published(session, scotland)
    account_id = make_person(app, "sam@example.org", home="scotland")
    places.register(session, scotland, event_id, visitor(home=scotland.id, account_id=account_id))
    actor = Actor(account_id, "", frozenset(), frozenset())
    mine, area = (calendar_keys.make(session, actor, scope, new_token()) for scope in (MINE, AREA))
    client = app.test_client()
    own, programme = f"/me/calendar.ics?token={mine}", f"{FEEDS[0]}?token={area}"
    before = _entry(client.get(own).text)
    member = client_of(app, account_id)
    assert f"/scotland/events/{event_id}" in member.get("/me/").text
    switch(False)
    now = _entry(client.get(own).text)
    assert (now.uid.value, now.sequence.value) == (before.uid.value, before.sequence.value)
    assert "url" in before.contents
    assert "url" not in now.contents
    assert "Its page is closed for now" in now.description.value
    assert _entry(client.get(programme).text).summary.value == now.summary.value
    items = member.get("/me/").text
    assert f"/scotland/events/{event_id}" not in items
    assert "Its page is closed for now" in items


def test_nobody_is_sent_to_its_events_from_other_sites(
    session: ScopedSession, scotland: TenantRef, client: FormClient, switch: Switch
) -> None:
    event_id = published(session, scotland, title="Open ward")
    for on in (True, False, True):
        switch(on)
        for page in ("/", "/events/"):
            assert (f"/scotland/events/{event_id}" in client.get(page).text) is on, (on, page)


def test_nobody_is_sent_to_events_whose_settings_do_not_fit(
    app: Flask, session: ScopedSession, scotland: TenantRef, platform_session: ScopedSession, client: FormClient,
    switch: Switch, statements: Counter,
) -> None:  # fmt: skip
    """They are as good as off there, on every site's pages, at no statement more; and back as soon as anybody has mended them."""
    event_id = published(session, scotland, title="Open ward")
    account_id = make_person(app, "sam@example.org", home="scotland")
    places.register(session, scotland, event_id, visitor(home=scotland.id, account_id=account_id))
    member = client_of(app, account_id)
    path = f"/scotland/events/{event_id}"
    pages = (
        (client, "/"),
        (client, "/events/"),
        (client, "/events/feed.ics"),
        (member, "/me/"),
        (member, "/wales/me/"),
    )

    def counts() -> list[int]:
        found = []
        for reader, page in pages:
            reader.get(page)
            with statements() as seen:
                reader.get(page)
            found.append(len(seen))
        return found

    before = counts()
    with transaction(platform_session):
        old = (PluginState.at_tenant_id == scotland.id, PluginState.plugin == "local_events")
        platform_session.execute(sa.update(PluginState).where(*old).values(settings={"an_old_setting": 1}))
        platform_session.execute(
            sa.update(Tenant).where(Tenant.id == scotland.id).values(config_version=Tenant.config_version + 1)
        )
    assert client.get(path).status_code == 404
    for reader, page in pages:
        assert path not in reader.get(page).text, page
    assert "Its page is closed for now" in member.get("/me/").text
    assert "/scotland/events/" not in client.get("/scotland/").text
    assert counts() == before
    switch(True)  # as if by another process: this one has not looked at Scotland since
    for reader, page in pages:
        assert path in reader.get(page).text, page


def test_switching_off_and_on_again_gives_the_same_registrations_and_feeds(
    app: Flask, session: ScopedSession, scotland: TenantRef, client: FormClient, switch: Switch
) -> None:
    event_id, _first, _waiting = full_with(session, scotland, 2)
    account_id = make_person(app, "sam@example.org", home="scotland")
    places.register(session, scotland, event_id, visitor(home=scotland.id, account_id=account_id))
    token = calendar_keys.make(session, Actor(account_id, "", frozenset(), frozenset()), MINE, new_token())
    addresses = (*FEEDS, f"/scotland/events/{event_id}.ics", f"/me/calendar.ics?token={token}")
    columns = [getattr(Registration, column.key) for column in Registration.__table__.columns]

    def everything() -> tuple[list[Any], list[bytes]]:
        session.rollback()
        rows = [tuple(row) for row in session.execute(sa.select(*columns).order_by(Registration.id))]
        return rows, [client.get(address).data for address in addresses]

    before = everything()
    assert len(before[0]) == 4
    switch(False)
    assert everything()[0] == before[0]
    switch(True)
    assert everything() == before
