"""What a person does about a place: register, give it back, answer an offer."""

from collections.abc import Callable

from flask import Response

from core.sdk import Here, Refused, gettext, here, redirect_with, say, signed_in
from plugins.local_events.service import offers, places
from plugins.local_events.states import CONFIRMED, PENDING
from plugins.local_events.views.base import blueprint
from plugins.local_events.views.pages import event_page


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


@blueprint.post("/<event_id>/register")
@signed_in
def register(event_id: str) -> Response:
    """Take a place, or stand on the waiting list."""

    def press(context: Here) -> str:
        return said(places.register(context.session, context.tenant.ref(), event_id, context.visitor))

    return pressed(event_id, press)


@blueprint.post("/<event_id>/withdraw")
@signed_in
def withdraw(event_id: str) -> Response:
    """Give a place back, or stop waiting."""

    def press(context: Here) -> str:
        done = places.withdraw(context.session, context.tenant.ref(), event_id, context.visitor)
        return gettext("Your place has been given back.") if done else gettext("You had no place in this event.")

    return pressed(event_id, press)


@blueprint.post("/<event_id>/accept")
@signed_in
def accept(event_id: str) -> Response:
    """Take the place that is offered."""

    def press(context: Here) -> str:
        offers.accept(context.session, context.tenant.ref(), event_id, context.visitor)
        return gettext("You are registered.")

    return pressed(event_id, press)


@blueprint.post("/<event_id>/decline")
@signed_in
def decline(event_id: str) -> Response:
    """Leave the place that is offered to the next."""

    def press(context: Here) -> str:
        offers.decline(context.session, context.tenant.ref(), event_id, context.visitor)
        return gettext("Thank you for saying so: the place goes to the next person.")

    return pressed(event_id, press)
