"""What whoever runs a panel does around its assessments: declared interests, redactions, translations, scores opened again."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request, url_for

from core.admissions import reading as reading_rules
from core.admissions.content import criteria
from core.admissions.form.schema import FormSchema, Kind
from core.admissions.queries import assessing, oversight, scores, windows
from core.admissions.queries.assessing import DISCUSSED
from core.admissions.queries.oversight import Case
from core.admissions.reading import Cut, Version
from core.admissions.service import declaring, discussion_notes, redacting
from core.admissions.service import scoring as scoring_service
from core.admissions.states import SEALED
from core.admissions.views.assessing import KEYS, STATES, shifts
from core.admissions.views.shared import kept_by_nobody, me
from core.admissions.web_forms.assessing import NoteForm, RedactForm, ReopenForm, ResolveForm
from core.admissions.web_forms.windows import PressForm
from core.kernel.errors import Invalid, NotFound, Refused
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on, next_version, version_sent
from core.web.i18n import gettext as _
from core.web.i18n import language, say
from core.web.listing import Listing
from core.web.lists import listed, searched
from core.web.pages import redirect_with, render
from core.web.sent import refusal
from core.web.sheets import Column, Sheet
from core.web.where import only_at_partners_sites

blueprint = Blueprint("oversight", __name__, url_prefix="/manage/admissions")
only_at_partners_sites(blueprint)
kept_by_nobody(blueprint)
MAY = Permission.TENANT_ADMISSIONS_MANAGE
SIZE = 25
SORTS = ("submitted", "reference", "language")
LANGUAGES = {"en": N_("English"), "cy": N_("Welsh")}
PREPARED = Sheet(
    "applications-to-assess",
    (
        Column(N_("Reference"), lambda row: row.reference),
        Column(N_("Name"), lambda row: row.name),
        Column(N_("Language"), lambda row: say(LANGUAGES.get(row.locale, row.locale))),
        Column(N_("Submitted"), lambda row: row.submitted_at),
        Column(N_("Versions"), lambda row: row.versions),
        Column(N_("Hidden places"), lambda row: row.redacted),
        Column(N_("Translations"), lambda row: row.translated),
    ),
    personal=True,
)


@blueprint.get("/declarations")
@needs(MAY)
def declarations() -> Response:
    """Connections that assessors declared and somebody has to judge."""
    return render("admissions/oversight/declarations.html", rows=oversight.declarations(here().session, me()))


@blueprint.route("/declarations/<assignment_id>", methods=["GET", "POST"])
@needs(MAY)
def declaration(assignment_id: str) -> Response:
    """Allow an assessor with a minor conflict of interest, or recuse them."""
    context, form = here(), ResolveForm()
    found = oversight.declarations(context.session, me(), assignment_id)
    if not found and request.method != "POST":
        raise NotFound
    if form.validate_on_submit():
        with kept_on(form):
            declaring.resolve(
                context.session, context.visitor.actor(), assignment_id, version_sent(),
                allow=form.decision.data == "allow", why=form.why.data,
            )  # fmt: skip
            return redirect_with(_("It is decided, and kept with your reason."), "oversight.declarations")
    if not found:  # decided meanwhile by somebody else: what was typed is shown beside the refusal; else there is none
        if not form.form_errors:
            raise NotFound
        return render("admissions/oversight/declaration.html", 422, row=None, form=form, version=version_sent())
    return render(
        "admissions/oversight/declaration.html", 422 if form.errors else 200, row=found[0], form=form,
        version=next_version(form, found[0].version),
    )  # fmt: skip


@blueprint.get("/windows/<window_id>/prepare")
@needs(MAY)
def prepare(window_id: str) -> Response:
    """A window's submitted applications, to be gone through before assessors get them."""
    session, window = here().session, windows.one(here().session, window_id)
    wished = Listing.read(
        url_for("oversight.prepare", window_id=window_id), request.args, sorts=SORTS, filters=("q",), size=SIZE
    )
    search = searched()

    def read(limit: int | None, offset: int) -> tuple[list[oversight.Prepared], int]:
        return oversight.prepared(session, me(), window_id, wished.sort, search, limit, offset)

    found = listed(wished, PREPARED, read, of=window_id)
    if isinstance(found, Response):
        return found
    page, rows = found
    return render(
        "admissions/oversight/prepare.html", listing=page, rows=rows, window=window, search=search, spoken=LANGUAGES
    )


def _case(application_id: str) -> Case:
    return oversight.case(here().session, me(), application_id)


@blueprint.route("/applications/<application_id>/assessments", methods=["GET", "POST"])
@needs(MAY)
def assessments(application_id: str) -> Response:
    """Who assesses an application, what they sealed, what was said about it; POST adds a note."""
    context, form = here(), NoteForm()
    one = _case(application_id)
    may_read = scores.may_read(context.session, me(), one.id, leads=True)
    if form.validate_on_submit():
        with kept_on(form):
            discussion_notes.note(context.session, context.visitor.actor(), one.id, form.body.data, form.form_key.data)
            return redirect_with(_("Your note is added."), "oversight.assessments", application_id=one.id)
    found = scores.sealed(context.session, me(), [one.id], leads=True).get(one.id, [])
    discussed = scores.sealed(context.session, me(), [one.id], DISCUSSED, leads=True).get(one.id, [])
    return render(
        "admissions/oversight/assessments.html", 422 if form.errors else 200, case=one, form=form, may_read=may_read,
        given=oversight.given(context.session, me(), one.id), states=STATES, found=found, criteria=criteria(),
        spreads=scores.spreads(found, KEYS), discussed=discussed, shifts=shifts(found, discussed),
        notes=scores.notes(context.session, me(), one.id, found, leads=True),
        may_reopen=context.visitor.can(Permission.ADMISSIONS_CONFIGURE), sealed_state=SEALED,
    )  # fmt: skip


@blueprint.route("/applications/<application_id>/assessments/<assignment_id>/reopen", methods=["GET", "POST"])
@needs(Permission.ADMISSIONS_CONFIGURE)
def reopen(application_id: str, assignment_id: str) -> Response:
    """Let an assessor score again, for a reason."""
    context, form = here(), ReopenForm()
    one = _case(application_id)
    row = next((row for row in oversight.given(context.session, me(), one.id) if row.id == assignment_id), None)
    if row is None or row.own:
        raise NotFound
    if row.state != SEALED and request.method != "POST":
        raise Refused(N_("This cannot be done now: the state of this assessment has changed."))
    if form.validate_on_submit():
        with kept_on(form):
            scoring_service.reopen(
                context.session, context.visitor.actor(), assignment_id, version_sent(), form.why.data
            )  # fmt: skip
            return redirect_with(
                _("It is open again. The sealed scores stay."), "oversight.assessments", application_id=one.id
            )
    return render(
        "admissions/oversight/reopen.html", 422 if form.errors else 200, case=one, row=row, form=form,
        version=next_version(form, row.version),
    )  # fmt: skip


def _questions(versions: list[Version]) -> list[tuple[str, str]]:
    """The answers in somebody's own words, for a list to choose from."""
    newest: FormSchema = versions[-1].schema
    return [
        (question.key, question.label.in_language(language()))
        for question in newest.questions()
        if question.kind in {Kind.LINE, Kind.TEXT}
    ]


@blueprint.route("/applications/<application_id>/redact", methods=["GET", "POST"])
@needs(MAY)
def redact(application_id: str) -> Response:
    """Hide words of an application from its assessors: look at it as they would see it, then hide them."""
    context, one = here(), _case(application_id)
    versions = assessing.versions_of(context.session, one.id)
    if not versions:
        raise NotFound
    form = RedactForm([(redacting.EVERYWHERE, _("In every answer")), *_questions(versions)])
    tried: list[Cut] = []
    if form.validate_on_submit():
        wish: dict[str, str] = {name: form[name].data for name in ("question", "words", "replacement")}
        with kept_on(form):
            if request.form.get("go") == "preview":
                tried = redacting.cuts_for(versions, **wish)
            else:
                redacting.redact(context.session, context.visitor.actor(), one.id, **wish, key=form.form_key.data or "")
                return redirect_with(
                    _("Assessors do not see these words any more."), "oversight.redact", application_id=one.id
                )
    cuts = [*assessing.cuts_of(context.session, one.id), *tried]
    blind = reading_rules.is_blind(one.blindness, sealed=False)
    newest = versions[-1]
    return render(
        "admissions/oversight/redact.html", 422 if form.errors else 200, case=one, form=form, tried=bool(tried),
        version=newest, reading=reading_rules.read(newest, versions, cuts, blind=blind), press=PressForm(formdata=None),
        rows=oversight.redactions(context.session, one.id), labels=dict(_questions(versions)),
    )  # fmt: skip


@blueprint.post("/applications/<application_id>/redact/<redaction_id>/end")
@needs(MAY)
def show_again(application_id: str, redaction_id: str) -> Response:
    """Show words again that were hidden."""
    context = here()
    redacting.show_again(context.session, context.visitor.actor(), application_id, redaction_id)
    return redirect_with(
        _("Assessors see these words again."), "oversight.redact", application_id=application_id
    )  # fmt: skip


@blueprint.route("/applications/<application_id>/translate", methods=["GET", "POST"])
@needs(MAY)
def translate(application_id: str) -> Response:
    """Log the translation of an application's newest version, before anybody has it to assess."""
    context, one = here(), _case(application_id)
    versions = assessing.versions_of(context.session, one.id)
    if not versions:
        raise NotFound
    newest, errors, refused = versions[-1], {}, refusal()
    if request.method == "POST" and not refused:
        try:
            redacting.translate(
                context.session, context.visitor.actor(), one.id, request.form.get("submission", ""), request.form
            )
            return redirect_with(
                _("The translation is kept. All assessors read it beside the original."), "oversight.translate",
                application_id=one.id,
            )  # fmt: skip
        except Invalid as error:
            errors = {key: say(message) for key, message in error.field_errors.items()}
        except Refused as error:
            refused = say(error.message, error.params)
    return render(
        "admissions/oversight/translate.html", 422 if errors or refused else 200, case=one, version=newest, errors=errors,
        refused=refused, keys=redacting.translatable(newest), target=redacting.other_language(newest.locale),
        typed=_typed(newest, request.form), done=oversight.translations(context.session, one.id).get(newest.id),
        spoken=LANGUAGES, press=PressForm(formdata=None),
    )  # fmt: skip


def _typed(version: Version, sent: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the boxes: what was typed, else the translation that is there."""
    kept = version.translations.get(redacting.other_language(version.locale), {})
    return {key: sent.get(key, kept.get(key, "")) for key in redacting.translatable(version)}
