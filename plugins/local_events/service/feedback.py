"""Feedback without a name: answered once by each person, and kept so that nothing leads from the answers back.

Who answered and what was said are written in one transaction, so that neither is ever there without the other. PostgreSQL
stamps rows with the number of their transaction, and both engines lay rows down in the order in which they came; so the
event's answers are written anew with it, under new random ids and in random order. Whoever reads the database itself finds
the last transaction's number on all of them. There is no audit entry: it would say when somebody answered.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.sdk import (
    FEWEST_SHOWN,
    N_,
    Invalid,
    NotFound,
    Refused,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    new_id,
    shelf,
    transaction,
    upserts,
)
from plugins.local_events.feedback_questions import COMMENTS, LONGEST_COMMENT, NOT_FOR_ME, SCORES, WORTH, asked
from plugins.local_events.feedback_steps import SIZE, Step, next_step
from plugins.local_events.models import Event, Feedback, FeedbackAnswer, FeedbackComment, FeedbackGiven, Registration
from plugins.local_events.models.feedback import nameless_id
from plugins.local_events.queries import events
from plugins.local_events.service.changing import PLUGIN, path_of
from plugins.local_events.service.counting import Turn, take_turn
from plugins.local_events.service.places import known_to, own_of
from plugins.local_events.states import COMPLETED, CONFIRMED, PUBLISHED

OPEN_FOR = timedelta(days=30)
"""From the event's end."""
CLOSED = N_("Feedback on this event is closed.")
MIXED = 400
"""At most so many rows are written anew with each answer: enough to hide among, at a cost that does not grow."""
HELD = (PUBLISHED, COMPLETED)
"""States of an event that took place once it is over."""
_dice = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody answers: a score for each statement of the event's kind, and comments by their keys, which may be empty."""

    scores: Mapping[str, int]
    comments: Mapping[str, str]


def is_open(event: Any, now: datetime) -> bool:
    """Whether people may answer about `event` (its `Details`) at `now`."""
    return event.state in HELD and event.ends_at <= now < event.ends_at + OPEN_FOR


def answer(session: ScopedSession, tenant: TenantRef, event_id: str, said: Said, visitor: Visitor) -> bool:
    """Keep what somebody says of an event that they had a place at: True when that is new, False when they have answered.

    Raises Forbidden when nobody is signed in, NotFound for who had no place (whether or not there is such an event), Refused
    outside the thirty days, Invalid by field.
    """
    account_id = known_to(visitor, event_id)
    now = clock.now()
    with transaction(session):
        turn = take_turn(session, event_id, *open_at(now))
        own = own_of(session, event_id, account_id)
        if own is None or own.state != CONFIRMED:
            raise NotFound
        if turn is None:
            raise Refused(CLOSED)
        event = events.find(session, event_id)
        _check(said, event.kind)
        feedback = opened(session, tenant, turn, now)
        if not _given(session, tenant, event_id, account_id):
            return False
        shelf.remove(session, account_id=account_id, plugin=PLUGIN, ref=feedback.id)
        scores = [{"question": key, "score": said.scores[key]} for key in asked(event.kind)]
        comments = [(key, said.comments.get(key, "").strip()) for key in COMMENTS]
        _mix(session, tenant, event_id, FeedbackAnswer, scores)
        _mix(
            session,
            tenant,
            event_id,
            FeedbackComment,
            [{"question": key, "words": words, "shown": False} for key, words in comments if words],
        )
        _publish(session, feedback, event_id, tuple(asked(event.kind)))
    return True


def open_at(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """The condition of an event about which people may answer at `now`."""
    return (Event.state.in_(HELD), Event.ends_at <= now, Event.ends_at > now - OPEN_FOR)


def _check(said: Said, kind: str) -> None:
    wrong: dict[str, str] = {}
    for key in asked(kind):
        if said.scores.get(key) not in (NOT_FOR_ME, *SCORES):
            wrong[key] = N_("Choose one of the answers")
    for key in COMMENTS:
        if len(said.comments.get(key, "")) > LONGEST_COMMENT:
            wrong[key] = N_("At most 2,000 characters")
    if wrong:
        raise Invalid(wrong)


_OPENED = sa.select(Feedback.id, Feedback.steps, Feedback.counted).where(Feedback.event_id == sa.bindparam("event_id"))


def opened(session: ScopedSession, tenant: TenantRef, turn: Turn, now: datetime) -> Any:
    """The event's feedback (id, steps, counted), begun where it was not: everybody who had a place finds a card about it on
    their shelf. Needs the event's lock."""
    found = session.execute(_OPENED, {"event_id": turn.id}).one_or_none()
    if found is not None:
        return found
    feedback_id = new_id()
    values = {
        "id": feedback_id, "tenant_id": tenant.id, "event_id": turn.id, "opened_at": now, "closes_at": turn.ends_at + OPEN_FOR,
        "reminded_at": None, "closed_at": None, "steps": {}, "counted": 0,
    }  # fmt: skip
    session.execute(sa.insert(Feedback), [values])
    had = session.scalars(
        sa.select(Registration.account_id).where(Registration.event_id == turn.id, Registration.state == CONFIRMED)
    ).all()
    if had:
        shelf.put_new(
            session, [(account, feedback_id, f"{path_of(turn.id)}/feedback") for account in had], plugin=PLUGIN,
            kind="feedback", title=turn.title, status=N_("Say how it was"), when=turn.starts_at, needs_action=True,
        )  # fmt: skip
    return session.execute(_OPENED, {"event_id": turn.id}).one()


def follow(session: ScopedSession, event_id: str, ends_at: datetime) -> None:
    """Bring the feedback of an event that was over in step with its new end, in the caller's transaction: where nobody has
    answered it goes with its cards, and is opened again at that end; answers stay, and the thirty days run from it. Needs the
    event's lock."""
    said = sa.select(FeedbackAnswer.id).where(FeedbackAnswer.event_id == event_id).exists()
    gone = sa.delete(Feedback).where(Feedback.event_id == event_id, ~said).returning(Feedback.id)
    refs = session.scalars(gone).all()
    if refs:
        shelf.remove_many(session, plugin=PLUGIN, refs=refs)
        return
    closes_at = ends_at + OPEN_FOR
    session.execute(
        sa.update(Feedback)
        .where(Feedback.event_id == event_id, Feedback.closed_at.is_(None), Feedback.opened_at < closes_at)
        .values(closes_at=closes_at)
    )


def _given(session: ScopedSession, tenant: TenantRef, event_id: str, account_id: str) -> bool:
    """Note that the person has answered; False where they had already."""
    values = {"id": nameless_id(), "tenant_id": tenant.id, "event_id": event_id, "account_id": account_id}
    put = upserts.insert(session, FeedbackGiven).values(**values)
    return session.scalar(put.on_conflict_do_nothing().returning(FeedbackGiven.id)) is not None


_SOME = {
    model: sa.select(model.id).where(model.event_id == sa.bindparam("event_id")).order_by(sa.func.random()).limit(MIXED)
    for model in (FeedbackAnswer, FeedbackComment)
}
_TAKE = {
    model: sa.delete(model)
    .where(model.id.in_(sa.bindparam("ids", expanding=True)))
    .returning(
        *(
            getattr(model, column.name)
            for column in model.__table__.columns
            if column.name not in ("id", "tenant_id", "event_id")
        )
    )
    for model in (FeedbackAnswer, FeedbackComment)
}


def _mix(session: ScopedSession, tenant: TenantRef, event_id: str, model: Any, new: list[dict[str, Any]]) -> None:
    """Write `new` rows and others of the event, all under new ids and in random order. Needs the event's lock."""
    some = session.scalars(_SOME[model], {"event_id": event_id}).all()
    rows = [dict(row._mapping) for row in session.execute(_TAKE[model], {"ids": some})] + new
    _dice.shuffle(rows)
    same = {"tenant_id": tenant.id, "event_id": event_id}
    if rows:
        session.execute(sa.insert(model), [{**row, **same, "id": nameless_id()} for row in rows])


_COUNTS = (
    sa.select(FeedbackAnswer.question, FeedbackAnswer.score, sa.func.count())
    .where(FeedbackAnswer.event_id == sa.bindparam("event_id"))
    .group_by(FeedbackAnswer.question, FeedbackAnswer.score)
)


def _publish(session: ScopedSession, feedback: Any, event_id: str, questions: tuple[str, ...]) -> None:
    """Bring what organisers may see in step: figures by `feedback_steps`, comments whenever five more have answered."""
    counts = {(question, score): number for question, score, number in session.execute(_COUNTS, {"event_id": event_id})}
    steps = dict(feedback.steps)
    for question in questions:
        earlier = [Step.read(one) for one in steps.get(question, [])]
        new = next_step(earlier, [counts.get((question, score), 0) for score in range(1, SIZE + 1)])
        if new is not None:
            steps[question] = [*steps.get(question, []), new.stored()]
    people = sum(number for (question, _), number in counts.items() if question == WORTH)
    show = people - feedback.counted >= FEWEST_SHOWN
    if show:
        show_comments(session, event_id)
    if show or steps != feedback.steps:
        values = {"steps": steps, "counted": people if show else feedback.counted}
        session.execute(sa.update(Feedback).where(Feedback.id == feedback.id).values(**values))


def show_comments(session: ScopedSession, event_id: str) -> None:
    """Let organisers see the comments that are there, in the caller's transaction and under the event's lock."""
    waiting = sa.update(FeedbackComment).where(FeedbackComment.event_id == event_id, FeedbackComment.shown.is_(False))
    session.execute(waiting.values(shown=True))
