"""The organisers' start page below `/manage/events/`: what is to come, with how full it is; and who is coming."""

from collections.abc import Callable
from typing import Any

from flask import Response, request, url_for

from core.sdk import N_, Column, Listing, Sheet, here, in_memory, listed, needs, render, searched
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.queries import events, places
from plugins.local_events.views.base import WORDS, manage_blueprint

SHEET = Sheet(
    "events",
    (
        Column(N_("Title"), lambda event: event.title),
        Column(N_("Starts"), lambda event: event.starts_at),
        Column(N_("Taken"), lambda event: event.places.held),
        Column(N_("Places"), lambda event: event.places.capacity),
        Column(N_("Waiting"), lambda event: event.places.waiting),
    ),
    personal=False,
)


@manage_blueprint.get("/")
@needs(ORGANISE)
def home() -> Response:
    """Published events that are not over."""
    context = here()
    page = events.upcoming(context.session, context.tenant.ref(), context.visitor)
    wished = Listing.read(url_for("local_events_manage.home"), request.args, sorts=("starts", "title"), size=25)
    sorts = {"starts": lambda event: event.starts_at, "title": lambda event: event.title.casefold()}
    found = listed(wished, SHEET, in_memory(page.events, wished, sorts))
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render("local_events/manage/home.html", listing=listing, events=rows, **WORDS)


PEOPLE_SORTS: dict[str, Callable[[Any], Any]] = {
    "name": lambda person: person.name.casefold(),
    "email": lambda person: person.email.casefold(),
    "registered": lambda person: person.queued_at,
}
PEOPLE = Sheet(
    "people",
    (
        Column(N_("Name"), lambda person: person.name),
        Column(N_("Email"), lambda person: person.email),
        Column(N_("Registered"), lambda person: person.queued_at),
    ),
    personal=True,
)


@manage_blueprint.get("/<event_id>/people")
@needs(ORGANISE)
def people(event_id: str) -> Response:
    """Who is coming, to see and to take away as a file."""
    context = here()
    event = events.find(context.session, event_id)
    coming = places.people(context.session, event_id)
    search = searched()
    wished = Listing.read(
        url_for("local_events_manage.people", event_id=event_id),
        request.args,
        sorts=tuple(PEOPLE_SORTS),
        filters=("q",),
        size=50,
    )
    wanted = [person for person in coming if search.casefold() in f"{person.name}\n{person.email}".casefold()]
    found = listed(wished, PEOPLE, in_memory(wanted, wished, PEOPLE_SORTS), of=event_id)
    if isinstance(found, Response):
        return found
    page, shown = found
    counted = places.of_event(context.session, event_id)
    return render(
        "local_events/manage/people.html", event=event, places=counted, people=shown, listing=page, search=search
    )
