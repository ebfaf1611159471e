"""The central team's pages of calibration: writing a case, sending it to every partner, and what came of it."""

from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

from flask import Response, request, url_for

from core.admissions import content
from core.admissions.content.shapes import CRITERIA
from core.admissions.form.answers import problems, read
from core.admissions.form.schema import Kind
from core.admissions.queries import calibration as queries
from core.admissions.queries.calibration import Counts, Given
from core.admissions.service import calibration as service
from core.admissions.views.blueprints import central
from core.admissions.views.quality import site_names
from core.admissions.web_forms.calibration import SOURCE_TITLES, CaseForm, SendForm
from core.data.db import platform_scope
from core.kernel.errors import Invalid, Refused
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on, next_version, version_sent
from core.web.i18n import gettext as _
from core.web.listing import Listing
from core.web.lists import asked_for, download, own_address
from core.web.pages import redirect_with, render
from core.web.sheets import Column, Sheet

MAY = Permission.ADMISSIONS_CONFIGURE
STATES = {"draft": (N_("Draft"), "neutral"), "sent": (N_("Out"), "info"), "closed": (N_("Closed"), "ok")}


class Held(NamedTuple):
    """Somebody's scores of a case against the panel of all: `apart` is the mean difference over the criteria both have."""

    site: str
    who: str
    scores: dict[str, int | None]
    apart: float | None


def _score_on(key: str) -> Column:
    return Column(key.capitalize(), lambda row: row.scores.get(key))


RESULTS = Sheet(
    "calibration",
    (
        Column(N_("Partner"), lambda row: row.site),
        Column(N_("Assessor"), lambda row: row.who),
        *map(_score_on, CRITERIA),
        Column(N_("Against the panel"), lambda row: None if row.apart is None else round(row.apart, 4)),
    ),
    personal=False,
)


def panel_of(given: Sequence[Given]) -> dict[str, float]:
    """The median of all sealed scores, by criterion; nothing where nobody was able to score."""
    found = {key: [score for one in given if (score := one.scores.get(key)) is not None] for key in CRITERIA}
    return {key: float(median(scores)) for key, scores in found.items() if scores}


def results(given: Sequence[Given], names: dict[int, str]) -> list[Held]:
    """Each assessor's scores against the panel of all, by partner. Assessors are numbered: their lead knows who they are."""
    panel = panel_of(given)
    found: list[Held] = []
    numbers: dict[int, int] = {}
    for one in given:
        numbers[one.site] = numbers.get(one.site, 0) + 1
        apart = [score - panel[key] for key, score in one.scores.items() if score is not None and key in panel]
        who = _("Assessor %(number)s", number=numbers[one.site])
        found.append(Held(names.get(one.site, "?"), who, dict(one.scores), sum(apart) / len(apart) if apart else None))
    return sorted(found, key=lambda row: row.site)


@central.get("/calibration/")
@needs(MAY)
def calibration_list() -> Response:
    """Every case, and how far it is."""
    found = queries.cases(here().session)
    counts: dict[str, Counts] = {}
    if any(one.state != "draft" for one in found):
        with platform_scope("Joining Q: how far calibration is", here().visitor.actor()) as session:
            counts = queries.counts(session)
    return render("admissions/calibration/list.html", cases=found, counts=counts, nobody=Counts(0, 0), states=STATES)


@central.route("/calibration/new", methods=["GET", "POST"])
@needs(MAY)
def calibration_new() -> Response:
    """Begin a case."""
    form = CaseForm()
    if form.validate_on_submit():
        try:
            case_id = service.write(here().session, here().visitor.actor(), form.about(), form.form_key.data)
        except (Invalid, Refused) as error:
            form.take(getattr(error, "field_errors", None) or {"": error.message})
        else:
            return redirect_with(_("The case is begun. Now write its answers."), "admissions.calibration_edit", case_id=case_id)  # fmt: skip
    return render("admissions/calibration/edit.html", 422 if form.errors else 200, form=form, case=None, version=0)


@central.get("/calibration/<case_id>")
@needs(MAY)
def calibration_case(case_id: str) -> Response:
    """One case: a draft with what is to be done, or what came of it."""
    case = queries.case(here().session, case_id)
    rows: list[Held] = []
    panel: dict[str, float] = {}
    counts = Counts(0, 0)
    if not case.is_draft:
        with platform_scope("Joining Q: scores of a calibration case", here().visitor.actor()) as session:
            given = queries.given(session, case_id)
            counts = queries.counts(session).get(case_id, counts)
        panel, rows = panel_of(given), results(given, site_names())
    if wanted := asked_for():
        return download(wanted, RESULTS, rows)
    listing = Listing.read(own_address(), request.args, sorts=("site",))
    missing = [section for section in case.schema.sections if problems(section, case.answers)]
    return render(
        "admissions/calibration/case.html", case=case, rows=rows, panel=panel, counts=counts, states=STATES, listing=listing,
        missing=missing, sources=SOURCE_TITLES, criteria=content.criteria().criteria,
    )  # fmt: skip


@central.route("/calibration/<case_id>/edit", methods=["GET", "POST"])
@needs(MAY)
def calibration_edit(case_id: str) -> Response:
    """Write a draft's answers, all sections on one page."""
    context = here()
    case = queries.case(context.session, case_id)
    if not case.is_draft and request.method != "POST":
        raise Refused(service.SENT)
    kept = {"name": case.name, "source": case.source, "locale": case.locale}
    form = CaseForm(data=kept)
    answers: dict[str, Any] = dict(case.answers)
    if request.method == "POST":
        asked = (question for question in case.schema.questions() if question.kind is not Kind.FILE)
        answers = {question.key: read(question, request.form.getlist(question.key)) for question in asked}
    if form.validate_on_submit():
        with kept_on(form, lambda: CaseForm(formdata=None, data=kept)):
            service.change(context.session, context.visitor.actor(), case_id, version_sent(), form.about(), answers)
            return redirect_with(_("The case is saved."), "admissions.calibration_case", case_id=case_id)
    return render(
        "admissions/calibration/edit.html", 422 if form.errors else 200, form=form, case=case, answers=answers,
        version=next_version(form, case.version),
    )  # fmt: skip


@central.get("/calibration/<case_id>/preview")
@needs(MAY)
def calibration_preview(case_id: str) -> Response:
    """The case as an assessor sees it."""
    case = queries.case(here().session, case_id)
    back = url_for("admissions.calibration_case", case_id=case_id)
    return render("admissions/calibration/preview.html", case=case, criteria=content.criteria(), back=back)


@central.route("/calibration/<case_id>/send", methods=["GET", "POST"])
@needs(MAY)
def calibration_send(case_id: str) -> Response:
    """Send a case to every partner, with the day by which it is to be scored."""
    context = here()
    case, form = queries.case(context.session, case_id), SendForm()
    if not case.is_draft and request.method != "POST":
        raise Refused(service.SENT)
    if form.validate_on_submit():
        with kept_on(form):
            service.send(context.session, context.visitor.actor(), case_id, version_sent(), form.due())
            return redirect_with(
                _("The case is out. Assessors are asked within a quarter of an hour."),
                "admissions.calibration_case", case_id=case_id,
            )  # fmt: skip
    return render(
        "admissions/calibration/send.html", 422 if form.errors else 200, form=form, case=case,
        version=next_version(form, case.version),
    )  # fmt: skip


@central.post("/calibration/<case_id>/close")
@needs(MAY)
def calibration_close(case_id: str) -> Response:
    """Take no more scores."""
    service.close(here().session, here().visitor.actor(), case_id, version_sent())
    return redirect_with(_("The case is closed."), "admissions.calibration_case", case_id=case_id)
