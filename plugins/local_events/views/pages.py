"""The list of events, and the page of one."""

from flask import Response, request

from core.sdk import clock, event_links, here, public, render, revalidated, shows_others, whole_number
from plugins.local_events import attendance, chances, rules
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.queries import around, certificates, events, hosting, messages, organisers, places, proposals
from plugins.local_events.queries import feedback as feedback_queries
from plugins.local_events.queries import visits as visit_queries
from plugins.local_events.service import feedback as feedback_service
from plugins.local_events.service.series import CHAINED_KINDS
from plugins.local_events.states import APPROVED, CONFIRMED, EDITABLE, EVENT, PUBLISHED
from plugins.local_events.views import calendars, looking
from plugins.local_events.views.around import proposing, surroundings
from plugins.local_events.views.base import WORDS, blueprint, settings_of, site_addresses, site_names
from plugins.local_events.visit_words import VISIT_KINDS
from plugins.local_events.web_forms.events import CancelForm
from plugins.local_events.web_forms.origin import WhyForm
from plugins.local_events.words import ACTION_STATES


@blueprint.get("/")
@public
def listing() -> Response:
    """What is to come; with `show=past` what is over, with `show=drafts` what waits to be published. The UK site shows what is
    to come at every site."""
    if here().tenant.kind == "uk" and request.args.get("show", "") not in {"past", "drafts"}:
        return looking.across()
    answer: Response = _listing()
    return answer


@revalidated
def _listing() -> Response:
    context = here()
    tenant, visitor = context.tenant.ref(), context.visitor
    number, show = whole_number(request.args.get("page", "")) or 1, request.args.get("show", "")
    look = looking.wanted()
    if show == "past":
        page = events.past(context.session, tenant, visitor, number, look)
    elif show == "drafts" and visitor.signed_in:
        page = events.drafts(context.session, visitor, number)
    else:
        show, page = "", events.upcoming(context.session, tenant, visitor, number, look)
    may_create = rules.may_create(visitor, tenant, settings_of(context))
    own = proposals.own(context.session, visitor.account_id) if show == "drafts" and visitor.account_id else []
    hosted = []
    if page.hosting and number == 1:
        shows_others()
        hosted = hosting.hosted(context.session, tenant, visitor)
    return render(
        "local_events/events/list.html", page=page, show=show, may_create=may_create,
        proposes=rules.only_proposes(visitor, tenant, settings_of(context)), wanted=look, asked=looking.asked,
        unasked=looking.Unasked(show, visitor.is_member),
        hosted=hosted, own=own, sites=site_names(context) if hosted else {}, addresses=site_addresses() if hosted else {}, **WORDS,
    )  # fmt: skip


@blueprint.get("/<event_id>")
@public
@revalidated
def show(event_id: str) -> Response:
    """One event, with what the visitor can do about it."""
    return event_page(event_id)


def event_page(
    event_id: str, status: int = 200, problem: str = "", cancel_form: CancelForm | None = None,
    why_form: WhyForm | None = None,
) -> Response:  # fmt: skip
    """The page of one event; `problem` says why the last press did nothing."""
    context = here()
    session, tenant, settings = context.session, context.tenant.ref(), settings_of(context)
    beside = around.of_event(session, tenant, event_id)
    visitor = organisers.known_by(context.visitor, tenant, beside.organisers, beside.hosts)
    seen = events.seen_by(session, tenant, visitor, event_id)
    event, now = seen.event, clock.now()
    counted = beside.counted
    may_run = rules.may_run(visitor, tenant, settings, event.created_by, event.state)
    steps = EVENT.events_from(event.state)
    proposal = proposing(visitor, tenant, settings, event)
    over = event.ends_at <= now
    near = event.state == PUBLISHED and event.starts_at - attendance.OPENS_BEFORE <= now
    return render(
        "local_events/events/show.html",
        status,
        event=event,
        own=seen.own,
        places=counted,
        chance=chances.of(event, counted, rules.person_of(visitor, tenant, invited=seen.invited), now),
        standing=places.standing_of(session, event, seen.own),
        problem=problem,
        keep=calendars.keeping(context, seen),
        over=over,
        feedback=_feedback(seen, over=over),
        actions=feedback_queries.shown_with(session, event, rules.audiences(visitor, tenant)) if beside.acted else [],
        action_states=ACTION_STATES,
        links=[] if over or event.state != PUBLISHED else event_links(events.as_others_see(event, counted.capacity)),
        came_from=visit_queries.linked_to(session, event.id, visit_queries.audiences(visitor, tenant))
        if event.kind in VISIT_KINDS
        else None,
        certificate=certificates.own_code(session, event.id, visitor.account_id)
        if over and visitor.signed_in
        else None,
        told=len(messages.with_a_place(session, event.id)) if may_run and event.state == PUBLISHED and not over else 0,
        can={
            "edit": may_run and event.state in EDITABLE,
            "publish": "publish" in steps
            and rules.may_publish(visitor, tenant, settings, event.created_by, approved=event.state == APPROVED),
            "cancel": may_run and "cancel" in steps and not (over and event.state == PUBLISHED),
            "complete": may_run and "complete" in steps and over,
            "people": visitor.can(ORGANISE),
            "more": visitor.can(ORGANISE) and rules.may_create(visitor, tenant, settings),
            **proposal,
            "check_in": visitor.can(ORGANISE) and near,
            "change": event.state == PUBLISHED and event.starts_at > now,
        },
        why_form=why_form or (WhyForm(formdata=None) if proposal["decide"] else None),
        chained=CHAINED_KINDS,
        **surroundings(context, visitor, event, beside),
        cancel_form=cancel_form or (CancelForm(formdata=None) if may_run else None),
        **WORDS,
    )


def _feedback(seen: events.Seen, *, over: bool) -> dict[str, bool]:
    """What a person who had a place can say of an event that is over."""
    context = here()
    took_part = (
        over and seen.own is not None and seen.own.state == CONFIRMED and seen.event.state in feedback_service.HELD
    )
    return {
        "took_part": took_part,
        "open_now": feedback_service.is_open(seen.event, clock.now()),
        "answered": took_part
        and feedback_queries.has_answered(context.session, seen.event.id, context.visitor.account_id),
    }
