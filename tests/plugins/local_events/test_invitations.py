"""Invitations in letters: what each step asks of the person's calendar, read as the mail program gets it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import vobject
from flask import Flask

from core.sdk import ScopedSession, TenantRef, Visitor, clock
from core.tenancy.directory import TenantSnapshot
from core.work.delivery import MailServer, compose
from core.work.models import Mail
from plugins.local_events.letters import messages
from plugins.local_events.letters.places import post
from plugins.local_events.models import Event
from plugins.local_events.queries import messages as queries
from plugins.local_events.service import deciding, drafts, handing_on, places, posting, running, telling
from plugins.local_events.settings import Settings
from tests.factories.people import make_person
from tests.plugins.local_events.helpers import OPEN, ORGANISER, draft, published, visitor

Asked = tuple[str, str, int, str]
AT_ANY_HOUR = Settings(quiet_from=0, quiet_until=0)


@pytest.fixture
def tell(
    app: Flask, session: ScopedSession, tenant: Callable[[str], TenantSnapshot], platform_session: ScopedSession
) -> Callable[[], list[Asked]]:
    """Write the letters that are due: (method, UID, SEQUENCE, STATUS) of each with a calendar's part, oldest first."""
    seen: set[str] = set()

    def run() -> list[Asked]:
        with app.app_context():
            telling.tell(session, post(tenant("scotland")))
            posting.post(session, AT_ANY_HOUR, messages.post(tenant("scotland")))
        platform_session.rollback()
        found = []
        for mail in platform_session.scalars(sa.select(Mail).order_by(Mail.created_at, Mail.id)):
            if mail.id in seen:
                continue
            seen.add(mail.id)
            for part in compose(mail, MailServer("smtp", "no-reply@q.example")).walk():
                if part.get_content_type() == "text/calendar":
                    read = vobject.readOne(part.get_content())
                    event = read.vevent
                    assert read.method.value == part.get_param("method")
                    assert [one.value for one in event.attendee_list] == [f"mailto:{mail.to_address}"]
                    assert event.organizer.value.startswith("mailto:no-reply@")
                    assert "CONFERENCE" not in mail.calendar
                    found.append((read.method.value, event.uid.value, int(event.sequence.value), event.status.value))
        return found

    return run


def _person(app: Flask, email: str, tenant: TenantRef) -> Visitor:
    return visitor(home=tenant.id, account_id=make_person(app, email, home="scotland"), email=email)


def test_a_place_is_asked_to_be_kept_moved_and_dropped_under_one_name_with_a_rising_sequence(
    app: Flask, session: ScopedSession, scotland: TenantRef, tell: Callable[[], list[Asked]]
) -> None:
    who, sam = visitor(ORGANISER), _person(app, "sam@example.org", scotland)
    event_id = published(session, scotland, who, online_url="https://meet.example.org/q", mode="both")
    uid = session.scalar(sa.select(Event.uid).where(Event.id == event_id))
    asked = []
    places.register(session, scotland, event_id, sam)
    asked += tell()
    later = clock.now() + timedelta(days=9)
    drafts.edit(session, scotland, OPEN, event_id, draft(starts_at=later), 2, who)
    asked += tell()
    places.withdraw(session, scotland, event_id, sam)
    asked += tell()
    places.register(session, scotland, event_id, sam)
    asked += tell()
    running.cancel(session, scotland, OPEN, event_id, "Snow", who)
    asked += tell()
    assert [(method, status) for method, _, _, status in asked] == [
        ("REQUEST", "CONFIRMED"), ("REQUEST", "CONFIRMED"), ("CANCEL", "CANCELLED"), ("REQUEST", "CONFIRMED"),
        ("CANCEL", "CANCELLED"),
    ]  # fmt: skip
    assert {name for _, name, _, _ in asked} == {uid}
    sequences = [number for _, _, number, _ in asked]
    assert sequences == sorted(set(sequences))
    assert tell() == []


def test_who_has_had_the_confirmation_and_the_cancellation_is_known(
    app: Flask, session: ScopedSession, scotland: TenantRef, tell: Callable[[], list[Asked]]
) -> None:
    who, sam = visitor(ORGANISER), _person(app, "sam@example.org", scotland)
    event_id = published(session, scotland, who)
    places.register(session, scotland, event_id, sam)
    assert queries.told_by_kind(session, event_id) == {}
    tell()
    assert queries.told_by_kind(session, event_id) == {"confirmed": 1}
    running.cancel(session, scotland, OPEN, event_id, "Snow", who)
    tell()
    tell()
    assert queries.told_by_kind(session, event_id) == {"confirmed": 1, "cancelled": 1}
    for kind in ("confirmed", "cancelled"):
        assert [(told.email, told.status) for told in queries.told_of_kind(session, event_id, kind)] == [
            ("sam@example.org", "queued")
        ]


def test_new_words_alone_write_to_nobody(
    app: Flask, session: ScopedSession, scotland: TenantRef, tell: Callable[[], list[Asked]]
) -> None:
    who = visitor(ORGANISER)
    event_id = published(session, scotland, who)
    starts = session.scalars(sa.select(Event.starts_at).where(Event.id == event_id)).one()
    places.register(session, scotland, event_id, _person(app, "sam@example.org", scotland))
    tell()
    drafts.edit(session, scotland, OPEN, event_id, draft(title="New words", starts_at=starts), 2, who)
    assert tell() == []


def test_who_only_waits_is_asked_nothing_and_who_never_had_a_place_drops_nothing(
    app: Flask, session: ScopedSession, scotland: TenantRef, tell: Callable[[], list[Asked]]
) -> None:
    who = visitor(ORGANISER)
    event_id = published(session, scotland, who, capacity=1)
    places.register(session, scotland, event_id, _person(app, "ann@example.org", scotland))
    waiting = _person(app, "sam@example.org", scotland)
    places.register(session, scotland, event_id, waiting)
    assert len(tell()) == 1
    places.withdraw(session, scotland, event_id, waiting)
    assert tell() == []


def test_a_place_handed_on_leaves_one_calendar_and_enters_the_other(
    app: Flask, session: ScopedSession, scotland: TenantRef, tell: Callable[[], list[Asked]]
) -> None:
    event_id = published(session, scotland)
    ann = _person(app, "ann@example.org", scotland)
    make_person(app, "sam@example.org", home="scotland")
    places.register(session, scotland, event_id, ann)
    tell()
    handing_on.hand_on(session, scotland, event_id, "sam@example.org", ann)
    assert sorted(method for method, *_ in tell()) == ["CANCEL", "REQUEST"]


def test_who_is_removed_is_asked_to_drop_it(
    app: Flask, session: ScopedSession, scotland: TenantRef, tell: Callable[[], list[Asked]]
) -> None:
    event_id = published(session, scotland)
    registered = places.register(session, scotland, event_id, _person(app, "sam@example.org", scotland))
    tell()
    deciding.remove(session, event_id, registered.id, "Double booked", visitor(ORGANISER))
    assert [method for method, *_ in tell()] == ["CANCEL"]


def test_a_place_given_back_before_anybody_was_told_asks_nothing_of_a_calendar(
    app: Flask, session: ScopedSession, scotland: TenantRef, tell: Callable[[], list[Asked]]
) -> None:
    event_id, sam = published(session, scotland), _person(app, "sam@example.org", scotland)
    places.register(session, scotland, event_id, sam)
    places.withdraw(session, scotland, event_id, sam)
    assert tell() == []
