"""At the door: presses kept once, taken back, corrected; people without a place; what is closed and to whom."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from core.data.audit import AuditEntry
from core.data.session import transaction
from core.kernel import clock
from core.kernel.ids import new_id, new_token
from core.sdk import Forbidden, Invalid, NotFound, Refused
from plugins.local_events import personal, tickets
from plugins.local_events.models import CheckIn, Correction, Registration, WalkIn
from plugins.local_events.queries import attendance, events
from plugins.local_events.service import checking_in, correcting, forgetting, places, running
from tests.plugins.local_events.day_helpers import figures, keep, organiser, person, press, with_people
from tests.plugins.local_events.helpers import ORGANISER, USUAL, published, visitor


def _rows(session, who):
    return session.execute(
        sa.select(CheckIn.direction, CheckIn.nonce, CheckIn.device).where(
            sa.or_(CheckIn.registration_id == who, CheckIn.walk_in_id == who)
        )
    ).all()


def test_i9_the_same_nonce_gives_the_same_result(session, scotland, frozen_clock):
    event_id, [ann] = with_people(session, scotland, 1)
    once = press(ann, device="a")
    assert keep(session, scotland, event_id, once) == keep(session, scotland, event_id, once, once)[:1]
    assert len(_rows(session, ann)) == 1
    assert person(session, event_id, ann).presence.inside
    back = press(ann, "undo")
    for _ in range(2):
        assert keep(session, scotland, event_id, back)[0].problem == ""
    assert [row.direction for row in _rows(session, ann)] == ["in", "undo"]


def test_i9_two_devices_offline_are_one_coming_and_both_scans_are_kept(session, scotland, frozen_clock):
    event_id, [ann] = with_people(session, scotland, 1)
    first, second = press(ann, device="one"), press(ann, device="two")
    frozen_clock.advance(minutes=30)
    keep(session, scotland, event_id, second)
    keep(session, scotland, event_id, first)
    assert sorted(row.device for row in _rows(session, ann)) == ["one", "two"]
    found = figures(session, event_id)
    assert (found.inside, found.came, found.expected) == (1, 1, 1)
    assert person(session, event_id, ann).presence.came_at == first.at


def test_a_nonce_of_somebody_else_is_refused(session, scotland, frozen_clock):
    event_id, [ann, ben] = with_people(session, scotland, 2)
    taken = press(ann)
    keep(session, scotland, event_id, taken)
    [answer] = keep(session, scotland, event_id, press(ben, nonce=taken.nonce))
    assert answer.problem == checking_in.USED
    assert not person(session, event_id, ben).presence.inside


def test_one_press_that_cannot_be_kept_does_not_stop_the_rest(session, scotland, frozen_clock):
    event_id, [ann, ben] = with_people(session, scotland, 2)
    with transaction(session):
        session.execute(sa.update(Registration).where(Registration.id == ben).values(state="withdrawn"))
    bad = [
        press(ben), press(new_id()), press("nonsense"), press(ann, "sideways"), press(ann, kind="x"), press(ann, nonce=""),
        press(ann, nonce="é"), press(ann, nonce="x" * 61), press(ann, device="x" * 61), press(ann, "undo", undoes=("x",) * 21),
    ]  # fmt: skip
    answers = keep(session, scotland, event_id, *bad, press(ann))
    assert all(answer.problem for answer in answers[:-1])
    assert answers[-1].problem == ""
    assert answers[0].problem == checking_in.NO_PLACE
    assert figures(session, event_id).inside == 1


def test_an_undo_takes_back_what_it_names_or_all_that_stands(session, scotland, frozen_clock):
    event_id, [ann] = with_people(session, scotland, 1)
    one, two = press(ann, device="one"), press(ann, device="two")
    keep(session, scotland, event_id, one, two, press(ann, "undo", undoes=(two.nonce,)))
    assert person(session, event_id, ann).presence.nonces == (one.nonce,)
    keep(session, scotland, event_id, press(ann, nonce="third"), press(ann, "undo"))
    assert person(session, event_id, ann).presence.nonces == ()
    assert len(_rows(session, ann)) == 6


def test_a_wrong_clock_moves_nothing_into_the_future(session, scotland, frozen_clock):
    event_id, [ann, ben] = with_people(session, scotland, 2)
    now = clock.now()
    keep(
        session, scotland, event_id, press(ann, at=now + timedelta(days=400)), press(ben, at=now - timedelta(days=400))
    )
    assert person(session, event_id, ann).presence.came_at == now
    assert person(session, event_id, ben).presence.came_at == now - timedelta(hours=23)


def test_presses_and_corrections_never_change(session, scotland, frozen_clock):
    event_id, [ann] = with_people(session, scotland, 1)
    keep(session, scotland, event_id, press(ann))
    frozen_clock.advance(hours=4)
    correcting.correct(session, scotland, event_id, ann, "no_show", None, "Mixed up", organiser(), new_token())
    for change in (
        sa.update(CheckIn).values(at=clock.now()),
        sa.update(CheckIn).values(direction="out"),
        sa.update(Correction).values(why="another"),
    ):
        with pytest.raises(DBAPIError), transaction(session):
            session.execute(change)


def test_the_list_is_open_from_the_day_before_for_two_weeks(session, scotland, frozen_clock):
    event_id, [ann] = with_people(session, scotland, 1, starts_at=clock.now() + timedelta(hours=25))
    with pytest.raises(Refused, match="opens 24 hours"):
        keep(session, scotland, event_id, press(ann))
    frozen_clock.advance(hours=1)
    keep(session, scotland, event_id, press(ann))
    frozen_clock.advance(days=16)
    with pytest.raises(Refused, match="14 days ago"):
        keep(session, scotland, event_id, press(ann))


def test_only_organisers_of_the_site_keep_presses(session, session_for, scotland, wales, frozen_clock):
    event_id, [ann] = with_people(session, scotland, 1)
    with pytest.raises(Forbidden):
        checking_in.press(session, scotland, event_id, [press(ann)], visitor(home=scotland.id))
    with pytest.raises(NotFound):
        checking_in.press(session_for("wales"), wales, event_id, [press(ann)], organiser())
    with pytest.raises(Invalid):
        keep(session, scotland, event_id, *[press(ann)] * 501)
    running.cancel(session, scotland, USUAL, event_id, "Snow", organiser())
    with pytest.raises(Refused, match="not published"):
        keep(session, scotland, event_id, press(ann))


def test_a_name_without_an_account_is_counted_once(session, scotland, frozen_clock):
    event_id, _ = with_people(session, scotland, 1)
    came = press("", kind="walk_in", name="  Rhys   Davies ")
    first, again = keep(session, scotland, event_id, came)[0], keep(session, scotland, event_id, came)[0]
    assert first == again
    found = figures(session, event_id)
    assert (found.walk_ins, found.inside, found.expected) == (1, 1, 1)
    assert person(session, event_id, first.who).name == "Rhys Davies"
    assert keep(session, scotland, event_id, press("", kind="walk_in", name=" "))[0].problem
    assert keep(session, scotland, event_id, press("", kind="walk_in", name="Other", nonce=came.nonce))[0].problem


@pytest.mark.both  # which of the names is found first is the engine's to say
def test_names_that_are_sent_again_are_known_one_by_one(session, scotland, frozen_clock):
    """A phone whose answer was lost sends them once more; two people may have one name."""
    event_id, _ = with_people(session, scotland, 1)
    came = [press("", kind="walk_in", name=name) for name in ("Rhys Davies", "Mair Rees", "Rhys Davies")]
    first = keep(session, scotland, event_id, *came)
    assert keep(session, scotland, event_id, *came) == first
    assert [one.problem for one in first] == [""] * 3
    assert len({one.who for one in first}) == figures(session, event_id).walk_ins == 3


def test_a_member_without_a_place_is_added_once_and_one_with_a_place_not_at_all(session, scotland, frozen_clock):
    event_id, [ann] = with_people(session, scotland, 1)
    member = new_id()
    for _ in range(2):
        [kept] = keep(session, scotland, event_id, press("", kind="walk_in", name="Mair", account_id=member))
        assert kept.problem == ""
    assert session.scalar(sa.select(sa.func.count(WalkIn.id))) == 1
    holder = session.scalar(sa.select(Registration.account_id).where(Registration.id == ann))
    [kept] = keep(session, scotland, event_id, press("", kind="walk_in", name="Ann", account_id=holder))
    assert "has a place" in kept.problem


def test_a_code_finds_its_ticket_and_no_other_event_s(session, scotland, frozen_clock):
    event_id, [ann, _] = with_people(session, scotland, 2)
    other_id, _ = with_people(session, scotland, 1)
    secret = session.scalar(sa.select(Registration.secret).where(Registration.id == ann))
    code = tickets.shown(tickets.code_of(secret)).lower()
    assert attendance.ticket_by_code(session, event_id, code) == attendance.ticket(session, event_id, secret)
    assert getattr(attendance.ticket(session, event_id, secret), "id", None) == ann
    assert attendance.ticket_by_code(session, other_id, code) is None
    assert attendance.ticket(session, other_id, secret) is None


def test_a_correction_counts_and_says_why(session, scotland, frozen_clock):
    event_id, [ann] = with_people(session, scotland, 1)
    who, key = organiser(), new_token()
    with pytest.raises(Refused, match="not taken place"):
        correcting.correct(session, scotland, event_id, ann, "attended", None, "Seen", who, key)
    frozen_clock.advance(hours=4)
    assert person(session, event_id, ann).attendance == "no_show"
    for said, minutes, why in (
        ("party", None, "x"),
        ("partial", None, "x"),
        ("partial", 0, "x"),
        ("attended", None, " "),
    ):
        with pytest.raises(Invalid):
            correcting.correct(session, scotland, event_id, ann, said, minutes, why, who, key)
    for _ in range(2):
        correcting.correct(session, scotland, event_id, ann, "partial", 45, "On the paper list", who, key)
    found = person(session, event_id, ann)
    assert (found.attendance, found.minutes, getattr(found.fix, "why", "")) == ("partial", 45, "On the paper list")
    assert session.scalar(sa.select(sa.func.count(Correction.id))) == 1
    correcting.correct(session, scotland, event_id, ann, "attended", None, "Came late only", who, new_token())
    assert person(session, event_id, ann).attendance == "attended"
    entries = session.execute(
        sa.select(AuditEntry.before, AuditEntry.after)
        .where(AuditEntry.action == "local_events.correct")
        .order_by(AuditEntry.seq)
    )
    assert entries.all() == [
        ({"attendance": "no_show"}, {"attendance": "partial"}), ({"attendance": "partial"}, {"attendance": "attended"}),
    ]  # fmt: skip
    with pytest.raises(Forbidden):
        correcting.correct(session, scotland, event_id, ann, "attended", None, "x", visitor(), new_token())


def test_the_list_takes_as_many_statements_for_fifty_as_for_one(session, scotland, statements, frozen_clock):
    seen = []
    for number in (1, 50):
        event_id, people = with_people(session, scotland, number)
        keep(session, scotland, event_id, *[press(who) for who in people])
        event = events.find(session, event_id)
        with statements() as counted:
            assert len(attendance.people(session, event)) == number
        seen.append(len(counted))
    assert seen == [4, 4]


def test_what_the_day_holds_of_a_person_is_exported_and_erased(session, scotland, frozen_clock):
    event_id = published(session, scotland, starts_at=clock.now() + timedelta(hours=1))
    ann, staff = visitor(), organiser()
    registered = places.register(session, scotland, event_id, ann).id
    checking_in.press(session, scotland, event_id, [press(registered)], staff)
    frozen_clock.advance(hours=4)
    correcting.correct(session, scotland, event_id, registered, "attended", None, "Seen", staff, new_token())
    told = dict(personal.person_data(session, str(ann.account_id)))
    assert {"Check-ins at events", "Corrected attendance"} <= set(told)
    assert told["Corrected attendance"][0]["why"] == "Seen"
    with transaction(session):
        assert any("check_in" in line for line in personal.erase_person(session, str(ann.account_id), True))
    assert person(session, event_id, registered).came
    with transaction(session):
        list(personal.erase_person(session, str(staff.account_id), False))
    assert session.scalar(sa.select(CheckIn.pressed_by)) is None
    with transaction(session):
        list(personal.erase_person(session, str(ann.account_id), False))
    assert dict(personal.person_data(session, str(ann.account_id))) == {}
    assert session.scalar(sa.select(sa.func.count(CheckIn.id))) == 0


def test_a_name_typed_by_mistake_can_be_deleted_and_a_member_s_not(session, scotland, frozen_clock):
    event_id, _ = with_people(session, scotland, 0)
    [name] = keep(session, scotland, event_id, press("", kind="walk_in", name="Rhys"))
    [member] = keep(session, scotland, event_id, press("", kind="walk_in", name="Mair", account_id=new_id()))
    with pytest.raises(Forbidden):
        forgetting.forget_walk_in(session, event_id, name.who, visitor())
    forgetting.forget_walk_in(session, event_id, name.who, visitor(ORGANISER))
    for who in (member.who, name.who, "nonsense"):
        with pytest.raises(NotFound):
            forgetting.forget_walk_in(session, event_id, who, organiser())
    assert figures(session, event_id).walk_ins == 1
