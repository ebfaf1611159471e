"""What a person says about an event that is over, and what they keep for themselves."""

from flask import Response, request

from core.sdk import (
    NotFound,
    Refused,
    clock,
    gettext,
    here,
    kept_on,
    redirect_with,
    render,
    signed_in,
)
from plugins.local_events.queries import events
from plugins.local_events.queries import feedback as queries
from plugins.local_events.service import feedback as service
from plugins.local_events.service import reflections
from plugins.local_events.states import CONFIRMED
from plugins.local_events.views.base import blueprint
from plugins.local_events.web_forms.feedback import ReflectionForm, feedback_form


def _own_event(event_id: str) -> events.Details:
    """An event that the visitor had a place at and that is over. Raises NotFound for any other."""
    context = here()
    seen = events.seen_by(context.session, context.tenant.ref(), context.visitor, event_id)
    took_part = seen.own is not None and seen.own.state == CONFIRMED
    if not took_part or seen.event.state not in service.HELD or seen.event.ends_at > clock.now():
        raise NotFound
    return seen.event


@blueprint.route("/<event_id>/feedback", methods=["GET", "POST"])
@signed_in
def feedback(event_id: str) -> Response:
    """Answer, once."""
    context = here()
    event = _own_event(event_id)
    form, open_now = feedback_form(event.kind), service.is_open(event, clock.now())
    if request.method == "POST" and not open_now:
        raise Refused(service.CLOSED)  # the page has no form any more that could keep what was typed
    if form.validate_on_submit():
        with kept_on(form):
            new = service.answer(context.session, context.tenant.ref(), event_id, form.said(), context.visitor)
            words = (
                gettext("Thank you. Your answers are kept without your name.")
                if new
                else gettext("You have answered already.")
            )
            return redirect_with(words, "local_events.feedback", event_id=event_id)
    return render(
        "local_events/feedback/answer.html", 422 if form.errors else 200, form=form, event=event, open_now=open_now,
        closes_at=event.ends_at + service.OPEN_FOR,
        answered=queries.has_answered(context.session, event_id, context.visitor.account_id),
    )  # fmt: skip


@blueprint.route("/<event_id>/reflection", methods=["GET", "POST"])
@signed_in
def reflection(event_id: str) -> Response:
    """Write down what one takes from the event."""
    context = here()
    event = _own_event(event_id)
    kept = queries.reflection(context.session, event_id, context.visitor.account_id)
    form = ReflectionForm(data=dict(kept._mapping) if kept is not None else None)
    if form.validate_on_submit():
        with kept_on(form):
            reflections.keep(
                context.session,
                context.tenant.ref(),
                event_id,
                form.words.data,
                form.wants_to_share.data,
                context.visitor,
                form.form_key.data,
            )
            return redirect_with(
                gettext("Your reflection is kept. Only you can read it."), "local_events.reflection", event_id=event_id
            )
    return render(
        "local_events/feedback/reflection.html", 422 if form.errors else 200, form=form, event=event, kept=kept
    )


@blueprint.post("/<event_id>/reflection/delete")
@signed_in
def reflection_delete(event_id: str) -> Response:
    """Delete one's own reflection."""
    context = here()
    reflections.delete(context.session, event_id, context.visitor)
    return redirect_with(gettext("Your reflection is deleted."), "local_events.reflection", event_id=event_id)
