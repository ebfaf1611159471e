"""Reading and scoring: answers beside the criteria that they bear on, saved as they are typed, checked, sealed."""

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, make_response, request

from core.admissions import scoring
from core.admissions.content import criteria
from core.admissions.form.answers import Problem
from core.admissions.queries import assessing as queries
from core.admissions.queries.applying import Held
from core.admissions.queries.assessing import DISCUSSED, INDEPENDENT, Shown, Task, Work
from core.admissions.reading import differences
from core.admissions.service import scoring as service
from core.admissions.service.drafts import Wish
from core.admissions.views.assessing import MAY, blueprint, own_task
from core.kernel import clock
from core.kernel.errors import Conflict, Invalid, NotFound, Refused
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.forms import whole
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.pages import go_to, redirect_with, render
from core.web.sent import form_has, refusal

PARTS = {"scores": INDEPENDENT, "discussed": DISCUSSED}
"""The last piece of an address, and whose scores it is about: one's own, or those after the panel's discussion."""


def _open(assignment_id: str, part: str) -> tuple[Task, Work]:
    """One's own scores that are still written. Raises NotFound where there are none and there never were, Refused where nothing
    is to be written now."""
    task = own_task(assignment_id)
    if part not in PARTS:
        raise NotFound
    if not task.may_read:
        raise Refused(N_("This cannot be done now: the state of this assessment has changed."))
    work = queries.current(queries.works(here().session, task), PARTS[part])
    if work is None:
        raise NotFound
    return task, work


@blueprint.route("/<assignment_id>/<part>", methods=["GET", "POST"])
@needs(MAY)
def scores(assignment_id: str, part: str) -> Response:
    """Read the application and score it; saved with one press or, where there is JavaScript, as it is typed."""
    task, work = _open(assignment_id, part)
    if request.method != "POST":
        if work.sealed_at is not None:
            return redirect_with(_("These scores are sealed."), "assessing.show", assignment_id=task.id)
        wrong = scoring.problems(work.values) if "problems" in request.args else {}
        return _page(task, work, part, work.values, wrong=wrong)
    form_has("since-page")
    by_script, later = request.accept_mimetypes.best == "application/json", request.form.get("go") == "later"
    sent = {
        name: Wish(scoring.read(name, request.form.getlist(name)), whole(f"rev-{name}"))
        for name in scoring.FIELDS
        if f"rev-{name}" in request.form
    }
    values = {**work.values, **{name: wish.value for name, wish in sent.items()}}
    if why := refusal():
        made_from = {name: wish.revision for name, wish in sent.items()}
        return (
            _told(422, error=why)
            if by_script
            else _page(task, work, part, values, 422, revisions=made_from, refused=why)
        )
    try:
        saved = service.save(here().session, here().visitor.actor(), work, sent)
    except Refused as error:
        words = say(error.message, error.params)
        return _told(409, error=words) if by_script else _page(task, work, part, values, 409, refused=words)
    if by_script:
        since = int(clock.now().timestamp())
        return _told(409 if saved.lost else 200, revisions=dict(saved.revisions), lost=list(saved.lost), since=since)
    if saved.lost:
        return _page(task, work, part, values, 409, revisions=saved.revisions, lost=saved.lost)
    if later:
        return redirect_with(_("Saved. Come back when you like."), "assessing.listing")
    if scoring.problems(values):
        return go_to("assessing.scores", assignment_id=task.id, part=part, problems="")
    return redirect_with(_("Saved."), "assessing.check", assignment_id=task.id, part=part)


def _told(status: int, **values: object) -> Response:
    return make_response(jsonify(**values), status)


def _page(
    task: Task, work: Work, part: str, values: Mapping[str, str], status: int = 200, *, revisions: Mapping[str, int] | None = None,
    lost: Mapping[str, Held] | None = None, wrong: Mapping[str, Problem] | None = None, refused: str = "",
) -> Response:  # fmt: skip
    shown = _shown(task)
    now = {name: work.draft[name].revision if name in work.draft else 0 for name in scoring.FIELDS}
    return render(
        "admissions/assessing/scores.html", status, task=task, work=work, part=part, values=values, wrong=wrong or {},
        revisions={**now, **(revisions or {})}, lost=lost or {}, refused=refused, criteria=criteria(),
        fields=scoring.FIELDS, since=int(clock.now().timestamp()), **_versions(shown, work),
    )  # fmt: skip


def _shown(task: Task) -> Shown:
    return queries.shown(here().session, task.application_id, blind=task.blind)


def _versions(shown: Shown, work: Work) -> dict[str, Any]:
    """Which version is read, and what a newer one says differently."""
    reading = shown.of(work.submission_id)
    newer = shown.newest if reading is not shown.newest else None
    return {"reading": reading, "newer": newer, "different": differences(reading, newer) if newer else []}


@blueprint.post("/<assignment_id>/<part>/newer")
@needs(MAY)
def newer(assignment_id: str, part: str) -> Response:
    """Go on with the version that was submitted last."""
    task, work = _open(assignment_id, part)
    service.take_newer(here().session, here().visitor.actor(), task, work)
    return redirect_with(
        _("You read the newest version now. What you wrote is kept."),
        "assessing.scores",
        assignment_id=task.id,
        part=part,
    )


@blueprint.get("/<assignment_id>/<part>/check")
@needs(MAY)
def check(assignment_id: str, part: str) -> Response:
    """All scores once more, before they are sealed for good."""
    task, work = _open(assignment_id, part)
    if work.sealed_at is not None:
        return redirect_with(_("These scores are sealed."), "assessing.show", assignment_id=task.id)
    return _check_page(task, work, part)


def _check_page(task: Task, work: Work, part: str, status: int = 200, message: str = "") -> Response:
    return render(
        "admissions/assessing/check.html", status, task=task, work=work, part=part, message=message, criteria=criteria(),
        wrong=scoring.problems(work.values), checked=scoring.digest(work.values, work.submission_id),
        **_versions(_shown(task), work),
    )  # fmt: skip


@blueprint.post("/<assignment_id>/<part>/seal")
@needs(MAY)
def seal(assignment_id: str, part: str) -> Response:
    """Seal what was checked."""
    task, work = _open(assignment_id, part)
    sealed = _("Your scores are sealed. You can read the others’ now.")
    if work.sealed_at is not None:  # the second press of the button: there is nothing more to do
        return redirect_with(sealed, "assessing.show", assignment_id=task.id)
    if why := refusal():
        return _check_page(task, work, part, 422, why)
    try:
        service.seal(here().session, here().visitor.actor(), task, work, request.form.get("checked", ""))
    except (Invalid, Conflict) as error:
        words = (
            _("Some scores are not finished yet.") if isinstance(error, Invalid) else say(error.message, error.params)
        )
        return _check_page(*_open(assignment_id, part), part, 422 if isinstance(error, Invalid) else 409, words)
    return redirect_with(sealed, "assessing.show", assignment_id=task.id)


@blueprint.post("/<assignment_id>/discuss")
@needs(MAY)
def discuss(assignment_id: str) -> Response:
    """Begin to score again, after the panel's discussion."""
    task = own_task(assignment_id)
    service.begin_discussed(here().session, here().visitor.actor(), task)
    return redirect_with(
        _("You begin from your sealed scores. They stay as they are."), "assessing.scores", assignment_id=task.id,
        part="discussed",
    )  # fmt: skip
