"""Feedback: once each, without a name, in steps, reminded once; and what people keep for themselves."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.data.audit import AuditEntry
from core.data.session import transaction
from core.kernel import clock
from core.kernel.ids import is_id, new_token
from core.sdk import Forbidden, Invalid, NotFound, Refused
from core.tenancy.models import ShelfItem
from plugins.local_events import personal
from plugins.local_events.feedback_steps import Step
from plugins.local_events.models import Feedback, FeedbackAnswer, FeedbackComment, FeedbackGiven
from plugins.local_events.queries import events
from plugins.local_events.queries import feedback as queries
from plugins.local_events.service import drafts, feedback, feedback_rounds, places, reflections, running
from plugins.local_events.service.feedback import Said
from tests.factories.people import make_person
from tests.plugins.local_events.feedback_helpers import answered, over, said
from tests.plugins.local_events.helpers import OPEN, ORGANISER, USUAL, draft, published, visitor

FINE = (1, 2, 3, 4)


def test_who_had_a_place_answers_once(session, scotland, frozen_clock):
    event_id, (one, *_) = over(session, scotland, frozen_clock, people=2)
    assert feedback.answer(session, scotland, event_id, said(), one)
    assert not feedback.answer(session, scotland, event_id, said(1), one)
    scores = session.scalars(sa.select(FeedbackAnswer.score).where(FeedbackAnswer.event_id == event_id)).all()
    assert set(scores) == {5}
    assert queries.has_answered(session, event_id, one.account_id)


def test_nobody_else_answers(session, scotland, frozen_clock):
    event_id, (back, waiting) = published(session, scotland, capacity=1), (visitor(), visitor())
    places.register(session, scotland, event_id, back)
    places.register(session, scotland, event_id, waiting)
    places.withdraw(session, scotland, event_id, back)  # the place is now offered, not taken
    frozen_clock.advance(days=7, hours=2)
    for one in (back, waiting, visitor(), visitor(ORGANISER)):
        with pytest.raises(NotFound):
            feedback.answer(session, scotland, event_id, said(), one)
    with pytest.raises(Forbidden):
        feedback.answer(session, scotland, event_id, said(), visitor(account_id=None))


def test_answers_are_taken_from_the_end_for_thirty_days(session, scotland, frozen_clock):
    event_id, (one, two) = over(session, scotland, frozen_clock, people=2)
    frozen_clock.advance(minutes=-1)
    with pytest.raises(Refused):
        feedback.answer(session, scotland, event_id, said(), one)
    frozen_clock.advance(minutes=1)
    running.complete(session, scotland, USUAL, event_id, visitor(ORGANISER))
    assert feedback.answer(session, scotland, event_id, said(), one)
    frozen_clock.advance(days=30)
    with pytest.raises(Refused, match="closed"):
        feedback.answer(session, scotland, event_id, said(), two)


@pytest.mark.parametrize(
    "wrong",
    [Said({}, {}), Said({**said().scores, "use": 6}, {}), Said(said().scores, {"keep": "x" * 2001})],
)
def test_what_cannot_be_an_answer_is_refused_whole(session, scotland, frozen_clock, wrong):
    event_id, (one,) = over(session, scotland, frozen_clock, people=1)
    with pytest.raises(Invalid):
        feedback.answer(session, scotland, event_id, wrong, one)
    assert not queries.has_answered(session, event_id, one.account_id)


def test_no_query_joins_who_with_what(session, scotland, frozen_clock, engine_name):
    """No column, no id, no order, and no number that the database itself keeps leads from an answer to a person."""
    event_id, had = over(session, scotland, frozen_clock, people=12)
    answered(session, scotland, event_id, had, *[1, 2, 3, 4, 5] * 2, 1, 2)
    who, what = (set(model.__table__.columns.keys()) for model in (FeedbackGiven, FeedbackAnswer))
    assert who & what == {"id", "tenant_id", "event_id"}
    assert set(FeedbackComment.__table__.columns.keys()) == {
        "id",
        "tenant_id",
        "event_id",
        "question",
        "words",
        "shown",
    }
    for model in (FeedbackGiven, FeedbackAnswer, FeedbackComment):
        ids = session.scalars(sa.select(model.id)).all()
        assert not any(is_id(one) for one in ids), "an id with the time in it"
    place, written = ("ctid", "xmin::text") if engine_name == "postgres" else ("rowid", "'same'")
    kept = session.execute(
        sa.select(FeedbackAnswer.score, sa.literal_column(written).label("written"))
        .where(FeedbackAnswer.question == "worth")
        .order_by(sa.literal_column(place))
    ).all()
    assert [row.score for row in kept] != [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2]
    assert sorted(row.score for row in kept) == [1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 5]
    assert len({row.written for row in kept}) == 1, "one transaction's number on all answers"
    assert session.scalar(sa.select(sa.func.count()).where(AuditEntry.action.like("%feedback%"))) == 0


def test_nothing_is_shown_before_five_have_answered_and_then_in_steps(session, scotland, frozen_clock):
    event_id, had = over(session, scotland, frozen_clock, people=12)
    answered(session, scotland, event_id, had, 5, 5, 5, 5)
    found = queries.published(session, event_id)
    assert (found.figures, found.counted, found.comments) == ({}, 0, {"keep": [], "change": []})
    answered(session, scotland, event_id, had[4:], 5)
    found = queries.published(session, event_id)
    assert found.figures["worth"] == Step(5, FINE, (0, 0, 0, 0, 5))
    assert (found.counted, found.comments["keep"]) == (5, ["I gave 5"] * 5)
    answered(session, scotland, event_id, had[5:], 1, 4, 4, 4)
    assert queries.published(session, event_id) == found, "one more answer cannot be told"
    answered(session, scotland, event_id, had[9:], 4)
    found = queries.published(session, event_id)
    assert (found.counted, sorted(set(found.comments["keep"]))) == (10, ["I gave 1", "I gave 4", "I gave 5"])
    assert found.figures["worth"] == Step(10, (4,), (5, 5))


def test_a_question_that_does_not_apply_counts_for_nothing(session, scotland, frozen_clock):
    event_id, had = over(session, scotland, frozen_clock, people=5)
    answered(session, scotland, event_id, had, 0, 0, 0, 0, 0)
    found = queries.published(session, event_id)
    assert (found.figures, found.counted) == ({}, 5)


def test_everybody_who_had_a_place_finds_a_card_until_they_have_answered(session, scotland, frozen_clock):
    event_id, (one, two) = over(session, scotland, frozen_clock, people=2)
    cards = sa.select(ShelfItem.account_id).where(ShelfItem.kind == "feedback", ShelfItem.needs_action)
    assert feedback_rounds.open_due(session, scotland) == 1
    assert feedback_rounds.open_due(session, scotland) == 0
    assert set(session.scalars(cards)) == {one.account_id, two.account_id}
    feedback.answer(session, scotland, event_id, said(), one)
    assert session.scalars(cards).all() == [two.account_id]
    frozen_clock.advance(days=30)
    assert feedback_rounds.close_due(session) == 1
    assert feedback_rounds.close_due(session) == 0
    assert session.scalars(cards).all() == []


def test_the_last_comments_are_shown_at_the_close_where_five_have_answered(session, scotland, frozen_clock):
    event_id, had = over(session, scotland, frozen_clock, people=7)
    few, those = over(session, scotland, frozen_clock, people=4)
    answered(session, scotland, event_id, had, *[5] * 7)
    answered(session, scotland, few, those, *[5] * 4)
    assert len(queries.published(session, event_id).comments["keep"]) == 5
    frozen_clock.advance(days=30)
    feedback_rounds.close_due(session)
    assert len(queries.published(session, event_id).comments["keep"]) == 7
    assert queries.published(session, few).comments["keep"] == []


def _moved(session, scotland, event_id, days):
    """The event is found to have had the wrong day."""
    event = events.find(session, event_id)
    real = draft(starts_at=clock.now() + timedelta(days=days), capacity=None)
    drafts.edit(session, scotland, OPEN, event_id, real, event.version, visitor(ORGANISER))
    return real.ends_at


def test_feedback_that_nobody_gave_is_opened_again_where_the_event_is_moved(session, scotland, frozen_clock):
    event_id, (one, _) = over(session, scotland, frozen_clock, people=2)
    cards = sa.select(ShelfItem.when).where(ShelfItem.account_id == one.account_id, ShelfItem.kind == "feedback")
    feedback_rounds.open_due(session, scotland)
    ends_at = _moved(session, scotland, event_id, 40)
    assert session.scalars(cards).all() == []
    frozen_clock.advance(days=35)
    feedback_rounds.close_due(session)
    frozen_clock.advance(days=6)
    assert feedback_rounds.open_due(session, scotland) == 1
    assert session.scalars(cards).all() == [ends_at - timedelta(hours=2)], "it stands under the event's start"
    frozen_clock.advance(days=29)
    assert feedback.answer(session, scotland, event_id, said(), one)


def test_answers_stay_where_the_event_is_moved_and_the_days_run_from_its_end(session, scotland, frozen_clock):
    event_id, (one, two) = over(session, scotland, frozen_clock, people=2)
    assert feedback.answer(session, scotland, event_id, said(), one)
    _moved(session, scotland, event_id, 40)
    frozen_clock.advance(days=60)
    assert feedback_rounds.close_due(session) == 0
    assert feedback.answer(session, scotland, event_id, said(), two)
    assert session.scalar(sa.select(sa.func.count(FeedbackGiven.id))) == 2


def test_who_has_not_answered_is_reminded_once(session, scotland, frozen_clock, app):
    ids = [make_person(app, f"{name}@example.org", name=name) for name in ("ann", "bob")]
    event_id = published(session, scotland)
    people = [visitor(account_id=one, email=f"{one}@example.org") for one in ids]
    for one in people:
        places.register(session, scotland, event_id, one)
    frozen_clock.advance(days=7, hours=2)
    written: list[tuple[str, str]] = []

    def write(_: object, reminder: feedback_rounds.Reminder) -> None:
        written.append((reminder.email, reminder.title))

    feedback_rounds.open_due(session, scotland)
    feedback.answer(session, scotland, event_id, said(), people[0])
    assert feedback_rounds.remind_due(session, write) == 0, "too early"
    frozen_clock.advance(days=7)
    assert feedback_rounds.remind_due(session, write) == 1
    assert feedback_rounds.remind_due(session, write) == 0
    assert written == [("bob@example.org", "Measuring for improvement")]


def test_a_reminder_that_fails_is_made_up_for(session, scotland, frozen_clock, app):
    one = visitor(account_id=make_person(app, "ann@example.org"))
    event_id = published(session, scotland)
    places.register(session, scotland, event_id, one)
    frozen_clock.advance(days=15)
    feedback_rounds.open_due(session, scotland)

    def fails(*_: object) -> None:
        raise RuntimeError("no mail today")

    with pytest.raises(RuntimeError, match="no mail"):
        feedback_rounds.remind_due(session, fails)
    assert session.scalar(sa.select(Feedback.reminded_at)) is None
    assert feedback_rounds.remind_due(session, lambda *_: None) == 1


def test_a_reflection_is_the_persons_alone(session, scotland, frozen_clock):
    event_id, (one, two) = over(session, scotland, frozen_clock, people=2)
    reflections.keep(
        session, scotland, event_id, "First thoughts", wants_to_share=False, visitor=one, form_key=new_token()
    )
    reflections.keep(
        session, scotland, event_id, "Second thoughts", wants_to_share=True, visitor=one, form_key=new_token()
    )
    kept = queries.reflection(session, event_id, one.account_id)
    assert (kept.words, kept.wants_to_share) == ("Second thoughts", True)
    assert queries.reflection(session, event_id, two.account_id) is None
    for wrong, error in ((visitor(), NotFound), (visitor(ORGANISER), NotFound), (visitor(account_id=None), Forbidden)):
        with pytest.raises(error):
            reflections.keep(
                session, scotland, event_id, "Words", wants_to_share=False, visitor=wrong, form_key=new_token()
            )
    assert reflections.delete(session, event_id, one)
    assert not reflections.delete(session, event_id, one)


def test_a_persons_file_says_that_they_answered_and_not_what(session, scotland, frozen_clock):
    event_id, (one, *_) = over(session, scotland, frozen_clock, people=1)
    feedback.answer(session, scotland, event_id, said(1, keep="A word only I would use"), one)
    reflections.keep(session, scotland, event_id, "For me", wants_to_share=False, visitor=one, form_key=new_token())
    held = dict(personal.person_data(session, one.account_id or ""))
    given = held["Events you gave feedback on (what you said is kept without your name)"]
    assert given == [{"id": event_id, "title": "Measuring for improvement"}]
    assert held["Your reflections"][0]["words"] == "For me"
    assert "only I would use" not in str(held)


def test_erasing_a_person_leaves_what_was_said(session, scotland, frozen_clock):
    event_id, had = over(session, scotland, frozen_clock, people=5)
    answered(session, scotland, event_id, had, 5, 5, 5, 5, 5)
    reflections.keep(session, scotland, event_id, "For me", wants_to_share=False, visitor=had[0], form_key=new_token())
    with transaction(session):
        said_so = list(personal.erase_person(session, had[0].account_id or "", dry_run=False))
    assert "local_events: 1 notes that feedback was given" in said_so
    assert "local_events: 1 reflections" in said_so
    assert not queries.has_answered(session, event_id, had[0].account_id)
    assert queries.reflection(session, event_id, had[0].account_id) is None
    assert len(queries.published(session, event_id).comments["keep"]) == 5
    assert dict(personal.person_data(session, had[0].account_id or "")) == {}


def test_feedback_never_leaves_its_site(session, scotland, wales, session_for, frozen_clock):
    event_id, (one, *_) = over(session, scotland, frozen_clock, people=1)
    feedback.answer(session, scotland, event_id, said(), one)
    there = session_for("wales")
    assert queries.published(there, event_id).closes_at is None
    with pytest.raises(NotFound):
        feedback.answer(there, wales, event_id, said(), one)
