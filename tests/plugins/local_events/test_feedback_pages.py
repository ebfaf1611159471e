"""The pages of feedback, as people who came and organisers use them."""

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.data.session import transaction
from core.kernel import clock
from core.tenancy.models import ShelfItem
from core.work.models import Mail
from plugins.local_events import feedback_jobs
from plugins.local_events.feedback_questions import asked
from plugins.local_events.models import Event, FeedbackAction
from plugins.local_events.queries import feedback as queries
from plugins.local_events.service import places
from tests.factories.people import client_of, make_person
from tests.plugins.local_events.feedback_helpers import answered
from tests.plugins.local_events.helpers import ORGANISER, published, visitor
from tests.support.client import forms

TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')


@pytest.fixture
def over(session, scotland):
    """`over(*people)`: a public workshop that ended a while ago and that these people had a place at."""

    def make(*people: Any, days: int = 1) -> str:
        event_id = published(session, scotland, capacity=None)
        for one in people:
            places.register(session, scotland, event_id, one)
        end = clock.now() - timedelta(days=days)
        with transaction(session):
            session.execute(
                sa.update(Event).where(Event.id == event_id).values(starts_at=end - timedelta(hours=2), ends_at=end)
            )
        return event_id

    return make


@pytest.fixture
def mair(app):
    """Somebody who came: account and browser."""
    account = make_person(app, "mair@example.org", name="Mair Jones", home="scotland")
    return visitor(account_id=account), client_of(app, account)


@pytest.fixture
def organiser(app):
    """An organiser's browser."""
    return client_of(app, make_person(app, "org@example.org", name="Olga", grants=[(ORGANISER, "scotland")]))


def test_a_person_answers_from_their_items_and_sees_thanks(session, app, scotland, mair, over):
    who, browser = mair
    event_id = over(who)
    with app.app_context():
        feedback_jobs.feedback(session, clock.now())
    assert "Say how it was" in browser.get("/scotland/me/").text
    path = f"/scotland/events/{event_id}/feedback"
    assert path in browser.get(f"/scotland/events/{event_id}").text
    answers = dict.fromkeys(asked("workshop"), "4")
    missing = browser.submit(path, {**answers, "use": None, "keep": "The tea & the talk"})
    assert missing.status_code == 422
    assert "The tea &amp; the talk" in missing.text
    assert "Choose one of the answers" in missing.text
    assert browser.submit(path, {**answers, "keep": "The tea"}).status_code == 303
    page = browser.get(path).text
    assert "You have answered." in page
    assert "The tea" not in page
    assert "Say how it was" not in browser.get("/scotland/me/").text


def test_what_is_said_after_feedback_has_closed_is_refused_and_kept(mair, over, frozen_clock):
    who, browser = mair
    path = f"/scotland/events/{over(who, days=29)}/feedback"
    (form,) = [one for one in forms(browser.get(path).text) if "keep" in one.fields]
    frozen_clock.advance(days=2)
    words = "The tea & the talk were worth the way"
    late = browser.post(path, data={**form.fields, **dict.fromkeys(asked("workshop"), "4"), "keep": words})
    assert late.status_code == 422
    assert "Feedback on this event is closed." in late.text
    assert "<blockquote>The tea &amp; the talk were worth the way</blockquote>" in late.text
    assert "Feedback on this event is closed." in browser.get(path).text


def test_what_is_asked_about_an_event_stands_under_its_start_as_everywhere(session, app, scotland, mair, over):
    who, _ = mair
    event_id = over(who)
    with app.app_context():
        feedback_jobs.feedback(session, clock.now())
    begun = session.scalar(sa.select(Event.starts_at).where(Event.id == event_id))
    card = session.scalars(sa.select(ShelfItem).where(ShelfItem.kind == "feedback")).one()
    assert card.when == begun


def test_who_had_no_place_finds_nothing(mair, over, client):
    _, browser = mair
    event_id = over()
    missing = browser.get("/scotland/events/nothing-here/feedback")
    for path in ("feedback", "reflection"):
        answer = browser.get(f"/scotland/events/{event_id}/{path}")
        assert (answer.status_code, TOKEN.sub("", answer.text)) == (404, TOKEN.sub("", missing.text))
        assert client.get(f"/scotland/events/{event_id}/{path}").status_code == 303


def test_the_organiser_reads_figures_and_writes_down_what_is_done(session, scotland, organiser, over):
    had = [visitor() for _ in range(5)]
    event_id = over(*had)
    path = f"/scotland/manage/events/{event_id}/feedback"
    answered(session, scotland, event_id, had, 5, 5, 5, 5)
    assert "I gave 5" not in organiser.get(path).text
    answered(session, scotland, event_id, had[4:], 5)
    page = organiser.get(path).text
    assert page.count("I gave 5") == 5
    assert "From 5 answers." in page
    said = {"said": "Too hot", "did": "Another room", "owner": "nobody@example.org", "due_on": "2999-01-01"}
    assert "within ten years" in organiser.submit(f"{path}/actions/new", said).text
    due = (clock.today() + timedelta(days=30)).isoformat()
    wrong = organiser.submit(f"{path}/actions/new", {**said, "due_on": due})
    assert wrong.status_code == 422
    assert "Nobody has an account with this address" in wrong.text
    assert "Too hot" in wrong.text
    right = {**said, "owner": "org@example.org", "due_on": due}
    assert organiser.submit(f"{path}/actions/new", right).status_code == 303
    assert "Another room" in organiser.get("/scotland/me/").text
    assert "Too hot" in organiser.get("/scotland/manage/events/feedback/actions?format=csv").text


def test_what_is_done_is_shown_there_and_on_the_next_event_of_the_kind(session, scotland, organiser, client, over):
    event_id = over(visitor())
    path = f"/scotland/manage/events/{event_id}/feedback/actions"
    due = (clock.today() + timedelta(days=30)).isoformat()
    organiser.submit(f"{path}/new", {"said": "Too hot", "did": "A fan", "owner": "org@example.org", "due_on": due})
    action_id = session.scalar(sa.select(FeedbackAction.id))
    assert (
        organiser.submit(
            f"/scotland/events/{event_id}/actions/{action_id}", {"ended": "finish", "words": ""}
        ).status_code
        == 422
    )
    assert (
        organiser.submit(
            f"/scotland/events/{event_id}/actions/{action_id}", {"ended": "finish", "words": "A cooler room"}
        ).status_code
        == 303
    )
    assert "Another room" not in organiser.get("/scotland/me/").text
    following, other = published(session, scotland), published(session, scotland, kind="webinar")
    assert "A cooler room" in client.get(f"/scotland/events/{event_id}").text
    page = client.get(f"/scotland/events/{following}").text
    assert page.index("When and where") < page.index("After the last event of this kind")  # on a phone it can wait
    assert "A cooler room" not in client.get(f"/scotland/events/{other}").text
    assert organiser.get(f"{path}/{action_id}/edit").status_code == 422


def test_a_dropped_action_says_why_and_a_stale_form_is_kept(session, organiser, over):
    event_id = over(visitor())
    path = f"/scotland/manage/events/{event_id}/feedback/actions"
    due = (clock.today() + timedelta(days=30)).isoformat()
    organiser.submit(f"{path}/new", {"said": "Too hot", "did": "A fan", "owner": "org@example.org", "due_on": due})
    action_id = session.scalar(sa.select(FeedbackAction.id))
    stale = organiser.submit(
        f"/scotland/events/{event_id}/actions/{action_id}",
        {"ended": "drop", "words": "No money for it", "version": "9"},
    )
    assert stale.status_code == 422
    assert "No money for it" in stale.text
    assert (
        organiser.submit(
            f"/scotland/events/{event_id}/actions/{action_id}", {"ended": "drop", "words": "No money for it"}
        ).status_code
        == 303
    )
    assert "No money for it" in organiser.get(f"/scotland/events/{event_id}").text


def test_the_next_events_page_tells_nothing_of_an_event_that_the_reader_may_not_see(
    session, scotland, organiser, client, over
):
    event_id = over(visitor())
    with transaction(session):
        session.execute(sa.update(Event).where(Event.id == event_id).values(audience="area"))
    due = (clock.today() + timedelta(days=30)).isoformat()
    organiser.submit(
        f"/scotland/manage/events/{event_id}/feedback/actions/new",
        {"said": "Only ours", "did": "A fan", "owner": "org@example.org", "due_on": due},
    )
    following = published(session, scotland)
    assert "Only ours" not in client.get(f"/scotland/events/{following}").text
    assert "Only ours" in organiser.get(f"/scotland/events/{following}").text


def test_a_reflection_is_kept_changed_and_deleted(mair, over, organiser):
    who, browser = mair
    path = f"/scotland/events/{over(who)}/reflection"
    assert browser.submit(path, {"words": ""}).status_code == 422
    assert browser.submit(path, {"words": "Ask the porter first", "wants_to_share": "y"}).status_code == 303
    assert "Ask the porter first" in browser.get(path).text
    assert organiser.get(path).status_code == 404
    assert browser.submit(path, form="/reflection/delete").status_code == 303
    assert "Ask the porter first" not in browser.get(path).text


def test_the_reminder_is_one_letter_in_the_persons_language_and_waits_for_the_morning(
    session, app, frozen_clock, mair, over
):
    who, _ = mair
    over(who, days=8)
    reminders = sa.select(Mail).where(Mail.subject.like("How was it?%"))
    frozen_clock.advance(hours=11)
    with app.app_context():
        feedback_jobs.feedback(session, clock.now())
        assert session.scalars(reminders).all() == []
        frozen_clock.advance(hours=9)
        for _ in range(2):
            feedback_jobs.feedback(session, clock.now())
    letters = session.scalars(reminders).all()
    assert [letter.to_address for letter in letters] == ["mair@example.org"]
    assert "/feedback" in letters[0].text


def test_the_organisers_list_costs_the_same_at_one_event_and_at_many(session, scotland, over, statements):
    def cost() -> int:
        session.rollback()
        with statements() as seen:
            queries.heard(session, order="-ends", limit=25, offset=0)
            queries.actions(session, state="", order="due", limit=25, offset=0)
        return len(seen)

    def one() -> None:
        person = visitor()
        answered(session, scotland, over(person), [person], 5)

    one()
    before = cost()
    for _ in range(5):
        one()
    assert cost() == before == 2
