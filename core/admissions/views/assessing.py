"""An assessor's own pages: what waits for them, declaring interests before anything is shown, leaving an assessment."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from core.admissions.content import criteria
from core.admissions.measure.spread import shift
from core.admissions.queries import assessing as queries
from core.admissions.queries import scores
from core.admissions.queries.assessing import DISCUSSED, INDEPENDENT, SHOWN, Task
from core.admissions.queries.scores import Sealed
from core.admissions.service import declaring, discussion_notes
from core.admissions.service.scoring import in_the_room
from core.admissions.states import ASSESSING, DECLARED, OFFERED, RECUSED, SEALED, TAKEN_BACK, TURNED_DOWN
from core.admissions.views.shared import kept_by_nobody
from core.admissions.web_forms.assessing import DeclareForm, NoteForm, RecuseForm, TurnDownForm
from core.kernel.errors import NotFound, Refused
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on, next_version, version_sent
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.listing import Listing
from core.web.lists import listed, searched
from core.web.pages import redirect_with, render
from core.web.sheets import Column, Sheet
from core.web.where import only_at_partners_sites

blueprint = Blueprint("assessing", __name__, url_prefix="/assess")
only_at_partners_sites(blueprint)
kept_by_nobody(blueprint)
MAY = Permission.ADMISSIONS_ASSESS
SIZE = 25
STATES = {
    OFFERED: (N_("Declare interests"), "warn"),
    DECLARED: (N_("With the partner lead"), "info"),
    ASSESSING: (N_("To be scored"), "warn"),
    SEALED: (N_("Sealed"), "ok"),
    RECUSED: (N_("Left because of a conflict of interest"), "neutral"),
    TURNED_DOWN: (N_("Turned down"), "neutral"),
    TAKEN_BACK: (N_("Taken back"), "neutral"),
    "expired": (N_("No longer needed"), "neutral"),
}
TABS = {"waiting": N_("To do"), "sealed": N_("Sealed"), "over": N_("No longer yours")}
ASSESSMENTS = Sheet(
    "assessments",
    (
        Column(N_("Reference"), lambda row: row.reference),
        Column(N_("Window"), lambda row: row.window),
        Column(N_("State"), lambda row: say(STATES[row.state][0])),
        Column(N_("Due"), lambda row: row.due_at),
    ),
    personal=False,
)


def own_task(assignment_id: str) -> Task:
    """The visitor's assignment. Raises NotFound."""
    context = here()
    return queries.task(context.session, context.visitor.account_id, assignment_id)


@blueprint.get("/")
@needs(MAY)
def listing() -> Response:
    """What waits for the assessor, what they sealed, and what is not theirs any more."""
    session, account_id = here().session, str(here().visitor.account_id)
    shown = request.args.get("show", "")
    wished = Listing.read(
        url_for("assessing.listing"), request.args, sorts=tuple(queries.ORDERS), filters=("show", "q"), size=SIZE
    )
    kind, search = (shown if shown in SHOWN else SHOWN[0]), searched()

    def read(limit: int | None, offset: int) -> tuple[list[queries.Mine], int]:
        return queries.listed(session, account_id, kind, wished.sort, search, limit, offset)

    found = listed(wished, ASSESSMENTS, read)
    if isinstance(found, Response):
        return found
    page, rows = found
    on_panel = bool(rows) or queries.is_assessor(session, account_id)
    return render(
        "admissions/assessing/list.html", listing=page, rows=rows, states=STATES, tabs=TABS, kind=kind, search=search,
        on_panel=on_panel, asked=len(KEYS),
    )  # fmt: skip


@blueprint.get("/<assignment_id>/")
@needs(MAY)
def show(assignment_id: str) -> Response:
    """One assessment: whatever its state asks for."""
    task = own_task(assignment_id)
    if task.state == OFFERED and task.still_read:
        return _declare_page(task, DeclareForm())
    if task.may_read:
        return _sealed_page(task) if task.state == SEALED else _begun_page(task)
    return render("admissions/assessing/state.html", task=task, states=STATES)


def _declare_page(task: Task, form: DeclareForm) -> Response:
    return render(
        "admissions/assessing/declare.html", 422 if form.errors else 200, task=task, form=form,
        organisation=queries.organisation(here().session, task), version=next_version(form, task.version),
    )  # fmt: skip


def _begun_page(task: Task) -> Response:
    work = queries.current(queries.works(here().session, task), INDEPENDENT)
    return render("admissions/assessing/begun.html", task=task, work=work, states=STATES)


def _sealed_page(task: Task, form: NoteForm | None = None) -> Response:
    """One's own sealed scores, and what the others sealed: from now on, and not before."""
    session = here().session
    own = queries.works(session, task)
    found = scores.sealed(session, task.account_id, [task.application_id]).get(task.application_id, [])
    discussed = scores.sealed(session, task.account_id, [task.application_id], DISCUSSED).get(task.application_id, [])
    form = form or NoteForm(formdata=None)
    return render(
        "admissions/assessing/sealed.html", 422 if form.errors else 200, task=task, states=STATES,
        reading=queries.shown(session, task.application_id, blind=task.blind).of(_read(own)),
        found=found, spreads=scores.spreads(found, KEYS), discussed=discussed, shifts=shifts(found, discussed),
        again=queries.current(own, DISCUSSED), in_the_room=in_the_room(session, task), form=form, criteria=criteria(),
        notes=scores.notes(session, task.account_id, task.application_id, found),
    )  # fmt: skip


KEYS = [one.key for one in criteria().criteria]


def _read(works: list[queries.Work]) -> str | None:
    own = queries.current(works, INDEPENDENT)
    return own.submission_id if own is not None else None


def shifts(before: list[Sealed], after: list[Sealed]) -> dict[str, Any]:
    """How scores moved in the discussion, by criterion."""
    return {
        key: shift(
            {one.assessor_id: one.scores[key].value for one in before if key in one.scores},
            {one.assessor_id: one.scores[key].value for one in after if key in one.scores},
        )
        for key in KEYS
    }


@blueprint.post("/<assignment_id>/declare")
@needs(MAY)
def declare(assignment_id: str) -> Response:
    """Declare whether there is a conflict of interest."""
    context, form = here(), DeclareForm()
    if form.validate_on_submit():
        with kept_on(form):
            state = declaring.declare(
                context.session, context.visitor.actor(), assignment_id, version_sent(), level=form.level.data,
                words=form.words.data, key=form.form_key.data,
            )  # fmt: skip
            if state == ASSESSING:
                return redirect_with(
                    _("Thank you. You can read the application now."), "assessing.scores", assignment_id=assignment_id,
                    part="scores",
                )  # fmt: skip
            if state == DECLARED:
                return redirect_with(
                    _("Thank you. The partner lead decides whether you assess it."),
                    "assessing.show",
                    assignment_id=assignment_id,
                )
            return redirect_with(_("Thank you. Somebody else assesses it."), "assessing.listing")
    return _declare_page(own_task(assignment_id), form)


@blueprint.route("/<assignment_id>/turn-down", methods=["GET", "POST"])
@needs(MAY)
def turn_down(assignment_id: str) -> Response:
    """Give an assessment back."""
    context, form = here(), TurnDownForm()
    if form.validate_on_submit():
        with kept_on(form):
            declaring.turn_down(
                context.session, context.visitor.actor(), assignment_id, version_sent(), form.why.data, form.form_key.data
            )  # fmt: skip
            return redirect_with(_("It is given back. Somebody else assesses it."), "assessing.listing")
    return _leaving_page(_to_leave(assignment_id, (OFFERED, ASSESSING)), form, "turn_down")


@blueprint.route("/<assignment_id>/recuse", methods=["GET", "POST"])
@needs(MAY)
def recuse(assignment_id: str) -> Response:
    """Leave because of a conflict of interest that was noticed while reading."""
    context, form = here(), RecuseForm()
    if form.validate_on_submit():
        with kept_on(form):
            declaring.recuse(
                context.session, context.visitor.actor(), assignment_id, version_sent(), form.why.data, form.form_key.data
            )  # fmt: skip
            return redirect_with(_("Thank you. Somebody else assesses it."), "assessing.listing")
    return _leaving_page(_to_leave(assignment_id, (ASSESSING,)), form, "recuse")


def _to_leave(assignment_id: str, states: tuple[str, ...]) -> Task:
    task = own_task(assignment_id)
    if task.state not in states and request.method != "POST":
        raise Refused(N_("This cannot be done now: the state of this assessment has changed."))
    return task


def _leaving_page(task: Task, form: TurnDownForm | RecuseForm, way: str) -> Response:
    return render(
        "admissions/assessing/leave.html", 422 if form.errors else 200, task=task, form=form, way=way,
        version=next_version(form, task.version),
    )  # fmt: skip


@blueprint.post("/<assignment_id>/notes")
@needs(MAY)
def notes(assignment_id: str) -> Response:
    """Say something about an application, once one's own scores are sealed."""
    context, form = here(), NoteForm()
    task = own_task(assignment_id)
    if task.state != SEALED:
        raise NotFound
    if form.validate_on_submit():
        with kept_on(form):
            discussion_notes.note(
                context.session, context.visitor.actor(), task.application_id, form.body.data, form.form_key.data
            )  # fmt: skip
            return redirect_with(_("Your note is added."), "assessing.show", assignment_id=task.id)
    return _sealed_page(task, form)
