"""Writing an event, and leading it through its life."""

from datetime import datetime, time, timedelta
from functools import partial

from flask import Response, request

from core.sdk import (
    N_,
    EventRef,
    Finding,
    Forbidden,
    Refused,
    call_hooks,
    clock,
    form_has,
    gettext,
    here,
    kept_on,
    next_version,
    redirect_with,
    render,
    say,
    signed_in,
    version_sent,
)
from plugins.local_events import rules
from plugins.local_events.letters import proposals as proposal_letters
from plugins.local_events.manifest import CREATE, ORGANISE
from plugins.local_events.queries import events, kinds, messages, places, tags
from plugins.local_events.service import drafts, running
from plugins.local_events.settings import Settings
from plugins.local_events.states import EDITABLE, PUBLISHED
from plugins.local_events.views.base import blueprint, known_at, settings_of
from plugins.local_events.views.pages import event_page
from plugins.local_events.web_forms.events import CancelForm, EventForm, begin_anew, beginning, values_of
from plugins.local_events.words import KINDS


@blueprint.route("/new", methods=["GET", "POST"])
@signed_in
def new() -> Response:
    """Write a draft."""
    context = here()
    tenant, visitor, settings = context.tenant.ref(), context.visitor, settings_of(context)
    if not rules.may_create(visitor, tenant, settings):
        raise Forbidden(CREATE)
    anew = request.method == "POST" and "usual" in request.form
    begun = _kind(settings, request.form.get("begun", "") if request.method == "POST" else request.args.get("kind", ""))
    form_has("go")
    first = beginning(begun, _next_week()) if request.method == "GET" else None
    form = EventForm(data=first, audiences=rules.audiences_at(tenant))
    if anew:
        before, begun = begun, _kind(settings, form.kind.data)
        begin_anew(form, before, begun)
    elif form.validate_on_submit():
        with kept_on(form):
            event_id = drafts.create(context.session, tenant, settings, form.draft(), visitor, form.form_key.data)
            return redirect_with(gettext("Your draft is saved."), "local_events.show", event_id=event_id)
    return render(
        "local_events/events/edit.html",
        422 if form.errors else 200,
        form=form,
        event=None,
        proposes=rules.only_proposes(visitor, tenant, settings),
        version=0,
        told=0,
        begun=begun.kind,
    )


def _kind(settings: Settings, wanted: str) -> kinds.Kind:
    """What is usual for a kind of event; for the first of them where there is none of that name."""
    return kinds.current(here().session, settings, wanted if wanted in KINDS else next(iter(KINDS)))


def _next_week() -> datetime:
    """Ten in the morning, a week from today: somewhere to begin."""
    return datetime.combine(clock.today() + timedelta(days=7), time(10))


@blueprint.route("/<event_id>/edit", methods=["GET", "POST"])
@signed_in
def edit(event_id: str) -> Response:
    """Change what an event says."""
    context = here()
    tenant, settings, visitor = context.tenant.ref(), settings_of(context), known_at(event_id)
    event = events.seen(context.session, tenant, visitor, event_id)
    if not rules.may_run(visitor, tenant, settings, event.created_by, event.state):
        raise Forbidden(ORGANISE)
    if event.state not in EDITABLE:
        raise Refused(N_("This event is closed and cannot be changed."))
    values = values_of(event, places.of_event(context.session, event_id), tags.of_event(context.session, event_id))
    make = partial(EventForm, data=values, audiences=rules.audiences_at(tenant))
    form = make()
    if form.validate_on_submit():
        with kept_on(form, lambda: make(formdata=None)):
            drafts.edit(context.session, tenant, settings, event_id, form.draft(), version_sent(), visitor)
            return redirect_with(gettext("The event is saved."), "local_events.show", event_id=event_id)
    told = len(messages.with_a_place(context.session, event_id)) if event.state == PUBLISHED else 0
    return render(
        "local_events/events/edit.html", 422 if form.errors else 200, form=form, event=event, told=told,
        version=next_version(form, event.version),
    )  # fmt: skip


def findings(ref: EventRef) -> list[Finding]:
    """What the other plugins of this site say about publishing an event."""
    return list(call_hooks("q_event_publish_check", event=ref, actor=here().visitor.actor()).values())


@blueprint.post("/<event_id>/publish")
@signed_in
def publish(event_id: str) -> Response:
    """Publish a draft."""
    context = here()
    try:
        running.publish(
            context.session,
            context.tenant.ref(),
            settings_of(context),
            event_id,
            known_at(event_id),
            findings,
            proposal_letters.post(context.tenant),
        )
    except Refused as error:
        return event_page(event_id, 422, say(error.message, error.params))
    return redirect_with(gettext("The event is published."), "local_events.show", event_id=event_id)


@blueprint.post("/<event_id>/cancel")
@signed_in
def cancel(event_id: str) -> Response:
    """Cancel an event for a stated reason. A refusal is the error page's, which keeps the reason: the event's page has no form for
    an event that is closed."""
    context = here()
    form = CancelForm()
    if not form.validate():
        return event_page(event_id, 422, cancel_form=form)
    running.cancel(
        context.session, context.tenant.ref(), settings_of(context), event_id, form.why.data, known_at(event_id),
        proposal_letters.post(context.tenant),
    )  # fmt: skip
    return redirect_with(gettext("The event is cancelled."), "local_events.show", event_id=event_id)


@blueprint.post("/<event_id>/complete")
@signed_in
def complete(event_id: str) -> Response:
    """Close an event that is over."""
    context = here()
    try:
        running.complete(context.session, context.tenant.ref(), settings_of(context), event_id, known_at(event_id))
    except Refused as error:
        return event_page(event_id, 422, say(error.message, error.params))
    return redirect_with(gettext("The event is completed."), "local_events.show", event_id=event_id)
