"""The pages of the day itself and of messages, as organisers and members use them."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.permissions import Role
from plugins.local_events import tickets
from plugins.local_events.models import CheckIn, Delivery, Message, Registration
from plugins.local_events.queries import certificates
from plugins.local_events.service import certifying, places, reminding
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.day_helpers import figures, keep, organiser, press, with_people
from tests.plugins.local_events.helpers import published, visitor
from tests.support.client import forms


@pytest.fixture
def desk(app, frozen_clock):
    """An organiser's browser."""
    return client_of(
        app, make_person(app, "olwen@example.org", name="Olwen", grants=((Role.EVENTS_ORGANISER, "scotland"),))
    )


@pytest.fixture
def day(session, scotland, frozen_clock):
    """An event in an hour with three people: (its organisers' address, its id, the registrations)."""
    event_id, people = with_people(session, scotland, 3, title="Run charts")
    session.rollback()
    return f"/scotland/manage/events/{event_id}", event_id, people


def _door(event_id):
    """The address of an event's check-in list."""
    return f"/scotland/events/{event_id}/check-in"


def _secret(session, who):
    return session.scalar(sa.select(Registration.secret).where(Registration.id == who))


def _inside(session, event_id):
    session.rollback()
    return figures(session, event_id).inside


def test_a_press_on_the_plain_form_checks_in_once_and_is_taken_back(desk, session, day):
    _, event_id, [ann, *_] = day
    page = f"{_door(event_id)}"
    first = desk.submit(page, {"press": f"in registration {ann}", "nonce": "the-same-page"}, form="/check-in")
    again = desk.submit(page, {"press": f"in registration {ann}", "nonce": "the-same-page"}, form="/check-in")
    assert first.location == again.location
    assert "Guest 0 is checked in." in desk.get(first.location).text
    assert session.scalar(sa.select(sa.func.count(CheckIn.id))) == 1
    desk.submit(page, {"press": f"undo registration {ann}"}, form="/check-in")
    assert _inside(session, event_id) == 0
    for nonsense in ("", "in", "in registration", f"in registration {new_id()}", "in walk_in ", "fly registration x"):
        answer = desk.submit(page, {"press": nonsense}, form="/check-in")
        assert answer.status_code == 422, nonsense
        assert 'class="problem"' in answer.text


def test_the_door_belongs_to_the_events_among_the_links_beside_it(app, day):
    _, event_id, _ = day
    desk = client_of(app, make_person(app, "lea@example.org", grants=((Role.PARTNER_LEAD, "scotland"),)))
    beside = re.compile(r'<a href="/scotland/manage/events/" aria-current="true">')
    for page in (_door(event_id), f"/scotland/manage/events/{event_id}/"):
        assert beside.search(desk.get(page).text), page


def test_a_list_is_searched_by_name_and_by_code(desk, session, day):
    _, event_id, [_, ben, _] = day
    code = tickets.shown(tickets.code_of(_secret(session, ben)))
    for search in ("guest 1", code, code.lower()):
        page = desk.get(f"{_door(event_id)}", query_string={"q": search}).text
        assert "Guest 1" in page
        assert "Guest 2" not in page
    assert "Nobody is found so." in desk.get(f"{_door(event_id)}?q=zzz").text


def test_a_typed_code_checks_in(desk, session, day):
    _, event_id, [ann, *_] = day
    code = tickets.shown(tickets.code_of(_secret(session, ann)))
    assert desk.submit(f"{_door(event_id)}", {"code": code}, form="/code").status_code == 303
    assert _inside(session, event_id) == 1
    for wrong in ("", "0000-0000"):
        answer = desk.submit(f"{_door(event_id)}", {"code": wrong}, form="/code")
        assert answer.status_code == 422
        assert "There is a problem" in answer.text


def test_people_without_a_place_are_added_by_name_or_found_among_members(app, desk, session, day):
    _, event_id, _ = day
    make_person(app, "mair@example.org", name="Mair Evans", home="scotland")
    make_person(app, "huw@example.org", name="Huw Evans", home="wales")
    assert desk.submit(f"{_door(event_id)}", {"name": "Rhys"}, form="/walk-in").status_code == 303
    assert desk.submit(f"{_door(event_id)}", {"name": " "}, form="/walk-in").status_code == 422
    found = desk.get(f"{_door(event_id)}?member=evans").text
    assert "Mair Evans" in found
    assert "Huw Evans" not in found  # another partner's members by their whole address alone
    assert "Huw Evans" in desk.get(f"{_door(event_id)}?member=huw@example.org").text
    page = f"{_door(event_id)}?member=mair"
    account = desk.get(page).text.split('name="account" value="')[1].split('"')[0]
    for _ in range(2):
        assert desk.submit(page, {"account": account}, form="/walk-in").status_code == 303
    session.rollback()
    assert figures(session, event_id).walk_ins == 2
    assert desk.submit(page, {"account": new_id()}, form="/walk-in").status_code == 404


def test_a_name_on_a_form_that_was_used_is_kept_and_goes_through_next_time(desk, day):
    _, event_id, _ = day

    def send(page: str, **typed: str) -> TestResponse:
        form = next(one for one in forms(page) if one.action.endswith("/walk-in") and "name" in one.kinds)
        return desk.post(form.action, data={name: value[0] for name, value in form.fields.items() if value} | typed)

    page = desk.get(_door(event_id)).text
    assert send(page, name="Rhys").status_code == 303
    refused = send(page, name="Siân")
    assert refused.status_code == 422
    assert 'value="Siân"' in refused.text
    assert send(refused.text).status_code == 303


def test_the_square_on_a_ticket_opens_a_page_that_checks_in(app, desk, session, day):
    _, event_id, [ann, *_] = day
    address = f"{_door(event_id)}/ticket/{_secret(session, ann)}"
    assert "data-at-once" in desk.get(address).text
    assert _inside(session, event_id) == 0  # looking changes nothing
    answer = desk.submit(address, {"press": "in"}, form="/ticket/")
    assert answer.status_code == 303
    seen = desk.get(answer.location).text
    assert "Here since" in seen
    assert "data-at-once" not in seen
    assert _inside(session, event_id) == 1
    desk.submit(answer.location, {"press": "undo"}, form="/ticket/")
    assert _inside(session, event_id) == 0
    assert desk.get(f"{_door(event_id)}/ticket/nonsense").status_code == 404
    member = client_of(app, make_person(app, "ann@example.org", home="scotland"))
    assert member.get(address).status_code == 403
    assert "/account/sign-in" in app.test_client().get(address).location


def _send(desk, event_id, presses, device="phone"):
    token = desk.get(f"{_door(event_id)}").text.split('name="csrf_token" value="')[1].split('"')[0]
    text = presses if isinstance(presses, str) else json.dumps(presses)
    return desk.post(f"{_door(event_id)}/presses", data={"csrf_token": token, "device": device, "presses": text})


def _sent(who, nonce, **more):
    at = int(clock.now().timestamp() * 1000)
    return {
        "nonce": nonce,
        "direction": "in",
        "kind": "registration",
        "who": who,
        "at": at,
        "undoes": [],
        "name": "",
        **more,
    }


def test_what_a_phone_kept_is_sent_and_answered_press_by_press(desk, session, day):
    _, event_id, [ann, ben, _] = day
    presses = [_sent(ann, "a"), _sent(new_id(), "b"), _sent(ben, "c"), _sent("", "d", kind="walk_in", name="Rhys")]
    first, again = _send(desk, event_id, presses).json, _send(desk, event_id, presses).json
    assert first == again
    assert [bool(one["problem"]) for one in first["answers"]] == [False, True, False, False]
    assert first["counts"] == {"expected": 3, "inside": 3, "came": 3, "walk_ins": 1}
    assert _inside(session, event_id) == 3


@pytest.mark.parametrize(
    "sent",
    ["", "nonsense", "{}", "[1]", "[{}]", "null", '[{"nonce": 1}]', "[" * 3000, [_sent("x", "a", at="soon")], [_sent("x", "a", at=10**30)],
     [_sent("x", "a", undoes=[1])], [_sent(None, "a")]],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_as_json(desk, day, sent):
    answer = _send(desk, day[1], sent)
    assert (answer.status_code, answer.mimetype) == (200 if sent == "{}" else 422, "application/json")


def test_attendance_is_a_list_and_a_file_and_is_put_right(desk, session, scotland, day, frozen_clock):
    base, event_id, [ann, *_] = day
    keep(session, scotland, event_id, press(ann))
    session.rollback()
    frozen_clock.advance(hours=4)
    page = desk.get(f"{base}/attendance").text
    assert page.count("Did not come") >= 2
    assert "Guest 1" not in desk.get(f"{base}/attendance?attendance=attended").text
    file = desk.get(f"{base}/attendance?format=csv").text.splitlines()
    assert len(file) == 4
    one = f"{base}/attendance/{day[2][1]}"
    wrong = desk.submit(one, {"attendance": "partial", "why": "On the paper list"})
    assert wrong.status_code == 422
    assert "On the paper list" in wrong.text
    assert desk.submit(one, {"attendance": "partial", "hours": "1.5", "why": "On the paper list"}).status_code == 303
    assert "On the paper list" in desk.get(one).text
    assert desk.get(f"{base}/attendance/{new_id()}").status_code == 404


def test_certificates_are_given_and_revoked(desk, session, scotland, day, frozen_clock):
    base, event_id, [ann, *_] = day
    assert "once the event is over" in desk.get(f"{base}/certificates").text
    keep(session, scotland, event_id, press(ann))
    session.rollback()
    frozen_clock.advance(hours=4)
    page = desk.get(f"{base}/certificates").text
    assert "Give 1 certificate" in page
    assert 'value="2"' in page
    for wrong in ("many", "", "0", "-1", "NaN", "sNaN", "Infinity", "1e9", "337"):
        assert desk.submit(f"{base}/certificates", {"hours": wrong}).status_code == 422, wrong
    assert desk.submit(f"{base}/certificates", {"hours": "1.5"}).status_code == 303
    session.rollback()
    [given] = certificates.of_event(session, event_id)
    assert given.minutes == 90
    revoke = f"{base}/certificates/{given.id}/revoke"
    assert desk.submit(revoke, {"why": ""}).status_code == 422
    assert desk.submit(revoke, {"why": "Wrong person"}).status_code == 303
    assert "Wrong person" in desk.get(f"{base}/certificates").text


def test_an_event_that_nobody_can_edit_any_more_sends_nobody_to_its_form_for_certificates(desk, session, scotland):
    event_id = published(session, scotland)
    base = f"/scotland/manage/events/{event_id}"
    session.rollback()
    ticked = desk.get(f"{base}/certificates").text.split("that is ticked where it is edited")[1].split("</div>")[0]
    assert f'href="/scotland/events/{event_id}/edit"' in ticked
    assert desk.submit(f"/scotland/events/{event_id}", {"why": "Snow"}, form="/cancel").status_code == 303
    closed = desk.get(f"{base}/certificates").text
    assert "No certificates are given for this event." in closed
    assert "ticked" not in closed


def test_a_member_sees_the_ticket_and_later_the_certificate(app, session, scotland, frozen_clock):
    event_id = published(session, scotland, starts_at=clock.now() + timedelta(hours=1), certificate=True)
    account = make_person(app, "ann@example.org", name="Ann Roy", home="scotland")
    path = f"/scotland/events/{event_id}"
    ann = client_of(app, account)
    assert ann.get(f"{path}/ticket").status_code == 404
    who = places.register(session, scotland, event_id, visitor(account_id=account, name="Ann Roy", home=scotland.id)).id
    session.rollback()
    assert f"{path}/ticket" in ann.get(path).text
    page = ann.get(f"{path}/ticket")
    assert tickets.shown(tickets.code_of(_secret(session, who))) in page.text
    assert _secret(session, who) not in page.text  # only in the picture
    assert page.headers["Cache-Control"] == "private, no-store"
    keep(session, scotland, event_id, press(who))
    frozen_clock.advance(hours=4)
    certifying.issue(session, scotland, event_id, 120, organiser())
    session.rollback()
    assert str(certificates.own_code(session, event_id, account)) in ann.get(path).text


HELLO = {"states": ["confirmed"], "subject": "Bring boots", "text": "The path is wet."}


def _look(desk, page, **changes):
    return desk.submit(page, {**HELLO, "step": "look", **changes})


def test_a_message_is_seen_with_its_number_before_it_goes_and_goes_once(desk, session, day):
    base, *_ = day
    page = f"{base}/messages/new"
    # people of `with_people` have no accounts: nobody would get it
    assert "Nobody would get this message" in _look(desk, page).text
    assert session.scalar(sa.select(sa.func.count(Message.id))) == 0


@pytest.fixture
def known(app, session, scotland, frozen_clock):
    """An event in a week with two people who have accounts."""
    event_id = published(session, scotland, starts_at=clock.now() + timedelta(days=7, minutes=1), reminders=(168,))
    for name in ("ann", "ben"):
        account = make_person(app, f"{name}@example.org", name=name)
        places.register(session, scotland, event_id, visitor(account_id=account, email=f"{name}@example.org"))
    session.rollback()
    return f"/scotland/manage/events/{event_id}"


def test_looking_sending_and_what_became_of_it(desk, session, known):
    page = f"{known}/messages/new"
    look = _look(desk, page)
    assert look.status_code == 200
    assert "Send it to 2 people" in look.text
    assert "The path is wet." in look.text
    key = look.text.split('name="form_key" value="')[1].split('"')[0]
    confirmed = {**HELLO, "step": "send", "expected": "2", "form_key": key}
    first, second = desk.submit(page, confirmed), desk.submit(page, confirmed)
    assert first.location == second.location
    session.rollback()
    assert session.scalar(sa.select(sa.func.count(Delivery.id))) == 2
    message = session.scalar(sa.select(Message.id))
    status = desk.get(f"{known}/messages/{message}").text
    assert status.count("Waiting until it may go") == 2
    assert len(desk.get(f"{known}/messages/{message}?format=csv").text.splitlines()) == 3
    assert "Bring boots" in desk.get(f"{known}/messages").text
    assert desk.get(f"{known}/messages/{new_id()}").status_code == 404


WRONG: tuple[dict[str, Any], ...] = (
    {"subject": ""}, {"text": ""}, {"states": []}, {"states": ["nobody"]}, {"subject_cy": "Dim ond pwnc"},
)  # fmt: skip


def test_bad_messages_keep_what_was_typed(desk, known):
    page = f"{known}/messages/new"
    for wrong in WRONG:
        answer = _look(desk, page, **{"text": "Kept words", **wrong})
        assert answer.status_code == 422, wrong
        assert "There is a problem" in answer.text
        assert wrong.get("text", "Kept words") in answer.text
    stale = desk.submit(page, {**HELLO, "step": "send", "expected": "7"})
    assert stale.status_code == 422
    assert "another number of people: 2" in stale.text


@pytest.mark.parametrize("kind", ["confirmed", "reminder", "change", "cancelled"])
def test_each_letter_that_goes_by_itself_can_be_seen_with_what_became_of_it(
    desk, session, scotland, known, kind, frozen_clock
):
    frozen_clock.advance(minutes=2)
    reminding.remind(session, scotland)
    session.rollback()
    page = desk.get(f"{known}/messages/automatic/{kind}").text
    assert "Today it would reach 2 people." in page
    assert "Measuring for improvement" in page
    assert page.count("Waiting until it may go") == (2 if kind == "reminder" else 0)
    assert ("Your ticket for the door is on the event’s page." in page) == (kind == "reminder")
    assert "ann@example.org" not in desk.get(f"{known}/messages/automatic/change?format=csv").text
    assert desk.get(f"{known}/messages/automatic/nonsense").status_code == 404


def test_what_stands_for_an_organisers_words_is_in_the_language_of_its_letter(app, session_for, tenant, frozen_clock):
    event_id = published(session_for("wales"), tenant("wales").ref())
    desk = client_of(app, make_person(app, "o@example.org", grants=((Role.EVENTS_ORGANISER, "wales"),)))
    page = desk.get(f"/wales/manage/events/{event_id}/messages/automatic/cancelled").text
    assert page.count("what you write when you cancel") == 1
    assert page.count("yr hyn a ysgrifennwch wrth ganslo") == 1


def test_members_of_another_site_and_signed_out_see_none_of_it(app, session, day):
    base, event_id, _ = day
    elsewhere = client_of(app, make_person(app, "o@example.org", grants=((Role.EVENTS_ORGANISER, "wales"),)))
    pages = ("attendance", "certificates", "messages", "messages/new")
    for page in (_door(event_id), *(f"{base}/{page}" for page in pages)):
        assert elsewhere.get(page).status_code == 403
        assert elsewhere.get(page.replace("scotland", "wales")).status_code == 404
        assert app.test_client().get(page).status_code == 303


@pytest.mark.both  # the engines differ: PostgreSQL takes no null byte
def test_an_id_or_a_secret_that_can_be_none_is_not_found(app, session, scotland, frozen_clock):
    event_id, _ = with_people(session, scotland, 1)
    session.rollback()
    lead = client_of(app, make_person(app, "lead@example.org", grants=((Role.PARTNER_LEAD, "scotland"),)))
    manage = f"/scotland/manage/events/{event_id}"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', lead.get(_door(event_id)).text)
    assert token is not None
    sent = {"csrf_token": token[1], "account": "a\x00"}
    assert lead.get(f"{_door(event_id)}/ticket/a%00").status_code == 404
    for path in (
        f"{_door(event_id)}/walk-in",
        f"/scotland/events/{event_id}/organisers/a%00/leave",
        f"{manage}/invitations/a%00/withdraw",
        f"{manage}/questions/a%00/withdraw",
    ):
        assert lead.post(path, data=sent).status_code == 404, path
