"""The check-in list: at the door, on a phone, with or without a network. For whoever runs the event, by a role or as its organiser."""

from typing import Any

from flask import Response, jsonify, request

from core.sdk import (
    N_,
    Invalid,
    NotFound,
    Refused,
    Visitor,
    clock,
    gettext,
    here,
    is_id,
    members_named,
    new_token,
    people_by_id,
    redirect_with,
    render,
    say,
    searched,
    signed_in,
)
from plugins.local_events import tickets
from plugins.local_events.attendance import IN, OUT, UNDO
from plugins.local_events.manifest import ORGANISE
from plugins.local_events.queries import attendance, events
from plugins.local_events.queries.attendance import REGISTERED, WALKED_IN
from plugins.local_events.service import checking_in
from plugins.local_events.service.checking_in import Press
from plugins.local_events.views.base import WORDS, blueprint, runner
from plugins.local_events.web_forms.attendance import CodeForm, WalkInForm, presses_of

MOST_SHOWN = 500
"""People on one page: it must hold everybody to be searched without a network, and still load on a phone."""
DONE = {IN: N_("%(name)s is checked in."), OUT: N_("%(name)s has left."), UNDO: N_("That is taken back: %(name)s.")}


def _page(event_id: str, status: int = 200, code: CodeForm | None = None, walk_in: WalkInForm | None = None, problem: str = "") -> Response:  # fmt: skip
    context, search, member, may_find = here(), searched(), searched("member"), _may_find()
    event = events.find(context.session, event_id)
    people = attendance.people(context.session, event)
    wanted = [one for one in people if _matches(one, search)]
    try:
        checking_in.open_event(context.session, event_id)
        closed = ""
    except Refused as error:
        closed = say(error.message, error.params)
    return render(
        "local_events/manage/check_in.html", status, event=event, people=wanted[:MOST_SHOWN], more=len(wanted) > MOST_SHOWN,
        counts=attendance.counts(people), search=search, member=member, closed=closed, problem=problem, nonce=new_token(),
        may_find=may_find, members=members_named(context.session, context.tenant.id, member) if may_find else [],
        code=code or CodeForm(formdata=None),
        walk_in=walk_in or WalkInForm(formdata=None), shown=tickets.shown, **WORDS,
    )  # fmt: skip


def _may_find() -> bool:
    """Members are found by name, and their addresses shown, for who has a role alone: to be named for one event opens nobody
    beyond its own list."""
    return here().visitor.can(ORGANISE)


def _matches(one: attendance.Attendee, search: str) -> bool:
    typed = search.casefold()
    return typed in f"{one.name}\n{one.email}".casefold() or (bool(one.code) and tickets.typed(search) == one.code)


@blueprint.get("/<event_id>/check-in")
@signed_in
def check_in(event_id: str) -> Response:
    """Who is expected, who is there; with `q` those of that name, with `member` members to add."""
    runner(event_id)
    return _page(event_id)


def _keep(event_id: str, press: Press, visitor: Visitor) -> str:
    """Keep one press; what is said of it. Raises Refused with the reason why it was not kept."""
    context = here()
    [kept] = checking_in.press(context.session, context.tenant.ref(), event_id, [press], visitor)
    if kept.problem:
        raise Refused(kept.problem)
    person = attendance.find(context.session, events.find(context.session, event_id), kept.who)
    return gettext(DONE[press.direction], name=person.name)


def _nonce() -> str:
    """What this page's presses begin with. Raises Refused for a page that sends none."""
    found = request.form.get("nonce", "")[:43]
    if not found:
        raise Refused(checking_in.UNREADABLE)
    return found


@blueprint.post("/<event_id>/check-in")
@signed_in
def press(event_id: str) -> Response:
    """One press on the list: `press` says which and of whom."""
    visitor = runner(event_id)
    direction, kind, who = [*request.form.get("press", "").split(" "), "", "", ""][:3]
    try:
        nonce = f"{_nonce()}.{who[-8:]}.{direction}"
        words = _keep(event_id, Press(nonce, direction, kind, who or "-", clock.now()), visitor)
    except Refused as error:
        return _page(event_id, 422, problem=say(error.message, error.params))
    return redirect_with(words, "local_events.check_in", event_id=event_id, q=searched() or None)


@blueprint.post("/<event_id>/check-in/code")
@signed_in
def by_code(event_id: str) -> Response:
    """Check in whoever's ticket has the code that was typed."""
    visitor, form = runner(event_id), CodeForm()
    if not form.validate():
        return _page(event_id, 422, code=form)
    found = attendance.ticket_by_code(here().session, events.find(here().session, event_id).id, form.code.data)
    if found is None:
        form.take({"code": N_("No ticket of this event has that code.")})
        return _page(event_id, 422, code=form)
    try:
        words = _keep(event_id, Press(form.form_key.data[:60], IN, REGISTERED, found.id, clock.now()), visitor)
    except Refused as error:
        return _page(event_id, 422, problem=say(error.message, error.params))
    return redirect_with(words, "local_events.check_in", event_id=event_id)


@blueprint.post("/<event_id>/check-in/walk-in")
@signed_in
def add_walk_in(event_id: str) -> Response:
    """Check in somebody without a place: a member by `account`, or a name."""
    visitor, form, account_id = runner(event_id), WalkInForm(), request.form.get("account", "")
    if account_id and not is_id(account_id):
        raise NotFound
    member = people_by_id(here().session, [account_id]).get(account_id) if account_id and _may_find() else None
    if account_id and (member is None or not member.is_member):
        raise NotFound
    if member is None and not form.validate():
        return _page(event_id, 422, walk_in=form)
    given: dict[str, Any] = {"name": form.name.data} if member is None else {
        "name": member.name, "email": member.email, "account_id": member.account_id,
    }  # fmt: skip
    nonce = f"{form.form_key.data[:43]}.{account_id[-8:]}"
    try:
        words = _keep(event_id, Press(nonce, IN, WALKED_IN, "", clock.now(), **given), visitor)
    except Refused as error:
        again = WalkInForm(formdata=None, data={"name": form.name.data})  # with a key of its own: this one may be used
        return _page(event_id, 422, walk_in=again, problem=say(error.message, error.params))
    return redirect_with(words, "local_events.check_in", event_id=event_id)


@blueprint.post("/<event_id>/check-in/presses")
@signed_in
def presses(event_id: str) -> Any:
    """The presses that a page kept while it had no network, as JSON: what became of each, and the figures now."""
    context, visitor = here(), runner(event_id)
    try:
        sent = presses_of(request.form.get("device", ""), request.form.get("presses", ""))
        kept = checking_in.press(context.session, context.tenant.ref(), event_id, sent, visitor)
    except (Invalid, Refused) as error:
        return jsonify(error=say(error.message, error.params)), 422
    counts = attendance.counts(attendance.people(context.session, events.find(context.session, event_id)))
    answers = [{"nonce": one.nonce, "who": one.who, "problem": say(one.problem) if one.problem else ""} for one in kept]
    return jsonify(answers=answers, counts=counts._asdict())


@blueprint.route("/<event_id>/check-in/ticket/<secret>", methods=["GET", "POST"])
@signed_in
def scanned(event_id: str, secret: str) -> Response:
    """What the square on somebody's ticket opens, by a phone's own camera: who it is, and the press that checks them in.

    Looking changes nothing: where scripts run, the page presses its own button.
    """
    context, visitor = here(), runner(event_id)
    event = events.find(context.session, event_id)
    ticket = attendance.ticket(context.session, event.id, secret)
    if ticket is None:
        raise NotFound
    problem = ""
    if request.method == "POST":
        direction = UNDO if request.form.get("press") == UNDO else IN
        try:
            words = _keep(
                event_id, Press(f"{_nonce()}.{direction}", direction, REGISTERED, ticket.id, clock.now()), visitor
            )
        except Refused as error:
            problem = say(error.message, error.params)
        else:
            return redirect_with(words, "local_events.scanned", event_id=event_id, secret=secret, seen=1)
    person = next((one for one in attendance.people(context.session, event) if one.id == ticket.id), None)
    return render(
        "local_events/manage/scanned.html", 422 if problem else 200, event=event, ticket=ticket, person=person,
        problem=problem, nonce=new_token(), at_once=not request.args.get("seen") and not problem, **WORDS,
    )  # fmt: skip
