"""Reading feedback: what is published, what is done about it, and what one person has still to say."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import ScopedSession, caseless, clock, ordered
from plugins.local_events.feedback_questions import COMMENTS
from plugins.local_events.feedback_steps import Step
from plugins.local_events.models import Event, Feedback, FeedbackAction, FeedbackComment, FeedbackGiven, Reflection
from plugins.local_events.states import OPEN

MOST_SHOWN = 20


class Published(NamedTuple):
    """What organisers may see of one event: by question the last figures, and the comments by question in random order.

    `counted` is how many had answered when comments were last shown; 0 before five have.
    """

    figures: dict[str, Step]
    comments: dict[str, list[str]]
    counted: int
    closes_at: datetime | None
    closed: bool


def published(session: ScopedSession, event_id: str) -> Published:
    """One event's feedback as organisers may see it, in two statements."""
    row = session.execute(
        sa.select(Feedback.steps, Feedback.counted, Feedback.closes_at, Feedback.closed_at).where(
            Feedback.event_id == event_id
        )
    ).one_or_none()
    if row is None:
        return Published({}, {}, 0, None, closed=False)
    figures = {question: Step.read(steps[-1]) for question, steps in row.steps.items() if steps}
    words: dict[str, list[str]] = {key: [] for key in COMMENTS}
    for one in session.execute(
        sa.select(FeedbackComment.question, FeedbackComment.words)
        .where(FeedbackComment.event_id == event_id, FeedbackComment.shown)
        .order_by(FeedbackComment.id)  # ids are random, and new ones with each answer
    ):
        words.setdefault(one.question, []).append(one.words)
    return Published(figures, words, row.counted, row.closes_at, row.closed_at is not None)


def figures_of(session: ScopedSession, event_ids: Collection[str]) -> dict[str, dict[str, Step]]:
    """The last published figures of several events, in one statement: {event: {question: step}}."""
    if not event_ids:
        return {}
    rows = session.execute(
        sa.select(Feedback.event_id, Feedback.steps).where(Feedback.event_id.in_(list(event_ids)))
    ).all()
    return {row.event_id: {key: Step.read(steps[-1]) for key, steps in row.steps.items() if steps} for row in rows}


def has_answered(session: ScopedSession, event_id: str, account_id: str | None) -> bool:
    """Whether a person has answered about an event."""
    return (
        session.scalar(
            sa.select(FeedbackGiven.id).where(
                FeedbackGiven.event_id == event_id, FeedbackGiven.account_id == account_id
            )
        )
        is not None
    )


def reflection(session: ScopedSession, event_id: str, account_id: str | None) -> Any:
    """A person's own reflection (words, wants_to_share, changed_at), or None."""
    return session.execute(
        sa.select(Reflection.words, Reflection.wants_to_share, Reflection.changed_at).where(
            Reflection.event_id == event_id, Reflection.account_id == account_id
        )
    ).one_or_none()


class Action(NamedTuple):
    """One thing that is done about feedback, with the event it came from."""

    id: str
    event_id: str
    said: str
    did: str
    owner_name: str
    due_on: date
    state: str
    reason: str
    version: int
    title: str
    starts_at: datetime

    @property
    def late(self) -> bool:
        """Whether its day is over and it is open."""
        return self.state == OPEN and self.due_on < clock.today()


_ACTION = [getattr(FeedbackAction, name) for name in Action._fields[:-2]] + [Event.title, Event.starts_at]
_JOINED = sa.and_(Event.tenant_id == FeedbackAction.tenant_id, Event.id == FeedbackAction.event_id)


def actions_of(session: ScopedSession, event_id: str) -> list[Action]:
    """What is done about one event's feedback, open ones first."""
    query = sa.select(*_ACTION).join(Event, _JOINED).where(FeedbackAction.event_id == event_id)
    return [Action(*row) for row in session.execute(query.order_by(*_ORDER))]


_ORDER = (sa.case((FeedbackAction.state == OPEN, 0), else_=1), FeedbackAction.due_on, FeedbackAction.id)


def shown_with(session: ScopedSession, event: Any, audiences: Sequence[str]) -> list[Action]:
    """What the page of `event` (its `Details`) tells: what was done about its own feedback, or before that about the last
    event of its kind at this site that the reader may see. One statement."""
    earlier = sa.and_(
        Event.kind == event.kind,
        Event.ends_at < event.starts_at,
        Event.published_at.is_not(None),
        Event.audience.in_(audiences),
    )
    rows = session.execute(
        sa.select(*_ACTION)
        .join(Event, _JOINED)
        .where(sa.or_(FeedbackAction.event_id == event.id, earlier))
        .order_by(sa.case((FeedbackAction.event_id == event.id, 0), else_=1), Event.ends_at.desc(), Event.id, *_ORDER)
        .limit(MOST_SHOWN)
    ).all()
    return [Action(*row) for row in rows if row.event_id == rows[0].event_id]


ACTION_SORTS: Mapping[str, Any] = {
    "due": FeedbackAction.due_on, "event": caseless(Event.title), "owner": caseless(FeedbackAction.owner_name),
}  # fmt: skip
HEARD_SORTS: Mapping[str, Any] = {"ends": Event.ends_at, "title": caseless(Event.title)}


def actions(
    session: ScopedSession, *, state: str, order: str, limit: int | None, offset: int
) -> tuple[list[Action], int]:
    """One page of the site's actions, or all of them, and how many there are. `state` is one, `late`, or "" for all."""
    query = sa.select(*_ACTION, sa.func.count().over()).join(Event, _JOINED)
    if state == "late":
        query = query.where(FeedbackAction.state == OPEN, FeedbackAction.due_on < clock.today())
    elif state:
        query = query.where(FeedbackAction.state == state)
    by = ordered(ACTION_SORTS, order, FeedbackAction.id)
    rows = session.execute(query.order_by(*by).limit(limit).offset(offset)).all()
    return [Action(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


def late_actions(session: ScopedSession) -> int:
    """How many open actions are past their day."""
    return (
        session.scalar(
            sa.select(sa.func.count(FeedbackAction.id)).where(
                FeedbackAction.state == OPEN, FeedbackAction.due_on < clock.today()
            )
        )
        or 0
    )


class Heard(NamedTuple):
    """An event that took place, with how many answers of it are shown and what is done about it."""

    id: str
    title: str
    kind: str
    ends_at: datetime
    counted: int
    actions: int


def heard(session: ScopedSession, *, order: str, limit: int | None, offset: int) -> tuple[list[Heard], int]:
    """One page of the events with feedback, or all of them, and how many there are; in one statement."""
    done = (
        sa.select(sa.func.count(FeedbackAction.id))
        .where(FeedbackAction.event_id == Event.id, FeedbackAction.tenant_id == Event.tenant_id)
        .correlate(Event)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(Event.id, Event.title, Event.kind, Event.ends_at, Feedback.counted, done, sa.func.count().over())
        .join(Feedback, sa.and_(Feedback.tenant_id == Event.tenant_id, Feedback.event_id == Event.id))
        .order_by(*ordered(HEARD_SORTS, order, Event.id))
        .limit(limit)
        .offset(offset)
    ).all()
    return [Heard(*row[:-1]) for row in rows], rows[0][-1] if rows else 0
