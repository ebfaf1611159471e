"""Sensitive answers: read by named roles with each look on record, counted for who cooks, deleted when their days are over."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.sdk import (
    SYSTEM,
    Forbidden,
    Renewed,
    ScopedSession,
    Sealer,
    Unreadable,
    Visitor,
    caseless,
    record_audit,
    reseal,
    transaction,
)
from plugins.local_events.answers import Chosen
from plugins.local_events.manifest import ORGANISE, SENSITIVE
from plugins.local_events.models import Event, Registration, SealedAnswer
from plugins.local_events.queries import events, questions
from plugins.local_events.queries.questions import Asked
from plugins.local_events.service.answering import about
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.ending import forget_answers
from plugins.local_events.states import ACTIVE, CONFIRMED

PURPOSE = f"{PLUGIN}.answers"
"""What the key of these answers is drawn for."""


class Said(NamedTuple):
    """One person's answer to one sensitive question; `value` None where it cannot be read any more."""

    name: str
    email: str
    state: str
    question: Asked
    value: str | None


class Count(NamedTuple):
    """How many of those coming answered so; `option` "" counts other words than those of the list."""

    question: str
    option: str
    people: int


def _rows(session: ScopedSession, event_id: str, states: Sequence[str]) -> Sequence[Any]:
    return session.execute(
        sa.select(
            SealedAnswer.registration_id, SealedAnswer.question_id, SealedAnswer.sealed, Registration.name,
            Registration.email, Registration.state,
        )
        .join(
            Registration,
            sa.and_(Registration.tenant_id == SealedAnswer.tenant_id, Registration.id == SealedAnswer.registration_id),
        )
        .where(SealedAnswer.event_id == event_id, Registration.state.in_(states))
        .order_by(caseless(Registration.name), Registration.id)
    ).all()  # fmt: skip


def _opened(session: ScopedSession, row: Any, seal: Sealer) -> str | None:
    try:
        return seal.unseal(row.sealed, about(session.scope.tenant_id, row.registration_id, row.question_id))
    except Unreadable:
        return None


def read(session: ScopedSession, event_id: str, visitor: Visitor, seal: Sealer) -> tuple[events.Details, list[Said]]:
    """Everybody's sensitive answers for an event. Each call leaves an entry in the audit trail: who looked, at how many.

    Raises Forbidden without `local_events.sensitive`, and NotFound.
    """
    if not visitor.can(SENSITIVE):
        raise Forbidden(SENSITIVE)
    event = events.find(session, event_id)
    with transaction(session):
        asked = {one.id: one for one in questions.of_event(session, event_id, withdrawn=True)}
        said = [
            Said(row.name, row.email, row.state, asked[row.question_id], _opened(session, row, seal))
            for row in _rows(session, event_id, ACTIVE)
        ]
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.read_sensitive", subject=event_id, after={"answers": len(said)}
        )  # fmt: skip
    return event, said


def counts(session: ScopedSession, event_id: str, visitor: Visitor, seal: Sealer) -> tuple[events.Details, list[Count]]:
    """What a caterer needs: how many of those coming chose what, without a name and without anybody's own words.

    Raises Forbidden without `local_events.organise`, and NotFound.
    """
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    event = events.find(session, event_id)
    asked = [one for one in questions.of_event(session, event_id, withdrawn=True) if one.sensitive and one.options]
    chosen: dict[str, Counter[str]] = {one.id: Counter() for one in asked}
    for row in _rows(session, event_id, (CONFIRMED,)):
        if row.question_id in chosen and (value := _opened(session, row, seal)) is not None:
            chosen[row.question_id].update(_options(asked, row.question_id, value))
    return event, [Count(one.text, option, chosen[one.id][option]) for one in asked for option in (*one.options, "")]


def _options(asked: Sequence[Asked], question_id: str, value: str) -> list[str]:
    question = next(one for one in asked if one.id == question_id)
    if question.kind != "choices":
        return [value]
    found = Chosen.read(value)
    return [*found.options, *([""] if found.other else [])]


def own(session: ScopedSession, registration_id: str, seal: Sealer) -> dict[str, str]:
    """A person's own sensitive answers, {question: value}, for the form in which the person changes them."""
    rows = session.execute(
        sa.select(SealedAnswer.registration_id, SealedAnswer.question_id, SealedAnswer.sealed).where(
            SealedAnswer.registration_id == registration_id
        )
    ).all()
    return {row.question_id: value for row in rows if (value := _opened(session, row, seal)) is not None}


def purge(session: ScopedSession, at: datetime) -> int:
    """Delete the answers of events whose days are over at `at`, each event in a transaction of its own; how many answers."""
    gone = 0
    ended = session.execute(
        sa.select(Event.id, Event.ends_at, Event.keep_answers_days).where(
            Event.ends_at <= at, Event.id.in_(sa.select(SealedAnswer.event_id))
        )
    ).all()
    for row in ended:
        if row.ends_at + timedelta(days=row.keep_answers_days) > at:
            continue
        with transaction(session):
            count = forget_answers(session, SealedAnswer.event_id == row.id)
            if count:
                record_audit(
                    session, actor=SYSTEM, action=f"{PLUGIN}.purge_sensitive", subject=row.id, after={"answers": count}
                )
        gone += count
    return gone


def renew(session: ScopedSession, seal: Sealer) -> Renewed:
    """Seal the site's answers anew that the secret key before sealed, some in each transaction; again is the same."""

    def bound(row: SealedAnswer) -> str:
        return about(row.tenant_id, row.registration_id, row.question_id)

    return Renewed("sensitive answers", *reseal(session, SealedAnswer, seal, bound))
