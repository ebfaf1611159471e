"""What organisers decide, and what people choose: approval, reasons, pools, invitations, two ways, handing on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.data.session import transaction
from core.people.models import Account
from core.sdk import Conflict, Forbidden, Invalid, NotFound, Refused, clock, new_id
from core.tenancy.models import ShelfItem
from plugins.local_events.queries import events
from plugins.local_events.queries import places as counting
from plugins.local_events.service import capacities, deciding, handing_on, inviting, leaving, offers, places, telling
from plugins.local_events.service.capacities import Size
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

WHO = visitor(ORGANISER)
LINK = "https://meet.example.org/1"


def _size(capacity, eligibility="public", waiting=None, version=0):
    return Size(capacity, waiting, eligibility, None, version)


def test_where_approval_is_wanted_people_ask_and_are_answered(session, scotland):
    event_id = published(session, scotland, wants_approval=True, capacity=1)
    people = [visitor() for _ in range(3)]
    for person in people:
        assert places.register(session, scotland, event_id, person).state == "pending"
    assert held(session, event_id) == 0
    ids = [registration(session, event_id, one).id for one in people]
    assert deciding.approve(session, event_id, ids[1], WHO) == "confirmed"
    assert deciding.approve(session, event_id, ids[0], WHO) == "waitlisted"
    deciding.refuse(session, event_id, ids[2], "For beginners only.", WHO)
    assert [state(session, event_id, one) for one in people] == ["waitlisted", "confirmed", "declined"]
    with pytest.raises(Refused):
        deciding.approve(session, event_id, ids[1], WHO)
    with pytest.raises(Refused):
        deciding.refuse(session, event_id, ids[1], "why", WHO)


def test_once_an_event_has_begun_nobody_who_asked_is_told_to_wait(session, scotland, frozen_clock):
    event_id = published(session, scotland, wants_approval=True, capacity=1)
    first, second = visitor(), visitor()
    for person in (first, second):
        places.register(session, scotland, event_id, person)
    frozen_clock.advance(days=7, minutes=10)
    assert deciding.approve(session, event_id, registration(session, event_id, first).id, WHO) == "confirmed"
    asks = registration(session, event_id, second)
    with pytest.raises(Refused, match="begun"):
        deciding.approve(session, event_id, asks.id, WHO)
    assert registration(session, event_id, second) == asks, "neither on the waiting list nor written to"
    deciding.force(session, event_id, asks.id, "She stands at the door.", WHO)
    assert state(session, event_id, second) == "confirmed"


def test_once_an_event_has_begun_who_asked_does_not_go_before_who_waits(session, scotland, frozen_clock):
    event_id = published(session, scotland, wants_approval=True, capacity=1)
    holder, waits, asks, last = people = [visitor() for _ in range(4)]
    for person in people:
        places.register(session, scotland, event_id, person)
    ids = {person.account_id: registration(session, event_id, person).id for person in people}
    for person in (holder, waits):
        deciding.approve(session, event_id, ids[person.account_id], WHO)
    frozen_clock.advance(days=7, minutes=10)
    deciding.remove(session, event_id, ids[holder.account_id], "He did not come.", WHO)
    assert state(session, event_id, waits) == "waitlisted", "nobody is given a place unasked any more"
    with pytest.raises(Refused, match="Others wait for"):
        deciding.approve(session, event_id, ids[asks.account_id], WHO)
    assert (held(session, event_id), state(session, event_id, asks)) == (0, "pending")
    resize(session, scotland, event_id, 2)
    assert deciding.approve(session, event_id, ids[asks.account_id], WHO) == "confirmed", "one is left for who waits"
    with pytest.raises(Refused, match="begun"):
        deciding.approve(session, event_id, ids[last.account_id], WHO)
    deciding.force(session, event_id, ids[waits.account_id], "She is at the door.", WHO)
    assert held(session, event_id) == 2


def test_once_an_event_has_begun_who_can_have_no_place_keeps_nobody_from_one(app, session, scotland, frozen_clock):
    gone = visitor(account_id=make_person(app, "gone@example.org"), email="gone@example.org")
    holder, large, asks = (visitor() for _ in range(3))
    event_id = published(session, scotland, wants_approval=True, capacity=3, guests_allowed=2)
    guests = {holder: 2, gone: 0, large: 2, asks: 0}
    for person, number in guests.items():
        places.register(session, scotland, event_id, person, places.Wish(guests=number))
    ids = {person: registration(session, event_id, person).id for person in guests}
    decided = [deciding.approve(session, event_id, ids[person], WHO) for person in (holder, gone, large)]
    assert decided == ["confirmed", "waitlisted", "waitlisted"]
    _close_account(session, gone)
    frozen_clock.advance(days=7, minutes=10)
    deciding.remove(session, event_id, ids[holder], "They did not come.", WHO)
    resize(session, scotland, event_id, 2)
    assert deciding.approve(session, event_id, ids[asks], WHO) == "confirmed"


def test_deciding_needs_the_permission_and_a_reason(session, scotland):
    event_id, first, _ = full_with(session, scotland, 0)
    one = registration(session, event_id, first).id
    for decide in (deciding.refuse, deciding.remove, deciding.force):
        with pytest.raises(Forbidden):
            decide(session, event_id, one, "why", visitor(home=scotland.id))
        for why in ("", "  ", "x" * 501):
            with pytest.raises(Invalid):
                decide(session, event_id, one, why, WHO)
    other = published(session, scotland)
    for event, key in ((event_id, other), (other, one), ("nonsense", one)):
        with pytest.raises(NotFound):
            deciding.approve(session, event, key, WHO)


def test_somebody_is_added_by_address(app, session, scotland):
    event_id, _, (second,) = full_with(session, scotland, 1)
    make_person(app, "speaker@example.org", name="Speaker")
    deciding.add(session, scotland, event_id, " Speaker@Example.org ", "She speaks.", WHO)
    assert (held(session, event_id), state(session, event_id, second)) == (2, "waitlisted")
    for email in ("speaker@example.org", "nobody@example.org"):
        with pytest.raises(Invalid) as wrong:
            deciding.add(session, scotland, event_id, email, "Again.", WHO)
        assert set(wrong.value.field_errors) == {"email"}


def test_a_waiting_list_has_its_limit(session, scotland):
    event_id = published(session, scotland, capacity=1)
    resize(session, scotland, event_id, 1, waiting_limit=1)
    states = [places.register(session, scotland, event_id, visitor()).state for _ in range(2)]
    assert states == ["confirmed", "waitlisted"]
    with pytest.raises(Refused, match="waiting list"):
        places.register(session, scotland, event_id, visitor())


def test_who_was_given_a_place_a_moment_ago_takes_none_on_the_waiting_list(session, scotland, frozen_clock):
    event_id, first, (second, third) = full_with(session, scotland, 2, offer_hours=1)
    resize(session, scotland, event_id, 1, waiting_limit=1)
    places.withdraw(session, scotland, event_id, first)
    frozen_clock.advance(hours=2)  # the offer to the second lapses, and no job has run: the third is offered the place
    last = visitor()
    assert places.register(session, scotland, event_id, last).state == "waitlisted"
    assert [state(session, event_id, one) for one in (second, third)] == ["offer_lapsed", "offered"]
    with pytest.raises(Refused, match="waiting list"):
        places.register(session, scotland, event_id, visitor())


def test_two_who_change_the_places_at_once(session, scotland):
    event_id = published(session, scotland)
    pool = counting.of_event(session, event_id).pools[0]
    change = {"in_person": _size(5, version=pool.version)}
    capacities.change(session, scotland, event_id, change, WHO)
    with pytest.raises(Conflict):
        capacities.change(session, scotland, event_id, change, WHO)
    for wrong in (_size(-1), _size(5001), _size(1, "friends"), _size(1, waiting=-1)):
        with pytest.raises(Invalid):
            capacities.change(session, scotland, event_id, {"in_person": wrong}, WHO)


def test_who_waits_for_a_place_in_person_takes_one_online_if_that_was_said(session, scotland):
    event_id = published(session, scotland, mode="both", online_url=LINK, capacity=1, online_capacity=1)
    in_person, either, only = visitor(), visitor(), visitor()
    places.register(session, scotland, event_id, in_person)
    places.register(session, scotland, event_id, either, places.Wish(way="in_person", or_online=True))
    assert registration(session, event_id, either).state == "confirmed"
    places.register(session, scotland, event_id, only, places.Wish(way="in_person"))
    flexible = visitor()
    places.register(session, scotland, event_id, flexible, places.Wish(way="in_person", or_online=True))
    assert [state(session, event_id, one) for one in (only, flexible)] == ["waitlisted"] * 2
    places.withdraw(session, scotland, event_id, either)
    assert [state(session, event_id, one) for one in (only, flexible)] == ["waitlisted", "offered"]
    pools = {pool.id: pool.kind for pool in counting.of_event(session, event_id).pools}
    assert pools[registration(session, event_id, flexible).pool_id] == "online"


def test_reserved_places_are_for_the_invited_who_see_the_event(app, session, scotland, wales):
    event_id = published(session, scotland, audience="area", capacity=1)
    capacities.change(session, scotland, event_id, {"reserved": _size(1, "invited")}, WHO)
    guest = visitor(home=wales.id, email="guest@example.org")
    for stranger in (guest, visitor(home=wales.id)):
        with pytest.raises(NotFound):
            events.seen(session, scotland, stranger, event_id)
    assert inviting.invite(session, scotland, event_id, ["Guest@Example.org", "guest@example.org", ""], WHO) == 1
    assert inviting.invite(session, scotland, event_id, ["guest@example.org"], WHO) == 0
    assert events.seen(session, scotland, guest, event_id).id == event_id
    local = visitor(home=scotland.id)
    assert places.register(session, scotland, event_id, local).state == "confirmed"
    assert places.register(session, scotland, event_id, visitor(home=scotland.id)).state == "waitlisted"
    assert places.register(session, scotland, event_id, guest).state == "confirmed"
    assert [(pool.kind, pool.held) for pool in counting.of_event(session, event_id).pools] == [("in_person", 1), ("reserved", 1)]  # fmt: skip
    told: list[tuple[str, str]] = []

    def post(_: Any, letter: telling.Told) -> str:
        told.append((letter.kind, letter.email))
        return new_id()

    for _ in range(2):
        telling.tell(session, post)
    assert told == [("invited", "guest@example.org")]
    for wrong in (
        [],
        ["nonsense"],
        ["a@b"],
        ["x@example.org"] * 2 + ["no address"],
        ["anna@example.org."],
        ["anna@example..org"],
    ):
        with pytest.raises(Invalid):
            inviting.invite(session, scotland, event_id, wrong, WHO)


def test_reserved_places_that_open_later_are_given_to_nobody_who_waits_before(session, scotland, frozen_clock):
    """Who registers is told that they are not open yet: who waits gets none either, and keeps nobody from them afterwards."""
    event_id, _, (second, third) = full_with(session, scotland, 2)
    reserved = replace(_size(1, "public"), opens_at=clock.now() + timedelta(days=2))
    capacities.change(session, scotland, event_id, {"reserved": reserved}, WHO)
    offers.sweep(session, USUAL)
    assert [state(session, event_id, one) for one in (second, third)] == ["waitlisted"] * 2
    frozen_clock.advance(days=2)
    assert places.register(session, scotland, event_id, visitor()).state == "waitlisted"
    assert [state(session, event_id, one) for one in (second, third)] == ["offered", "waitlisted"]


def test_the_worker_is_asked_to_write_only_where_somebody_waits_for_news(app, session, scotland):
    event_id, later = published(session, scotland, capacity=1), published(session, scotland, capacity=1)
    guest = visitor(account_id=make_person(app, "guest@example.org"), email="guest@example.org")
    capacities.change(session, scotland, event_id, {"reserved": _size(1, "invited")}, WHO)

    def told() -> bool:
        telling.tell(session, lambda *_: new_id())
        return telling.anybody_waits(session)

    assert not telling.anybody_waits(session)
    assert inviting.invite(session, scotland, event_id, ["guest@example.org"], WHO) == 1
    assert telling.anybody_waits(session)
    assert not told()
    places.register(session, scotland, event_id, guest)
    assert telling.anybody_waits(session)
    assert not told()
    capacities.change(session, scotland, later, {"reserved": _size(1, "invited")}, WHO)
    inviting.invite(session, scotland, later, ["guest@example.org"], WHO)
    assert telling.anybody_waits(session)
    with clock.frozen(clock.now() + timedelta(days=1000)):  # of what is over nobody is told any more
        assert not telling.anybody_waits(session)


def test_a_place_is_handed_on_with_a_secret_of_its_own(app, session, scotland):
    event_id, first, (waiting,) = full_with(session, scotland, 1)
    account = make_person(app, "mair@example.org", home="scotland")
    before = registration(session, event_id, first)
    handing_on.hand_on(session, scotland, event_id, "mair@example.org", first)
    after = registration(session, event_id, visitor(account_id=account))
    assert (state(session, event_id, first), after.state, after.notice) == ("withdrawn", "confirmed", "handed_on")
    assert after.secret != before.secret
    assert (coming(session, event_id), state(session, event_id, waiting)) == (1, "waitlisted")


def test_nobody_learns_by_handing_on_whose_address_it_is(app, session, scotland):
    """No account, an account for whom the event is not, and somebody who is registered already: the same words."""
    event_id = published(session, scotland, audience="area")
    giver = visitor(home=scotland.id)
    places.register(session, scotland, event_id, giver)
    there = make_person(app, "there@example.org", home="scotland")
    places.register(session, scotland, event_id, visitor(account_id=there, home=scotland.id))
    make_person(app, "elsewhere@example.org", home="wales")
    said = set()
    for email in ("nobody@example.org", "elsewhere@example.org", "there@example.org"):
        with pytest.raises(Invalid) as wrong:
            handing_on.hand_on(session, scotland, event_id, email, giver)
        said.add(tuple(wrong.value.field_errors.items()))
    assert len(said) == 1
    assert state(session, event_id, giver) == "confirmed"
    with pytest.raises(Refused):
        handing_on.hand_on(session, scotland, event_id, "there@example.org", visitor(home=scotland.id))


def test_nobody_hands_a_place_on_to_themselves(app, session, scotland):
    """Else they would lose their guests and what they had said in confidence, and be written to twice."""
    account = make_person(app, "mair@example.org", home="scotland")
    giver, event_id = visitor(account_id=account, home=scotland.id), published(session, scotland)
    places.register(session, scotland, event_id, giver)
    before = registration(session, event_id, giver)
    with pytest.raises(Invalid) as wrong:
        handing_on.hand_on(session, scotland, event_id, "mair@example.org", giver)
    assert wrong.value.field_errors == {"email": handing_on.NOBODY}
    assert registration(session, event_id, giver) == before


def test_registration_opens_and_closes(session, scotland, frozen_clock):
    now = clock.now()
    event_id = published(
        session, scotland, registration_opens_at=now + timedelta(days=1), registration_closes_at=now + timedelta(days=2)
    )
    with pytest.raises(Refused, match="not opened"):
        places.register(session, scotland, event_id, visitor())
    frozen_clock.advance(days=1)
    assert places.register(session, scotland, event_id, visitor()).state == "confirmed"
    frozen_clock.advance(days=1)
    with pytest.raises(Refused, match="closed"):
        places.register(session, scotland, event_id, visitor())


def test_near_the_event_a_place_is_given_without_asking(session, scotland, frozen_clock):
    event_id, first, (second, third) = full_with(session, scotland, 2)
    frozen_clock.advance(days=6, hours=1)
    places.withdraw(session, scotland, event_id, first)
    assert [state(session, event_id, one) for one in (second, third)] == ["confirmed", "waitlisted"]


def test_who_wants_it_gets_a_place_without_being_asked_again(session, scotland):
    event_id, first, (second, _) = full_with(session, scotland, 2)
    places.change(session, scotland, event_id, second, places.Wish(accepts_offers=True), {})
    places.withdraw(session, scotland, event_id, first)
    assert (state(session, event_id, second), registration(session, event_id, second).notice) == ("confirmed",) * 2


def test_who_waits_asks_for_no_more_than_could_ever_fit(session, scotland):
    event_id = published(session, scotland, capacity=2, guests_allowed=3)
    first, second = visitor(), visitor()
    for person in (first, second):
        places.register(session, scotland, event_id, person, places.Wish(guests=1))
    with pytest.raises(Invalid):
        places.change(session, scotland, event_id, second, places.Wish(guests=2), {})
    places.withdraw(session, scotland, event_id, first)
    assert state(session, event_id, second) == "offered"


def test_an_offer_ends_when_the_event_begins(session, scotland, frozen_clock):
    event_id, first, (second,) = full_with(session, scotland, 1, offer_hours=300)
    places.withdraw(session, scotland, event_id, first)
    assert registration(session, event_id, second).offer_expires_at == events.find(session, event_id).starts_at
    with pytest.raises(Refused):
        offers.accept(session, scotland, event_id, visitor())


def test_guests_take_places(session, scotland):
    event_id = published(session, scotland, capacity=3, guests_allowed=2)
    first, second = visitor(), visitor()
    places.register(session, scotland, event_id, first, places.Wish(guests=2))
    assert (held(session, event_id), coming(session, event_id)) == (3, 1)
    for guests in (3, -1):
        with pytest.raises(Invalid):
            places.register(session, scotland, event_id, second, places.Wish(guests=guests))
    places.register(session, scotland, event_id, second, places.Wish(guests=1))
    places.change(session, scotland, event_id, first, places.Wish(guests=0), {})
    assert state(session, event_id, second) == "offered"
    with pytest.raises(Invalid):
        places.change(session, scotland, event_id, first, places.Wish(guests=1), {})


def test_guests_are_added_while_registration_is_open_and_left_at_home_at_any_time(session, scotland, frozen_clock):
    start = clock.now() + timedelta(days=7)
    closes = start - timedelta(days=3)
    event_id = published(session, scotland, guests_allowed=3, starts_at=start, registration_closes_at=closes)
    one = visitor()
    places.register(session, scotland, event_id, one)
    frozen_clock.move_to(closes - timedelta(seconds=1))
    places.change(session, scotland, event_id, one, places.Wish(guests=2), {})
    frozen_clock.move_to(closes)
    with pytest.raises(Invalid) as refused:
        places.change(session, scotland, event_id, one, places.Wish(guests=3), {})
    assert refused.value.field_errors == {"guests": "Registration is closed."}
    assert registration(session, event_id, one).guests == 2
    places.change(session, scotland, event_id, one, places.Wish(guests=1), {})
    assert registration(session, event_id, one).guests == 1


def _close_account(session, person):
    with transaction(session):
        session.execute(
            sa.update(Account).where(Account.id == person.account_id).values(disabled_at=clock.now(), stamp=new_id())
        )


def test_whose_account_is_closed_is_passed_over_and_waits_no_more(app, session, scotland):
    people = [visitor(account_id=make_person(app, f"p{n}@example.org"), email=f"p{n}@example.org") for n in range(5)]
    event_id = published(session, scotland, capacity=1)
    for person in people:
        places.register(session, scotland, event_id, person)
    holder, gone, closes, stays, last = people
    _close_account(session, gone)
    places.withdraw(session, scotland, event_id, holder)
    assert [state(session, event_id, one) for one in people[1:]] == [
        "waitlisted",
        "offered",
        "waitlisted",
        "waitlisted",
    ]
    _close_account(session, closes)
    assert (leaving.withdraw_closed(session), leaving.withdraw_closed(session)) == (2, 0)
    assert [state(session, event_id, one) for one in (gone, closes)] == ["withdrawn"] * 2
    assert (state(session, event_id, stays), state(session, event_id, last)) == ("offered", "waitlisted")
    assert not session.scalar(sa.select(sa.func.count()).where(ShelfItem.account_id == closes.account_id))


def test_the_place_of_a_closed_account_goes_to_who_waits(app, session, scotland):
    """Of what is over nothing changes: who was there was there."""
    one, two = (
        visitor(account_id=make_person(app, f"{n}@example.org"), email=f"{n}@example.org") for n in ("one", "two")
    )
    over = published(session, scotland, starts_at=clock.now() + timedelta(minutes=30))
    event_id = published(session, scotland, capacity=1)
    for at, person in ((over, one), (event_id, one), (event_id, two)):
        places.register(session, scotland, at, person)
    _close_account(session, one)
    with clock.frozen(clock.now() + timedelta(hours=1)):
        assert (leaving.withdraw_closed(session), leaving.withdraw_closed(session)) == (1, 0)
    assert (state(session, event_id, one), state(session, event_id, two)) == ("withdrawn", "offered")
    assert state(session, over, one) == "confirmed"
