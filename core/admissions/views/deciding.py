"""The partner's pages for signing decisions: a window's applications with what was proposed, one by one or many at once."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from core.admissions import content
from core.admissions.content.shapes import CRITERIA
from core.admissions.override_reasons import REASONS
from core.admissions.queries import deciding as queries
from core.admissions.queries import windows
from core.admissions.queries.deciding import Candidate
from core.admissions.service import deciding as service
from core.admissions.states import MODERATED, RELEASED, RETURNED, SIGNED, SUPERSEDED, WITHDRAWN
from core.admissions.web_forms.decisions import OUTCOMES, CommentForm, SignForm
from core.admissions.web_forms.windows import PressForm
from core.kernel.errors import Conflict, Declined
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on, key_sent, next_version, version_sent
from core.web.i18n import gettext as _
from core.web.i18n import language, ngettext, say
from core.web.listing import Listing
from core.web.lists import listed, searched
from core.web.pages import redirect_with, render
from core.web.sent import refusal
from core.web.sheets import Column, Sheet
from core.web.where import only_at_partners_sites

blueprint = Blueprint("decisions", __name__, url_prefix="/manage/admissions")
only_at_partners_sites(blueprint)
NO_COMMENTS = N_("These comments cannot be changed now.")
LEAD = Permission.TENANT_ADMISSIONS_MANAGE
SIZE = 50
PROPOSED = {
    "accept": (N_("Accept"), "ok"), "decline": (N_("Decline"), "err"), "panel": (N_("For the panel"), "warn"),
    "more_assessors": (N_("More assessors"), "warn"),
}  # fmt: skip
STATES = {
    SIGNED: (N_("Signed"), "info"), MODERATED: (N_("Moderated"), "brand"), "held": (N_("Held"), "brand"),
    RELEASED: (N_("Released"), "neutral"), RETURNED: (N_("Returned"), "warn"), SUPERSEDED: (N_("Replaced"), "neutral"),
    WITHDRAWN: (N_("Withdrawn"), "neutral"),
}  # fmt: skip
APPLICATIONS = {
    "submitted": N_("Submitted"), "info_requested": N_("More is asked"), "withdrawn": N_("Withdrawn"),
    "accepted": N_("Accepted"), "declined": N_("Declined"),
}  # fmt: skip
SHOWN = {
    "": N_("All"), "to_sign": N_("To sign"), "signed": N_("Signed"), "moderated": N_("Moderated"), "held": N_("Held"),
    "released": N_("Released"),
}  # fmt: skip
SHEET = Sheet(
    "decisions",
    (
        Column(N_("Reference"), lambda row: row.reference),
        Column(N_("Name"), lambda row: row.name),
        Column(N_("State"), lambda row: say(APPLICATIONS[row.state])),
        Column(N_("Proposed"), lambda row: say(PROPOSED[row.proposal][0]) if row.proposal else ""),
        Column(N_("Panel"), lambda row: say(OUTCOMES[row.panel]) if row.panel else ""),
        Column(N_("Assessors"), lambda row: row.assessors),
        Column(N_("Mean"), lambda row: round(float(row.mean), 2) if row.mean is not None else None),
        Column(N_("Widest difference"), lambda row: row.spread),
        Column(N_("Decision"), lambda row: say(OUTCOMES[row.decided or row.released]) if row.decided or row.released else ""),
        Column(N_("Stands at"), lambda row: say(STATES[row.decision_state or "released"][0]) if row.decision_state or row.released else ""),
        Column(N_("Reason for deciding otherwise"), lambda row: say(REASONS[row.override_code]) if row.override_code else ""),
    ),
    personal=True,
)  # fmt: skip


def tables() -> dict[str, Any]:
    """The words for states and outcomes that these pages share."""
    return {
        "proposed": PROPOSED, "states": STATES, "applications": APPLICATIONS, "outcomes": OUTCOMES, "reasons": REASONS
    }  # fmt: skip


def who() -> str | None:
    """The account of whoever looks at the page."""
    return here().visitor.account_id


@blueprint.get("/windows/<window_id>/decisions")
@needs(LEAD)
def listing(window_id: str) -> Response:
    """Every application of a window with what it is decided from."""
    return _list(window_id)


def _list(window_id: str, status: int = 200, problem: str = "") -> Response:
    session = here().session
    window = windows.one(session, window_id)
    show = request.args.get("show", "")
    show = show if show in SHOWN else ""
    wished = Listing.read(
        url_for("decisions.listing", window_id=window.id),
        request.args,
        sorts=queries.SORTS,
        filters=("q", "show"),
        size=SIZE,
    )
    search = searched()

    def read(limit: int | None, offset: int) -> tuple[list[Candidate], int]:
        return queries.candidates(
            session, who(), window.id, show=show, search=search, sort=wished.sort, limit=limit, offset=offset
        )

    found = listed(wished, SHEET, read, window.id)
    if isinstance(found, Response):
        return found
    page, rows = found
    return render(
        "admissions/decisions/list.html", status, window=window, listing=page, rows=rows, show=show, shown=SHOWN, search=search,
        problem=problem, press=PressForm(formdata=None), **tables(),
    )  # fmt: skip


@blueprint.post("/windows/<window_id>/decisions/check")
@needs(LEAD)
def check(window_id: str) -> Response:
    """What would be signed, with numbers and references, before anything is."""
    return _check_page(window_id, request.form.getlist("pick"))


def _check_page(window_id: str, picked: list[str], status: int = 200, refused: str = "") -> Response:
    session = here().session
    window = windows.one(session, window_id)
    found = queries.some(session, who(), window.id, picked)
    ready = [one for one in found if one.to_sign]
    if not ready:
        problem = refused or _("Choose at least one application that has a proposal and is not signed yet.")
        return _list(window_id, 422, problem)
    return render(
        "admissions/decisions/check.html", status, refused=refused, window=window, ready=ready, left=[one for one in found if not one.to_sign],
        counts={outcome: sum(one.suggested == outcome for one in ready) for outcome in OUTCOMES}, form=PressForm(formdata=None),
        **tables(),
    )  # fmt: skip


@blueprint.post("/windows/<window_id>/decisions/sign")
@needs(LEAD)
def sign_many(window_id: str) -> Response:
    """Sign what was checked, or nothing."""
    context = here()
    window = windows.one(context.session, window_id)
    picks = dict(text.split(":", 1) for text in request.form.getlist("sign") if ":" in text)
    if why := refusal():
        return _check_page(window_id, list(picks), 422, why)
    try:
        count = service.sign_many(context.session, context.visitor.actor(), window.id, picks, key_sent())
    except Declined as error:
        return _list(window_id, 422, say(error.message, error.params))
    return redirect_with(
        ngettext("%(num)s decision is signed.", "%(num)s decisions are signed.", count), "decisions.listing", window_id=window.id
    )  # fmt: skip


@blueprint.route("/windows/<window_id>/decisions/<application_id>", methods=["GET", "POST"])
@needs(LEAD)
def one(window_id: str, application_id: str) -> Response:
    """One application: what was proposed, what assessors sealed, and its decision, to sign or signed."""
    context = here()
    session, actor = context.session, context.visitor.actor()
    window = windows.one(session, window_id)
    found = queries.candidate(session, who(), window.id, application_id)
    corrects = found.released is not None and found.decision_id is None
    form = SignForm()
    if form.validate_on_submit():
        with kept_on(form):
            if corrects:
                service.correct(session, actor, window.id, found.id, form.wish(), form.form_key.data)
            else:
                service.sign(session, actor, window.id, found.id, form.wish(), form.form_key.data)
            return redirect_with(_("The decision is signed. The central team looks at it next."), "decisions.listing", window_id=window.id)  # fmt: skip
    return _one(window, found, form, corrects)


def _one(window: windows.WindowRow, found: Candidate, form: SignForm, corrects: bool) -> Response:
    session = here().session
    past = queries.history(session, found.id)
    return render(
        "admissions/decisions/one.html", 422 if form.errors else 200, window=window, one=found, form=form, corrects=corrects,
        signed=next((one for one in past if one.state == SIGNED), None),
        can_sign=corrects or found.to_sign or bool(form.errors),  # signed meanwhile by another: what was typed is there still
        past=past,
        said=by_criterion(queries.scores(session, who(), found.id)), titles=titles(), **tables(),
    )  # fmt: skip


def titles() -> dict[str, str]:
    """{criterion: its name} in the reader's language."""
    return {key: content.criteria().criterion(key).title.in_language(language()) for key in CRITERIA}


def by_criterion(said: list[queries.Said]) -> dict[str, list[queries.Said]]:
    """Sealed scores by criterion, in the criteria's order."""
    return {key: [one for one in said if one.criterion == key] for key in CRITERIA}


@blueprint.route("/windows/<window_id>/decisions/<application_id>/comments", methods=["GET", "POST"])
@needs(LEAD)
def comments(window_id: str, application_id: str) -> Response:
    """Change the approved comments of a decision that waits for the central team."""
    context = here()
    session = context.session
    window = windows.one(session, window_id)
    found = queries.candidate(session, who(), window.id, application_id)
    signed = next((one for one in queries.history(session, found.id) if one.state == SIGNED), None)
    if signed is None and request.method == "POST":
        raise Conflict(NO_COMMENTS)
    if signed is None:
        return redirect_with(say(NO_COMMENTS), "decisions.one", window_id=window.id, application_id=found.id)  # fmt: skip
    first = {f"comment_{key}_{code}": text for key, by in signed.comments.items() for code, text in by.items()}
    form = CommentForm(data=first)
    if form.validate_on_submit():
        with kept_on(form, lambda: CommentForm(formdata=None, data=first)):
            service.comment(session, context.visitor.actor(), signed.id, version_sent(), form.comments())
            return redirect_with(_("The comments are saved."), "decisions.one", window_id=window.id, application_id=found.id)  # fmt: skip
    return render(
        "admissions/decisions/comments.html", 422 if form.errors else 200, window=window, one=found, form=form,
        version=next_version(form, signed.version), said=by_criterion(queries.scores(session, who(), found.id)), titles=titles(),
    )  # fmt: skip
