"""The list of events, and the page of one."""

from flask import Response, request

from core.sdk import clock, here, public, render, revalidated
from plugins.local_events import chances, rules
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.queries import events, places
from plugins.local_events.states import DRAFT, EDITABLE, EVENT, PUBLISHED
from plugins.local_events.views.base import WORDS, blueprint, settings_of
from plugins.local_events.web_forms.events import CancelForm, whole_number


@blueprint.get("/")
@public
@revalidated
def listing() -> Response:
    """What is to come; with `show=past` what is over, with `show=drafts` what waits to be published."""
    context = here()
    tenant, visitor = context.tenant.ref(), context.visitor
    number, show = whole_number(request.args.get("page", ""), 1), request.args.get("show", "")
    if show == "past":
        page = events.past(context.session, tenant, visitor, number)
    elif show == "drafts" and visitor.signed_in:
        page = events.drafts(context.session, visitor, number)
    else:
        show, page = "", events.upcoming(context.session, tenant, visitor, number)
    may_create = rules.may_create(visitor, tenant, settings_of(context))
    return render("local_events/events/list.html", page=page, show=show, may_create=may_create, **WORDS)


@blueprint.get("/<event_id>")
@public
@revalidated
def show(event_id: str) -> Response:
    """One event, with what the visitor can do about it."""
    return event_page(event_id)


def event_page(event_id: str, status: int = 200, problem: str = "", cancel_form: CancelForm | None = None) -> Response:
    """The page of one event; `problem` says why the last press did nothing."""
    context = here()
    session, tenant, visitor, settings = context.session, context.tenant.ref(), context.visitor, settings_of(context)
    seen = events.seen_by(session, tenant, visitor, event_id)
    event, now = seen.event, clock.now()
    counted = places.of_event(session, event.id)
    may_run = rules.may_run(visitor, tenant, settings, event.created_by, event.state)
    steps = EVENT.events_from(event.state)
    over = event.ends_at <= now
    return render(
        "local_events/events/show.html",
        status,
        event=event,
        own=seen.own,
        places=counted,
        chance=chances.of(event, counted, rules.person_of(visitor, tenant, invited=seen.invited), now),
        standing=places.standing_of(session, event, seen.own),
        problem=problem,
        over=over,
        can={
            "edit": may_run and event.state in EDITABLE,
            "publish": event.state == DRAFT and rules.may_publish(visitor, tenant, settings, event.created_by),
            "cancel": may_run and "cancel" in steps and not (over and event.state == PUBLISHED),
            "complete": may_run and "complete" in steps and over,
            "people": visitor.can(ORGANISE),
            "change": event.state == PUBLISHED and event.starts_at > now,
        },
        cancel_form=cancel_form or (CancelForm(formdata=None) if may_run else None),
        **WORDS,
    )
