"""Registering, giving a place back, who sees what, the organiser's list and a person's data."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.data.audit import AuditEntry
from core.data.session import transaction
from core.kernel import clock
from core.kernel.ids import new_id
from core.people.models import Account
from core.sdk import Forbidden, NotFound, Refused
from core.tenancy.models import ShelfItem
from plugins.local_events import personal
from plugins.local_events.models import Event, Invitation, Pool
from plugins.local_events.queries import events, registrations, waiting
from plugins.local_events.queries import places as counting
from plugins.local_events.service import inviting, places, running
from tests.factories.people import make_person
from tests.plugins.local_events.helpers import (
    ORGANISER,
    USUAL,
    coming,
    draft,
    drafted,
    held,
    nothing_found,
    published,
    registration,
    row,
    visitor,
)


def _shelf(session: Any, account_id: str | None) -> list[Any]:
    query = sa.select(ShelfItem.ref, ShelfItem.status, ShelfItem.path).where(ShelfItem.account_id == account_id)
    return list(session.execute(query))


def test_registering_takes_a_place_once(session, scotland, statements):
    event_id, guest = published(session, scotland), visitor()
    with statements() as seen:
        assert places.register(session, scotland, event_id, guest).new
    assert len(seen) == 6, seen.text
    assert not places.register(session, scotland, event_id, guest).new
    assert (held(session, event_id), coming(session, event_id)) == (1, 1)
    assert _shelf(session, guest.account_id) == [(event_id, "Coming", f"/events/{event_id}")]
    entries = session.execute(
        sa.select(AuditEntry.actor_id, AuditEntry.before, AuditEntry.after).where(
            AuditEntry.action == "local_events.register"
        )
    )
    assert entries.all() == [
        (guest.account_id, None, {"registration": registration(session, event_id, guest).id, "state": "confirmed"})
    ]


def test_giving_a_place_back_and_taking_it_again(session, scotland):
    event_id, guest = published(session, scotland, capacity=1), visitor()
    places.register(session, scotland, event_id, guest)
    assert places.withdraw(session, scotland, event_id, guest) == "confirmed"
    assert places.withdraw(session, scotland, event_id, guest) == ""
    assert (held(session, event_id), _shelf(session, guest.account_id)) == (0, [])
    assert places.register(session, scotland, event_id, visitor()).state == "confirmed"
    assert places.register(session, scotland, event_id, guest).state == "waitlisted"
    assert (held(session, event_id), coming(session, event_id)) == (1, 1)


def test_a_full_event_still_knows_who_has_a_place(session, scotland):
    event_id, first = published(session, scotland, capacity=1), visitor()
    places.register(session, scotland, event_id, first)
    assert not places.register(session, scotland, event_id, first).new
    assert places.register(session, scotland, event_id, visitor()).state == "waitlisted"
    assert coming(session, event_id) == 1


def test_nobody_joins_without_signing_in(session, scotland):
    event_id = published(session, scotland)
    for action in (places.register, places.withdraw):
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
    listed = [event.id for event in events.upcoming(session, scotland, person).events]
    assert (event_id in listed) is sees
    if joins:
        assert places.register(session, scotland, event_id, person)
    else:
        with pytest.raises(Refused if sees else NotFound) as error:
            places.register(session, scotland, event_id, person)
        if sees:
            assert "members" in str(error.value)
    assert held(session, event_id) == int(joins)


def test_only_open_events_are_joined_and_left(session, scotland, frozen_clock):
    who, guest = visitor(ORGANISER), visitor()
    draft_id, cancelled, begun = (
        drafted(session, scotland, who),
        published(session, scotland, who),
        published(session, scotland, who),
    )
    for event_id in (cancelled, begun):
        places.register(session, scotland, event_id, guest)
    running.cancel(session, scotland, USUAL, cancelled, "Snow", who)
    with pytest.raises(NotFound):
        places.register(session, scotland, draft_id, visitor())
    with pytest.raises(Refused, match="not open"):
        places.register(session, scotland, draft_id, who)
    with pytest.raises(Refused, match="not open"):
        places.register(session, scotland, cancelled, visitor())
    frozen_clock.advance(days=7, minutes=1)
    with pytest.raises(Refused, match="begun"):
        places.register(session, scotland, begun, visitor())
    with pytest.raises(Refused):
        places.withdraw(session, scotland, begun, guest)
    assert not places.withdraw(session, scotland, cancelled, guest)
    assert (coming(session, begun), coming(session, cancelled)) == (1, 0)


def test_who_is_coming_by_name(session, scotland):
    event_id = published(session, scotland)
    for name in ("Zoë", "Ann"):
        places.register(session, scotland, event_id, visitor(name=name))
    left = visitor(name="Bob")
    places.register(session, scotland, event_id, left)
    places.withdraw(session, scotland, event_id, left)
    people = registrations.listed(session, event_id, states=("confirmed",), search="", sort="name", limit=50, offset=0)[
        0
    ]
    assert (held(session, event_id), [person.name for person in people]) == (2, ["Ann", "Zoë"])


def test_who_registered_is_found_by_every_word(session, scotland):
    event_id = published(session, scotland)
    for name in ("Élan Ŵyn", "ann de Souza", "Ann Zed"):
        places.register(session, scotland, event_id, visitor(name=name))
    for search, names in (
        ("ŵyn ÉLAN", ["Élan Ŵyn"]),
        ("souza ANN", ["ann de Souza"]),
        ("ann", ["ann de Souza", "Ann Zed"]),
    ):
        found, total = registrations.listed(
            session, event_id, states=(), search=search, sort="name", limit=50, offset=0
        )
        assert ([one.name for one in found], total) == (names, len(names)), search


def test_lists_take_two_statements_however_long(session, scotland, statements):
    member, counts = visitor(ORGANISER, home=scotland.id), []
    for much in (1, 50, 51):
        with transaction(session):
            have = session.scalar(sa.select(sa.func.count(Event.id)))
            for number in range(have or 0, much):
                _add_event(session, draft(title=f"No. {number}"))
        event_id = events.upcoming(session, scotland, member).events[0].id
        places.register(session, scotland, event_id, visitor())
        session.rollback()
        for read in (
            lambda: events.upcoming(session, scotland, member),
            lambda: events.past(session, scotland, member),
            lambda: events.drafts(session, member),
            lambda event_id=event_id: (counting.of_event(session, event_id), waiting.at_sites(session, [scotland.id])),
        ):
            with statements() as seen:
                read()
            counts.append(len(seen))
        page = events.upcoming(session, scotland, member)
        assert (len(page.events), page.more) == (min(much, 50), much > 50)
    assert counts == [2, 1, 1, 2] * 3  # nothing is past, and nothing a draft
    assert len(events.upcoming(session, scotland, member, 2).events) == 1


def _add_event(session: Any, plan: Any) -> None:
    """A published event straight into the tables."""
    values = {c.name: getattr(plan, c.name) for c in Event.__table__.c if hasattr(plan, c.name)}
    now, event_id = clock.now(), new_id()
    session.add(Event(**values, id=event_id, state="published", created_at=now, modified_at=now, published_at=now))
    session.flush()
    session.add(Pool(event_id=event_id, kind="in_person", capacity=plan.capacity, eligibility="public"))


def test_lists_part_what_is_to_come_from_what_is_over(session, scotland, frozen_clock):
    who = visitor(ORGANISER)
    soon, later = published(session, scotland), published(session, scotland, starts_at=clock.now() + timedelta(days=20))
    unpublished, cancelled = drafted(session, scotland), published(session, scotland)
    running.cancel(session, scotland, USUAL, cancelled, "Snow", who)
    scrapped = drafted(session, scotland)
    running.cancel(session, scotland, USUAL, scrapped, "No speaker", who)
    frozen_clock.advance(days=7, hours=3)
    public = visitor()
    assert [e.id for e in events.upcoming(session, scotland, public).events] == [later]
    assert [e.id for e in events.past(session, scotland, public).events] == [soon]
    assert {e.id for e in events.past(session, scotland, who).events} == {soon, cancelled, scrapped}
    assert [e.id for e in events.drafts(session, who).events] == [unpublished]
    assert not events.drafts(session, public).events
    none, one = Counter[int](), Counter({scotland.id: 1})
    assert waiting.at_sites(session, [scotland.id]) == (none, none, one, one, none)
    assert [e.id for e in events.next_events(session, ("public",), 4)] == [later]
    assert events.seen(session, scotland, public, cancelled).state == "cancelled"
    with pytest.raises(NotFound):
        events.seen(session, scotland, public, scrapped)


def test_a_persons_data_can_be_told_and_erased(session, scotland):
    person = visitor(ORGANISER)
    account_id = person.account_id or ""
    made, joined = published(session, scotland, person), published(session, scotland)
    places.register(session, scotland, joined, person)
    told = dict(personal.person_data(session, account_id))
    assert [one["email"] for one in told["Event registrations"]] == [person.email]
    assert [one["id"] for one in told["Events created"]] == [made]
    assert list(personal.person_data(session, new_id())) == []
    with transaction(session):
        planned = list(personal.erase_person(session, account_id, dry_run=True))
    assert held(session, joined) == 1
    with transaction(session):
        assert list(personal.erase_person(session, account_id, dry_run=False)) == planned
    assert len(planned) == 3
    assert (held(session, joined), row(session, made).created_by) == (0, None)
    assert list(personal.person_data(session, account_id)) == []
    assert _shelf(session, account_id) == []


def test_an_invitation_is_told_and_erased_with_the_account_of_its_address(app, session, scotland):
    """Also of who never registered, and whose account is closed by then."""
    account_id = make_person(app, "Ann@example.org")
    event_id = published(session, scotland)
    inviting.invite(session, scotland, event_id, ["ann@example.org", "ben@example.org"], visitor(ORGANISER))
    told = dict(personal.person_data(session, account_id))
    assert [(one["id"], one["email"]) for one in told["Invitations to events"]] == [(event_id, "ann@example.org")]
    with transaction(session):
        session.execute(sa.update(Account).where(Account.id == account_id).values(disabled_at=clock.now()))
    with transaction(session):
        planned = list(personal.erase_person(session, account_id, dry_run=True))
    assert planned == ["local_events: 1 invitations"]
    with transaction(session):
        assert list(personal.erase_person(session, account_id, dry_run=False)) == planned
    assert session.scalars(sa.select(Invitation.email)).all() == ["ben@example.org"]
    assert list(personal.person_data(session, account_id)) == []


def test_what_the_database_itself_refuses(session, scotland):
    event_id = published(session, scotland, capacity=1)
    for values in (
        {"guests_allowed": -1},
        {"ends_at": clock.now()},
        {"state": "gone"},
        {"kind": "party"},
        {"audience": "press"},
    ):
        with pytest.raises(sa.exc.IntegrityError), transaction(session):
            session.execute(sa.update(Event).where(Event.id == event_id).values(**values))
    with pytest.raises(Refused):
        running.publish(session, scotland, USUAL, event_id, visitor(ORGANISER), nothing_found)
