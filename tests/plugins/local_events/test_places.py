"""Registering, giving a place back, who sees what, the organiser's list and a person's data."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.data.audit import AuditEntry
from core.data.session import transaction
from core.kernel import clock
from core.kernel.ids import new_id
from core.sdk import Forbidden, NotFound, Refused
from core.tenancy.models import ShelfItem
from plugins.local_events import queries, registration, service
from plugins.local_events.models import Event
from tests.plugins.local_events.helpers import (
    ORGANISER,
    USUAL,
    coming,
    draft,
    drafted,
    nothing_found,
    published,
    row,
    visitor,
)


def _shelf(session: Any, account_id: str | None) -> list[Any]:
    query = sa.select(ShelfItem.ref, ShelfItem.status, ShelfItem.path).where(ShelfItem.account_id == account_id)
    return list(session.execute(query))


def test_registering_takes_a_place_once(session, scotland, statements):
    event_id, guest = published(session, scotland), visitor()
    with statements() as seen:
        assert registration.register(session, scotland, event_id, guest) is True
    assert len(seen) == 5, seen.text
    assert registration.register(session, scotland, event_id, guest) is False
    assert (row(session, event_id).taken, coming(session, event_id)) == (1, 1)
    assert _shelf(session, guest.account_id) == [(event_id, "Coming", f"/events/{event_id}")]
    entries = session.execute(
        sa.select(AuditEntry.actor_id, AuditEntry.before, AuditEntry.after).where(
            AuditEntry.action == "local_events.register"
        )
    )
    assert entries.all() == [(guest.account_id, None, None)]


def test_giving_a_place_back_and_taking_it_again(session, scotland):
    event_id, guest = published(session, scotland, capacity=1), visitor()
    registration.register(session, scotland, event_id, guest)
    assert registration.withdraw(session, scotland, event_id, guest) is True
    assert registration.withdraw(session, scotland, event_id, guest) is False
    assert (row(session, event_id).taken, _shelf(session, guest.account_id)) == (0, [])
    assert registration.register(session, scotland, event_id, visitor()) is True
    with pytest.raises(Refused, match="full"):
        registration.register(session, scotland, event_id, guest)
    assert (row(session, event_id).taken, coming(session, event_id)) == (1, 1)


def test_a_full_event_still_knows_who_has_a_place(session, scotland):
    event_id, first = published(session, scotland, capacity=1), visitor()
    registration.register(session, scotland, event_id, first)
    assert registration.register(session, scotland, event_id, first) is False
    with pytest.raises(Refused, match="full"):
        registration.register(session, scotland, event_id, visitor())
    assert coming(session, event_id) == 1


def test_nobody_joins_without_signing_in(session, scotland):
    event_id = published(session, scotland)
    for action in (registration.register, registration.withdraw):
        with pytest.raises(Forbidden):
            action(session, scotland, event_id, visitor(account_id=None))


@pytest.mark.parametrize("audience", ["area", "uk", "public"])
@pytest.mark.parametrize("who", ["local", "elsewhere", "guest", "organiser elsewhere", "organiser"])
def test_who_may_see_and_join(session, scotland, wales, audience, who):
    event_id = published(session, scotland, audience=audience)
    person = {
        "local": visitor(home=scotland.id),
        "elsewhere": visitor(home=wales.id),
        "guest": visitor(),
        "organiser elsewhere": visitor(ORGANISER, home=wales.id),
        "organiser": visitor(ORGANISER),
    }[who]
    sees = (
        who.startswith("organiser")
        or audience in {"local": ("area", "uk", "public"), "elsewhere": ("uk", "public"), "guest": ("public",)}[who]
    )
    joins = audience == "public" or (audience == "uk" and person.is_member) or who == "local"
    listed = [event.id for event in queries.upcoming(session, scotland, person).events]
    assert (event_id in listed) is sees
    if joins:
        assert registration.register(session, scotland, event_id, person)
    else:
        with pytest.raises(Refused if sees else NotFound) as error:
            registration.register(session, scotland, event_id, person)
        if sees:
            assert "members" in str(error.value)
    assert row(session, event_id).taken == int(joins)


def test_only_open_events_are_joined_and_left(session, scotland, frozen_clock):
    who, guest = visitor(ORGANISER), visitor()
    draft_id, cancelled, begun = (
        drafted(session, scotland, who),
        published(session, scotland, who),
        published(session, scotland, who),
    )
    for event_id in (cancelled, begun):
        registration.register(session, scotland, event_id, guest)
    service.cancel(session, scotland, USUAL, cancelled, "Snow", who)
    with pytest.raises(NotFound):
        registration.register(session, scotland, draft_id, visitor())
    with pytest.raises(Refused, match="not open"):
        registration.register(session, scotland, draft_id, who)
    with pytest.raises(Refused, match="not open"):
        registration.register(session, scotland, cancelled, visitor())
    frozen_clock.advance(days=7, minutes=1)
    with pytest.raises(Refused, match="begun"):
        registration.register(session, scotland, begun, visitor())
    for event_id in (cancelled, begun):
        with pytest.raises(Refused):
            registration.withdraw(session, scotland, event_id, guest)
        assert coming(session, event_id) == 1


def test_who_is_coming_is_for_organisers(session, scotland):
    event_id = published(session, scotland)
    for name in ("Zoë", "Ann"):
        registration.register(session, scotland, event_id, visitor(name=name))
    left = visitor(name="Bob")
    registration.register(session, scotland, event_id, left)
    registration.withdraw(session, scotland, event_id, left)
    with pytest.raises(Forbidden):
        registration.attendees(session, event_id, visitor(home=scotland.id))
    event, people = registration.attendees(session, event_id, visitor(ORGANISER))
    assert (event.taken, [person.name for person in people]) == (2, ["Ann", "Zoë"])


def test_lists_take_one_statement_however_long(session, scotland, statements):
    member, counts = visitor(ORGANISER, home=scotland.id), []
    for much in (1, 50, 51):
        with transaction(session):
            have = session.scalar(sa.select(sa.func.count(Event.id)))
            for number in range(have or 0, much):
                session.add(Event(**_values(draft(title=f"No. {number}")), state="published", published_at=clock.now()))
        event_id = queries.upcoming(session, scotland, member).events[0].id
        registration.register(session, scotland, event_id, visitor())
        session.rollback()
        for read in (
            lambda: queries.upcoming(session, scotland, member),
            lambda: queries.past(session, scotland, member),
            lambda: queries.drafts(session, member),
            lambda event_id=event_id: queries.people(session, event_id),
            lambda: queries.waiting(session),
        ):
            with statements() as seen:
                read()
            counts.append(len(seen))
        page = queries.upcoming(session, scotland, member)
        assert (len(page.events), page.more) == (min(much, 50), much > 50)
    assert set(counts) == {1}
    assert len(queries.upcoming(session, scotland, member, 2).events) == 1


def _values(plan: Any) -> dict[str, Any]:
    names = (
        "kind",
        "title",
        "summary",
        "description",
        "mode",
        "place",
        "online_url",
        "starts_at",
        "ends_at",
        "audience",
        "capacity",
    )
    return {name: getattr(plan, name) for name in names} | {"created_at": clock.now()}


def test_lists_part_what_is_to_come_from_what_is_over(session, scotland, frozen_clock):
    who = visitor(ORGANISER)
    soon, later = published(session, scotland), published(session, scotland, starts_at=clock.now() + timedelta(days=20))
    unpublished, cancelled = drafted(session, scotland), published(session, scotland)
    service.cancel(session, scotland, USUAL, cancelled, "Snow", who)
    scrapped = drafted(session, scotland)
    service.cancel(session, scotland, USUAL, scrapped, "No speaker", who)
    frozen_clock.advance(days=7, hours=3)
    public = visitor()
    assert [e.id for e in queries.upcoming(session, scotland, public).events] == [later]
    assert [e.id for e in queries.past(session, scotland, public).events] == [soon]
    assert {e.id for e in queries.past(session, scotland, who).events} == {soon, cancelled, scrapped}
    assert [e.id for e in queries.drafts(session, who).events] == [unpublished]
    assert not queries.drafts(session, public).events
    assert queries.waiting(session) == (1, 1)
    assert [e.id for e in queries.next_events(session, ("public",), 4)] == [later]
    assert queries.seen(session, scotland, public, cancelled).state == "cancelled"
    with pytest.raises(NotFound):
        queries.seen(session, scotland, public, scrapped)


def test_a_persons_data_can_be_told_and_erased(session, scotland):
    person = visitor(ORGANISER)
    account_id = person.account_id or ""
    made, joined = published(session, scotland, person), published(session, scotland)
    registration.register(session, scotland, joined, person)
    told = dict(registration.person_data(session, account_id))
    assert [one["email"] for one in told["Event registrations"]] == [person.email]
    assert [one["id"] for one in told["Events created"]] == [made]
    assert list(registration.person_data(session, new_id())) == []
    with transaction(session):
        planned = list(registration.erase_person(session, account_id, dry_run=True))
    assert row(session, joined).taken == 1
    with transaction(session):
        assert list(registration.erase_person(session, account_id, dry_run=False)) == planned
    assert len(planned) == 2
    assert (row(session, joined).taken, row(session, made).created_by) == (0, None)
    assert list(registration.person_data(session, account_id)) == []
    assert _shelf(session, account_id) == []


def test_what_the_database_itself_refuses(session, scotland):
    event_id = published(session, scotland, capacity=1)
    for values in ({"taken": 2}, {"taken": -1}, {"state": "gone"}, {"kind": "party"}, {"audience": "press"}):
        with pytest.raises(sa.exc.IntegrityError), transaction(session):
            session.execute(sa.update(Event).where(Event.id == event_id).values(**values))
    with pytest.raises(Refused):
        service.publish(session, scotland, USUAL, event_id, visitor(ORGANISER), nothing_found)
