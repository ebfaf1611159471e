"""The organisers' pages below `/manage/events/`: what is to come, and one event's registrations with what can be decided."""

from collections.abc import Callable

from flask import Response, request, url_for

from core.sdk import (
    N_,
    Column,
    Invalid,
    Listing,
    Refused,
    Sheet,
    gettext,
    here,
    kept_on,
    listed,
    needs,
    redirect_with,
    render,
    say,
    searched,
)
from plugins.local_events.answers import shown
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.queries import events, places, questions, registrations
from plugins.local_events.service import deciding
from plugins.local_events.states import ACTIVE, REGISTRATION, STORED
from plugins.local_events.views.base import WORDS, manage_blueprint
from plugins.local_events.web_forms.manage import AddForm, ReasonForm
from plugins.local_events.words import POOL_KINDS, REGISTRATION_STATES, SOURCES

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
    session = here().session
    wished = Listing.read(url_for("local_events_manage.home"), request.args, sorts=tuple(events.PLANNED_SORTS), size=25)

    def read(limit: int | None, offset: int) -> tuple[list[events.Listed], int]:
        return events.planned(session, order=wished.sort, limit=limit, offset=offset)

    found = listed(wished, SHEET, read)
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render("local_events/manage/home.html", listing=listing, events=rows, **WORDS)


SHOWN = {"active": ACTIVE, "all": (), **{state: (state,) for state in STORED}}
"""What the filter by state can ask for; the first is the usual."""


def _sheet(asked: list[questions.Asked], answered: dict[str, dict[str, str]]) -> Sheet:
    """The list as a file, with the ordinary answers: sensitive ones have a page of their own."""

    def answer(question: questions.Asked) -> Column:
        return Column(question.text, lambda row: shown(question, answered.get(row.id, {}).get(question.id, "")))

    return Sheet(
        "registrations",
        (
            Column(N_("Name"), lambda row: row.name),
            Column(N_("Email"), lambda row: row.email),
            Column(N_("State"), lambda row: gettext(REGISTRATION_STATES[row.state])),
            Column(N_("Asked"), lambda row: row.queued_at),
            Column(N_("Way"), lambda row: gettext(POOL_KINDS[row.way])),
            Column(N_("Guests"), lambda row: row.guests),
            Column(N_("Given beside the order because"), lambda row: row.override_reason),
            *(answer(question) for question in asked if not question.sensitive),
        ),
        personal=True,
    )


@manage_blueprint.get("/<event_id>/")
@needs(ORGANISE)
def registrations_of(event_id: str) -> Response:
    """Who is registered, to see and to take away as a file."""
    context = here()
    session = context.session
    event = events.find(session, event_id)
    search = searched()
    state = request.args.get("state", "active")
    state = state if state in SHOWN else "active"
    wished = Listing.read(
        url_for("local_events_manage.registrations_of", event_id=event_id), request.args,
        sorts=tuple(registrations.SORTS), filters=("q", "state"), size=50,
    )  # fmt: skip
    answered: dict[str, dict[str, str]] = {}
    asked = questions.of_event(session, event_id, withdrawn=True) if request.args.get("format") else []

    def read(limit: int | None, offset: int) -> tuple[list[registrations.Listed], int]:
        rows, total = registrations.listed(
            session, event_id, states=SHOWN[state], search=search, sort=wished.sort, limit=limit, offset=offset
        )
        if asked:
            answered.update(questions.answers_of(session, [row.id for row in rows]))
        return rows, total

    found = listed(wished, _sheet(asked, answered), read, of=event_id)
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render(
        "local_events/manage/registrations.html", event=event, places=places.of_event(session, event_id), rows=rows,
        listing=listing, search=search, state=state, shown=list(SHOWN), **WORDS,
    )  # fmt: skip


@manage_blueprint.get("/<event_id>/registrations/<registration_id>")
@needs(ORGANISE)
def registration(event_id: str, registration_id: str) -> Response:
    """One registration, and what can be decided about it."""
    return _registration_page(event_id, registration_id)


def _registration_page(
    event_id: str, registration_id: str, problem: str = "", step: str = "", form: ReasonForm | None = None
) -> Response:
    """`step` and `form` are those whose reason could not be taken; `problem` says why nothing was done."""
    session = here().session
    event, row = events.find(session, event_id), registrations.one(session, event_id, registration_id)
    answered = questions.answers_of(session, [row.id]).get(row.id, {})
    asked = [one for one in questions.of_event(session, event_id, withdrawn=True) if one.id in answered]
    return render(
        "local_events/manage/registration.html", 422 if problem or form else 200, event=event, row=row,
        answers=[(one.text, shown(one, answered[one.id])) for one in asked], steps=REGISTRATION.events_from(row.state),
        problem=problem, step=step, form=form or ReasonForm(formdata=None), sources=SOURCES, **WORDS,
    )  # fmt: skip


@manage_blueprint.post("/<event_id>/registrations/<registration_id>/approve")
@needs(ORGANISE)
def approve(event_id: str, registration_id: str) -> Response:
    """Say yes to who asked."""
    try:
        state = deciding.approve(here().session, event_id, registration_id, here().visitor)
    except Refused as error:
        return _registration_page(event_id, registration_id, say(error.message, error.params))
    words = (
        gettext("The place is given.") if state == "confirmed" else gettext("No place is free: the person waits now.")
    )
    return redirect_with(words, "local_events_manage.registration", event_id=event_id, registration_id=registration_id)


def _with_reason(event_id: str, registration_id: str, step: str, decide: Callable[..., None], words: str) -> Response:
    """What came of a decision that needs a reason. A refusal is the error page's, which keeps the reason: the registration's page
    has no form for a step that is gone."""
    form = ReasonForm()
    if not form.validate():
        return _registration_page(event_id, registration_id, step=step, form=form)
    try:
        decide(here().session, event_id, registration_id, form.why.data, here().visitor)
    except Invalid as error:
        form.take(error.field_errors)
        return _registration_page(event_id, registration_id, step=step, form=form)
    return redirect_with(words, "local_events_manage.registration", event_id=event_id, registration_id=registration_id)


@manage_blueprint.post("/<event_id>/registrations/<registration_id>/refuse")
@needs(ORGANISE)
def refuse(event_id: str, registration_id: str) -> Response:
    """Say no to who asked."""
    return _with_reason(event_id, registration_id, "refuse", deciding.refuse, gettext("The request is refused."))


@manage_blueprint.post("/<event_id>/registrations/<registration_id>/remove")
@needs(ORGANISE)
def remove(event_id: str, registration_id: str) -> Response:
    """End somebody's registration."""
    return _with_reason(event_id, registration_id, "remove", deciding.remove, gettext("The registration is ended."))


@manage_blueprint.post("/<event_id>/registrations/<registration_id>/force")
@needs(ORGANISE)
def force(event_id: str, registration_id: str) -> Response:
    """Give a place beside the order."""
    return _with_reason(event_id, registration_id, "force", deciding.force, gettext("The place is given."))


@manage_blueprint.route("/<event_id>/add", methods=["GET", "POST"])
@needs(ORGANISE)
def add(event_id: str) -> Response:
    """Give a place to somebody who has not registered."""
    context, form = here(), AddForm()
    event = events.find(context.session, event_id)
    if form.validate_on_submit():
        with kept_on(form):
            deciding.add(
                context.session, context.tenant.ref(), event_id, form.email.data, form.why.data, context.visitor
            )
            return redirect_with(
                gettext("The place is given."), "local_events_manage.registrations_of", event_id=event_id
            )
    return render("local_events/manage/add.html", 422 if form.errors else 200, event=event, form=form)
