"""Two real processes at the same door, and at the same letters: each press and each letter once; and each race can be lost."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.config import normalise_url
from core.kernel import clock
from core.people.models import Account
from core.work.models import Mail
from plugins.local_events.models import CheckIn, Delivery
from plugins.local_events.queries.messages import Audience
from plugins.local_events.service import messaging, places
from plugins.local_events.service.messaging import Words
from tests.factories.quality import make_accounts
from tests.plugins.local_events.day_helpers import figures, organiser, with_people
from tests.plugins.local_events.day_race import nonces, now
from tests.plugins.local_events.helpers import published, visitor
from tests.support.racing import together

PEOPLE = 30
MODULE = "tests.plugins.local_events.day_race"
pytestmark = pytest.mark.both  # they meet in the database


@pytest.fixture
def race(session, scotland, database):
    """`race(way, items_of_one, items_of_other, …)`: what both processes said."""

    def run(way, *items, **more):
        session.rollback()
        job = {"url": normalise_url(database.app_url), "tenant": scotland.id, "way": way, "at": now(), **more}
        told = together(MODULE, *[{**job, "items": mine, "device": f"phone {n}"} for n, mine in enumerate(items)])
        session.rollback()
        assert [one["errors"] for one in told] == [[]] * len(items)
        return sum(one["done"] for one in told)

    return run


def _presses(session):
    return session.scalar(sa.select(sa.func.count(CheckIn.id)))


def test_i9_the_same_presses_sent_by_two_processes_are_kept_once(session, scotland, race):
    event_id, people = with_people(session, scotland, PEOPLE)
    sent = nonces(people)
    assert race("press", sent, sent, event=event_id) == 2 * PEOPLE
    assert _presses(session) == PEOPLE
    assert figures(session, event_id).inside == PEOPLE


def test_i9_two_devices_are_one_attended_each_and_all_scans_are_kept(session, scotland, race):
    event_id, people = with_people(session, scotland, PEOPLE)
    race("press", nonces(people), nonces(people), event=event_id)
    assert _presses(session) == 2 * PEOPLE
    found = figures(session, event_id)
    assert (found.came, found.inside) == (PEOPLE, PEOPLE)


def test_the_race_at_the_door_can_be_lost(session, scotland, race):
    event_id, people = with_people(session, scotland, PEOPLE)
    sent = nonces(people)
    race("press_naively", sent, sent, event=event_id)
    assert _presses(session) > PEOPLE


@pytest.fixture
def asked(app, session, scotland):
    """Everybody is to get a message."""
    event_id = published(session, scotland, starts_at=clock.now() + timedelta(days=10), capacity=PEOPLE)
    accounts = make_accounts(app, PEOPLE, "reader")
    for number, account in enumerate(accounts):
        places.register(session, scotland, event_id, visitor(account_id=account, email=f"{number}@example.org"))
    messaging.send(
        session, scotland, event_id, Words("Hello", "There"), Audience(), PEOPLE, organiser(), "a-key-of-its-own"
    )
    return event_id


def _letters(session):
    return session.scalar(sa.select(sa.func.count(Mail.id)).where(Mail.account_id.in_(sa.select(Account.id))))


def test_two_workers_write_each_letter_once(session, race, asked):
    assert race("post", [[]] * 3, [[]] * 3) == PEOPLE
    assert _letters(session) == PEOPLE
    assert set(session.scalars(sa.select(Delivery.state))) == {"written"}


def test_the_race_of_the_workers_can_be_lost(session, race, asked):
    assert race("post_naively", [[]], [[]]) > PEOPLE
    assert _letters(session) > PEOPLE
