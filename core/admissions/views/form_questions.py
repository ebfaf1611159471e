"""The central team's pages that change the questions of a draft, and take parts away or to another place."""

from typing import Any

from flask import Response, make_response, redirect, request, url_for
from wtforms.fields.choices import SelectChoice

from core.admissions.form import editing
from core.admissions.form.editing import home_of
from core.admissions.form.options import option_lines
from core.admissions.form.schema import Eligibility, FormSchema, Question
from core.admissions.queries import forms as queries
from core.admissions.service import forms as service
from core.admissions.views.blueprints import central
from core.admissions.views.form_edit import attempt, done, draft, page, question_of, said, spread, take
from core.admissions.views.form_versions import MAY, outline
from core.admissions.web_forms.form_versions import (
    EligibilityForm,
    NewEligibilityForm,
    NewQuestionForm,
    PartForm,
    QuestionForm,
    prepare,
)
from core.kernel.errors import Conflict, Invalid, NotFound
from core.web.access import needs
from core.web.context import here
from core.web.forms import version_sent
from core.web.i18n import gettext as _
from core.web.i18n import language

REMOVE = {
    "section": editing.remove_section,
    "question": editing.remove_question,
    "eligibility": editing.remove_eligibility,
}
MOVE = {
    "section": editing.move_section,
    "question": editing.move_question,
    "eligibility": editing.move_eligibility,
}
ANCHORS = {"section": "s-", "question": "q-", "eligibility": "e-"}


def _held(question: Question) -> dict[str, Any]:
    """A question as its form's fields hold it."""
    return {
        **spread(label=question.label, hint=question.hint), "kind": question.kind.value, "required": question.required,
        "words": question.words, "options": option_lines(question), "identifying": question.identifying,
        "criteria": list(question.criteria),
    }  # fmt: skip


@central.route("/form/<int:number>/sections/<key>/new", methods=["GET", "POST"])
@needs(MAY)
def question_new(number: int, key: str) -> Response:
    """A new question at the end of a section."""
    whole = draft(number)
    section = whole.schema.section(key)
    if section is None:
        raise NotFound
    form = prepare(NewQuestionForm())
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate_on_submit() and (question := question_of(form, form.key.data)) is not None:

            def edit(schema: FormSchema, known: service.Known) -> FormSchema:
                return editing.add_question(schema, key, question, known.taken)

            status = attempt(number, form, edit, "question.add", question.key)
            if not status:
                return done(number, _("The question is in the draft."), f"q-{question.key}")
            whole = draft(number)
    return page("admissions/question_edit.html", whole, form, status, question=None, section=section, fixed=False)


def _sections(form: Any, schema: FormSchema) -> None:
    form.section.choices = [
        SelectChoice(section.key, section.title.in_language(language()) or section.key) for section in schema.sections
    ]


@central.route("/form/<int:number>/questions/<key>", methods=["GET", "POST"])
@needs(MAY)
def question_edit(number: int, key: str) -> Response:
    """A question of the draft: its words, how it is answered, and where it stands."""
    whole = draft(number)
    question = whole.schema.question(key)
    if question is None and request.method == "GET":
        raise NotFound
    held = {**_held(question), "section": home_of(whole.schema, key).key} if question else {}
    form = prepare(QuestionForm(data=held))
    _sections(form, whole.schema)
    published = queries.newest_published(here().session)
    was = published.schema.question(key) if published else None
    if was is not None:
        form.kind.data = was.kind.value  # it cannot change any more, whatever is sent
        form.kind.choices = [choice for choice in form.kind.choices if choice.value == was.kind.value]
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate_on_submit() and (changed := question_of(form, key)) is not None:
            home = form.section.data

            def edit(schema: FormSchema, known: service.Known) -> FormSchema:
                return editing.edit_question(schema, changed, home, known.taken, known.published)

            status = attempt(number, form, edit, "question.edit", key)
            if not status:
                return done(number, _("The question is changed."), f"q-{key}")
            whole = draft(number)
            question = whole.schema.question(key)
    now = None
    if question is not None:
        now = prepare(QuestionForm(formdata=None, data={**_held(question), "section": home_of(whole.schema, key).key}))
    return page(
        "admissions/question_edit.html",
        whole,
        form,
        status,
        now,
        question=question,
        key=key,
        section=None,
        fixed=was is not None,
    )


def _eligibility(form: Any, key: str) -> Eligibility | None:
    values = {
        "key": key, "label": said(form, "label"), "needed": form.needed.data == "yes", "otherwise": said(form, "otherwise"),
    }  # fmt: skip
    try:
        return editing.made(Eligibility, values)
    except Invalid as invalid:
        take(form, invalid)
        return None


@central.route("/form/<int:number>/eligibility/new", methods=["GET", "POST"])
@needs(MAY)
def eligibility_new(number: int) -> Response:
    """A new question before the form."""
    whole = draft(number)
    form = prepare(NewEligibilityForm())
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate_on_submit() and (one := _eligibility(form, form.key.data)) is not None:

            def edit(schema: FormSchema, known: service.Known) -> FormSchema:
                return editing.add_eligibility(schema, one, known.taken)

            status = attempt(number, form, edit, "eligibility.add", one.key)
            if not status:
                return done(number, _("The question is in the draft."), f"e-{one.key}")
            whole = draft(number)
    return page("admissions/eligibility_edit.html", whole, form, status, one=None)


@central.route("/form/<int:number>/eligibility/<key>", methods=["GET", "POST"])
@needs(MAY)
def eligibility_edit(number: int, key: str) -> Response:
    """A question before the form."""
    whole = draft(number)
    one = next((one for one in whole.schema.eligibility if one.key == key), None)
    if one is None and request.method == "GET":
        raise NotFound
    form = prepare(EligibilityForm(data=_before(one) if one else {}))
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate_on_submit() and (changed := _eligibility(form, key)) is not None:
            status = attempt(
                number, form, lambda schema, _known: editing.edit_eligibility(schema, changed), "eligibility.edit", key
            )
            if not status:
                return done(number, _("The question is changed."), f"e-{key}")
            whole = draft(number)
            one = next((one for one in whole.schema.eligibility if one.key == key), None)
    now = prepare(EligibilityForm(formdata=None, data=_before(one))) if one else None
    return page("admissions/eligibility_edit.html", whole, form, status, now, one=one, key=key)


def _before(one: Eligibility) -> dict[str, Any]:
    """An eligibility question as its form's fields hold it."""
    return {**spread(label=one.label, otherwise=one.otherwise), "needed": "yes" if one.needed else "no"}


def _name(schema: FormSchema, part: str, key: str) -> str:
    """What a part is called. Raises NotFound."""
    if part == "section" and (section := schema.section(key)) is not None:
        return section.title.in_language(language()) or key
    if part == "question" and (question := schema.question(key)) is not None:
        return question.label.in_language(language()) or key
    one = next((one for one in schema.eligibility if one.key == key), None)
    if part != "eligibility" or one is None:
        raise NotFound
    return one.label.in_language(language()) or key


def _there(schema: FormSchema, part: str, key: str) -> bool:
    try:
        return bool(_name(schema, part, key))
    except NotFound:
        return False


@central.route("/form/<int:number>/remove/<part>/<key>", methods=["GET", "POST"])
@needs(MAY)
def part_remove(number: int, part: str, key: str) -> Response:
    """Ask, then take a part out of the draft."""
    whole = draft(number)
    if request.method == "POST" and version_sent() != whole.version.version and not _there(whole.schema, part, key):
        raise Conflict  # somebody took it out first
    name = _name(whole.schema, part, key)
    form = PartForm()
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate_on_submit():
            status = attempt(number, form, lambda schema, _known: REMOVE[part](schema, key), f"{part}.remove", key)
        if not status:
            return done(number, _("Taken out of the draft: %(name)s", name=name))
        whole = draft(number)
    section = whole.schema.section(key) if part == "section" else None
    return page("admissions/part_remove.html", whole, form, status, part=part, key=key, name=name, section=section)


def _at_once(number: int, edit: service.Edit, what: str, key: str, anchor: str) -> Response:
    """An edit by a button of the outline; where it could not be done, the outline as it is now, which says why."""
    form = PartForm()
    status = attempt(number, form, edit, what, key) if form.validate_on_submit() else 422
    if not status:
        return make_response(redirect(url_for("admissions.form_version", number=number, _anchor=anchor), 303))
    if status == 409:
        told = _("Somebody changed the draft meanwhile. This is how it is now: press again if it is still right.")
    else:
        told = " ".join(map(str, form.form_errors)) or _("This could not be done.")
    return outline(number, status, told)


@central.post("/form/<int:number>/move/<part>/<key>/<way>")
@needs(MAY)
def part_move(number: int, part: str, key: str, way: str) -> Response:
    """Move a part one place up or down."""
    if part not in MOVE or way not in {"up", "down"}:
        raise NotFound
    draft(number)
    by = -1 if way == "up" else 1
    return _at_once(
        number, lambda schema, _known: MOVE[part](schema, key, by), f"{part}.move", key, ANCHORS[part] + key
    )


@central.post("/form/<int:number>/back/<key>")
@needs(MAY)
def question_back(number: int, key: str) -> Response:
    """Put a question of the published version back that the draft lost."""
    draft(number)
    return _at_once(
        number, lambda schema, known: editing.put_back(schema, known.published, key), "question.back", key, f"q-{key}"
    )
