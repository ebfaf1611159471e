"""What an event asks of who registers. A question is never reworded: answers belong to the words people saw. It is withdrawn,
and another one asked."""

from dataclasses import dataclass

import sqlalchemy as sa

from core.sdk import (
    N_,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    is_id,
    new_id,
    once,
    record_audit,
    transaction,
)
from plugins.local_events.answers import FEWEST_OPTIONS, LONGEST_OPTION, MOST_OPTIONS
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import Event, Question
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.counting import lock_editable
from plugins.local_events.words import QUESTION_KINDS

MOST = 20
"""Questions of one event: more than that nobody answers."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question as typed; `options` are for the kinds with a list."""

    kind: str
    text: str
    hint: str = ""
    options: tuple[str, ...] = ()
    required: bool = False
    sensitive: bool = False


def check(ask: Ask) -> None:
    """Raise Invalid, by field, for what cannot be asked."""
    wrong: dict[str, str] = {}
    if ask.kind not in QUESTION_KINDS:
        wrong["kind"] = N_("Choose one of the list")
    if not 0 < len(ask.text.strip()) <= 200:
        wrong["text"] = N_("Write the question, in at most 200 characters")
    if len(ask.hint) > 300:
        wrong["hint"] = N_("At most 300 characters")
    if ask.kind in ("choice", "choices"):
        if not FEWEST_OPTIONS <= len(set(ask.options)) <= MOST_OPTIONS:
            wrong["options"] = N_("Give 2 to 20 options, each on a line of its own")
        elif max(map(len, ask.options)) > LONGEST_OPTION:
            wrong["options"] = N_("An option has at most 100 characters")
    if wrong:
        raise Invalid(wrong)


def add(session: ScopedSession, tenant: TenantRef, event_id: str, ask: Ask, visitor: Visitor, form_key: str) -> str:
    """Ask one more question; its id. The same form sent twice asks once. Raises Forbidden, NotFound, Invalid, Refused."""
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    check(ask)
    with transaction(session):
        lock_editable(session, event_id)
        key = once(session, form_key, f"{PLUGIN}.question:{event_id}")
        if key.result is not None:
            return key.result
        there = session.scalar(sa.select(sa.func.count(Question.id)).where(Question.event_id == event_id)) or 0
        if there >= MOST:
            raise Refused(N_("An event has at most 20 questions."))
        question_id = new_id()
        values = {
            "id": question_id, "tenant_id": tenant.id, "event_id": event_id, "position": there, "kind": ask.kind,
            "text": ask.text.strip(), "hint": ask.hint.strip(), "required": ask.required, "sensitive": ask.sensitive,
            "options": list(dict.fromkeys(ask.options)) if ask.kind in ("choice", "choices") else [],
        }  # fmt: skip
        session.execute(sa.insert(Question), [values])
        _note_asks(session, event_id)
        key.keep(question_id)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.ask", subject=event_id,
            after={"question": question_id, "kind": ask.kind, "sensitive": ask.sensitive},
        )  # fmt: skip
    return question_id


def withdraw(session: ScopedSession, event_id: str, question_id: str, visitor: Visitor) -> None:
    """Ask a question no more; what was answered stays. Raises Forbidden and NotFound (also for one withdrawn already)."""
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    if not is_id(question_id):
        raise NotFound
    with transaction(session):
        lock_editable(session, event_id)
        done = session.execute(
            sa.update(Question)
            .where(Question.id == question_id, Question.event_id == event_id, Question.withdrawn_at.is_(None))
            .values(withdrawn_at=clock.now())
            .returning(Question.id)
        ).all()
        if not done:
            raise NotFound
        _note_asks(session, event_id)
        record_audit(
            session, actor=visitor.actor(), action=f"{PLUGIN}.ask_no_more", subject=event_id, before={"question": question_id}
        )  # fmt: skip


def _note_asks(session: ScopedSession, event_id: str) -> None:
    live = sa.select(Question.id).where(Question.event_id == event_id, Question.withdrawn_at.is_(None)).limit(1)
    asks = session.scalar(live) is not None
    session.execute(sa.update(Event).where(Event.id == event_id).values(asks=asks))
