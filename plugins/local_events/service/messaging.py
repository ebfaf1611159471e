"""A message from an organiser to people of one event."""

from dataclasses import dataclass

import sqlalchemy as sa

from core.sdk import (
    N_,
    Forbidden,
    Invalid,
    Refused,
    ScopedSession,
    TenantRef,
    Visitor,
    clock,
    is_one_line,
    new_id,
    once,
    record_audit,
    transaction,
)
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.models import Event, Message
from plugins.local_events.queries import events
from plugins.local_events.queries.messages import Audience, recipients, usable
from plugins.local_events.service import deliveries
from plugins.local_events.service.changing import PLUGIN
from plugins.local_events.service.counting import take_turn
from plugins.local_events.states import DRAFT, EVENT

LONGEST_SUBJECT, LONGEST_TEXT = 150, 10_000


@dataclass(frozen=True, slots=True)
class Words:
    """What is written, in English and, where there is any, in Welsh: who reads Welsh and finds none gets the English."""

    subject: str
    text: str
    subject_cy: str = ""
    text_cy: str = ""


def check(words: Words, audience: Audience) -> None:
    """Raise Invalid, by field, for what no message can be."""
    wrong: dict[str, str] = {}
    if not words.subject.strip():
        wrong["subject"] = N_("Give the message a subject")
    if not words.text.strip():
        wrong["text"] = N_("Write the message")
    if bool(words.subject_cy.strip()) is not bool(words.text_cy.strip()):
        wrong["text_cy" if words.subject_cy.strip() else "subject_cy"] = N_(
            "In Welsh too, write both the subject and the message"
        )
    for name in ("subject", "subject_cy"):
        if len(getattr(words, name)) > LONGEST_SUBJECT or not is_one_line(getattr(words, name).strip()):
            wrong[name] = N_("One line of at most 150 characters")
    for name in ("text", "text_cy"):
        if len(getattr(words, name)) > LONGEST_TEXT:
            wrong[name] = N_("At most 10,000 characters")
    if not usable(audience):
        wrong["states"] = N_("Choose who gets the message")
    if wrong:
        raise Invalid(wrong)


def send(
    session: ScopedSession, tenant: TenantRef, event_id: str, words: Words, audience: Audience, expected: int, visitor: Visitor,
    form_key: str,
) -> str:  # fmt: skip
    """Write to everybody of `audience`; the message's id. The same form sent twice is one message.

    `expected` is how many people the organiser was shown and confirmed. Who is written to is settled now; the letters go
    out when it is not night. Raises Forbidden, NotFound, Invalid by field, and Refused where nobody would get it, where it
    would by now be another number of people, or where the event was never published.
    """
    if not visitor.can(ORGANISE):
        raise Forbidden(ORGANISE)
    check(words, audience)
    event = events.find(session, event_id)
    with transaction(session):
        turn = take_turn(session, event.id, Event.state.in_(tuple(EVENT.states - {DRAFT})))
        if turn is None:
            raise Refused(N_("Nobody can be written to: this event is a draft."))
        key = once(session, form_key, f"{PLUGIN}.message:{event.id}")
        if key.result is not None:
            return key.result
        reached = recipients(session, event, audience)
        if not reached:
            raise Refused(N_("Nobody would get this message. Choose other people."))
        if len(reached) != expected:
            raise Refused(
                N_("It would now go to another number of people: %(number)s. Look at it once more."),
                number=len(reached),
            )
        message_id = new_id()
        values = {
            "id": message_id, "tenant_id": tenant.id, "event_id": event.id, "subject": words.subject.strip(),
            "text": words.text.strip(), "subject_cy": words.subject_cy.strip(), "text_cy": words.text_cy.strip(),
            "audience": audience.facts(), "recipients": len(reached), "written_by": visitor.account_id, "written_at": clock.now(),
        }  # fmt: skip
        session.execute(sa.insert(Message), [values])
        deliveries.ask(
            session, tenant, event.id, deliveries.MESSAGE, dict.fromkeys(reached, message_id), {}, message_id
        )
        key.keep(message_id)
        record_audit(
            session,
            actor=visitor.actor(),
            action=f"{PLUGIN}.message",
            subject=event.id,
            after={"recipients": len(reached)},
        )
    return message_id
