"""Fairness and quality of one partner, for its lead and the central team; what the console's pages share with these."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, request, url_for

from core.admissions.queries import quality as queries
from core.admissions.queries.quality import Kept
from core.admissions.service import quality as service
from core.admissions.views import quality_figures as figures
from core.data.session import ScopedSession
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.tenancy.directory import TenantDirectory, TenantSnapshot
from core.web.access import needs
from core.web.context import here
from core.web.i18n import LANGUAGES
from core.web.i18n import gettext as _
from core.web.listing import Listing
from core.web.lists import asked_for, download, in_memory, listed, own_address
from core.web.pages import redirect_with, render
from core.web.sheets import Column, Sheet
from core.web.where import only_at_partners_sites

blueprint = Blueprint("quality", __name__, url_prefix="/manage/admissions/quality")
only_at_partners_sites(blueprint)
MAY = Permission.TENANT_ADMISSIONS_MANAGE
SIZE = 50


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a page of quality stands: the partner's own room, or the console's. `endpoint` is the blueprint's prefix of the
    pages, `choices` are the selects above them as (name, label, [(value, words)], chosen), `left_out` what does not count in
    the figures, `people` names assessors where the reader may know them."""

    layout: str
    endpoint: str
    choices: list[tuple[str, str, list[tuple[str, str]], str]]
    kept: Kept | None
    left_out: list[str]
    people: Mapping[str, str]
    of_one: bool

    @property
    def chosen(self) -> dict[str, str]:
        """What is chosen above, as the address has it."""
        return {name: value for name, _label, _options, value in self.choices if value}

    def href(self, page: str) -> str:
        """The address of another page of the room, for what is chosen."""
        chosen: dict[str, Any] = {**self.chosen}
        return url_for(f"{self.endpoint}{page}", **chosen)


def partners() -> tuple[TenantSnapshot, ...]:
    """Every partner's site."""
    directory: TenantDirectory = current_app.extensions["q.directory"]
    return directory.partners()


def site_names() -> dict[int, str]:
    """Every partner's name in the reader's language."""
    return {tenant.id: tenant.named(here().language) for tenant in partners()}


def show(desk: Desk, template: str, session: ScopedSession, lines: Callable[..., Any], **more: Any) -> Response:
    """A page of a report, or all its figures as a file."""
    named = figures.names(session, site_names())
    report = desk.kept.report if desk.kept is not None else None
    listing = Listing.read(own_address(), request.args, sorts=("part",), filters=tuple(desk.chosen))
    if report is not None and (wanted := asked_for()):
        return download(wanted, figures.FIGURES, lines(report, named))
    return render(
        template, desk=desk, report=report, names=named, listing=listing, figures=figures, spoken=LANGUAGES, **more
    )


def show_scoring(desk: Desk, session: ScopedSession) -> Response:
    """How assessors mark."""
    return show(
        desk, "admissions/quality/scoring.html", session, lambda report, named: figures.scoring_lines(report, named, desk.people)
    )  # fmt: skip


def show_outcomes(desk: Desk, session: ScopedSession) -> Response:
    """What became of applications."""
    return show(desk, "admissions/quality/outcomes.html", session, figures.outcome_lines)


def show_equality(desk: Desk, session: ScopedSession) -> Response:
    """Figures by equality group, as they were published: the same for everybody who may read them."""
    found = queries.publications(session)
    asked = request.args.get("number", "")
    chosen = next((one for one in found if str(one.number) == asked), found[0] if found else None)
    questions = figures.equality_rows(chosen.figures.questions) if chosen is not None else []
    if wanted := asked_for():
        return download(wanted, figures.EQUALITY, (row for _question, rows in questions for row in rows))
    listing = Listing.read(own_address(), request.args, sorts=("question",), filters=("number", *desk.chosen))
    return render(
        "admissions/quality/equality.html", desk=desk, publications=found, chosen=chosen, questions=questions, listing=listing
    )  # fmt: skip


def _desk() -> Desk:
    """The partner's own desk, in four statements: its windows, what the reader must not see, the report, the assessors."""
    session, visitor = here().session, here().visitor
    tenant_id = here().tenant.id
    windows = queries.windows(session, tenant_id)
    period = request.values.get("window", "")
    period = period if period in {window_id for window_id, _name in windows} else ""
    left_out = queries.hidden_from(session, visitor.account_id)
    choices = [("window", _("Window"), [("", _("All windows")), *windows], period)]
    kept = queries.kept(session, tenant_id, period, queries.hash_of(left_out))
    people = queries.assessor_names(session)
    return Desk("layouts/manage.html", "quality.", choices, kept, left_out, people, of_one=True)


@blueprint.get("/")
@needs(MAY)
def scoring() -> Response:
    """How this partner's assessors mark."""
    return show_scoring(_desk(), here().session)


@blueprint.get("/outcomes")
@needs(MAY)
def outcomes() -> Response:
    """What became of this partner's applications."""
    return show_outcomes(_desk(), here().session)


@blueprint.get("/equality")
@needs(MAY)
def equality() -> Response:
    """The published figures by equality group, of the whole UK."""
    return show_equality(_desk(), here().session)


SCORES = Sheet(
    "adjusted-scores",
    (
        Column(N_("Application"), lambda row: row[0]),
        Column(N_("Mean score"), lambda row: round(row[1], 4)),
        Column(N_("Adjusted"), lambda row: None if row[2] is None else round(row[2], 4)),
    ),
    personal=True,
)


def _change(row: tuple[str, float, float | None, str]) -> float:
    """How far adjusting moves a score, whichever way."""
    return 0.0 if row[2] is None else abs(row[2] - row[1])


SORTS: dict[str, Callable[[tuple[str, float, float | None, str]], Any]] = {
    "-change": _change,
    "change": _change,
    "reference": lambda row: row[0],
    "raw": lambda row: row[1],
    "adjusted": lambda row: row[1] if row[2] is None else row[2],
}


@blueprint.get("/scores")
@needs(MAY)
def scores() -> Response:
    """Each application's mean score, which is the record, beside the one without its assessors' severity."""
    session, desk = here().session, _desk()
    known = queries.references(session, here().visitor.account_id)
    made = desk.kept.report.scoring.adjusted if desk.kept is not None and desk.kept.report is not None else ()
    rows = [
        (known[one.application], one.raw, one.adjusted, one.application) for one in made if one.application in known
    ]
    wished = Listing.read(own_address(), request.args, sorts=tuple(SORTS), filters=("window",), size=SIZE)
    found = listed(wished, SCORES, in_memory(rows, wished, SORTS))
    if isinstance(found, Response):
        return found
    page, shown = found
    return render("admissions/quality/scores.html", desk=desk, listing=page, rows=shown, figures=figures)


@blueprint.post("/refresh")
@needs(MAY)
def refresh() -> Response:
    """Have the figures worked out anew."""
    context, desk = here(), _desk()
    service.ask(
        context.session, context.visitor.actor(), tenant_id=context.tenant.id, period=desk.chosen.get("window", ""),
        left_out=desk.left_out,
    )  # fmt: skip
    return redirect_with(_("The figures are being worked out. It takes a moment."), "quality.scoring", **desk.chosen)
