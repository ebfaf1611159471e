"""Panel meetings of a window, led by whoever chairs: planning, the agenda, and one application at a time on a screen."""

from flask import Blueprint, Response, request

from core.admissions import reading
from core.admissions.content import criteria
from core.admissions.queries import assessing, scores, windows
from core.admissions.queries import meetings as queries
from core.admissions.queries.assessing import DISCUSSED
from core.admissions.queries.meetings import Item, Meeting
from core.admissions.service import meetings as service
from core.admissions.views.assessing import KEYS, shifts
from core.admissions.views.shared import kept_by_nobody, me
from core.admissions.web_forms.assessing import ConcludeForm, MeetingForm, PresentForm
from core.admissions.web_forms.windows import PressForm
from core.kernel import wall_clock
from core.kernel.errors import Conflict, NotFound, Refused
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.forms import Form, kept_on, next_version, version_sent
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.lists import asked_for, download
from core.web.pages import redirect_with, render
from core.web.sheets import Column, Sheet
from core.web.where import only_at_partners_sites

blueprint = Blueprint("meetings", __name__, url_prefix="/manage/admissions")
only_at_partners_sites(blueprint)
kept_by_nobody(blueprint)
MAY = Permission.TENANT_ADMISSIONS_MANAGE
USUAL_QUORUM = 3
STATES = {"planned": (N_("Planned"), "info"), "open": (N_("Open"), "ok"), "closed": (N_("Closed"), "neutral")}
ITEMS = {
    "waiting": (N_("To come"), "neutral"),
    "now": (N_("Now"), "brand"),
    "done": (N_("Concluded"), "ok"),
    "deferred": (N_("Put off"), "warn"),
}
OUTCOMES = {"accept": N_("Accept"), "decline": N_("Decline")}
AGENDA = Sheet(
    "agenda",
    (
        Column(N_("Reference"), lambda row: row.reference),
        Column(N_("State"), lambda row: say(ITEMS[row.state][0])),
        Column(N_("Outcome"), lambda row: say(OUTCOMES[row.outcome]) if row.outcome else None),
        Column(N_("Minutes"), lambda row: row.minutes),
    ),
    personal=True,
)


@blueprint.get("/windows/<window_id>/meetings")
@needs(MAY)
def listing(window_id: str) -> Response:
    """The panel meetings of a window."""
    session = here().session
    window = windows.one(session, window_id)
    rows = queries.listed(session, me(), window_id)
    return render("admissions/meetings/list.html", window=window, rows=rows, states=STATES)


@blueprint.route("/windows/<window_id>/meetings/new", methods=["GET", "POST"])
@needs(MAY)
def new(window_id: str) -> Response:
    """Plan a meeting."""
    context, form = here(), MeetingForm(data={"quorum": USUAL_QUORUM})
    window = windows.one(context.session, window_id)
    if form.validate_on_submit():
        with kept_on(form):
            meeting_id = service.plan(
                context.session, context.visitor.actor(), window_id, form.plan(), form.form_key.data
            )  # fmt: skip
            return redirect_with(
                _("The meeting is planned. Choose what it discusses."), "meetings.agenda", meeting_id=meeting_id
            )
    return render(
        "admissions/meetings/edit.html", 422 if form.errors else 200, form=form, window=window, meeting=None, version=0
    )


@blueprint.route("/meetings/<meeting_id>/edit", methods=["GET", "POST"])
@needs(MAY)
def edit(meeting_id: str) -> Response:
    """Change when, where and with how many a planned meeting is held."""
    context = here()
    meeting = queries.one(context.session, meeting_id)
    kept = {"held_at": wall_clock.typed(meeting.held_at), "place": meeting.place, "quorum": meeting.quorum}
    form = MeetingForm(data=kept)
    if meeting.state != "planned" and request.method != "POST":
        raise Refused(service.MEETING_CHANGED)
    if form.validate_on_submit():
        with kept_on(form, lambda: MeetingForm(formdata=None, data=kept)):
            service.change(context.session, context.visitor.actor(), meeting_id, version_sent(), form.plan())
            return redirect_with(_("The meeting is changed."), "meetings.show", meeting_id=meeting_id)
    return render(
        "admissions/meetings/edit.html", 422 if form.errors else 200, form=form, window=None, meeting=meeting,
        version=next_version(form, meeting.version),
    )  # fmt: skip


@blueprint.get("/meetings/<meeting_id>")
@needs(MAY)
def show(meeting_id: str) -> Response:
    """One meeting: its agenda, who is present, what came out."""
    session = here().session
    meeting = queries.one(session, meeting_id)
    if kind := asked_for():
        return download(kind, AGENDA, queries.agenda(session, me(), meeting_id), of=meeting_id)
    return _page(meeting)


def _page(meeting: Meeting, status: int = 200, problem: str = "", form: PresentForm | None = None) -> Response:
    session = here().session
    members = queries.members(session)
    if form is None:
        form = PresentForm([(one.id, one.name) for one in members], formdata=None, data={"present": meeting.present})
    items = queries.agenda(session, me(), meeting.id)
    return render(
        "admissions/meetings/show.html", status, meeting=meeting, items=items, members=members, states=STATES,
        item_states=ITEMS, outcomes=OUTCOMES, form=form, problem=problem, press=PressForm(formdata=None),
        following=next((one for one in items if one.state in {"now", "waiting"}), None),
    )  # fmt: skip


@blueprint.route("/meetings/<meeting_id>/agenda", methods=["GET", "POST"])
@needs(MAY)
def agenda(meeting_id: str) -> Response:
    """Choose what a meeting discusses: disagreements stand first."""
    context = here()
    meeting = queries.one(context.session, meeting_id)
    form = PressForm()
    if meeting.state == "closed" and request.method != "POST":
        raise Refused(service.MEETING_CHANGED)
    if request.method == "POST":
        with kept_on(form):
            service.set_agenda(
                context.session,
                context.visitor.actor(),
                meeting_id,
                version_sent(),
                request.form.getlist("application"),
            )
            return redirect_with(_("The agenda is set."), "meetings.show", meeting_id=meeting_id)
    items = queries.agenda(context.session, me(), meeting_id)
    chosen = set(request.form.getlist("application")) or {one.application_id for one in items}
    return render(
        "admissions/meetings/agenda.html", 422 if form.errors else 200, meeting=meeting, chosen=chosen,
        rows=queries.candidates(context.session, me(), meeting.window_id), criteria=criteria(),
        fixed={one.application_id for one in items if one.state != "waiting"}, form=form,
        version=next_version(form, meeting.version),
    )  # fmt: skip


@blueprint.post("/meetings/<meeting_id>/present")
@needs(MAY)
def present(meeting_id: str) -> Response:
    """Note who is present; a planned meeting is open from then on."""
    context = here()
    meeting = queries.one(context.session, meeting_id)
    form = PresentForm([(one.id, one.name) for one in queries.members(context.session)])
    if form.validate_on_submit():
        with kept_on(form):
            service.attend(
                context.session, context.visitor.actor(), meeting_id, version_sent(), form.present.data or []
            )  # fmt: skip
            return redirect_with(_("It is noted who is present."), "meetings.show", meeting_id=meeting_id)
    return _page(meeting, 422, form=form)


@blueprint.post("/meetings/<meeting_id>/close")
@needs(MAY)
def close(meeting_id: str) -> Response:
    """Close a meeting."""
    context = here()
    try:
        service.close(context.session, context.visitor.actor(), meeting_id, version_sent())
    except (Conflict, Refused) as error:
        return _page(queries.one(context.session, meeting_id), 422, say(error.message, error.params))
    return redirect_with(_("The meeting is closed."), "meetings.show", meeting_id=meeting_id)


def _item(item_id: str) -> tuple[Item, Meeting]:
    one = queries.item(here().session, me(), item_id)
    return one, queries.one(here().session, one.meeting_id)


@blueprint.get("/meetings/items/<item_id>")
@needs(MAY)
def item(item_id: str) -> Response:
    """One application on the screen: what its assessors sealed, who is out of the room, what was said."""
    return _screen(*_item(item_id), ConcludeForm(formdata=None))


def _screen(one: Item, meeting: Meeting, form: Form, status: int = 200) -> Response:
    session = here().session
    may_read = scores.may_read(session, me(), one.application_id, leads=True)
    found = scores.sealed(session, me(), [one.application_id], leads=True).get(one.application_id, [])
    discussed = scores.sealed(session, me(), [one.application_id], DISCUSSED, leads=True).get(one.application_id, [])
    members = queries.members(session)
    out = queries.conflicted(session, one.application_id) | set(one.out)
    blind = meeting.blindness != "none"  # everybody in the room sees the screen, those too who have not sealed
    items = queries.agenda(session, me(), meeting.id)
    return render(
        "admissions/meetings/item.html", status, item=one, meeting=meeting, form=form, found=found,
        discussed=discussed, spreads=scores.spreads(found, KEYS), shifts=shifts(found, discussed), criteria=criteria(),
        may_read=may_read, blind=blind, item_states=ITEMS, outcomes=OUTCOMES, press=PressForm(formdata=None),
        reading=_reading(one, blind) if may_read else None, version=next_version(form, one.version),
        notes=scores.notes(session, me(), one.application_id, found, leads=True),
        out=[member.name for member in members if member.id in out and member.id in meeting.present],
        inside=[member.name for member in members if member.id in meeting.present and member.id not in out],
        number=[other.id for other in items].index(one.id) + 1, total=len(items),
        following=next((other for other in items if other.state == "waiting" and other.id != one.id), None),
    )  # fmt: skip


def _reading(one: Item, blind: bool) -> reading.Reading | None:
    try:
        return assessing.shown(here().session, one.application_id, blind=blind).newest
    except NotFound:  # erased since
        return None


@blueprint.post("/meetings/items/<item_id>/now")
@needs(MAY)
def bring_up(item_id: str) -> Response:
    """Discuss an application now."""
    context = here()
    one, meeting = _item(item_id)
    form = ConcludeForm(formdata=None)
    with kept_on(form):
        service.bring_up(context.session, context.visitor.actor(), item_id, version_sent())
        return redirect_with(_("Now: %(reference)s.", reference=one.reference), "meetings.item", item_id=item_id)
    return _screen(one, meeting, form, 422)


@blueprint.post("/meetings/items/<item_id>/conclude")
@needs(MAY)
def conclude(item_id: str) -> Response:
    """End a discussion: with an outcome, or put off."""
    context, form = here(), ConcludeForm()
    one, meeting = _item(item_id)
    if form.validate_on_submit():
        with kept_on(form):
            service.conclude(
                context.session, context.visitor.actor(), item_id, version_sent(),
                outcome=None if form.outcome.data == "defer" else form.outcome.data, minutes=form.minutes.data,
            )  # fmt: skip
            return redirect_with(_("It is kept in the minutes."), "meetings.show", meeting_id=meeting.id)
    return _screen(one, meeting, form, 422)
