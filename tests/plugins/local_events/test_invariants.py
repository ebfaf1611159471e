"""What always holds of an event's places, one test for each invariant, named as the invariants are numbered."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.data.db import open_session
from core.data.scope import Scope
from core.data.session import transaction
from core.people.models import Affiliation
from core.sdk import NotFound, Refused, clock, new_id
from core.tenancy.models import ShelfItem
from plugins.local_events import personal
from plugins.local_events.models import Event, Registration
from plugins.local_events.queries import events
from plugins.local_events.queries import places as counting
from plugins.local_events.service import deciding, offers, places, running, telling
from plugins.local_events.states import ACTIVE
from tests.factories.people import make_person
from tests.plugins.local_events.helpers import (
    ORGANISER,
    USUAL,
    coming,
    full_with,
    held,
    published,
    registration,
    resize,
    state,
    visitor,
)


def test_i1_no_more_is_held_than_there_are_places_unless_an_organiser_said_why(session, scotland):
    event_id, _, (second, _) = full_with(session, scotland, 2)
    assert (held(session, event_id), coming(session, event_id)) == (1, 1)
    deciding.force(session, event_id, registration(session, event_id, second).id, "She speaks.", visitor(ORGANISER))
    assert held(session, event_id) == 2
    assert registration(session, event_id, second).override_reason == "She speaks."


def test_i2_a_person_is_registered_once(session, scotland):
    event_id, first, (second,) = full_with(session, scotland, 1)
    for person in (first, second):
        again = places.register(session, scotland, event_id, person)
        assert (again.new, again.id) == (False, registration(session, event_id, person).id)
    now, pool = clock.now(), counting.of_event(session, event_id).pools[0]
    with pytest.raises(sa.exc.IntegrityError), transaction(session):
        session.add(
            Registration(
                event_id=event_id, pool_id=pool.id, account_id=first.account_id, name="", email="", state="pending",
                queued_at=now, changed_at=now,
            )
        )  # fmt: skip


def test_i3_nobody_new_goes_before_who_waits(session, scotland):
    event_id, first, (second,) = full_with(session, scotland, 1)
    places.withdraw(session, scotland, event_id, first)
    third = visitor()
    assert places.register(session, scotland, event_id, third).state == "waitlisted"
    assert (state(session, event_id, second), state(session, event_id, third)) == ("offered", "waitlisted")


def test_i3_a_large_party_is_not_passed_by_a_small_one(session, scotland):
    event_id = published(session, scotland, capacity=2, guests_allowed=3)
    pair, party, single = visitor(), visitor(), visitor()
    places.register(session, scotland, event_id, pair, places.Wish(guests=1))
    places.register(session, scotland, event_id, party, places.Wish(guests=1))
    places.register(session, scotland, event_id, single)
    places.change(session, scotland, event_id, pair, places.Wish(guests=0), {})
    assert [state(session, event_id, one) for one in (party, single)] == ["waitlisted"] * 2
    places.withdraw(session, scotland, event_id, pair)
    assert [state(session, event_id, one) for one in (party, single)] == ["offered", "waitlisted"]
    resize(session, scotland, event_id, 1)
    offers.decline(session, scotland, event_id, party)
    assert state(session, event_id, single) == "offered"


@pytest.mark.parametrize("freed", ["withdraw", "decline", "lapse", "more places", "removed", "erased"])
def test_i4_a_free_place_is_offered_in_the_transaction_that_frees_it(session, scotland, frozen_clock, freed):
    event_id, first, (second, third) = full_with(session, scotland, 2)
    if freed in ("decline", "lapse"):
        places.withdraw(session, scotland, event_id, first)
        assert state(session, event_id, second) == "offered"
        if freed == "decline":
            offers.decline(session, scotland, event_id, second)
        else:
            frozen_clock.advance(hours=49)
            offers.sweep(session, USUAL)
            assert state(session, event_id, second) == "offer_lapsed"
        assert state(session, event_id, third) == "offered"
        return
    if freed == "withdraw":
        places.withdraw(session, scotland, event_id, first)
    elif freed == "more places":
        resize(session, scotland, event_id, 2)
    elif freed == "removed":
        deciding.remove(session, event_id, registration(session, event_id, first).id, "No show", visitor(ORGANISER))
    else:
        with transaction(session):
            list(personal.erase_person(session, str(first.account_id), dry_run=False))
    assert [state(session, event_id, one) for one in (second, third)] == ["offered", "waitlisted"]


def test_i4_one_who_registers_meanwhile_also_sets_it_right(session, scotland, frozen_clock):
    """No job has run since the offer lapsed: whoever comes next finds it so, and waits behind the next in order."""
    event_id, first, (second, third) = full_with(session, scotland, 2)
    places.withdraw(session, scotland, event_id, first)
    frozen_clock.advance(hours=49)
    assert held(session, event_id) == 0
    assert places.register(session, scotland, event_id, visitor()).state == "waitlisted"
    assert [state(session, event_id, one) for one in (second, third)] == ["offer_lapsed", "offered"]


def test_i5_when_somebody_asked_never_changes(session, scotland, frozen_clock):
    event_id, first, (second,) = full_with(session, scotland, 1)
    asked = registration(session, event_id, second).queued_at
    for step in (
        lambda: places.change(session, scotland, event_id, second, places.Wish(accepts_offers=False), {}),
        lambda: places.withdraw(session, scotland, event_id, first),
        lambda: offers.accept(session, scotland, event_id, second),
        lambda: telling.tell(session, lambda *_: new_id()),
    ):
        frozen_clock.advance(minutes=5)
        step()
        assert registration(session, event_id, second).queued_at == asked
    assert state(session, event_id, second) == "confirmed"


def test_i6_an_offer_is_accepted_once_and_never_too_late(session, scotland, frozen_clock):
    event_id, first, (second, _) = full_with(session, scotland, 2)
    places.withdraw(session, scotland, event_id, first)
    until = registration(session, event_id, second).offer_expires_at
    assert until == clock.now() + timedelta(hours=48)
    frozen_clock.move_to(until)
    with pytest.raises(Refused, match="lapsed"):
        offers.accept(session, scotland, event_id, second)
    frozen_clock.advance(seconds=-1)
    assert offers.accept(session, scotland, event_id, second) is True
    assert offers.accept(session, scotland, event_id, second) is False
    with pytest.raises(Refused):
        offers.decline(session, scotland, event_id, second)
    assert coming(session, event_id) == 1


def test_i7_no_more_are_promoted_than_places_became_free(session, scotland):
    event_id, _, waiting = full_with(session, scotland, 4)
    resize(session, scotland, event_id, 3)
    assert [state(session, event_id, one) for one in waiting] == ["offered", "offered", "waitlisted", "waitlisted"]
    offers.sweep(session, USUAL)
    assert held(session, event_id) == 3


def test_i8_each_step_is_told_once(app, session, scotland, frozen_clock):
    person = make_person(app, "mair@example.org", home="scotland")
    event_id, first, _ = full_with(session, scotland, 0)
    mair = visitor(account_id=person)
    told: list[str] = []

    def post(_: Any, letter: telling.Told) -> str:
        told.append(letter.kind)
        return new_id()

    def tell() -> None:
        telling.tell(session, post)
        telling.tell(session, post)

    places.register(session, scotland, event_id, mair)
    tell()
    places.withdraw(session, scotland, event_id, first)
    tell()
    offers.accept(session, scotland, event_id, mair)
    tell()
    running.cancel(session, scotland, USUAL, event_id, "Snow", visitor(ORGANISER))
    tell()
    assert told == ["waitlisted", "offered", "confirmed", "cancelled"]


def test_i8_a_letter_that_cannot_be_written_is_written_later(app, session, scotland):
    event_id = published(session, scotland)
    places.register(session, scotland, event_id, visitor(account_id=make_person(app, "mair@example.org")))
    told: list[str] = []

    def dies(*_: Any) -> str:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - its own, from above
        telling.tell(session, dies)

    def post(_: Any, letter: telling.Told) -> str:
        told.append(letter.kind)
        return new_id()

    telling.tell(session, post)
    assert told == ["confirmed"]


def test_i10_who_may_not_see_an_event_learns_nothing_of_it(session, scotland, wales, session_for):
    event_id = published(session, scotland, audience="area")
    for act in (places.register, places.withdraw, offers.accept, offers.decline):
        with pytest.raises(NotFound):
            act(session, scotland, event_id, visitor(home=wales.id))
        with pytest.raises(NotFound):
            act(session_for("wales"), wales, event_id, visitor(home=wales.id))


def test_i11_giving_back_late_is_noted_by_the_one_clock(session, scotland, frozen_clock):
    until = clock.now() + timedelta(days=1)
    event_id = published(session, scotland, withdraw_until=until)
    early, late = visitor(), visitor()
    for person in (early, late):
        places.register(session, scotland, event_id, person)
    frozen_clock.move_to(until)
    places.withdraw(session, scotland, event_id, early)
    frozen_clock.advance(seconds=1)
    places.withdraw(session, scotland, event_id, late)
    assert (registration(session, event_id, early).late, registration(session, event_id, late).late) == (False, True)


def test_i12_fewer_places_turn_nobody_out(session, scotland):
    event_id = published(session, scotland, capacity=3)
    people = [visitor() for _ in range(4)]
    for person in people:
        places.register(session, scotland, event_id, person)
    resize(session, scotland, event_id, 1)
    assert [state(session, event_id, one) for one in people] == ["confirmed"] * 3 + ["waitlisted"]
    for person in people[:2]:
        places.withdraw(session, scotland, event_id, person)
        assert state(session, event_id, people[3]) == "waitlisted"
    places.withdraw(session, scotland, event_id, people[2])
    assert state(session, event_id, people[3]) == "offered"


def test_i13_a_member_who_moves_keeps_the_place_and_waits_for_none(app, session, scotland, wales):
    """The one with a place keeps it. The one who waits is no longer eligible: the place goes to the next who is."""
    ids = [make_person(app, f"p{number}@example.org", home="scotland") for number in range(3)]
    holder, mover, stayer = (visitor(account_id=one, home=scotland.id) for one in ids)
    event_id = published(session, scotland, audience="area", capacity=1)
    for person in (holder, mover, stayer):
        places.register(session, scotland, event_id, person)
    _move(app, ids[:2], wales.id)
    offers.sweep(session, USUAL)
    assert state(session, event_id, holder) == "confirmed"
    gone = visitor(account_id=ids[0], home=wales.id)
    assert events.seen(session, scotland, gone, event_id).id == event_id
    places.withdraw(session, scotland, event_id, gone)
    assert [state(session, event_id, one) for one in (mover, stayer)] == ["waitlisted", "offered"]


def _move(app: Any, ids: list[str], home: int) -> None:
    with app.app_context(), open_session(Scope.platform("test")) as session, transaction(session):
        session.execute(
            sa.update(Affiliation)
            .where(Affiliation.account_id.in_(ids), Affiliation.ends_on.is_(None))
            .values(home_tenant_id=home)
        )


def test_the_shelf_says_what_the_registration_is(session, scotland):
    event_id, first, (second,) = full_with(session, scotland, 1)

    def shelved(person: Any) -> list[tuple[str, bool]]:
        query = sa.select(ShelfItem.status, ShelfItem.needs_action).where(ShelfItem.account_id == person.account_id)
        return [tuple(row) for row in session.execute(query)]

    assert (shelved(first), shelved(second)) == ([("Coming", False)], [("On the waiting list", False)])
    places.withdraw(session, scotland, event_id, first)
    assert (shelved(first), shelved(second)) == ([], [("A place is offered", True)])
    offers.decline(session, scotland, event_id, second)
    assert shelved(second) == []
    active = sa.select(sa.func.count(Registration.id)).where(Registration.state.in_(ACTIVE))
    assert session.scalar(active) == 0


@pytest.mark.parametrize("ended", ["begun", "completed before the worker looked"])
def test_an_offer_that_nobody_answered_ends_when_the_event_begins(session, scotland, frozen_clock, ended):
    start = clock.now() + timedelta(hours=30)
    event_id, first, (second, third) = full_with(session, scotland, 2, starts_at=start)
    places.withdraw(session, scotland, event_id, first)
    assert registration(session, event_id, second).offer_expires_at == start
    frozen_clock.move_to(start + timedelta(hours=3))
    if ended != "begun":
        running.complete(session, scotland, USUAL, event_id, visitor(ORGANISER))
        assert not session.scalar(sa.select(sa.func.count()).where(ShelfItem.needs_action))
    assert (offers.sweep(session, USUAL), offers.sweep(session, USUAL)) == (1, 0)
    now = registration(session, event_id, second)
    assert (now.state, now.notice) == ("offer_lapsed", "")  # that the place went to the next would be wrong to write
    assert state(session, event_id, third) == "waitlisted"
    assert not session.scalar(sa.select(sa.func.count()).where(ShelfItem.account_id == second.account_id))


def test_an_offer_at_an_event_that_was_moved_earlier_ends_when_it_begins(session, scotland, frozen_clock):
    event_id, first, (second,) = full_with(session, scotland, 1, offer_hours=72)
    places.withdraw(session, scotland, event_id, first)
    start = clock.now() + timedelta(hours=30)
    with transaction(session):
        session.execute(sa.update(Event).values(starts_at=start, ends_at=start + timedelta(hours=2)))
    frozen_clock.move_to(start)
    offers.sweep(session, USUAL)
    assert state(session, event_id, second) == "offer_lapsed"
