"""What the plugin holds about one person at one site, and erasing it: one pair of functions for each subject.

A subject with tables of its own adds its pair to `EXPORTS` and `ERASURES`.
"""

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from core.sdk import N_, ScopedSession, address_of, shelf
from plugins.local_events import personal_day, personal_feedback, personal_visits
from plugins.local_events.models import (
    Answer,
    Certificate,
    Delivery,
    Event,
    FeedbackAction,
    FeedbackGiven,
    Invitation,
    KindSettings,
    Message,
    Organiser,
    ProposalStep,
    Question,
    Reflection,
    Registration,
    SealedAnswer,
    Series,
    Visit,
    VisitInterest,
    VisitLearning,
    VisitOffer,
    WalkIn,
)
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.counting import settle, take_turn
from plugins.local_events.states import PUBLISHED

Found = Iterator[tuple[str, Any]]


def _registrations(session: ScopedSession, account_id: str) -> Found:
    rows = session.execute(
        sa.select(
            Event.id, Event.title, Event.starts_at, Registration.name, Registration.email, Registration.state,
            Registration.queued_at, Registration.guests, Registration.ended_why, Registration.changed_at,
        )
        .join(Event, sa.and_(Event.tenant_id == Registration.tenant_id, Event.id == Registration.event_id))
        .where(Registration.account_id == account_id)
        .order_by(Registration.queued_at, Registration.id)
    ).all()  # fmt: skip
    if rows:
        instants = ("starts_at", "queued_at", "changed_at")
        held = [dict(row._mapping) for row in rows]
        yield (N_("Event registrations"), [{**one, **{key: one[key].isoformat() for key in instants}} for one in held])


def _answers(session: ScopedSession, account_id: str) -> Found:
    """Ordinary answers in full; of sensitive ones only that they are there: their words are sealed, and shown to the person
    on the event's own page."""
    said = session.execute(
        sa.select(Registration.event_id, Question.text, Answer.value)
        .join(Answer, sa.and_(Answer.tenant_id == Registration.tenant_id, Answer.registration_id == Registration.id))
        .join(Question, sa.and_(Question.tenant_id == Answer.tenant_id, Question.id == Answer.question_id))
        .where(Registration.account_id == account_id)
        .order_by(Registration.queued_at, Question.position)
    ).all()
    sealed = session.execute(
        sa.select(Registration.event_id, Question.text)
        .join(SealedAnswer, sa.and_(SealedAnswer.tenant_id == Registration.tenant_id, SealedAnswer.registration_id == Registration.id))
        .join(Question, sa.and_(Question.tenant_id == SealedAnswer.tenant_id, Question.id == SealedAnswer.question_id))
        .where(Registration.account_id == account_id)
        .order_by(Registration.queued_at, Question.position)
    ).all()  # fmt: skip
    if said:
        yield (N_("Answers for events"), [dict(row._mapping) for row in said])
    if sealed:
        yield (N_("Sensitive answers for events, kept sealed"), [dict(row._mapping) for row in sealed])


def _created(session: ScopedSession, account_id: str) -> Found:
    made = session.execute(
        sa.select(Event.id, Event.title).where(Event.created_by == account_id).order_by(Event.created_at, Event.id)
    ).all()
    if made:
        yield (N_("Events created"), [{"id": row.id, "title": row.title} for row in made])


def _run(session: ScopedSession, account_id: str) -> Found:
    """The events that the person was named an organiser of."""
    rows = session.execute(
        sa.select(Event.id, Event.title, Organiser.added_at, Organiser.left_at)
        .join(Event, sa.and_(Event.tenant_id == Organiser.tenant_id, Event.id == Organiser.event_id))
        .where(Organiser.account_id == account_id)
        .order_by(Organiser.added_at, Organiser.id)
    ).all()
    if rows:
        yield (
            N_("Events organised"),
            [
                {
                    "id": row.id,
                    "title": row.title,
                    "from": row.added_at.isoformat(),
                    "to": row.left_at.isoformat() if row.left_at is not None else None,
                }
                for row in rows
            ],
        )


def _proposed(session: ScopedSession, account_id: str) -> Found:
    """How the person's proposals went, with what was said about them; and the person's own words about those of others."""
    rows = session.execute(
        sa.select(Event.id, Event.title, ProposalStep.step, ProposalStep.why, ProposalStep.at)
        .join(Event, sa.and_(Event.tenant_id == ProposalStep.tenant_id, Event.id == ProposalStep.event_id))
        .where(sa.or_(Event.created_by == account_id, ProposalStep.by == account_id))
        .order_by(ProposalStep.at, ProposalStep.id)
    ).all()
    if rows:
        yield (N_("Proposals of events"), [{**row._mapping, "at": row.at.isoformat()} for row in rows])


def _invited(session: ScopedSession, account_id: str) -> Found:
    """The invitations to the person's address."""
    rows = session.execute(
        sa.select(Event.id, Event.title, Invitation.email, Invitation.invited_at, Invitation.withdrawn_at)
        .join(Event, sa.and_(Event.tenant_id == Invitation.tenant_id, Event.id == Invitation.event_id))
        .where(Invitation.email == address_of(account_id))
        .order_by(Invitation.invited_at, Invitation.id)
    ).all()
    if rows:
        yield (
            N_("Invitations to events"),
            [
                {
                    "id": row.id,
                    "title": row.title,
                    "email": row.email,
                    "invited_at": row.invited_at.isoformat(),
                    "withdrawn_at": row.withdrawn_at.isoformat() if row.withdrawn_at is not None else None,
                }
                for row in rows
            ],
        )


EXPORTS: tuple[Callable[[ScopedSession, str], Found], ...] = (
    _registrations,
    _answers,
    _invited,
    _created,
    _run,
    _proposed,
    personal_feedback.export,
    personal_visits.export,
    *personal_day.EXPORTS,
)


OWN: tuple[Any, ...] = (
    Registration.account_id, Event.created_by, Organiser.account_id, ProposalStep.by, FeedbackGiven.account_id,
    Reflection.account_id, FeedbackAction.owner_id, VisitOffer.host_id, Visit.account_id, VisitLearning.account_id,
    VisitInterest.account_id, WalkIn.account_id, Certificate.account_id, Delivery.account_id, Message.written_by,
)  # fmt: skip
"""The columns by which rows are somebody's. What else is exported hangs on one of these rows."""
_WHO = sa.bindparam("who", type_=sa.String)
_ANYTHING = sa.union_all(
    *(sa.select(column.class_.id).where(column == _WHO) for column in OWN),
    sa.select(Invitation.id).where(Invitation.email == address_of(_WHO)),
).limit(1)
"""Whether the session's site holds anything about `who`: most sites do not, and one statement is enough for them."""


def person_data(session: ScopedSession, account_id: str) -> Found:
    """Everything held about one person at the session's tenant, as (heading, JSON value) pairs."""
    if session.scalar(_ANYTHING, {"who": account_id}) is None:
        return
    for export in EXPORTS:
        yield from export(session, account_id)


_REGISTERED = Registration.account_id == _WHO
_REGISTRATIONS = sa.select(Registration.id, Registration.event_id, Registration.email).where(_REGISTERED)
_DELETE_REGISTRATIONS = sa.delete(Registration).where(_REGISTERED)
_INVITED = sa.or_(Invitation.email == address_of(_WHO), Invitation.email.in_(sa.bindparam("addresses", expanding=True)))
_INVITATIONS = sa.select(sa.func.count(Invitation.id)).where(_INVITED)
_DELETE_INVITATIONS = sa.delete(Invitation).where(_INVITED)
_DELETE_ANSWERS = tuple(
    sa.delete(model).where(model.registration_id.in_(sa.bindparam("registrations", expanding=True)))
    for model in (Answer, SealedAnswer)
)


def _erase_registrations(session: ScopedSession, account_id: str, dry_run: bool) -> Iterator[str]:
    """Registrations with their answers and the person's invitations; a place at an event to come goes to who waits for it."""
    who = {"who": account_id}
    rows = session.execute(_REGISTRATIONS, who).all()
    invited = {**who, "addresses": sorted({row.email.lower() for row in rows})}
    invitations = session.scalar(_INVITATIONS, invited) or 0
    for found, words in ((len(rows), "registrations"), (invitations, "invitations")):
        if found:
            yield f"{PLUGIN}: {found} {words}"
    if dry_run:
        return
    if invitations:
        session.execute(_DELETE_INVITATIONS, invited)
    if not rows:
        return
    turns = [take_turn(session, event_id) for event_id in sorted({row.event_id for row in rows})]
    for delete in _DELETE_ANSWERS:
        session.execute(delete, {"registrations": [row.id for row in rows]})
    session.execute(_DELETE_REGISTRATIONS, who)
    for turn in turns:
        if turn is not None:
            shelf.remove(session, account_id=account_id, plugin=PLUGIN, ref=turn.id)
            if turn.state == PUBLISHED:
                settle(session, turn)


def _without(*columns: Any) -> tuple[sa.Update, ...]:
    """The updates that leave nobody where the person stands in one of the columns."""
    return tuple(sa.update(column.class_).where(column == _WHO).values({column: None}) for column in columns)


_CREATED = sa.select(sa.func.count(Event.id)).where(Event.created_by == _WHO)
_WITHOUT_CREATOR = _without(Event.created_by, Invitation.invited_by)


def _erase_creator(session: ScopedSession, account_id: str, dry_run: bool) -> Iterator[str]:
    """Events that the person created, and invitations that the person gave, stay without the person."""
    made = session.scalar(_CREATED, {"who": account_id}) or 0
    if made:
        yield f"{PLUGIN}: creator of {made} events"
    if not dry_run:
        for update in _WITHOUT_CREATOR:
            session.execute(update, {"who": account_id})


_NAMED = sa.select(sa.func.count(Organiser.id)).where(Organiser.account_id == _WHO)
_DELETE_NAMED = sa.delete(Organiser).where(Organiser.account_id == _WHO)
_DELETE_WORDS = (
    sa.update(ProposalStep)
    .where(ProposalStep.event_id.in_(sa.select(Event.id).where(Event.created_by == _WHO)))
    .values(why="")
)
_WITHOUT_ORGANISER = _without(Organiser.added_by, ProposalStep.by, Series.created_by, KindSettings.saved_by)


def _erase_organiser(session: ScopedSession, account_id: str, dry_run: bool) -> Iterator[str]:
    """The person runs no event any more; steps, series and kinds' settings stay without the person. What was said about the
    person's own proposals goes."""
    named = session.scalar(_NAMED, {"who": account_id}) or 0
    if named:
        yield f"{PLUGIN}: organiser of {named} events"
    if dry_run:
        return
    for change in (_DELETE_NAMED, _DELETE_WORDS, *_WITHOUT_ORGANISER):
        session.execute(change, {"who": account_id})


ERASURES: tuple[Callable[[ScopedSession, str, bool], Iterator[str]], ...] = (
    *personal_day.ERASURES,  # first: they hang on registrations
    _erase_registrations,
    _erase_organiser,
    _erase_creator,
    personal_feedback.erase,
    personal_visits.erase,
)


def erase_person(session: ScopedSession, account_id: str, dry_run: bool) -> Iterator[str]:
    """Erase one person at the session's tenant in the caller's transaction (or only say what would go), one line each."""
    for erase in ERASURES:
        yield from erase(session, account_id, dry_run)
