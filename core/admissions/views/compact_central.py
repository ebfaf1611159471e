"""The central team's pages of the compact: its versions, a draft and its parts, publishing, and how members stand to it."""

from collections.abc import Sequence
from typing import Any

from flask import Response, current_app, request, url_for

from core.admissions import compact
from core.admissions.compact import Expectation
from core.admissions.queries import compact as queries
from core.admissions.queries.compact import ACCEPTED, NOT_YET, REFUSED, Whole
from core.admissions.service import compact as service
from core.admissions.views.blueprints import central
from core.admissions.web_forms.joining import (
    ExpectationForm,
    FrameForm,
    NewExpectationForm,
    PublishCompactForm,
    expectation_values,
    frame_values,
    said,
)
from core.kernel.errors import Conflict, Invalid, NotFound, Refused
from core.kernel.permissions import Permission
from core.kernel.text import N_
from core.tenancy.directory import TenantDirectory
from core.web.access import needs
from core.web.context import here
from core.web.forms import version_sent
from core.web.i18n import gettext as _
from core.web.i18n import say
from core.web.listing import Listing
from core.web.lists import listed
from core.web.pages import redirect_with, render
from core.web.sheets import Column, Sheet

MAY = Permission.ADMISSIONS_CONFIGURE
SIZE = 50
STANDINGS = {
    NOT_YET: (N_("Not yet"), "warn"),
    REFUSED: (N_("Does not accept it"), "err"),
    ACCEPTED: (N_("Accepted"), "ok"),
}


def _site(tenant_id: int | None) -> str:
    directory: TenantDirectory = current_app.extensions["q.directory"]
    found = directory.by_id(tenant_id or 0)
    return found.named(here().language) if found is not None else ""


MEMBERS = Sheet(
    "compact",
    (
        Column(N_("Name"), lambda row: row.name),
        Column(N_("Email address"), lambda row: row.email),
        Column(N_("Home partner"), lambda row: _site(row.home_tenant_id)),
        Column(N_("The compact"), lambda row: say(STANDINGS[row.standing][0])),
        Column(N_("Newest version accepted"), lambda row: row.number),
        Column(N_("Accepted"), lambda row: row.accepted_at),
        Column(N_("Their words"), lambda row: row.words),
        Column(N_("Said"), lambda row: row.refused_at),
    ),
    personal=True,
)


@central.get("/compact/")
@needs(MAY)
def compact_list() -> Response:
    """Every version, and how members stand to the newest that asks them."""
    session = here().session
    versions = queries.versions(session)
    asking = next((one for one in versions if one.asks_again and not one.is_draft), None)
    return render(
        "admissions/compact/list.html", versions=versions, asking=asking, figures=queries.figures(session),
        draft=next((one.number for one in versions if one.is_draft), None),
        newest=next((one for one in versions if not one.is_draft), None),
    )  # fmt: skip


@central.post("/compact/new")
@needs(MAY)
def compact_new() -> Response:
    """Begin a draft, or go on to the one there is. Before the first compact, publish the one that the platform comes with."""
    session, actor = here().session, here().visitor.actor()
    if queries.newest(session) is None:
        service.ensure_first(session, actor)
        return redirect_with(_("The first version is published."), "admissions.compact_list")
    number = service.new_draft(session, actor)
    return redirect_with(
        _("This is the draft. Nobody sees it until you publish it."), "admissions.compact_version", number=number
    )


@central.get("/compact/<int:number>/")
@needs(MAY)
def compact_version(number: int) -> Response:
    """One version in both languages; a draft with everything that changes it."""
    return _version_page(number)


def _version_page(number: int, status: int = 200, told: str = "") -> Response:
    whole = queries.one(here().session, number)
    return render(
        "admissions/compact/version.html", status, whole=whole, version=whole.version, text=whole.text, told=told,
        before=queries.before(here().session, number), missing=whole.text.missing(),
    )  # fmt: skip


@central.get("/compact/<int:number>/changes")
@needs(MAY)
def compact_changes(number: int) -> Response:
    """What this version changes against the published one before it."""
    whole, before = queries.one(here().session, number), queries.before(here().session, number)
    if before is None:
        raise NotFound
    return render(
        "admissions/compact/changes.html", version=whole.version, before=before.version,
        found=compact.differences(before.text, whole.text),
    )  # fmt: skip


def _draft(number: int) -> Whole:
    """The draft of that number. Raises NotFound, and Refused for a version that is published."""
    whole = queries.one(here().session, number)
    if not whole.version.is_draft:
        raise Refused(service.PUBLISHED_STAYS)
    return whole


def _attempt(number: int, form: Any, edit: compact.Edit, what: str) -> int:
    """Do one edit; 0 when it is done, else the status of the page that shows the form again with what is wrong."""
    try:
        service.change_draft(
            here().session, here().visitor.actor(), number=number, version=version_sent(), edit=edit, what=what
        )
    except Conflict:
        return 409
    except Invalid as invalid:
        form.take(invalid.field_errors)
        return 422
    except Refused as refused:
        form.form_errors.append(say(refused.message, refused.params))
        return 422
    return 0


def _edit_page(number: int, form: Any, status: int, now: Any, **context: Any) -> Response:
    """The form of a part. After a conflict the next sending is for the draft as it is now: the person has seen what differs."""
    whole, stale = _draft(number), status == 409
    if not form.is_submitted() or stale:
        form.version.data = str(whole.version.version)
    rows = form.differs_from(now(whole)) if stale else []
    return render(
        "admissions/compact/edit.html", status, form=form, version=whole.version, stale=stale, rows=rows, **context
    )


@central.route("/compact/<int:number>/frame", methods=["GET", "POST"])
@needs(MAY)
def compact_frame(number: int) -> Response:
    """Title, introduction and promise."""
    form, status = FrameForm(data=frame_values(_draft(number).text)), 200
    if form.is_submitted():
        status = 422
        if form.validate_on_submit():
            edit = compact.framed(said(form, "title"), said(form, "intro"), said(form, "promise"))
            status = _attempt(number, form, edit, "frame")
            if not status:
                return redirect_with(_("Saved in the draft."), "admissions.compact_version", number=number)
    return _edit_page(
        number, form, status, lambda whole: FrameForm(formdata=None, data=frame_values(whole.text)),
        heading=_("Title, introduction and promise"), parts=("title", "intro", "promise"), key="",
    )  # fmt: skip


@central.route("/compact/<int:number>/expectations/new", methods=["GET", "POST"])
@needs(MAY)
def compact_expectation_new(number: int) -> Response:
    """One more thing that members expect of each other."""
    _draft(number)
    form, status = NewExpectationForm(), 200
    if form.is_submitted():
        status = 422
        if form.validate_on_submit():
            one = _expectation(form, form.key.data)
            status = _attempt(number, form, compact.added(one), "add") if one is not None else 422
            if not status:
                return redirect_with(
                    _("Saved in the draft."), "admissions.compact_version", number=number, _anchor=form.key.data
                )
    return _edit_page(
        number, form, status, lambda whole: NewExpectationForm(formdata=None),
        heading=_("A new expectation"), parts=("title", "text"), key="",
    )  # fmt: skip


def _expectation(form: Any, key: str) -> Expectation | None:
    """What the form says; None, and the form says why, for a key that is none."""
    try:
        return Expectation(key=key, title=said(form, "title"), text=said(form, "text"))
    except ValueError:
        form.take({"key": N_("Use small letters, digits and underscores, beginning with a letter")})
        return None


@central.route("/compact/<int:number>/expectations/<key>", methods=["GET", "POST"])
@needs(MAY)
def compact_expectation(number: int, key: str) -> Response:
    """Other words of an expectation."""
    one = _draft(number).text.expectation(key)
    form, status = ExpectationForm(data=expectation_values(one)), 200
    if form.is_submitted():
        status = 422
        if form.validate_on_submit():
            new = Expectation(key=key, title=said(form, "title"), text=said(form, "text"))
            status = _attempt(number, form, compact.changed(new), "change")
            if not status:
                return redirect_with(_("Saved in the draft."), "admissions.compact_version", number=number, _anchor=key)
    return _edit_page(
        number, form, status,
        lambda whole: ExpectationForm(formdata=None, data=expectation_values(whole.text.expectation(key))),
        heading=_("Edit an expectation"), parts=("title", "text"), key=key,
    )  # fmt: skip


@central.post("/compact/<int:number>/expectations/<key>/<way>")
@needs(MAY)
def compact_move(number: int, key: str, way: str) -> Response:
    """Move an expectation, or take it out of the draft: the published versions keep it."""
    edits = {"up": compact.moved(key, -1), "down": compact.moved(key, 1), "remove": compact.removed(key)}
    if way not in edits:
        raise NotFound
    try:
        service.change_draft(
            here().session, here().visitor.actor(), number=number, version=version_sent(), edit=edits[way], what=way
        )
    except (Conflict, Refused) as error:
        return _version_page(number, 409, say(error.message, error.params))
    return redirect_with(_("Saved in the draft."), "admissions.compact_version", number=number, _anchor=key)


@central.route("/compact/<int:number>/publish", methods=["GET", "POST"])
@needs(MAY)
def compact_publish(number: int) -> Response:
    """Publish the draft: what changes, a note, whether members are asked, and whether one is sure."""
    whole, before = queries.one(here().session, number), queries.before(here().session, number)
    if not whole.version.is_draft and request.method != "POST":
        return redirect_with(_("This version is published."), "admissions.compact_version", number=number)
    form, status = PublishCompactForm(), 200
    if form.is_submitted():
        status = 422
        if form.validate_on_submit():
            try:
                service.publish(
                    here().session, here().visitor.actor(), number=number, version=version_sent(), note=form.note.data,
                    asks_again=form.asks_again.data == "yes",
                )  # fmt: skip
                return redirect_with(_("Version %(number)s is published.", number=number), "admissions.compact_list")
            except Conflict:
                status, whole = 409, _draft(number)
            except Invalid as invalid:
                form.take(invalid.field_errors)
            except Refused as refused:
                form.form_errors.append(say(refused.message, refused.params))
    if status != 422:
        form.version.data = str(whole.version.version)
    return render(
        "admissions/compact/publish.html", status, form=form, version=whole.version, stale=status == 409,
        missing=whole.text.missing(), before=before.version if before else None,
        found=compact.differences(before.text, whole.text) if before else [],
    )  # fmt: skip


@central.route("/compact/<int:number>/discard", methods=["GET", "POST"])
@needs(MAY)
def compact_discard(number: int) -> Response:
    """Ask, then throw the draft away."""
    try:
        whole, stale = _draft(number), False
    except NotFound:
        if request.method == "POST":
            raise Conflict from None  # somebody threw it away first
        raise
    if request.method == "POST":
        try:
            service.discard(here().session, here().visitor.actor(), number=number, version=version_sent())
            return redirect_with(_("The draft is gone."), "admissions.compact_list")
        except Conflict:
            stale, whole = True, _draft(number)
    return render("admissions/compact/discard.html", 409 if stale else 200, version=whole.version, stale=stale)


@central.get("/compact/members")
@needs(MAY)
def compact_members() -> Response:
    """How each member stands to the compact, those first who have not answered or do not accept it, and what they said."""
    context, directory = here(), current_app.extensions["q.directory"]
    standing, slug = request.args.get("standing", ""), request.args.get("home", "")
    standing, home = standing if standing in STANDINGS else "", directory.by_slug(slug) if slug else None
    listing = Listing.read(
        url_for("admissions.compact_members"), request.args, sorts=tuple(queries.SORTS), filters=("standing", "home"), size=SIZE
    )  # fmt: skip

    def read(limit: int | None, offset: int) -> tuple[Sequence[Any], int]:
        rows = queries.members(
            context.session, standing=standing, home=home.id if home else None, sort=listing.sort, limit=limit, offset=offset
        )  # fmt: skip
        return rows, rows[0].total if rows else 0

    found = listed(listing, MEMBERS, read)
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render(
        "admissions/compact/members.html", rows=rows, listing=listing, standing=standing, standings=STANDINGS,
        home=home.slug if home else "", partners=directory.partners(), home_name=_site,
    )  # fmt: skip
