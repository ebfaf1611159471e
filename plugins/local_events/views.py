"""The pages of local events."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request, url_for

from core.sdk import (
    N_,
    Column,
    DomainError,
    EventRef,
    Finding,
    Forbidden,
    Here,
    Invalid,
    Listing,
    Refused,
    Sheet,
    call_hooks,
    clock,
    gettext,
    here,
    in_memory,
    listed,
    needs,
    public,
    redirect_with,
    render,
    revalidated,
    say,
    searched,
    signed_in,
)
from plugins.local_events import queries, registration, rules, service
from plugins.local_events.forms import CancelForm, EventForm, values_of, whole_number
from plugins.local_events.manifest import CREATE, MANIFEST, ORGANISE
from plugins.local_events.settings import Settings
from plugins.local_events.states import DRAFT, EDITABLE, EVENT, PUBLISHED
from plugins.local_events.words import AUDIENCES, KINDS, MODES, STATES

blueprint = Blueprint(MANIFEST.name, __name__)
WORDS: dict[str, Any] = {"kinds": KINDS, "modes": MODES, "audiences": AUDIENCES, "states": STATES}


def _settings(context: Here) -> Settings:
    found = context.tenant.settings.get(MANIFEST.name)
    return found if isinstance(found, Settings) else Settings()


@blueprint.get("/")
@public
@revalidated
def listing() -> Response:
    """What is to come; with `show=past` what is over, with `show=drafts` what waits to be published."""
    context = here()
    tenant, visitor = context.tenant.ref(), context.visitor
    number, show = whole_number(request.args.get("page", ""), 1), request.args.get("show", "")
    if show == "past":
        page = queries.past(context.session, tenant, visitor, number)
    elif show == "drafts" and visitor.signed_in:
        page = queries.drafts(context.session, visitor, number)
    else:
        show, page = "", queries.upcoming(context.session, tenant, visitor, number)
    may_create = rules.may_create(visitor, tenant, _settings(context))
    return render("local_events/list.html", page=page, show=show, may_create=may_create, **WORDS)


@blueprint.route("/new", methods=["GET", "POST"])
@signed_in
def new() -> Response:
    """Write a draft."""
    context = here()
    tenant, visitor, settings = context.tenant.ref(), context.visitor, _settings(context)
    if not rules.may_create(visitor, tenant, settings):
        raise Forbidden(CREATE)
    form = EventForm(data={"capacity": settings.default_capacity} if request.method == "GET" else None)
    if form.validate_on_submit():
        try:
            event_id = service.create(context.session, tenant, settings, form.draft(), visitor, form.form_key.data)
        except Invalid as error:
            form.take(error.field_errors)
        else:
            return redirect_with(gettext("Your draft is saved."), "local_events.show", event_id=event_id)
    return render("local_events/edit.html", 422 if form.errors else 200, form=form, event=None, version=0)


@blueprint.route("/<event_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(event_id: str) -> Response:
    """Change what an event says."""
    context = here()
    tenant, visitor, settings = context.tenant.ref(), context.visitor, _settings(context)
    event = queries.seen(context.session, tenant, visitor, event_id)
    if not rules.may_run(visitor, tenant, settings, event.created_by, event.state):
        raise Forbidden(ORGANISE)
    if event.state not in EDITABLE:
        raise Refused(N_("This event is closed and cannot be changed."))
    form, version = EventForm(data=values_of(event)), event.version
    if request.method == "POST":
        version = whole_number(request.form.get("version", ""), 0)  # the one the form was made from; 0 is none
    if form.validate_on_submit():
        try:
            service.edit(context.session, tenant, settings, event_id, form.draft(), version, visitor)
        except DomainError as error:
            _keep_answers(form, error)
        else:
            return redirect_with(gettext("The event is saved."), "local_events.show", event_id=event_id)
    return render("local_events/edit.html", 422 if form.errors else 200, form=form, event=event, version=version)


def _keep_answers(form: EventForm, error: DomainError) -> None:
    """Show a refusal on the form itself, with everything that was typed; errors that are no refusal go on."""
    if isinstance(error, Invalid):
        form.take(error.field_errors)
    elif isinstance(error, Forbidden):
        raise error
    else:
        form.take({"": error.message})


@blueprint.get("/<event_id>")
@public
@revalidated
def show(event_id: str) -> Response:
    """One event, with what the visitor can do about it."""
    return _event_page(event_id)


def _event_page(event_id: str, status: int = 200, problem: str = "", cancel_form: CancelForm | None = None) -> Response:
    context = here()
    tenant, visitor, settings = context.tenant.ref(), context.visitor, _settings(context)
    event, coming = queries.seen_by(context.session, tenant, visitor, event_id)
    may_run = rules.may_run(visitor, tenant, settings, event.created_by, event.state)
    steps = EVENT.events_from(event.state)
    over = event.ends_at <= clock.now()
    return render(
        "local_events/show.html",
        status,
        event=event,
        coming=coming,
        problem=problem,
        over=over,
        can={
            "edit": may_run and event.state in EDITABLE,
            "publish": event.state == DRAFT and rules.may_publish(visitor, tenant, settings, event.created_by),
            "cancel": may_run and "cancel" in steps and not (over and event.state == PUBLISHED),
            "complete": may_run and "complete" in steps and over,
            "people": visitor.can(ORGANISE),
            "register": event.state == PUBLISHED and not coming and event.starts_at > clock.now(),
            "withdraw": event.state == PUBLISHED and coming and event.starts_at > clock.now(),
        },
        joinable=event.audience in registration.joinable(visitor, tenant),
        cancel_form=cancel_form or (CancelForm(formdata=None) if may_run else None),
        **WORDS,
    )


def _findings(ref: EventRef) -> list[Finding]:
    return list(call_hooks("q_event_publish_check", event=ref, actor=here().visitor.actor()).values())


@blueprint.post("/<event_id>/publish")
@signed_in
def publish(event_id: str) -> Response:
    """Publish a draft."""
    context = here()
    try:
        service.publish(context.session, context.tenant.ref(), _settings(context), event_id, context.visitor, _findings)
    except Refused as error:
        return _event_page(event_id, 422, say(error.message, error.params))
    return redirect_with(gettext("The event is published."), "local_events.show", event_id=event_id)


@blueprint.post("/<event_id>/cancel")
@signed_in
def cancel(event_id: str) -> Response:
    """Cancel an event for a stated reason."""
    context = here()
    form = CancelForm()
    try:
        if not form.validate():
            return _event_page(event_id, 422, cancel_form=form)
        service.cancel(
            context.session, context.tenant.ref(), _settings(context), event_id, form.why.data, context.visitor
        )
    except Refused as error:
        return _event_page(event_id, 422, say(error.message, error.params))
    return redirect_with(gettext("The event is cancelled."), "local_events.show", event_id=event_id)


@blueprint.post("/<event_id>/complete")
@signed_in
def complete(event_id: str) -> Response:
    """Close an event that is over."""
    context = here()
    try:
        service.complete(context.session, context.tenant.ref(), _settings(context), event_id, context.visitor)
    except Refused as error:
        return _event_page(event_id, 422, say(error.message, error.params))
    return redirect_with(gettext("The event is completed."), "local_events.show", event_id=event_id)


@blueprint.post("/<event_id>/register")
@signed_in
def register(event_id: str) -> Response:
    """Take a place."""
    context = here()
    try:
        new = registration.register(context.session, context.tenant.ref(), event_id, context.visitor)
    except Refused as error:
        return _event_page(event_id, 422, say(error.message, error.params))
    words = gettext("You are registered.") if new else gettext("You were registered already.")
    return redirect_with(words, "local_events.show", event_id=event_id)


@blueprint.post("/<event_id>/withdraw")
@signed_in
def withdraw(event_id: str) -> Response:
    """Give a place back."""
    context = here()
    try:
        done = registration.withdraw(context.session, context.tenant.ref(), event_id, context.visitor)
    except Refused as error:
        return _event_page(event_id, 422, say(error.message, error.params))
    words = gettext("Your place has been given back.") if done else gettext("You had no place in this event.")
    return redirect_with(words, "local_events.show", event_id=event_id)


PEOPLE_SORTS: dict[str, Callable[[Any], Any]] = {
    "name": lambda person: person.name.casefold(),
    "email": lambda person: person.email.casefold(),
    "registered": lambda person: person.registered_at,
}
PEOPLE = Sheet(
    "people",
    (
        Column(N_("Name"), lambda person: person.name),
        Column(N_("Email"), lambda person: person.email),
        Column(N_("Registered"), lambda person: person.registered_at),
    ),
    personal=True,
)


@blueprint.get("/<event_id>/people")
@needs(ORGANISE)
def people(event_id: str) -> Response:
    """Who is coming, to see and to take away as a file."""
    context = here()
    event, coming = registration.attendees(context.session, event_id, context.visitor)
    search = searched()
    wished = Listing.read(
        url_for("local_events.people", event_id=event_id),
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
    return render("local_events/people.html", event=event, people=shown, listing=page, search=search)
