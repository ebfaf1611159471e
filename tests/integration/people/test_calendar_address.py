"""The address of one's own calendar: who may read by it, when it ends, and what it gives away (nothing)."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from core.data.db import tenant_session
from core.data.session import ScopedSession, transaction
from core.kernel import clock
from core.kernel.errors import Forbidden
from core.kernel.ids import new_token
from core.kernel.views import SYSTEM, Actor
from core.people import calendars
from core.people.models import AREA, MINE, CalendarKey
from core.people.service import accounts, calendar_keys, membership
from core.tenancy import shelf
from tests.factories.people import client_of, make_person
from tests.support.app_fixtures import Counter, FrozenClock

UNKNOWN = "A" * 43


def _actor(account_id: str) -> Actor:
    return Actor(account_id, "Sam", frozenset(), frozenset())


def _made(session: ScopedSession, account_id: str, scope: str = MINE) -> str:
    token = calendar_keys.make(session, _actor(account_id), scope, new_token())
    assert token is not None
    return token


def _put(account_id: str, ref: str, *, status: str = "confirmed", tenant_id: int = 2, days: float = 3) -> None:
    """A card on somebody's shelf, from one site."""
    starts = clock.now() + timedelta(days=days)
    with tenant_session(tenant_id) as session, transaction(session):
        shelf.put(
            session, account_id=account_id, plugin="trips", ref=ref, kind="trip", title=f"Trip {ref}", status="Coming",
            when=starts, path=f"/trips/{ref}",
            calendar=shelf.InCalendar(
                uid=f"uid-{ref}", sequence=1, ends_at=starts + timedelta(hours=1), place="Perth", status=status,
                join_href="https://meet.example.org/q",
            ),
        )  # fmt: skip


def _read(app: Flask, token: str, **headers: str) -> TestResponse:
    return app.test_client().get(f"/me/calendar.ics?token={token}", headers=headers)


def test_the_page_makes_an_address_and_shows_it_once(app: Flask, session: ScopedSession) -> None:
    account_id = make_person(app, "sam@example.org", home="scotland")
    client = client_of(app, account_id)
    answer = client.submit("/me/calendar", {}, form="/me/calendar")
    found = re.search(r'value="https?://[^"]+/me/calendar\.ics\?token=([\w-]{43})"', answer.text)
    assert found
    assert _read(app, found[1]).status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert found[1] not in client.get("/me/calendar").text
    hashes = session.scalars(sa.select(CalendarKey.token_hash)).all()
    assert found[1] not in hashes
    assert len(hashes) == 1


def test_the_same_form_twice_makes_one_address(app: Flask, session: ScopedSession) -> None:
    account_id, key = make_person(app, "sam@example.org"), new_token()
    first = calendar_keys.make(session, _actor(account_id), MINE, key)
    assert first is not None
    assert calendar_keys.make(session, _actor(account_id), MINE, key) is None
    assert calendars.reader_of(session, first, MINE) is not None


def test_it_holds_what_every_site_put_there_and_nothing_of_others(app: Flask, session: ScopedSession) -> None:
    account_id, other = make_person(app, "sam@example.org"), make_person(app, "ann@example.org")
    with app.app_context():
        _put(account_id, "a", tenant_id=2)
        _put(account_id, "b", tenant_id=3, status="tentative")
        _put(other, "c")
    answer = _read(app, _made(session, account_id))
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert ("UID:uid-a" in answer.text, "UID:uid-b" in answer.text, "UID:uid-c" in answer.text) == (True, True, False)
    assert answer.text.count("CONFERENCE") == 1  # only where there is a place
    assert "STATUS:TENTATIVE" in answer.text


def test_any_token_that_is_not_good_finds_the_same_bytes(app: Flask, session: ScopedSession) -> None:
    account_id = make_person(app, "sam@example.org", home="scotland")
    old = _made(session, account_id)
    area = _made(session, account_id, AREA)
    _made(session, account_id)
    answers = [_read(app, token) for token in (UNKNOWN, "", "x", old, area, "%00", "ŵ" * 200, "x" * 5000)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert answers[0].data == app.test_client().get("/me/calendar.ics").data


def test_a_new_address_ends_the_old_one_and_ending_it_ends_both(app: Flask, session: ScopedSession) -> None:
    account_id = make_person(app, "sam@example.org")
    old = _made(session, account_id)
    new = _made(session, account_id)
    assert [_read(app, token).status_code for token in (old, new)] == [404, 200]
    client_of(app, account_id).submit("/me/calendar", {}, form="/me/calendar/end")
    assert _read(app, new).status_code == 404


def test_it_ends_with_the_membership(app: Flask, session: ScopedSession) -> None:
    account_id = make_person(app, "sam@example.org", home="scotland")
    token, area = _made(session, account_id), _made(session, account_id, AREA)
    membership.leave(session, _actor(account_id), account_id=account_id)
    assert calendars.reader_of(session, token, MINE) is None
    assert calendars.reader_of(session, area, AREA) is None


def test_it_ends_with_the_account_and_stays_ended_when_that_is_opened_again(app: Flask, session: ScopedSession) -> None:
    account_id = make_person(app, "sam@example.org")
    token = _made(session, account_id)
    accounts.close(session, SYSTEM, account_id=account_id, reason="asked for")
    assert calendars.reader_of(session, token, MINE) is None
    accounts.reopen(session, SYSTEM, account_id=account_id, reason="asked for")
    assert calendars.reader_of(session, token, MINE) is None


def test_only_a_member_gets_an_address_for_the_programme(app: Flask, session: ScopedSession) -> None:
    with pytest.raises(Forbidden):
        calendar_keys.make(session, _actor(make_person(app, "ann@example.org")), AREA, new_token())


def test_what_has_not_changed_is_not_sent_again(app: Flask, session: ScopedSession) -> None:
    account_id = make_person(app, "sam@example.org")
    with app.app_context():
        _put(account_id, "a")
    token = _made(session, account_id)
    first = _read(app, token)
    again = _read(app, token, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    with app.app_context():
        _put(account_id, "a", days=4)
    assert _read(app, token, **{"If-None-Match": first.headers["ETag"]}).status_code == 200
    with transaction(session):
        calendar_keys.end_all_in(session, account_id)
    assert _read(app, token, **{"If-None-Match": first.headers["ETag"]}).status_code == 404


def test_what_is_cancelled_stays_for_thirty_days(app: Flask, session: ScopedSession, frozen_clock: FrozenClock) -> None:
    account_id = make_person(app, "sam@example.org")
    with app.app_context():
        _put(account_id, "a", days=60)
        with tenant_session(2) as at_scotland, transaction(at_scotland):
            shelf.cancel_all(at_scotland, plugin="trips", ref="a", title="Trip", status="Cancelled", sequence=9)
    token = _made(session, account_id)
    text = _read(app, token).text
    assert "STATUS:CANCELLED" in text
    assert "SEQUENCE:9" in text
    assert "CONFERENCE" not in text
    frozen_clock.advance(days=29)
    assert "STATUS:CANCELLED" in _read(app, token).text
    frozen_clock.advance(days=2)
    assert "BEGIN:VEVENT" not in _read(app, token).text


def test_a_feed_costs_as_much_for_fifty_as_for_one(app: Flask, session: ScopedSession, statements: Counter) -> None:
    account_id = make_person(app, "sam@example.org")
    token, counts = _made(session, account_id), []
    for many in (1, 50):
        with app.app_context():
            for number in range(many):
                _put(account_id, f"n{number}", days=1 + number)
        with statements() as seen:
            answer = _read(app, token)
        assert answer.text.count("BEGIN:VEVENT") == many
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 5
