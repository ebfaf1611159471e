"""The central team's pages of the application form: its versions, one version as an outline, what differs, the preview."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Response, render_template, request, url_for
from markupsafe import Markup

from core.admissions import content
from core.admissions.form.changes import Change, least
from core.admissions.form.differences import Difference, differences
from core.admissions.form.schema import FormSchema, Said
from core.admissions.queries import forms as queries
from core.admissions.queries.forms import Use, Whole
from core.admissions.service import forms as service
from core.admissions.service import policies
from core.admissions.views.blueprints import central
from core.admissions.web_forms.form_versions import CHANGE_TITLES, KIND_TITLES
from core.data.db import platform_scope
from core.kernel.errors import NotFound
from core.kernel.permissions import Permission
from core.web.access import needs
from core.web.context import here
from core.web.i18n import LANGUAGES
from core.web.i18n import gettext as _
from core.web.pages import redirect_with, render

MAY = Permission.ADMISSIONS_CONFIGURE
NONE = Use(0, 0, 0)


def counts() -> Mapping[str, Use]:
    """How much is on each version, across all sites."""
    with platform_scope("Joining Q: applications on each form version", here().visitor.actor()) as session:
        return queries.in_use(session, here().visitor.account_id)


def titles() -> dict[str, Any]:
    """What kinds and criteria are called, for the templates: msgids of the former, words of the latter."""
    return {
        "kinds": {kind.value: title for kind, title in KIND_TITLES.items()},
        "changes": {change.value: title for change, title in CHANGE_TITLES.items()},
        "criteria": {one.key: one.title.in_language(here().language) for one in content.criteria().criteria},
    }


@central.get("/form/")
@needs(MAY)
def form_list() -> Response:
    """Every version with its state, who made it, and how many applications are on it."""
    found = queries.versions(here().session)
    use = counts()
    newest = next((one for one in found if one.state == "published"), None)
    behind = 0
    if newest is not None:
        older = queries.same_drafts(here().session, newest.number, Change(newest.change))
        behind = sum(use.get(one, NONE).drafts for one in older)
    draft = next((one.number for one in found if one.is_draft), None)
    return render(
        "admissions/form_list.html",
        versions=found, use=use, zero=NONE, newest=newest, draft=draft, behind=behind, **titles(),
    )  # fmt: skip


@central.post("/form/new")
@needs(MAY)
def form_new() -> Response:
    """Begin a draft, or go on to the one there is. Before the first form, publish the one that the platform comes with."""
    session, actor = here().session, here().visitor.actor()
    if queries.newest_published(session) is None:
        service.ensure_first(session, actor)
        policies.ensure_first(session, actor)
        return redirect_with(_("The first version is published."), "admissions.form_list")
    number = service.new_draft(session, actor)
    return redirect_with(
        _("This is the draft. Nobody sees it until you publish it."), "admissions.form_version", number=number
    )


@central.post("/form/catch-up")
@needs(MAY)
def form_catch_up() -> Response:
    """Bring drafts along that began on the older version in the moment the newer one was published."""
    with platform_scope("Joining Q: drafts brought to the newest form version", here().visitor.actor()) as session:
        moved = service.catch_up(session, here().visitor.actor())
    return redirect_with(_("Drafts that moved: %(count)s.", count=moved.drafts), "admissions.form_list")


def published_before(whole: Whole) -> Whole | None:
    """The published version that `whole` is compared with: the newest for a draft, else the one before it."""
    session = here().session
    if whole.version.is_draft:
        return queries.newest_published(session)
    older = [one.number for one in queries.versions(session) if one.number < whole.version.number and not one.is_draft]
    return queries.one(session, max(older)) if older else None


def missing(schema: FormSchema, number: int) -> list[tuple[str, str, str]]:
    """Where words are missing: (part's name, place, address of the page on which they are written)."""

    def about(names: list[str]) -> tuple[str, str, Said]:
        """The endpoint, key and name of the part that a path leads to."""
        if "questions" in names and (question := schema.question(names[3])) is not None:
            return "admissions.question_edit", question.key, question.label
        if names[0] == "sections" and (section := schema.section(names[1])) is not None:
            return "admissions.section_edit", section.key, section.title
        one = next(one for one in schema.eligibility if one.key == names[1])
        return "admissions.eligibility_edit", one.key, one.label

    found = []
    for path in schema.untranslated():
        endpoint, key, name = about(path.split("."))
        found.append((name.in_language(here().language) or key, path, url_for(endpoint, number=number, key=key)))
    return found


@central.get("/form/<int:number>/")
@needs(MAY)
def form_version(number: int) -> Response:
    """One version as an outline; a draft with everything that changes it."""
    return outline(number)


def outline(number: int, status: int = 200, told: str = "") -> Response:
    """The outline of a version; `told` says why what was asked for was not done."""
    whole = queries.one(here().session, number)
    before = published_before(whole)
    use = NONE if whole.version.is_draft else counts().get(whole.version.id, NONE)
    gone: list[Difference] = []
    if whole.version.is_draft and before is not None:
        gone = [
            one for one in differences(before.schema, whole.schema) if (one.part, one.way) == ("question", "removed")
        ]
    return render(
        "admissions/form_version.html",
        status=status,
        version=whole.version, schema=whole.schema, missing=missing(whole.schema, number), gone=gone, before=before,
        newest=queries.newest_published(here().session), use=use, told=told, **titles(),
    )  # fmt: skip


@central.get("/form/<int:number>/changes")
@needs(MAY)
def form_changes(number: int) -> Response:
    """What this version changes, part by part, and the mildest kind that may be said of it."""
    whole = queries.one(here().session, number)
    before = published_before(whole)
    if before is None:
        raise NotFound
    return render(
        "admissions/form_changes.html",
        version=whole.version, before=before.version, found=differences(before.schema, whole.schema),
        least=least(before.schema, whole.schema).value, **titles(),
    )  # fmt: skip


@contextmanager
def read_in(language: str) -> Iterator[None]:
    """Say everything in the block in `language`, as somebody who reads the site in it would see it."""
    context = here()
    before, context.language = context.language, language
    try:
        yield
    finally:
        context.language = before


def _language() -> str:
    asked = request.args.get("language", "")
    return asked if asked in LANGUAGES else here().language


@central.get("/form/<int:number>/preview")
@needs(MAY)
def form_preview(number: int) -> Response:
    """The version as an applicant meets it: what is asked before, and the list of tasks."""
    whole, language = queries.one(here().session, number), _language()
    with read_in(language):
        piece = Markup(  # noqa: S704 - our own autoescaped template
            render_template("admissions/_preview_tasks.html", number=number, schema=whole.schema, language=language)
        )
    return render(
        "admissions/form_preview.html", version=whole.version, piece=piece, language=language, section=None,
        place=("admissions.form_preview", {"number": number}), names=LANGUAGES, older=None, newer=None,
    )  # fmt: skip


@central.get("/form/<int:number>/preview/<key>")
@needs(MAY)
def form_preview_section(number: int, key: str) -> Response:
    """One section as an applicant meets it. Nothing that is typed there goes anywhere."""
    whole, language = queries.one(here().session, number), _language()
    section = whole.schema.section(key)
    if section is None:
        raise NotFound
    with read_in(language):
        piece = Markup(  # noqa: S704 - our own autoescaped template
            render_template("admissions/_preview_section.html", section=section, language=language)
        )
    keys = [one.key for one in whole.schema.sections]
    at = keys.index(key)
    return render(
        "admissions/form_preview.html", version=whole.version, piece=piece, language=language, section=section,
        place=("admissions.form_preview_section", {"number": number, "key": key}), names=LANGUAGES,
        older=keys[at - 1] if at else None, newer=keys[at + 1] if at + 1 < len(keys) else None,
    )  # fmt: skip
