"""Writing an event, and leading it through its life."""

from flask import Response, request

from core.sdk import (
    N_,
    DomainError,
    EventRef,
    Finding,
    Forbidden,
    Invalid,
    Refused,
    call_hooks,
    gettext,
    here,
    redirect_with,
    render,
    say,
    signed_in,
)
from plugins.local_events import rules
from plugins.local_events.manifest import CREATE, ORGANISE
from plugins.local_events.queries import events, places
from plugins.local_events.service import drafts, running
from plugins.local_events.states import EDITABLE
from plugins.local_events.views.base import blueprint, settings_of
from plugins.local_events.views.pages import event_page
from plugins.local_events.web_forms.events import CancelForm, EventForm, values_of, whole_number


@blueprint.route("/new", methods=["GET", "POST"])
@signed_in
def new() -> Response:
    """Write a draft."""
    context = here()
    tenant, visitor, settings = context.tenant.ref(), context.visitor, settings_of(context)
    if not rules.may_create(visitor, tenant, settings):
        raise Forbidden(CREATE)
    form = EventForm(data={"capacity": settings.default_capacity} if request.method == "GET" else None)
    if form.validate_on_submit():
        try:
            event_id = drafts.create(context.session, tenant, settings, form.draft(), visitor, form.form_key.data)
        except Invalid as error:
            form.take(error.field_errors)
        else:
            return redirect_with(gettext("Your draft is saved."), "local_events.show", event_id=event_id)
    return render("local_events/events/edit.html", 422 if form.errors else 200, form=form, event=None, version=0)


@blueprint.route("/<event_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(event_id: str) -> Response:
    """Change what an event says."""
    context = here()
    tenant, visitor, settings = context.tenant.ref(), context.visitor, settings_of(context)
    event = events.seen(context.session, tenant, visitor, event_id)
    if not rules.may_run(visitor, tenant, settings, event.created_by, event.state):
        raise Forbidden(ORGANISE)
    if event.state not in EDITABLE:
        raise Refused(N_("This event is closed and cannot be changed."))
    form, version = EventForm(data=values_of(event, places.of_event(context.session, event_id))), event.version
    if request.method == "POST":
        version = whole_number(request.form.get("version", ""), 0)  # the one the form was made from; 0 is none
    if form.validate_on_submit():
        try:
            drafts.edit(context.session, tenant, settings, event_id, form.draft(), version, visitor)
        except DomainError as error:
            _keep_answers(form, error)
        else:
            return redirect_with(gettext("The event is saved."), "local_events.show", event_id=event_id)
    return render("local_events/events/edit.html", 422 if form.errors else 200, form=form, event=event, version=version)


def _keep_answers(form: EventForm, error: DomainError) -> None:
    """Show a refusal on the form itself, with everything that was typed; errors that are no refusal go on."""
    if isinstance(error, Invalid):
        form.take(error.field_errors)
    elif isinstance(error, Forbidden):
        raise error
    else:
        form.take({"": error.message})


def _findings(ref: EventRef) -> list[Finding]:
    return list(call_hooks("q_event_publish_check", event=ref, actor=here().visitor.actor()).values())


@blueprint.post("/<event_id>/publish")
@signed_in
def publish(event_id: str) -> Response:
    """Publish a draft."""
    context = here()
    try:
        running.publish(
            context.session, context.tenant.ref(), settings_of(context), event_id, context.visitor, _findings
        )
    except Refused as error:
        return event_page(event_id, 422, say(error.message, error.params))
    return redirect_with(gettext("The event is published."), "local_events.show", event_id=event_id)


@blueprint.post("/<event_id>/cancel")
@signed_in
def cancel(event_id: str) -> Response:
    """Cancel an event for a stated reason."""
    context = here()
    form = CancelForm()
    try:
        if not form.validate():
            return event_page(event_id, 422, cancel_form=form)
        running.cancel(
            context.session, context.tenant.ref(), settings_of(context), event_id, form.why.data, context.visitor
        )
    except Refused as error:
        return event_page(event_id, 422, say(error.message, error.params))
    return redirect_with(gettext("The event is cancelled."), "local_events.show", event_id=event_id)


@blueprint.post("/<event_id>/complete")
@signed_in
def complete(event_id: str) -> Response:
    """Close an event that is over."""
    context = here()
    try:
        running.complete(context.session, context.tenant.ref(), settings_of(context), event_id, context.visitor)
    except Refused as error:
        return event_page(event_id, 422, say(error.message, error.params))
    return redirect_with(gettext("The event is completed."), "local_events.show", event_id=event_id)
