"""What people said, and what is done about it: the organisers' pages."""

from typing import Any

from flask import Response, request, url_for

from core.sdk import (
    N_,
    Column,
    Listing,
    Refused,
    Sheet,
    charts,
    gettext,
    here,
    kept_on,
    listed,
    needs,
    next_version,
    redirect_with,
    render,
    say,
    signed_in,
    version_sent,
)
from plugins.local_events.feedback_questions import COMMENTS, SCORES, STATEMENTS, asked
from plugins.local_events.feedback_steps import Step
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.queries import events
from plugins.local_events.queries import feedback as queries
from plugins.local_events.service import feedback_actions
from plugins.local_events.states import OPEN
from plugins.local_events.views.base import WORDS, blueprint, manage_blueprint, runner
from plugins.local_events.web_forms.feedback import ActionForm, EndForm
from plugins.local_events.words import ACTION_STATES, KINDS

HEARD = Sheet(
    "feedback",
    (
        Column(N_("Event"), lambda event: event.title),
        Column(N_("Kind of event"), lambda event: gettext(KINDS[event.kind])),
        Column(N_("Ended"), lambda event: event.ends_at),
        Column(N_("Answers shown"), lambda event: event.counted),
        Column(N_("Actions"), lambda event: event.actions),
    ),
    personal=False,
)
ACTIONS = Sheet(
    "actions",
    (
        Column(N_("You said"), lambda action: action.said),
        Column(N_("We do"), lambda action: action.did),
        Column(N_("Event"), lambda action: action.title),
        Column(N_("Whose it is"), lambda action: action.owner_name),
        Column(N_("Until"), lambda action: action.due_on),
        Column(N_("State"), lambda action: gettext(ACTION_STATES[action.state])),
        Column(N_("Reason"), lambda action: action.reason),
    ),
    personal=True,
)
SHOWN_STATES = ("open", "late", "done", "dropped")


@manage_blueprint.get("/feedback/")
@needs(ORGANISE)
def feedback_list() -> Response:
    """The events with feedback."""
    session = here().session
    wished = Listing.read(url_for("local_events_manage.feedback_list"), request.args, sorts=("-ends", "title"), size=25)

    def read(limit: int | None, offset: int) -> tuple[list[queries.Heard], int]:
        return queries.heard(session, order=wished.sort, limit=limit, offset=offset)

    found = listed(wished, HEARD, read)
    if isinstance(found, Response):
        return found
    listing, rows = found
    late = queries.late_actions(session)
    return render("local_events/manage/feedback_list.html", listing=listing, events=rows, late=late, **WORDS)


@manage_blueprint.get("/feedback/actions")
@needs(ORGANISE)
def action_list() -> Response:
    """Everything that is done about feedback."""
    session = here().session
    wished = Listing.read(
        url_for("local_events_manage.action_list"),
        request.args,
        sorts=("due", "event", "owner"),
        filters=("state",),
        size=25,
    )
    state = request.args.get("state", "")
    state = state if state in SHOWN_STATES else ""

    def read(limit: int | None, offset: int) -> tuple[list[queries.Action], int]:
        return queries.actions(session, state=state, order=wished.sort, limit=limit, offset=offset)

    found = listed(wished, ACTIONS, read)
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render(
        "local_events/manage/action_list.html", listing=listing, actions=rows, state=state, action_states=ACTION_STATES
    )


def _line(span: tuple[int, int]) -> str:
    first, last = span
    if first == last:
        return say(SCORES[first])
    return gettext("%(first)s to %(last)s", first=say(SCORES[first]), last=say(SCORES[last]).lower())


def _chart(key: str, step: Step) -> Any:
    """A question's figures as bars, best answers first."""
    rows = [(_line(span), number) for span, number in zip(step.spans, step.lines, strict=True)]
    return charts.bars(say(STATEMENTS[key]), rows[::-1])


@manage_blueprint.get("/<event_id>/feedback")
@needs(ORGANISE)
def feedback(event_id: str) -> Response:
    """What people said of one event, as far as it tells of nobody; and what is done about it."""
    session = here().session
    event = events.find(session, event_id)
    found = queries.published(session, event_id)
    figures = [
        (say(words), step, _chart(key, step) if step is not None else None)
        for key, words in asked(event.kind).items()
        for step in [found.figures.get(key)]
    ]
    comments = [(say(COMMENTS[key]), words) for key, words in found.comments.items() if words and key in COMMENTS]
    return render(
        "local_events/manage/feedback.html", event=event, found=found, figures=figures, comments=comments,
        actions=queries.actions_of(session, event_id), action_states=ACTION_STATES,
    )  # fmt: skip


@manage_blueprint.route("/<event_id>/feedback/actions/new", methods=["GET", "POST"])
@needs(ORGANISE)
def action_new(event_id: str) -> Response:
    """Write down what is done about feedback."""
    context = here()
    event = events.find(context.session, event_id)
    form = ActionForm(data={"owner": context.visitor.email} if request.method == "GET" else None)
    if form.validate_on_submit():
        with kept_on(form):
            feedback_actions.add(
                context.session, context.tenant.ref(), event_id, form.plan(), context.visitor, form.form_key.data
            )
            return redirect_with(
                gettext("The action is written down."), "local_events_manage.feedback", event_id=event_id
            )
    return render("local_events/manage/action.html", 422 if form.errors else 200, form=form, event=event, action=None)


@blueprint.route("/<event_id>/actions/<action_id>", methods=["GET", "POST"])
@signed_in
def action(event_id: str, action_id: str) -> Response:
    """Look at an action, and close it: for whoever runs the event, as its owner does."""
    context, visitor = here(), runner(event_id)
    event = events.find(context.session, event_id)
    found = feedback_actions.find(context.session, event_id, action_id)
    form = EndForm(data={"words": found.did} if request.method == "GET" else None)
    if form.validate_on_submit():
        with kept_on(form):
            feedback_actions.end(
                context.session, event_id, action_id, form.ended.data, form.words.data, version_sent(), visitor
            )
            return redirect_with(
                gettext("The action is closed."), "local_events.action", event_id=event_id, action_id=action_id
            )
    return render(
        "local_events/manage/action_show.html", 422 if form.errors else 200, form=form, event=event, action=found,
        version=next_version(form, found.version), action_states=ACTION_STATES, is_open=found.state == OPEN,
    )  # fmt: skip


@manage_blueprint.route("/<event_id>/feedback/actions/<action_id>/edit", methods=["GET", "POST"])
@needs(ORGANISE)
def action_edit(event_id: str, action_id: str) -> Response:
    """Change an open action."""
    context = here()
    event = events.find(context.session, event_id)
    found = feedback_actions.find(context.session, event_id, action_id)
    if found.state != OPEN:
        raise Refused(N_("This action is closed."))
    kept = {**found._mapping, "owner": feedback_actions.email_of(context.session, found.owner_id)}
    form = ActionForm(data=kept)
    if form.validate_on_submit():
        with kept_on(form, lambda: ActionForm(formdata=None, data=kept)):
            feedback_actions.change(
                context.session, context.tenant.ref(), event_id, action_id, form.plan(), version_sent(), context.visitor
            )
            return redirect_with(
                gettext("The action is saved."), "local_events.action", event_id=event_id, action_id=action_id
            )
    return render(
        "local_events/manage/action.html",
        422 if form.errors else 200,
        form=form,
        event=event,
        action=found,
        version=next_version(form, found.version),
    )
