"""What people are told of an event: reminders, changes, messages; each once, in their language, not at night."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.data.session import transaction
from core.kernel import clock
from core.kernel.ids import new_token
from core.kernel.permissions import Role
from core.people.models import Account
from core.sdk import Forbidden, Invalid, Refused, ScopedSession
from core.work.models import Mail, WorkFailure
from plugins.local_events import jobs, personal
from plugins.local_events.letters import messages as letters
from plugins.local_events.letters import places as place_letters
from plugins.local_events.models import Delivery, Event, Message
from plugins.local_events.queries import events, messages
from plugins.local_events.queries.messages import Audience
from plugins.local_events.service import drafts, inviting, messaging, places, posting, reminding, running, telling
from plugins.local_events.service.messaging import Words
from plugins.local_events.settings import Settings
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.day_helpers import keep, organiser, press
from tests.plugins.local_events.helpers import OPEN, USUAL, draft, drafted, published, registration, state, visitor

NIGHT = datetime.fromisoformat("2026-11-23T22:30:00+00:00")
MORNING = datetime.fromisoformat("2026-11-24T08:00:00+00:00")
EVERYBODY = Audience()
HELLO = Words("Bring boots", "The path is wet.\n\nBring boots.", "Dewch ag esgidiau", "Mae’r llwybr yn wlyb.")


@pytest.fixture
def people(app, frozen_clock):
    """Three people with accounts, the second of whom reads Welsh."""
    made = [make_person(app, f"{name}@example.org", name=name) for name in ("ann", "ben", "cai")]
    return [
        visitor(account_id=account, name=name, email=f"{name}@example.org")
        for account, name in zip(made, ("ann", "ben", "cai"), strict=True)
    ]


@pytest.fixture
def post(app_context, tenant, session):
    """Write what may go now; how many."""

    def now(settings: Settings = USUAL) -> int:
        return posting.post(session, settings, letters.post(tenant("scotland")))

    return now


@pytest.fixture
def with_places(session, scotland, people):
    """A published event in ten days at which all three have a place."""
    event_id = published(session, scotland, starts_at=clock.now() + timedelta(days=10), reminders=(168, 24))
    for one in people:
        places.register(session, scotland, event_id, one)
    return event_id


def _send(session, scotland, event_id, expected=3, audience=EVERYBODY, words=HELLO, key=None, by=None):
    return messaging.send(session, scotland, event_id, words, audience, expected, by or organiser(), key or new_token())


def _mails(session):
    session.rollback()
    return session.execute(sa.select(Mail.to_address, Mail.subject, Mail.locale).order_by(Mail.to_address)).all()


def _states(session):
    session.rollback()
    return sorted(session.scalars(sa.select(Delivery.state)).all())


def test_a_message_goes_once_to_each_in_their_language(session_for, wales, tenant, app_context, people):
    session = session_for("wales")  # a site in both languages
    event_id = published(session, wales, starts_at=clock.now() + timedelta(days=10))
    for one in people:
        places.register(session, wales, event_id, one)
    welsh = sa.update(Account).where(Account.id == people[1].account_id).values(locale="cy")
    with transaction(session):
        session.execute(welsh)
    assert not posting.anything_waits(session)
    _send(session, wales, event_id)
    assert posting.anything_waits(session)
    write = letters.post(tenant("wales"))
    assert (posting.post(session, USUAL, write), posting.post(session, USUAL, write)) == (3, 0)
    assert not posting.anything_waits(session)
    assert _mails(session) == [
        ("ann@example.org", "Bring boots", "en"),
        ("ben@example.org", "Dewch ag esgidiau", "cy"),
        ("cai@example.org", "Bring boots", "en"),
    ]


def test_a_double_send_makes_one(session, scotland, with_places, post):
    key = new_token()
    assert _send(session, scotland, with_places, key=key) == _send(session, scotland, with_places, key=key)
    post()
    assert len(_mails(session)) == 3
    assert session.scalar(sa.select(sa.func.count(Message.id))) == 1


def test_the_number_that_was_confirmed_is_the_number_that_gets_it(session, scotland, people, with_places):
    places.withdraw(session, scotland, with_places, people[0])
    with pytest.raises(Refused, match="another number of people: 2"):
        _send(session, scotland, with_places)
    with pytest.raises(Refused, match="Nobody"):
        _send(session, scotland, with_places, 0, Audience(states=("pending",)))
    assert session.scalar(sa.select(sa.func.count(Delivery.id))) == 0


def test_what_is_no_message_and_who_may_not_send(session, scotland, with_places):
    for words in (
        Words("", "x"),
        Words("x", " "),
        Words("a\nb", "x"),
        Words("a\x7fb", "x"),
        Words("a\x85b", "x"),
        Words("a\u2028b", "x"),
        Words("x", "x", "a\u2029b", "x"),
        Words("x" * 151, "x"),
        Words("x", "x" * 10001),
        Words("x", "x", "y", ""),
    ):
        with pytest.raises(Invalid):
            _send(session, scotland, with_places, words=words)
    for audience in (
        Audience(states=()),
        Audience(states=("withdrawn",)),
        Audience(pools=("roof",)),
        Audience(attendance="x"),
    ):
        with pytest.raises(Invalid):
            _send(session, scotland, with_places, audience=audience)
    with pytest.raises(Forbidden):
        _send(session, scotland, with_places, by=visitor(home=scotland.id))
    with pytest.raises(Refused, match="draft"):
        _send(session, scotland, drafted(session, scotland))


def test_some_of_those_coming(session, scotland, people, frozen_clock):
    event_id = published(session, scotland, starts_at=clock.now() + timedelta(hours=1), capacity=2)
    ann, *_ = (places.register(session, scotland, event_id, one) for one in people)
    [walked_in] = keep(
        session,
        scotland,
        event_id,
        press(ann.id),
        press("", kind="walk_in", name="cai", account_id=people[2].account_id),
    )[1:]
    assert walked_in.problem == ""
    event = events.find(session, event_id)

    def reached(**chosen):
        return messages.recipients(session, event, Audience(**chosen))

    assert reached() == tuple(sorted(one.account_id for one in people[:2]))
    assert reached(states=("waitlisted",)) == (people[2].account_id,)
    assert reached(pools=("online",)) == ()
    assert reached(attendance="came") == tuple(sorted((people[0].account_id, people[2].account_id)))
    assert reached(attendance="stayed_away") == (people[1].account_id,)


def test_nothing_goes_at_night_and_nothing_is_forgotten_by_morning(session, scotland, with_places, post, frozen_clock):
    frozen_clock.move_to(NIGHT)
    message_id = _send(session, scotland, with_places)
    assert post() == 0
    told = messages.told_of(session, messages.find(session, with_places, message_id))
    assert [(one.name, one.status) for one in told] == [("ann", "waiting"), ("ben", "waiting"), ("cai", "waiting")]
    frozen_clock.move_to(MORNING)
    assert post() == 3
    told = messages.told_of(session, messages.find(session, with_places, message_id))
    assert {one.status for one in told} == {"queued"}


def test_a_message_that_waited_a_week_goes_when_somebody_says_so(
    session, scotland, people, with_places, post, frozen_clock
):  # fmt: skip
    """The plugin was off, or no worker ran: "see you tomorrow" is not sent long after by itself."""
    _send(session, scotland, with_places)
    frozen_clock.advance(days=6)
    _send(session, scotland, with_places, words=replace(HELLO, subject="Bring a hat"))
    frozen_clock.advance(days=2)
    assert (post(), post()) == (3, 0)
    (held,) = session.scalars(sa.select(WorkFailure))
    assert (held.name, held.state, len(held.args["ids"])) == ("local_events.write_late", "failed", 3)
    assert "3 letters" in held.error
    assert _states(session) == ["dropped"] * 3 + ["written"] * 3
    jobs.write_late(session, **held.args)
    assert (post(), post()) == (3, 0)
    assert _states(session) == ["written"] * 6


def test_news_of_a_place_at_what_is_over_is_not_told_any_more(session, scotland, people, post, tenant, frozen_clock):
    """What is still to come is told late, as it is then; nobody hears weeks after an event that they have a place there."""
    over, to_come = (published(session, scotland, starts_at=clock.now() + timedelta(days=days)) for days in (2, 30))
    for event_id in (over, to_come):
        places.register(session, scotland, event_id, people[0])
    frozen_clock.advance(days=20)
    assert telling.tell(session, place_letters.post(tenant("scotland"))) == 1
    assert not telling.anybody_waits(session)


def test_each_reminder_goes_once_and_a_missed_one_is_made_up_for_once(
    session, scotland, with_places, post, frozen_clock
):
    begins = events.find(session, with_places).starts_at
    reminding.remind(session, scotland)
    assert post() == 0
    frozen_clock.move_to(begins - timedelta(days=5))  # nobody worked for two days
    for _ in range(2):
        reminding.remind(session, scotland)
        post()
    assert [row.subject for row in _mails(session)] == ["Reminder: Measuring for improvement"] * 3
    told = messages.told_of_kind(session, with_places, "reminder")
    assert [(one.name, one.status) for one in told] == [("ann", "queued"), ("ben", "queued"), ("cai", "queued")]
    frozen_clock.move_to(begins - timedelta(hours=3))
    for _ in range(2):
        reminding.remind(session, scotland)
        post()
    assert len(_mails(session)) == 6


def test_no_reminder_once_it_has_begun_nor_for_who_gave_the_place_back(
    session, scotland, people, with_places, post, frozen_clock
):
    begins = events.find(session, with_places).starts_at
    frozen_clock.move_to(begins - timedelta(days=1))
    reminding.remind(session, scotland)
    places.withdraw(session, scotland, with_places, people[0])
    assert post() == 2
    assert _states(session) == ["dropped", "written", "written"]
    frozen_clock.move_to(begins)
    assert reminding.remind(session, scotland) == 0
    assert post() == 0


def test_who_has_only_just_registered_is_not_reminded(session, scotland, people, frozen_clock):
    event_id = published(session, scotland, starts_at=clock.now() + timedelta(days=3), reminders=(168, 24))
    places.register(session, scotland, event_id, people[0])
    reminding.remind(session, scotland)
    assert _states(session) == []


def _move(session, scotland, event_id, **changes):
    event = events.find(session, event_id)
    plan = draft(**{"starts_at": event.starts_at, "place": event.place, **changes})
    drafts.edit(session, scotland, OPEN, event_id, plan, event.version, organiser())


def test_a_change_of_time_or_place_is_told_and_of_words_is_not(session, scotland, with_places, post):
    _move(session, scotland, with_places, description="Bring two pencils.")
    assert post() == 0
    _move(session, scotland, with_places, place="Town Hall, Perth")
    assert post() == 3
    assert {row.subject for row in _mails(session)} == {"Changed: Measuring for improvement"}
    text = session.scalar(sa.select(Mail.text))
    assert "Town Hall, Perth" in text
    assert "it was The Bothy, Perth" in text


def test_changes_of_one_night_are_one_letter_and_none_when_all_is_as_it_was(
    session, scotland, with_places, post, frozen_clock
):
    frozen_clock.move_to(NIGHT)
    begins = events.find(session, with_places).starts_at
    _move(session, scotland, with_places, place="Town Hall, Perth")
    _move(session, scotland, with_places, starts_at=begins + timedelta(hours=1))
    assert post() == 0
    frozen_clock.move_to(MORNING)
    assert post() == 3
    assert "it was The Bothy, Perth" in session.scalar(sa.select(Mail.text))
    frozen_clock.move_to(MORNING + timedelta(hours=14))
    _move(session, scotland, with_places, place="The Bothy, Perth")
    _move(session, scotland, with_places, place="Town Hall, Perth")
    frozen_clock.move_to(MORNING + timedelta(days=1))
    assert post() == 0
    assert len(_mails(session)) == 3


def test_a_change_of_what_is_tomorrow_goes_at_night(session, scotland, people, post, frozen_clock):
    frozen_clock.move_to(NIGHT)
    event_id = published(session, scotland, starts_at=NIGHT + timedelta(hours=11))
    places.register(session, scotland, event_id, people[0])
    _move(session, scotland, event_id, starts_at=NIGHT + timedelta(days=9))
    assert post() == 1


def test_a_cancelled_event_reminds_nobody(session, scotland, with_places, post, frozen_clock):
    frozen_clock.advance(days=9, hours=1)
    reminding.remind(session, scotland)
    running.cancel(session, scotland, OPEN, with_places, "Snow", organiser())
    assert post() == 0
    assert _states(session) == ["dropped"] * 3


def test_what_an_organiser_writes_is_no_template(session, scotland, with_places, post):
    odd = Words("100% %(title)s {0}", "%(secret)s {{ config }} <b>%s</b>")
    _send(session, scotland, with_places, words=odd)
    assert post() == 3
    row = session.execute(sa.select(Mail.subject, Mail.text, Mail.html)).first()
    assert row.subject == odd.subject
    assert odd.text in row.text
    assert "&lt;b&gt;%s&lt;/b&gt;" in row.html


def test_messages_are_exported_and_erased(session, scotland, people, with_places):
    writer = organiser()
    _send(session, scotland, with_places, by=writer)
    assert "Letters about events" in dict(personal.person_data(session, str(people[0].account_id)))
    assert "Messages written to people of events" in dict(personal.person_data(session, str(writer.account_id)))
    for account in (people[0].account_id, writer.account_id):
        with transaction(session):
            list(personal.erase_person(session, str(account), False))
    assert session.scalar(sa.select(sa.func.count(Delivery.id))) == 2
    assert session.scalar(sa.select(Message.written_by)) is None


def test_a_letter_that_cannot_be_mail_keeps_nobody_elses_from_going(
    session, scotland, people, with_places, post, caplog
):
    first = _send(session, scotland, with_places)
    with transaction(session):  # as it was kept before such a subject was refused
        session.execute(sa.update(Message).where(Message.id == first).values(subject="Bring\u2028boots"))
    _send(session, scotland, with_places, words=Words("Bring a coat", "It rains."))
    assert post() == 3
    assert {mail.subject for mail in _mails(session)} == {"Bring a coat"}
    assert _states(session) == ["dropped"] * 3 + ["written"] * 3
    assert "is dropped" in caplog.text
    assert "@" not in caplog.text
    assert not posting.anything_waits(session)


def test_news_that_cannot_be_mail_keeps_nobody_elses_from_going(
    session, scotland, app_context, tenant, people, with_places
):
    inviting.invite(session, scotland, with_places, ["dai@example.org"], organiser())
    write = place_letters.post(tenant("scotland"))

    def refuses_ann(session: ScopedSession, told: telling.Told) -> str:
        return write(session, replace(told, email="ann and ben") if told.email == "ann@example.org" else told)

    assert (telling.tell(session, refuses_ann), telling.tell(session, refuses_ann)) == (3, 0)
    assert [mail.to_address for mail in _mails(session)] == ["ben@example.org", "cai@example.org", "dai@example.org"]


def test_a_title_with_a_control_character_is_written_without_it(
    session, scotland, people, with_places, post, frozen_clock
):
    with transaction(session):
        session.execute(sa.update(Event).values(title="Measuring\x7ffor improvement"))
    frozen_clock.advance(days=9, hours=1)
    reminding.remind(session, scotland)
    assert post() == 3
    assert {mail.subject for mail in _mails(session)} == {"Reminder: Measuring for improvement"}


@pytest.mark.parametrize("character", ["\x7f", "\x85", "\u2028", "\u2029"])
def test_what_no_subject_can_hold_is_refused_in_every_line_and_kept_in_a_text(app, session, scotland, character):
    event_id = drafted(session, scotland)
    lead = client_of(app, make_person(app, "lead@example.org", grants=[(Role.PARTNER_LEAD, "scotland")]))
    page = f"/scotland/events/{event_id}/edit"
    refused = lead.submit(page, {"title": f"Measuring{character}for improvement"})
    assert refused.status_code == 422
    assert "Remove the characters that cannot be shown" in refused.text
    assert lead.submit(page, {"title": "Measuring\tagain", "description": f"One{character}two"}).status_code == 303


def test_an_offer_made_at_night_has_its_hours_from_the_morning_on(app, session, scotland, frozen_clock):
    event_id = published(session, scotland, capacity=1, offer_hours=3)
    people = [visitor(account_id=make_person(app, f"p{n}@example.org"), email=f"p{n}@example.org") for n in range(3)]
    for person in people:
        places.register(session, scotland, event_id, person)
    with app.app_context():
        jobs.tell_places(session, clock.now())
    frozen_clock.move_to(datetime(2026, 11, 23, 21, 30, tzinfo=UTC))
    places.withdraw(session, scotland, event_id, people[0])
    with app.app_context():
        for minutes in range(0, 630, 30):  # until eight in the morning
            frozen_clock.move_to(datetime(2026, 11, 23, 21, 30, tzinfo=UTC) + timedelta(minutes=minutes))
            jobs.sweep_offers(session, clock.now())
            jobs.tell_places(session, clock.now())
            assert registration(session, event_id, people[1]).notice == "offered"
        frozen_clock.move_to(datetime(2026, 11, 24, 8, 0, tzinfo=UTC))
        jobs.tell_places(session, clock.now())
        told = registration(session, event_id, people[1])
        assert (told.state, told.notice) == ("offered", "")
        assert told.offer_expires_at == datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
        frozen_clock.move_to(datetime(2026, 11, 24, 11, 0, tzinfo=UTC))
        jobs.sweep_offers(session, clock.now())
    assert [state(session, event_id, one) for one in people[1:]] == ["offer_lapsed", "offered"]
