"""A page that has not changed is answered with 304, and any change of what it shows is seen at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data.audit import AuditHead
from core.data.db import open_session
from core.data.scope import Scope
from core.kernel.views import SYSTEM
from core.sdk import ScopedSession, TenantRef
from core.tenancy import service as tenancy
from core.tenancy.service import Change
from plugins.local_events.manifest import MANIFEST
from plugins.local_events.service import drafts, hosting, places, running
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.helpers import (
    LEAD,
    OPEN,
    ORGANISER,
    draft,
    drafted,
    nothing_found,
    published,
    row,
    visitor,
)
from tests.support.app_fixtures import FrozenClock

LIST = "/scotland/events/"


def _etag(client: FlaskClient, path: str = LIST, **headers: str) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return response.headers["ETag"]


def _again(client: FlaskClient, etag: str, path: str = LIST, **headers: str) -> int:
    response = client.get(path, headers={"If-None-Match": etag, **headers})
    assert response.status_code in {200, 304}
    assert bool(response.data) == (response.status_code == 200)
    return response.status_code


def test_an_unchanged_page_is_not_sent_again(
    client: FlaskClient, session: ScopedSession, scotland: TenantRef, frozen_clock: FrozenClock
) -> None:
    published(session, scotland)
    etag = _etag(client)
    assert [_again(client, etag) for _ in range(3)] == [304] * 3
    assert _again(client, '"another"') == 200
    answer = client.get(LIST, headers={"If-None-Match": etag})
    assert answer.headers["ETag"] == etag
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert set(answer.headers["Vary"].split(", ")) == {"Cookie", "Accept-Language"}


def test_it_costs_one_statement(
    client: FlaskClient, session: ScopedSession, scotland: TenantRef, statements: Callable[[], Any]
) -> None:
    published(session, scotland)
    etag = _etag(client)
    with statements() as seen:
        _again(client, etag)
    assert len(seen) == 1


def _each_step(session: ScopedSession, scotland: TenantRef, clock: FrozenClock) -> list[Callable[[], object]]:
    """Everything that can happen to events, each changing what a list or a page of one shows."""
    organiser, member = visitor(ORGANISER), visitor(home=scotland.id)
    event_id = drafted(session, scotland, organiser)
    return [
        lambda: running.publish(session, scotland, OPEN, event_id, organiser, nothing_found),
        lambda: drafts.edit(session, scotland, OPEN, event_id, draft(title="Moved"), row(session, event_id).version, organiser),
        lambda: places.register(session, scotland, event_id, member),
        lambda: places.withdraw(session, scotland, event_id, member),
        lambda: places.register(session, scotland, event_id, member),
        lambda: running.cancel(session, scotland, OPEN, event_id, "Snow.", organiser),
        lambda: published(session, scotland, organiser, title="Another"),
        lambda: clock.advance(minutes=1),
    ]  # fmt: skip


def test_every_change_is_seen_at_once(
    client: FlaskClient, session: ScopedSession, scotland: TenantRef, frozen_clock: FrozenClock
) -> None:
    for number, step in enumerate(_each_step(session, scotland, frozen_clock)):
        etag = _etag(client)
        assert _again(client, etag) == 304
        step()
        assert _again(client, etag) == 200, number


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["look", "register", "withdraw", "edit", "wait"]), max_size=12))
def test_a_page_answered_with_304_is_the_page_that_would_be_sent(
    client: FlaskClient, session: ScopedSession, scotland: TenantRef, frozen_clock: FrozenClock, steps: list[str]
) -> None:
    """The invariant: whatever happens in between, 304 is answered only where the page would be the same bytes."""
    organiser, member = visitor(ORGANISER), visitor(home=scotland.id)
    event_id = published(session, scotland, organiser)
    path = f"{LIST}{event_id}"
    does: dict[str, Callable[[], object]] = {
        "look": lambda: None,
        "register": lambda: places.register(session, scotland, event_id, member),
        "withdraw": lambda: places.withdraw(session, scotland, event_id, member),
        "edit": lambda: drafts.edit(
            session, scotland, OPEN, event_id, draft(title=f"Moved {frozen_clock.now:%H%M%S}"), row(session, event_id).version, organiser
        ),
        "wait": lambda: frozen_clock.advance(seconds=20),
    }  # fmt: skip
    first = client.get(path)
    etag, page = first.headers["ETag"], first.data
    for step in steps:
        does[step]()
        now = client.get(path)
        if _again(client, etag, path) == 304:
            assert now.data == page
        etag, page = now.headers["ETag"], now.data


def test_someone_signed_in_gets_the_page_anew(app: Flask, client: FlaskClient, session: ScopedSession, scotland: TenantRef) -> None:  # fmt: skip
    published(session, scotland)
    etag = _etag(client)
    member = client_of(app, make_person(app, "mair@example.org", home="scotland"))
    answer = member.get(LIST, headers={"If-None-Match": etag})
    assert (answer.status_code, "ETag" in answer.headers) == (200, False)


def test_another_language_address_or_site_is_another_page(
    client: FlaskClient, session: ScopedSession, scotland: TenantRef, wales: TenantRef, frozen_clock: FrozenClock
) -> None:
    etags = {
        _etag(client),
        _etag(client, LIST + "?show=past"),
        _etag(client, "/wales/events/", **{"Accept-Language": "en"}),
        _etag(client, "/wales/events/", **{"Accept-Language": "cy"}),
        _etag(client, "/oxford/events/"),
    }
    assert len(etags) == 5
    assert all(_again(client, etag, "/west-midlands/events/") == 200 for etag in etags)


def test_a_list_with_events_of_other_sites_is_made_anew(
    client: FlaskClient, session: ScopedSession, session_for: Callable[[str], ScopedSession], scotland: TenantRef,
    wales: TenantRef, frozen_clock: FrozenClock,
) -> None:  # fmt: skip
    organiser, path = visitor(LEAD), "/wales/events/"
    assert _again(client, _etag(client, path), path) == 304
    event_id = published(session, scotland, organiser, title="Hosted by two")
    card = hosting.invite(session, scotland, event_id, wales.id, organiser)
    hosting.answer(session_for("wales"), wales, card, "accept", organiser)
    session.rollback()
    first = client.get(path)
    assert ("Hosted by two" in first.text, "ETag" in first.headers) == (True, False)
    running.cancel(session, scotland, OPEN, event_id, "Snow", organiser)
    assert "Hosted by two" not in client.get(path).text


def test_a_plugin_switched_off_is_gone_whatever_the_browser_keeps(
    app: Flask, client: FlaskClient, session: ScopedSession, scotland: TenantRef
) -> None:
    etag = _etag(client)
    off = Change(plugin=MANIFEST.name, enabled=False, settings={}, revision=1, why="A pause.")
    tenancy.configure(session, app.extensions["q.registry"], scotland, off, SYSTEM)
    assert client.get(LIST, headers={"If-None-Match": etag}).status_code == 404


def test_the_trail_is_read_in_the_statement_that_announces_the_tenant(
    app: Flask, session: ScopedSession, scotland: TenantRef, tenant: Callable[[str], Any]
) -> None:
    """Row-level security must know the tenant before the trail is looked at: else it would always seem empty."""
    published(session, scotland)
    expected = session.scalar(sa.select(AuditHead.seq))
    assert expected
    directory = app.extensions["q.directory"]
    with app.app_context():
        for alone in (False, True):
            with open_session(Scope.tenant(scotland.id)) as fresh:
                snapshot, changes = directory.arrive(fresh, alone=alone)
                assert (snapshot.slug, changes) == ("scotland", expected)
                assert fresh.scalar(sa.select(AuditHead.seq)) == expected
            with open_session(Scope.tenant(tenant("west-midlands").id)) as other:
                assert directory.arrive(other, alone=alone)[1] != expected


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=8)])
def test_a_kept_card_says_what_its_event_says_now(
    client: FlaskClient, session: ScopedSession, scotland: TenantRef, frozen_clock: FrozenClock, ahead: timedelta
) -> None:
    organiser = visitor(ORGANISER)
    event_id = published(session, scotland, organiser, title="Before", capacity=2)
    for _ in range(2):
        assert ("Before" in client.get(LIST).text, "2 places left" in client.get(LIST).text) == (True, True)
    places.register(session, scotland, event_id, visitor(home=scotland.id))
    assert "1 place left" in client.get(LIST).text
    drafts.edit(session, scotland, OPEN, event_id, draft(title="After", capacity=1), row(session, event_id).version, organiser)  # fmt: skip
    text = client.get(LIST).text
    assert ("After" in text, "Before" in text, "Full" in text) == (True, False, True)
    frozen_clock.advance(seconds=ahead.total_seconds())
    assert ("After" in client.get(LIST).text) == (not ahead)
