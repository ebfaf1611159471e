"""The central team's pages that change a draft of the form: sections, questions, what is asked before."""

from typing import Any

from flask import Response, request

from core.admissions.content.shapes import CRITERIA
from core.admissions.form import editing
from core.admissions.form.options import read_options
from core.admissions.form.schema import CHOOSES, FormSchema, Kind, Question, Said, Section
from core.admissions.queries import forms as queries
from core.admissions.queries.forms import Whole
from core.admissions.service import forms as service
from core.admissions.views.blueprints import central
from core.admissions.views.form_versions import MAY
from core.admissions.web_forms.form_versions import FirstQuestionForm, NewSectionForm, SectionForm, prepare
from core.kernel.errors import Conflict, Invalid, NotFound, Refused
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.forms import version_sent
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.pages import redirect_with, render

GONE = N_("This is not in the draft any more: somebody removed it. Copy what you need from here.")
RENAMED = {"label": "label_en", "title": "title_en", "otherwise": "otherwise_en"}


def draft(number: int) -> Whole:
    """The draft of that number. Raises NotFound, and Refused for a version that is published."""
    whole = queries.one(here().session, number)
    if not whole.version.is_draft:
        raise Refused(service.PUBLISHED_STAYS)
    return whole


def take(form: Any, invalid: Invalid) -> None:
    """What is wrong, beside the fields; a question's key beside that of a new section's first question."""
    errors = {RENAMED.get(name, name): words for name, words in invalid.field_errors.items()}
    if "questions" in errors and hasattr(form, "first"):
        form.first.take({"key": errors.pop("questions")})
    form.take(errors)


def attempt(number: int, form: Any, edit: service.Edit, what: str, key: str) -> int:
    """Do one edit; 0 when it is done, else the status of the page that shows the form again with what is wrong."""
    try:
        service.change_draft(
            here().session, here().visitor.actor(), number=number, version=version_sent(), edit=edit, what=what, key=key
        )
    except Conflict:
        return 409
    except Invalid as invalid:
        take(form, invalid)
        return 422
    except NotFound:
        form.form_errors.append(say(GONE))
        return 409
    except Refused as refused:
        form.form_errors.append(say(refused.message, refused.params))
        return 422
    return 0


def done(number: int, message: str, key: str = "") -> Response:
    """Back to the outline, at the part that was changed."""
    return redirect_with(message, "admissions.form_version", number=number, _anchor=key or None)


def said(form: Any, name: str) -> Said:
    """The words of a pair of fields."""
    return Said(en=form[f"{name}_en"].data, cy=form[f"{name}_cy"].data)


def spread(**words: Said) -> dict[str, str]:
    """Words as the fields of a pair hold them."""
    return {f"{name}_{code}": getattr(one, code) for name, one in words.items() for code in ("en", "cy")}


def question_of(form: Any, key: str) -> Question | None:
    """The question that a form writes; None, and the form says why, where it makes none."""
    kind = form.kind.data
    values = {
        "key": key, "kind": kind, "label": said(form, "label"), "hint": said(form, "hint"), "required": form.required.data,
        "words": form.words.data if kind == Kind.TEXT else None,
        "options": read_options(form.options.data).options if kind in CHOOSES else (),
        "identifying": form.identifying.data, "criteria": tuple(key for key in CRITERIA if key in (form.criteria.data or ())),
    }  # fmt: skip
    try:
        return editing.made(Question, values)
    except Invalid as invalid:
        take(form, invalid)
        return None


def page(template: str, whole: Whole, form: Any, status: int = 200, now: Any = None, **context: Any) -> Response:
    """An edit page. After a conflict the next sending is for the draft as it is now: the person has seen what differs."""
    stale = status == 409
    if not form.is_submitted() or stale:
        form.version.data = str(whole.version.version)
    rows = form.differs_from(now) if stale and now is not None else []
    return render(template, status=status, form=form, version=whole.version, stale=stale, rows=rows, **context)


# Sections


@central.route("/form/<int:number>/sections/new", methods=["GET", "POST"])
@needs(MAY)
def section_new(number: int) -> Response:
    """A new section, with its first question."""
    whole = draft(number)
    form = NewSectionForm()
    first = form.first = prepare(
        FirstQuestionForm(prefix="first-", meta={"csrf": False})
    )  # the whole page has one token
    status = 200
    if form.is_submitted():
        ok = form.validate_on_submit()
        ok = first.validate() and ok
        status = 422
        if ok and (question := question_of(first, first.key.data)) is not None:
            key = form.key.data
            status = attempt(number, form, _adding_section(form, question), "section.add", key)
            if not status:
                return done(number, _("The section is in the draft."), f"s-{key}")
    return page("admissions/section_edit.html", whole, form, status, section=None, first=first)


def _adding_section(form: Any, question: Question) -> service.Edit:
    def edit(schema: FormSchema, known: service.Known) -> FormSchema:
        values = {
            "key": form.key.data,
            "title": said(form, "title"),
            "intro": said(form, "intro"),
            "questions": (question,),
        }
        return editing.add_section(schema, editing.made(Section, values), known.taken)

    return edit


@central.route("/form/<int:number>/sections/<key>", methods=["GET", "POST"])
@needs(MAY)
def section_edit(number: int, key: str) -> Response:
    """A section's own words."""
    whole = draft(number)
    section = whole.schema.section(key)
    if section is None and request.method == "GET":
        raise NotFound
    held = spread(title=section.title, intro=section.intro) if section else {}
    form = SectionForm(data=held)
    status = 200
    if form.is_submitted():

        def edit(schema: FormSchema, _known: service.Known) -> FormSchema:
            return editing.edit_section(schema, key, said(form, "title"), said(form, "intro"))

        status = attempt(number, form, edit, "section.edit", key) if form.validate_on_submit() else 422
        if not status:
            return done(number, _("The section is changed."), f"s-{key}")
        whole = draft(number)
        section = whole.schema.section(key)
    now = SectionForm(formdata=None, data=spread(title=section.title, intro=section.intro)) if section else None
    return page("admissions/section_edit.html", whole, form, status, now, section=section, first=None)
