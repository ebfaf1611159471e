"""Figures of events: what is counted, for whom, at what cost; one site's, and at the UK site everybody's."""

import csv
import io
from collections import Counter as Counted
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from core.data.audit import AuditEntry
from core.data.db import tenant_session
from core.kernel import clock
from core.kernel.permissions import Role
from core.kernel.views import Actor
from core.people.service import accounts
from core.sdk import ScopedSession, TenantRef, new_id, new_token, transaction
from plugins.local_events.feedback_questions import WORTH
from plugins.local_events.feedback_steps import Step
from plugins.local_events.models import CheckIn, Correction, Event, Feedback, Pool, Registration, WalkIn
from plugins.local_events.queries import attendance, events, figures
from plugins.local_events.queries.figures import Period, Taken
from plugins.local_events.service import places, running
from plugins.local_events.service.correcting import correct
from plugins.local_events.service.places import Wish
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.day_helpers import keep, organiser, press
from tests.plugins.local_events.helpers import OPEN, ORGANISER, drafted, published, visitor
from tests.support.app_fixtures import Counter, FrozenClock
from tests.support.client import FormClient

HERE = "/scotland/manage/events/figures"


def year() -> Period:
    """Everything from a year ago until in a year's time."""
    return Period(clock.today() - timedelta(days=365), clock.today() + timedelta(days=365))


def _lead(app: Flask, where: str = "scotland") -> FormClient:
    role = Role.CENTRAL_TEAM if where == "uk" else Role.PARTNER_LEAD
    return client_of(app, make_person(app, f"lead@{where}.example.org", grants=[(role, where)]))


def _held(
    session: ScopedSession, tenant: TenantRef, people: list[str], came: int, *, capacity: int | None = 20,
    when: timedelta = timedelta(days=-30), kind: str = "workshop", answers: int = 0,
) -> str:  # fmt: skip
    """An event that took place, written at once: `people` had a place, the first `came` of them were there; its id."""
    starts = clock.now() + when
    event_id, pool_id = new_id(), new_id()
    base = {"tenant_id": tenant.id, "event_id": event_id}
    event = {
        "id": event_id, "uid": new_id(), "tenant_id": tenant.id, "kind": kind, "title": "Held", "summary": "Words", "description": "",
        "mode": "in_person", "place": "Perth", "online_url": "", "starts_at": starts, "ends_at": starts + timedelta(hours=2),
        "audience": "public", "state": "completed", "version": 1, "created_at": starts, "modified_at": starts, "published_at": starts,
        "state_why": "",
    }  # fmt: skip
    pool = {**base, "id": pool_id, "kind": "in_person", "capacity": capacity, "eligibility": "public", "version": 1}
    had = [
        {
            **base, "id": new_id(), "pool_id": pool_id, "account_id": one, "name": "N", "email": "n@example.org", "state": "confirmed",
            "queued_at": starts, "changed_at": starts,
        }
        for one in people
    ]  # fmt: skip
    presses = [
        {
            **base, "id": new_id(), "registration_id": one["id"], "walk_in_id": None, "direction": "in", "at": starts,
            "received_at": starts, "device": "", "nonce": new_token(), "undoes": "",
        }
        for one in had[:came]
    ]  # fmt: skip
    with transaction(session):
        for model, rows in ((Event, [event]), (Pool, [pool]), (Registration, had), (CheckIn, presses)):
            if rows:
                session.execute(sa.insert(model), rows)
        if answers:
            steps = {WORTH: [Step(answers, (3,), (0, answers)).stored()]}
            opened = {"opened_at": starts, "closes_at": starts + timedelta(days=1), "steps": steps}
            session.execute(sa.insert(Feedback), [{**base, "id": new_id(), **opened}])
    return event_id


def _ids(number: int) -> list[str]:
    return [new_id() for _ in range(number)]


def test_fill_and_no_shows_divide_what_they_say(
    session: ScopedSession, scotland: TenantRef, frozen_clock: FrozenClock
) -> None:
    _held(session, scotland, _ids(8), 6, capacity=10)
    _held(session, scotland, _ids(3), 0, capacity=10)  # nobody took attendance: no no-shows
    _held(session, scotland, _ids(7), 7, capacity=None)  # no limit: no fill
    _held(session, scotland, _ids(2), 1, kind="webinar")
    _held(session, scotland, _ids(9), 9, when=timedelta(days=-400))  # before the period
    for later in (published(session, scotland), drafted(session, scotland)):
        assert later  # neither took place
    running.cancel(session, scotland, OPEN, published(session, scotland), "Snow", visitor(ORGANISER))
    found = {one.kind: one for one in figures.taken(session, year())}
    assert found["workshop"] == Taken(
        scotland.id, "workshop", events=3, limited=2, held=11, offered=20, counted=2, missed=2, expected=15
    )
    assert found["webinar"] == Taken(scotland.id, "webinar", 1, 1, 2, 20, 1, 1, 2)
    only = Period(year().first, year().last, "webinar")
    assert [one.kind for one in figures.taken(session, only)] == ["webinar"]


def test_who_came_is_what_the_days_own_list_says(
    session: ScopedSession, scotland: TenantRef, frozen_clock: FrozenClock
) -> None:
    """Presses, presses taken back, corrections in both directions, guests, somebody without a place: the folding that an
    event's own pages use, and these figures, agree."""
    starts = clock.now() + timedelta(hours=1)
    event_id = published(session, scotland, starts_at=starts, capacity=10, guests_allowed=1)
    who = [places.register(session, scotland, event_id, visitor()).id for _ in range(6)]
    with_guest = places.register(session, scotland, event_id, visitor(), Wish(guests=1))
    taken_back = press(who[1])
    keep(session, scotland, event_id, press(who[0]), press(who[0]), taken_back, press(who[2]), press(with_guest.id))
    keep(session, scotland, event_id, press(who[1], "undo", undoes=(taken_back.nonce,)), press(who[2], "out"))
    keep(session, scotland, event_id, press("", kind="walk_in", name="Passing by"))
    frozen_clock.advance(hours=4)
    event = events.find(session, event_id)
    correct(session, scotland, event_id, who[2], "no_show", None, "Somebody else's press", organiser(), new_token())
    correct(session, scotland, event_id, who[3], "no_show", None, "Not here", organiser(), new_token())
    frozen_clock.advance(minutes=1)
    correct(session, scotland, event_id, who[3], "attended", None, "Signed on paper", organiser(), new_token())
    (found,) = figures.taken(session, year())
    people = [one for one in attendance.people(session, event) if one.kind == attendance.REGISTERED]
    assert (found.expected, found.missed) == (len(people), sum(not one.came for one in people)) == (7, 4)
    assert (found.held, found.offered) == (8, 10)
    assert sum(one.people for one in figures.reached(session, year())) == 3


def test_each_person_counts_once_by_the_home_of_today_and_again_from_the_second_event_on(
    app: Flask, session: ScopedSession, scotland: TenantRef
) -> None:
    at_home, away, nobodys = (
        [make_person(app, f"{where or 'no'}{n}@example.org", home=where) for n in range(number)]
        for where, number in (("scotland", 4), ("wales", 2), ("", 1))
    )
    first = _held(session, scotland, [*at_home, *away, *nobodys], 7)
    _held(session, scotland, [*at_home[:2], *away], 3, when=timedelta(days=-3))  # the last one did not come
    with transaction(session):  # somebody comes again to the same event's door: that is not another event
        walk = {"id": new_id(), "tenant_id": scotland.id, "event_id": first, "account_id": at_home[3], "name": "N"}
        session.execute(
            sa.insert(WalkIn), [{**walk, "email": "", "nonce": new_token(), "added_by": None, "added_at": clock.now()}]
        )
    found = {one.home: (one.people, one.again) for one in figures.reached(session, year())}
    assert found[scotland.id] == (4, 2)
    assert sorted(found.values()) == [(1, 0), (2, 1), (4, 2)]
    assert None in found


def test_people_are_counted_by_where_they_work_as_they_say_today(
    app: Flask, session: ScopedSession, scotland: TenantRef
) -> None:
    sectors = ["hospital"] * 6 + ["voluntary"] * 4 + ["private"] * 4 + ["university"] * 2 + [""] * 5
    people = []
    for number, sector in enumerate(sectors):
        email = f"p{number}@example.org"
        people.append(make_person(app, email, home="scotland"))
        details = accounts.Details("Somebody", "en", sector=sector)
        with app.app_context(), tenant_session(scotland.id) as own:
            accounts.change_details(own, Actor(people[-1], ""), details=details, version=1)
    _held(session, scotland, people, len(people), capacity=30)
    found: Counted[str | None] = Counted()
    for one in figures.reached(session, year()):
        found[one.sector] += one.people
    assert found == {"hospital": 6, "voluntary": 4, "private": 4, "university": 2, "": 5}
    page = _lead(app).get(HERE).text
    for words in ("Hospital care", "Not told", "3 smaller sectors together"):
        assert words in page, words
    assert "Charity or community group" not in page, "fewer than five people"


def test_the_figures_cost_three_statements_whatever_the_number_of_events(
    app: Flask, session: ScopedSession, scotland: TenantRef, statements: Counter
) -> None:
    lead = _lead(app)
    lead.get(HERE)
    counts = []
    for many in (1, 49):
        for _ in range(many):
            _held(session, scotland, _ids(3), 2, answers=5)
        with statements() as seen:
            figures.taken(session, year())
            figures.reached(session, year())
            figures.heard(session, year())
        assert len(seen) == 3
        with statements() as seen:
            assert lead.get(HERE).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_page_and_its_files_say_the_same(app: Flask, session: ScopedSession, scotland: TenantRef) -> None:
    lead = _lead(app)
    assert "Nothing took place in this time." in lead.get(HERE).text
    _held(session, scotland, _ids(10), 9, capacity=20, answers=10)
    _held(session, scotland, _ids(6), 6, capacity=None, kind="webinar")
    page = lead.get(HERE).text
    for words in ("50% (10 of 20)", "6% (1 of 16)", "events took place", "15", "Not a member", "4.5"):
        assert words in page, words
    rows = list(csv.reader(io.StringIO(lead.get(f"{HERE}?format=csv").text.lstrip("\ufeff"))))
    assert rows[0] == ["About", "Group", "Figure", "Count", "Of"]
    assert ["Places filled", "Workshop", "0.5", "10", "20"] in rows
    assert ["Did not come", "All events", "0.0625", "1", "16"] in rows
    assert ["People who came, by home area", "Not a member", "", "15", ""] in rows
    assert ["People who came, by where they work", "Not a member", "", "15", ""] in rows
    assert any(row[0] == "“It was worth my time”" and row[2:4] == ["4.5", ""] for row in rows)
    assert lead.get(f"{HERE}?format=xlsx").status_code == 200
    narrowed = lead.get(f"{HERE}?kind=webinar").text
    assert "50% (10 of 20)" not in narrowed
    assert "kind=webinar" in narrowed, "the files are narrowed as the page is"


def test_nothing_of_fewer_than_five_people_is_shown(app: Flask, session: ScopedSession, scotland: TenantRef) -> None:
    _held(session, scotland, _ids(4), 3)
    page = _lead(app).get(HERE).text
    for words in ("Too few people came", "from too few people to show", "Nothing to show yet."):
        assert words in page, words


@pytest.mark.parametrize("query", ["from=2026-13-45&to=x&kind=nonsense", "from=&to=&kind=", "from=0001-01-01"])
def test_what_makes_no_sense_asks_for_the_usual(app: Flask, query: str) -> None:
    assert _lead(app).get(f"{HERE}?{query}").status_code == 200


def test_days_in_the_wrong_order_are_told_and_kept(app: Flask) -> None:
    page = _lead(app).get(f"{HERE}?from=2026-05-01&to=2026-04-01")
    assert page.status_code == 422
    assert "The first day is after the last." in page.text
    assert 'value="2026-05-01"' in page.text


def test_a_site_sees_its_own_and_the_uk_site_everybodys_with_each_person_once(
    app: Flask, session: ScopedSession, scotland: TenantRef, session_for: Callable[[str], ScopedSession], wales: TenantRef,
    platform_session: ScopedSession,
) -> None:  # fmt: skip
    people = [make_person(app, f"m{n}@example.org", home="wales") for n in range(6)]
    _held(session, scotland, people, 6, capacity=10)
    _held(session_for("wales"), wales, people, 6, capacity=30)
    central = _lead(app, "uk")
    assert "60% (6 of 10)" in _lead(app).get(HERE).text
    before = platform_session.scalar(
        sa.select(sa.func.count(AuditEntry.id)).where(AuditEntry.action == "platform.read")
    )
    page = central.get("/manage/events/figures").text
    for words in ("30% (12 of 40)", "60% (6 of 10)", "20% (6 of 30)", "By site", "100% (6 of 6)"):
        assert words in page, words
    platform_session.rollback()
    reads = sa.select(sa.func.count(AuditEntry.id)).where(AuditEntry.action == "platform.read")
    assert platform_session.scalar(reads) == (before or 0) + 1
    assert "By site" not in central.get(HERE).text


def test_only_organisers_see_them(app: Flask, client: FormClient) -> None:
    member = client_of(app, make_person(app, "sam@example.org", home="scotland"))
    assert member.get(HERE).status_code == 403
    assert client.get(HERE).status_code == 303
    assert _lead(app, "wales").get(HERE).status_code == 403
    assert _lead(app).get("/manage/events/figures").status_code == 403


def test_a_corrections_time_decides_not_its_place(session: ScopedSession, scotland: TenantRef) -> None:
    """Two corrections of one instant: the later id counts, as on the event's own page."""
    event_id = _held(session, scotland, _ids(1), 1)
    registration = session.scalar(sa.select(Registration.id).where(Registration.event_id == event_id))
    base: dict[str, Any] = {
        "tenant_id": scotland.id, "event_id": event_id, "registration_id": registration, "walk_in_id": None, "minutes": None,
        "why": "test", "made_by": None, "made_at": clock.now(),
    }  # fmt: skip
    ids = sorted(_ids(2))
    with transaction(session):
        session.execute(
            sa.insert(Correction),
            [
                {**base, "id": ids[1], "attendance": "no_show"},
                {**base, "id": ids[0], "attendance": "attended"},
            ],
        )
    assert [one.missed for one in figures.taken(session, year())] == [1]
