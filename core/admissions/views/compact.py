"""The compact as everybody reads it, and a member's own page of it."""

from flask import Blueprint, Response, request

from core.admissions.queries import compact as queries
from core.admissions.queries.compact import Whole
from core.admissions.service import accepting as service
from core.admissions.web_forms.joining import PromiseForm, RefuseCompactForm
from core.kernel.errors import Conflict, NotFound
from core.web.access import public, signed_in
from core.web.context import here
from core.web.forms import kept_on
from core.web.i18n import LANGUAGES, say
from core.web.i18n import gettext as _
from core.web.pages import redirect_with, render

blueprint = Blueprint("compact", __name__)


@blueprint.get("/compact")
@public
def show() -> Response:
    """The newest version, its date, and the older ones."""
    newest = queries.newest(here().session)
    return _page(newest, newest)


@blueprint.get("/compact/<int:number>")
@public
def show_version(number: int) -> Response:
    """A version as it was published."""
    session = here().session
    whole = queries.one(session, number)
    if whole.version.is_draft:
        raise NotFound
    return _page(whole, queries.newest(session), own_page=True)


def _page(whole: Whole | None, newest: Whole | None, *, own_page: bool = False) -> Response:
    """A version in the reader's language, or in the one that the address asks for: every site has it in both. Its `own_page`
    has its number in the title; the newest one's other page is just the compact's."""
    asked = request.args.get("language", "")
    return render(
        "admissions/compact/public.html", whole=whole, newest=newest, own_page=own_page, names=LANGUAGES,
        language=asked if asked in LANGUAGES else here().language,
        published=[one for one in queries.versions(here().session) if not one.is_draft],
    )  # fmt: skip


@blueprint.route("/me/compact", methods=["GET", "POST"])
@signed_in
def mine() -> Response:
    """What one accepted and when; the newest version, to accept where one has not yet."""
    context, form = here(), PromiseForm()
    status, changed = 200, ""
    if form.is_submitted():
        status = 422
        if form.validate_on_submit():
            try:
                service.accept(context.session, context.visitor.actor(), form.shown.data or "")
                return redirect_with(_("Thank you. You have accepted the compact."), "compact.mine")
            except Conflict as conflict:
                status, changed, form.promise.data = 409, say(conflict.message, conflict.params), False
    account_id = str(context.visitor.account_id)
    newest = queries.newest(context.session)
    if newest is not None:
        form.promise.label.text = newest.text.promise.in_language(context.language)
        form.shown.data = newest.version.id
    accepted, refused = queries.accepted(context.session, account_id), queries.refused(context.session, account_id)
    return render(
        "admissions/compact/mine.html", status, form=form, newest=newest, accepted=accepted, refused=refused, changed=changed,
        done=bool(newest and accepted and accepted[0].number == newest.version.number),
    )  # fmt: skip


@blueprint.route("/me/compact/refuse", methods=["GET", "POST"])
@signed_in
def refuse() -> Response:
    """Say that one does not accept the newest version: the central team reads it, and nothing else happens by itself."""
    context, form = here(), RefuseCompactForm()
    newest = queries.newest(context.session)
    if newest is None or not context.visitor.is_member:
        raise NotFound
    if form.validate_on_submit():
        with kept_on(form):
            service.refuse(context.session, context.visitor.actor(), form.shown.data or "", form.words.data)
            return redirect_with(_("We have kept what you said. The central team reads it."), "compact.mine")
    form.shown.data = newest.version.id
    return render("admissions/compact/refuse.html", 422 if form.errors else 200, form=form, newest=newest)
