"""Letters about an event, for its organisers: those that go by themselves, and those that they write; each to look at first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Response, request, url_for

from core.sdk import (
    N_,
    Column,
    Here,
    Letter,
    Listing,
    NotFound,
    Sheet,
    clock,
    form_has,
    gettext,
    here,
    in_language,
    in_memory,
    kept_on,
    listed,
    needs,
    redirect_with,
    render,
    whole_number,
)
from plugins.local_events import quiet
from plugins.local_events.letters import messages as message_letters
from plugins.local_events.letters import places as place_letters
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.queries import events, messages, places
from plugins.local_events.queries.events import Details
from plugins.local_events.service import changes, messaging
from plugins.local_events.service.deliveries import CANCELLATION, CHANGE, CONFIRMATION, MESSAGE, REMINDER
from plugins.local_events.service.messaging import Words
from plugins.local_events.service.telling import Told
from plugins.local_events.states import ACTIVE, CONFIRMED, DRAFT
from plugins.local_events.views.base import WORDS, manage_blueprint, settings_of
from plugins.local_events.web_forms.messages import MessageForm
from plugins.local_events.words import REMINDERS, STATUSES


@dataclass(frozen=True, slots=True)
class Automatic:
    """A letter that goes by itself: its name, when it goes, and to whom (states of a registration)."""

    title: str
    when: str
    states: tuple[str, ...]


AUTOMATIC = {
    CONFIRMATION: Automatic(N_("Confirmation"), N_("When somebody gets a place."), (CONFIRMED,)),
    REMINDER: Automatic(N_("Reminder"), "", (CONFIRMED,)),
    CHANGE: Automatic(N_("Change"), N_("When the time, the place or the link changes."), ACTIVE),
    CANCELLATION: Automatic(N_("Cancellation"), N_("When the event is cancelled."), ACTIVE),
}  # fmt: skip


@manage_blueprint.get("/<event_id>/messages")
@needs(ORGANISE)
def message_list(event_id: str) -> Response:
    """What goes by itself, and what has been written."""
    context = here()
    event = events.find(context.session, event_id)
    return render(
        "local_events/manage/messages.html", event=event, automatic=AUTOMATIC, sent=messages.sent(context.session, event_id),
        told=messages.told_by_kind(context.session, event_id), settings=settings_of(context), draft=event.state == DRAFT,
        reminders=REMINDERS, **WORDS,
    )  # fmt: skip


Previews = list[tuple[str, Letter]]


def _in_each_language(context: Here, write: Callable[[str], Letter]) -> Previews:
    return [(language, write(language)) for language in context.tenant.languages]


def _automatic(context: Here, kind: str, event: Details) -> Previews:
    """A letter that goes by itself, as it would be today. A change is shown as if the event had been a day later before."""
    if kind in (REMINDER, CHANGE):
        later = event._replace(starts_at=event.starts_at + timedelta(days=1), ends_at=event.ends_at + timedelta(days=1))
        facts = changes.facts_of(later)
        return _in_each_language(
            context, lambda language: message_letters.letter(context.tenant, language, kind, event, facts, None)
        )

    def write(language: str) -> Letter:
        with in_language(language):
            why = event.state_why or gettext("what you write when you cancel")
        told = Told(kind, None, "", language, event.id, event.title, event.starts_at, None, why)
        return place_letters.letter(context.tenant, language, told)

    return _in_each_language(context, write)


TOLD_SORTS: dict[str, Callable[[Any], Any]] = {
    "name": lambda one: one.name.casefold(),
    "email": lambda one: one.email,
    "status": lambda one: one.status,
}
TOLD = Sheet(
    "message",
    (
        Column(N_("Name"), lambda one: one.name),
        Column(N_("Email"), lambda one: one.email),
        Column(N_("Letter"), lambda one: gettext(STATUSES[one.status])),
        Column(N_("Sent"), lambda one: one.at),
        Column(N_("Problem"), lambda one: one.error),
    ),
    personal=True,
)


@manage_blueprint.get("/<event_id>/messages/automatic/<kind>")
@needs(ORGANISE)
def automatic(event_id: str, kind: str) -> Response:
    """One of the letters that go by themselves, as people get it."""
    context = here()
    event = events.find(context.session, event_id)
    if kind not in AUTOMATIC:
        raise NotFound
    told = messages.told_of_kind(context.session, event_id, kind)
    wished = Listing.read(
        url_for("local_events_manage.automatic", event_id=event_id, kind=kind),
        request.args,
        sorts=tuple(TOLD_SORTS),
        size=50,
    )
    shown = listed(wished, TOLD, in_memory(told, wished, TOLD_SORTS), of=event_id)
    if isinstance(shown, Response):
        return shown
    listing, rows = shown
    reached = messages.with_a_place(context.session, event_id, AUTOMATIC[kind].states)
    return render(
        "local_events/manage/automatic.html", event=event, letter=AUTOMATIC[kind], previews=_automatic(context, kind, event),
        reached=len(reached), told=rows, listing=listing, statuses=STATUSES, **WORDS,
    )  # fmt: skip


@manage_blueprint.route("/<event_id>/messages/new", methods=["GET", "POST"])
@needs(ORGANISE)
def message_new(event_id: str) -> Response:
    """Write a message; look at it as people will get it; send it."""
    context = here()
    session = context.session
    event = events.find(session, event_id)
    kinds = [pool.kind for pool in places.of_event(session, event_id).pools]
    usual = {"states": [CONFIRMED], "attendance": ""} if request.method == "GET" else None
    form = MessageForm(kinds, event.starts_at <= clock.now(), data=usual)
    form_has("step", "expected")
    if form.validate_on_submit():
        words, audience = form.words(), form.audience()
        with kept_on(form):
            messaging.check(words, audience)
            if request.form.get("step") == "send":
                expected = whole_number(request.form.get("expected", ""))
                messaging.send(
                    session, context.tenant.ref(), event_id, words, audience, expected, context.visitor, form.form_key.data
                )  # fmt: skip
                return redirect_with(_sent_words(context, event), "local_events_manage.message_list", event_id=event_id)
            if request.form.get("step") == "look":
                return _preview(context, event, form, words)
    return render(
        "local_events/manage/message_new.html", 422 if form.errors else 200, event=event, form=form, draft=event.state == DRAFT,
        **WORDS,
    )  # fmt: skip


def _sent_words(context: Here, event: Details) -> str:
    if quiet.may_go(MESSAGE, event.starts_at, clock.now(), settings_of(context)):
        return gettext("The message is on its way.")
    return gettext("The message is kept until the quiet hours are over, and goes out then.")


def _preview(context: Here, event: Details, form: MessageForm, words: Words) -> Response:
    written = messages.Sent("", words.subject, words.text, words.subject_cy, words.text_cy, 0, clock.now())
    reached = messages.recipients(context.session, event, form.audience())
    previews = _in_each_language(
        context, lambda language: message_letters.letter(context.tenant, language, MESSAGE, event, {}, written)
    )
    night = not quiet.may_go(MESSAGE, event.starts_at, clock.now(), settings_of(context))
    return render(
        "local_events/manage/message_look.html", event=event, form=form, previews=previews, reached=len(reached), night=night,
        **WORDS,
    )  # fmt: skip


@manage_blueprint.get("/<event_id>/messages/<message_id>")
@needs(ORGANISE)
def message(event_id: str, message_id: str) -> Response:
    """A message that was sent, and what became of it for each person."""
    context = here()
    event = events.find(context.session, event_id)
    found = messages.find(context.session, event_id, message_id)
    told = messages.told_of(context.session, found)
    wished = Listing.read(
        url_for("local_events_manage.message", event_id=event_id, message_id=message_id), request.args,
        sorts=tuple(TOLD_SORTS), size=50,
    )  # fmt: skip
    shown = listed(wished, TOLD, in_memory(told, wished, TOLD_SORTS), of=message_id)
    if isinstance(shown, Response):
        return shown
    listing, rows = shown
    return render(
        "local_events/manage/message.html",
        event=event,
        message=found,
        told=rows,
        listing=listing,
        statuses=STATUSES,
        **WORDS,
    )
