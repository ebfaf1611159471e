"""What a person does about a place: register, change it, give it back, answer an offer, hand it on."""

from collections.abc import Callable

from flask import Response, request

from core.sdk import (
    N_,
    Here,
    Invalid,
    Refused,
    clock,
    form_has,
    gettext,
    here,
    kept_on,
    redirect_with,
    render,
    say,
    sealer,
    signed_in,
)
from plugins.local_events import chances, rules
from plugins.local_events.queries import events, questions
from plugins.local_events.queries import places as counting
from plugins.local_events.service import handing_on, offers, places, sealed
from plugins.local_events.states import ACTIVE, CONFIRMED, OFFERED, PENDING, PUBLISHED, WAITLISTED
from plugins.local_events.views.base import blueprint, known_at
from plugins.local_events.views.pages import event_page
from plugins.local_events.web_forms.places import HandOnForm, RegisterForm, form_for

ASKED, NEW = "asked", "new"
"""The input that tells a filled form from the one press that suffices where nothing is asked, and its value for somebody who
is not registered yet."""
NO_LONGER = N_(
    "You are not registered for this event any more, so there is nothing to change. Send this once more to register anew."
)


def pressed(event_id: str, press: Callable[[Here], str]) -> Response:
    """The event's page again, with what came of a press: the words of `press`, or why nothing did."""
    try:
        words = press(here())
    except Refused as error:
        return event_page(event_id, 422, say(error.message, error.params))
    return redirect_with(words, "local_events.show", event_id=event_id)


def said(registered: places.Registered) -> str:
    """What a person is told of a registration."""
    if not registered.new:
        return gettext("You were registered already.")
    if registered.state == CONFIRMED:
        return gettext("You are registered.")
    if registered.state == PENDING:
        return gettext("Your request is with the organiser. You will hear by email.")
    return gettext("You are on the waiting list.")


@blueprint.route("/<event_id>/register", methods=["GET", "POST"])
@signed_in
def register(event_id: str) -> Response:
    """Take a place or stand on the waiting list, with one press where nothing is asked; else the form, also for changing what
    one said."""
    if request.method == "POST" and ASKED not in request.form:

        def press(context: Here) -> str:
            visitor, wish = known_at(event_id, to_run=False), places.Wish(request.form.get("way", ""))
            return said(places.register(context.session, context.tenant.ref(), event_id, visitor, wish))

        try:
            return pressed(event_id, press)
        except Invalid as error:
            return _form_page(event_id, error)
    return _form_page(event_id)


def _form_page(event_id: str, problem: Invalid | None = None) -> Response:
    context = here()
    session, tenant, visitor = context.session, context.tenant.ref(), known_at(event_id, to_run=False)
    event, own, invited = events.seen_by(session, tenant, visitor, event_id)
    own = own if own is not None and own.state in ACTIVE else None
    counted = counting.of_event(session, event_id)
    chance = chances.of(event, counted, rules.person_of(visitor, tenant, invited=invited), clock.now())
    if request.method == "GET" and own is None and chance.kind not in (chances.OPEN, chances.WAIT):
        return event_page(event_id)
    asked = questions.of_event(session, event_id) if event.asks else []
    answered = _answered(context, own) if asked and own else {}
    waits = chance.kind == chances.WAIT or (own is not None and own.state not in (CONFIRMED, OFFERED))
    form = form_for(event, asked, own, answered, waits=waits)
    # Asked of whoever waits, and where there are two ways: a place may be free by now, and a way gone, of which only who counted on
    # it is told.
    form_has("accepts_offers", "or_online")
    if problem is not None:
        form.take(problem.field_errors)
    elif event.mode == "in_person" and "or_online" in request.form:
        form.form_errors.append(say(places.CHANGED))
    elif form.validate_on_submit():
        with kept_on(form):
            return redirect_with(_send(context, event_id, form, own), "local_events.show", event_id=event_id)
    status = 422 if form.errors else 200
    if event.mode != "both" and "way" in form:
        # Refused for something else: sent once more, it asks for the way that there is now.
        if form.errors and form.way.data != event.mode and not form.way.errors:
            form.take({"way": places.CHANGED})
        form.way.data = event.mode  # what this page shows, whatever the one before did
    return render(
        "local_events/places/register.html", status, event=event, own=own, form=form, chance=chance, asked=asked
    )


def _answered(context: Here, own: counting.Own) -> dict[str, str]:
    plain = questions.answers_of(context.session, [own.id]).get(own.id, {})
    return {**plain, **sealed.own(context.session, own.id, sealer(sealed.PURPOSE))}


def _send(context: Here, event_id: str, form: RegisterForm, own: counting.Own | None) -> str:
    tenant, seal = context.tenant.ref(), sealer(sealed.PURPOSE)
    args = (context.session, tenant, event_id, known_at(event_id, to_run=False), form.wish(), form.answers(), seal)
    if own is None and request.form[ASKED] != NEW:
        raise Refused(NO_LONGER)
    if own is None:
        return said(places.register(*args))
    if request.form[ASKED] == NEW:  # the same form once more
        return said(places.Registered(own.id, own.state, new=False))
    places.change(*args, form.form_key.data)
    return gettext("Your changes are saved.")


LEFT = {
    "": N_("You had no place in this event."),
    PENDING: N_("You have taken your request back."),
    WAITLISTED: N_("You are no longer on the waiting list."),
}
"""What is said after leaving, by the state that was left; of any other it was a place."""


def _asked_first(event_id: str, *states: str) -> Response:
    """Asks whether somebody means to let go of a place that others wait for, or of their turn; the event's page where they have
    none."""
    context = here()
    session, tenant = context.session, context.tenant.ref()
    event, own, _ = events.seen_by(session, tenant, known_at(event_id, to_run=False), event_id)
    if own is None or own.state not in states or event.state != PUBLISHED or event.starts_at <= clock.now():
        return event_page(event_id)
    waiting = counting.of_event(session, event_id).waiting
    return render("local_events/places/let_go.html", event=event, state=own.state, waiting=waiting)


@blueprint.route("/<event_id>/withdraw", methods=["GET", "POST"])
@signed_in
def withdraw(event_id: str) -> Response:
    """Give a place back, or stop waiting; asked first where others wait."""
    if request.method == "GET":
        return _asked_first(event_id, CONFIRMED, WAITLISTED)

    def press(context: Here) -> str:
        left = places.withdraw(context.session, context.tenant.ref(), event_id, known_at(event_id, to_run=False))
        return say(LEFT.get(left, N_("Your place has been given back.")))

    return pressed(event_id, press)


@blueprint.post("/<event_id>/accept")
@signed_in
def accept(event_id: str) -> Response:
    """Take the place that is offered."""

    def press(context: Here) -> str:
        offers.accept(context.session, context.tenant.ref(), event_id, known_at(event_id, to_run=False))
        return gettext("You are registered.")

    return pressed(event_id, press)


@blueprint.route("/<event_id>/decline", methods=["GET", "POST"])
@signed_in
def decline(event_id: str) -> Response:
    """Leave the place that is offered to the next; asked first where somebody waits."""
    if request.method == "GET":
        return _asked_first(event_id, OFFERED)

    def press(context: Here) -> str:
        offers.decline(context.session, context.tenant.ref(), event_id, known_at(event_id, to_run=False))
        return gettext("Thank you for saying so: the place goes to the next person.")

    return pressed(event_id, press)


@blueprint.route("/<event_id>/hand-on", methods=["GET", "POST"])
@signed_in
def hand_on(event_id: str) -> Response:
    """Give one's place to somebody else."""
    context, form = here(), HandOnForm()
    event, own, _ = events.seen_by(context.session, context.tenant.ref(), known_at(event_id, to_run=False), event_id)
    if own is None or own.state != CONFIRMED:
        return event_page(event_id)
    if form.validate_on_submit():
        with kept_on(form):
            handing_on.hand_on(
                context.session, context.tenant.ref(), event_id, form.email.data, known_at(event_id, to_run=False)
            )
            return redirect_with(gettext("Your place has been handed on."), "local_events.show", event_id=event_id)
    return render("local_events/places/hand_on.html", 422 if form.errors else 200, event=event, form=form)
