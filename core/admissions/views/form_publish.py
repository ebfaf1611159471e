"""The central team's pages that end a draft's life: published for good, or thrown away; and retiring a version."""

from typing import Any

from flask import Response, request

from core.admissions.form.changes import Change, least
from core.admissions.form.differences import differences
from core.admissions.queries import forms as queries
from core.admissions.queries.forms import Whole
from core.admissions.service import forms as service
from core.admissions.views.blueprints import central
from core.admissions.views.form_edit import draft, take
from core.admissions.views.form_versions import MAY, NONE, counts, missing, published_before, titles
from core.admissions.web_forms.form_versions import CHANGE_HINTS, PartForm, PublishForm, WhyForm, prepare
from core.data.db import platform_scope
from core.kernel.errors import Conflict, Invalid, NotFound, Refused
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on, version_sent
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.pages import redirect_with, render


@central.route("/form/<int:number>/publish", methods=["GET", "POST"])
@needs(MAY)
def form_publish(number: int) -> Response:
    """Publish the draft: what changes, what happens to drafts under way, the kind, a note, and whether one is sure."""
    whole = queries.one(here().session, number)
    if not whole.version.is_draft and request.method != "POST":
        return redirect_with(_("This version is published."), "admissions.form_version", number=number)
    newest = published_before(whole)
    if newest is None:
        raise Refused(service.NO_FORM)
    mildest = least(newest.schema, whole.schema)
    form = prepare(PublishForm(data={"change": mildest.value}))
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate_on_submit():
            try:
                if not whole.version.is_draft:
                    raise Refused(service.PUBLISHED_STAYS)  # noqa: TRY301 - one way for every refusal of the form
                if version_sent() != whole.version.version:
                    raise Conflict  # noqa: TRY301 - one way for both: here nobody has reached across all sites yet
                with platform_scope("Joining Q: form version published", here().visitor.actor()) as session:
                    moved = service.publish(
                        session, here().visitor.actor(), number=number, version=version_sent(),
                        change=Change(form.change.data), note=form.note.data,
                    )  # fmt: skip
            except Conflict:
                status = 409
                whole = draft(number)
                mildest = least(newest.schema, whole.schema)
            except Invalid as invalid:
                take(form, invalid)
            except Refused as refused:
                form.form_errors.append(say(refused.message, refused.params))
            else:
                told = _(
                    "Version %(number)s is published. Drafts that moved to it: %(drafts)s.",
                    number=number,
                    drafts=moved.drafts,
                )
                return redirect_with(told, "admissions.form_version", number=number)
    if status != 422:
        form.version.data = str(whole.version.version)
    return _publish_page(whole, newest, mildest, form, status)


def _publish_page(whole: Whole, newest: Whole, mildest: Change, form: Any, status: int) -> Response:
    order = list(Change)
    form.change.choices = [one for one in form.change.choices if order.index(Change(one.value)) >= order.index(mildest)]
    would_move: int | None = None
    if request.method == "GET":  # counting reaches across all sites, and that is written down: once is enough
        use, number = counts(), whole.version.number
        would_move = sum(
            use.get(one, NONE).drafts for one in queries.same_drafts(here().session, number, Change.EDITORIAL)
        )
    return render(
        "admissions/form_publish.html", status=status, stale=status == 409, form=form, version=whole.version,
        newest=newest.version, least=mildest.value, found=differences(newest.schema, whole.schema),
        missing=missing(whole.schema, whole.version.number), would_move=would_move,
        hints={change.value: say(hint) for change, hint in CHANGE_HINTS.items()}, **titles(),
    )  # fmt: skip


@central.route("/form/<int:number>/discard", methods=["GET", "POST"])
@needs(MAY)
def form_discard(number: int) -> Response:
    """Ask, then throw the draft away."""
    try:
        whole = draft(number)
    except NotFound:
        if request.method == "POST":
            raise Conflict from None  # somebody threw it away first
        raise
    form = PartForm()
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate_on_submit():
            try:
                service.discard(here().session, here().visitor.actor(), number=number, version=version_sent())
                return redirect_with(_("The draft is gone."), "admissions.form_list")
            except Conflict:
                status, whole = 409, draft(number)
    form.version.data = str(whole.version.version)
    newest = queries.newest_published(here().session)
    found = differences(newest.schema, whole.schema) if newest else []
    return render(
        "admissions/form_discard.html", status=status, stale=status == 409, form=form, version=whole.version, found=found,
        **titles(),
    )  # fmt: skip


@central.route("/form/<int:number>/retire", methods=["GET", "POST"])
@needs(MAY)
def form_retire(number: int) -> Response:
    """Ask why, then take a published version out of use."""
    whole = queries.one(here().session, number)
    if whole.version.state == "retired":
        return redirect_with(_("The version is retired."), "admissions.form_list")
    form = WhyForm()
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate_on_submit():
            with kept_on(form):
                with platform_scope("Joining Q: form version retired", here().visitor.actor()) as session:
                    service.retire(session, here().visitor.actor(), number=number, why=form.reason.data)
                return redirect_with(_("The version is retired."), "admissions.form_list")
    return render("admissions/form_retire.html", status=status, form=form, version=whole.version)
