"""The partner's pages for batches: what goes out together, its letters one by one, the release, and whom it reached."""

from flask import Response, request, url_for

from core.admissions.letters import decision_post
from core.admissions.letters.decisions import LANGUAGES, STANDARD, Block, Composed
from core.admissions.queries import batches as queries
from core.admissions.queries import windows
from core.admissions.queries.batches import Batch, Entry
from core.admissions.service import batches as service
from core.admissions.service import releasing
from core.admissions.views.deciding import LEAD, SIZE, blueprint, tables, who
from core.admissions.web_forms.decisions import OUTCOMES, BatchForm, ReleaseForm
from core.admissions.web_forms.windows import PressForm
from core.data.session import ScopedSession
from core.kernel import clock, wall_clock
from core.kernel.errors import Declined, NotFound, Refused
from core.kernel.text import N_
from core.web.access import needs
from core.web.context import here
from core.web.forms import kept_on, next_version, version_sent
from core.web.i18n import gettext as _
from core.web.i18n import language, ngettext, say
from core.web.listing import Listing
from core.web.lists import in_memory, listed
from core.web.pages import redirect_with, render
from core.web.sheets import Column, Sheet

BATCHES = {
    "open": (N_("Open"), "info"), "released": (N_("Released"), "ok"), "cancelled": (N_("Cancelled"), "neutral")
}  # fmt: skip
MAILS = {
    "queued": (N_("Waiting to be sent"), "info"), "sending": (N_("Waiting to be sent"), "info"), "sent": (N_("Sent"), "ok"),
    "kept": (N_("Sent"), "ok"), "failed": (N_("Not delivered"), "err"),
}  # fmt: skip
NO_MAIL = (N_("No email"), "neutral")
LIST_SORTS = {
    "name": lambda one: one.name.casefold(), "window": lambda one: one.window_name.casefold(), "size": lambda one: one.size
}  # fmt: skip
LIST = Sheet(
    "batches",
    (
        Column(N_("Name"), lambda one: one.name),
        Column(N_("Window"), lambda one: one.window_name),
        Column(N_("State"), lambda one: say(BATCHES[one.state][0])),
        Column(N_("Decisions"), lambda one: one.size),
        Column(N_("Not before"), lambda one: one.embargo_until),
        Column(N_("Released"), lambda one: one.released_at),
    ),
    personal=False,
)
ENTRIES = Sheet(
    "batch",
    (
        Column(N_("Reference"), lambda one: one.reference),
        Column(N_("Name"), lambda one: one.name),
        Column(N_("Decision"), lambda one: say(OUTCOMES[one.outcome])),
        Column(N_("Language"), lambda one: one.language),
        Column(N_("Letter"), lambda one: say(MAILS.get(one.mail or "", NO_MAIL)[0])),
    ),
    personal=True,
)


def _one(batch_id: str) -> Batch:
    return queries.one(here().session, who(), batch_id)


@blueprint.get("/batches/")
@needs(LEAD)
def batches() -> Response:
    """Every batch of this site."""
    wished = Listing.read(url_for("decisions.batches"), request.args, sorts=tuple(LIST_SORTS), size=SIZE)
    found = listed(wished, LIST, in_memory(queries.all_of(here().session, who()), wished, LIST_SORTS))
    if isinstance(found, Response):
        return found
    page, rows = found
    return render("admissions/decisions/batches.html", listing=page, rows=rows, kinds=BATCHES)


@blueprint.route("/windows/<window_id>/batches/new", methods=["GET", "POST"])
@needs(LEAD)
def batch_new(window_id: str) -> Response:
    """Open a batch for a window."""
    context = here()
    window, form = windows.one(context.session, window_id), BatchForm()
    if form.validate_on_submit():
        with kept_on(form):
            until = wall_clock.instant(form.embargo_until.data) if form.embargo_until.data else None
            batch_id = service.begin(
                context.session, context.visitor.actor(), window.id, name=form.name.data, embargo_until=until,
                key=form.form_key.data,
            )  # fmt: skip
            return redirect_with(_("The batch is open. Put decisions into it."), "decisions.batch", batch_id=batch_id)
    return render(
        "admissions/decisions/batch_edit.html", 422 if form.errors else 200, form=form, window=window, batch=None
    )


@blueprint.route("/batches/<batch_id>/edit", methods=["GET", "POST"])
@needs(LEAD)
def batch_edit(batch_id: str) -> Response:
    """Another name, or another instant before which nothing goes out."""
    context = here()
    batch = _one(batch_id)
    until = wall_clock.typed(batch.embargo_until) if batch.embargo_until is not None else None
    kept = {"name": batch.name, "embargo_until": until}
    form = BatchForm(data=kept)
    if form.validate_on_submit():
        with kept_on(form, lambda: BatchForm(formdata=None, data=kept)):
            service.change(
                context.session, context.visitor.actor(), batch.id, version_sent(), name=form.name.data,
                embargo_until=wall_clock.instant(form.embargo_until.data) if form.embargo_until.data else None,
            )  # fmt: skip
            return redirect_with(_("The batch is changed."), "decisions.batch", batch_id=batch.id)
    return render(
        "admissions/decisions/batch_edit.html", 422 if form.errors else 200, form=form, batch=batch,
        window=windows.one(context.session, batch.window_id), version=next_version(form, batch.version),
    )  # fmt: skip


@blueprint.get("/batches/<batch_id>")
@needs(LEAD)
def batch(batch_id: str) -> Response:
    """One batch: what is in it, what could be, what is missing; once released, whom its letters reached."""
    return _page(_one(batch_id))


def _page(batch: Batch, status: int = 200, problem: str = "") -> Response:
    session = here().session
    failed = request.args.get("letters") == "failed"
    wished = Listing.read(
        url_for("decisions.batch", batch_id=batch.id),
        request.args,
        sorts=tuple(queries.SORTS),
        filters=("letters",),
        size=SIZE,
    )

    def read(limit: int | None, offset: int) -> tuple[list[Entry], int]:
        return queries.entries(
            session, who(), batch.id, sort=wished.sort, failed=failed, limit=limit, offset=offset
        )  # fmt: skip

    found = listed(wished, ENTRIES, read, batch.id)
    if isinstance(found, Response):
        return found
    page, rows = found
    is_open = batch.state == "open"
    return render(
        "admissions/decisions/batch.html", status, batch=batch, listing=page, rows=rows, problem=problem, failed=failed,
        ready=queries.ready(session, who(), batch.window_id) if is_open else [],
        missing=queries.missing(session, who(), batch.window_id) if is_open else {},
        delivery=queries.delivery(session, who(), batch.id) if batch.state == "released" else {},
        early=batch.embargo_until is not None and clock.now() < batch.embargo_until, kinds=BATCHES, mails=MAILS, no_mail=NO_MAIL,
        press=PressForm(formdata=None), **tables(),
    )  # fmt: skip


@blueprint.post("/batches/<batch_id>/move")
@needs(LEAD)
def batch_move(batch_id: str) -> Response:
    """Put decisions in, or take them out."""
    context = here()
    batch = _one(batch_id)
    actor, picked = context.visitor.actor(), request.form.getlist("pick")
    if request.form.get("all"):
        picked = [one.id for one in queries.ready(context.session, who(), batch.window_id) if one.stands]
    move = service.unhold if request.form.get("go") == "out" else service.hold
    try:
        count = move(context.session, actor, batch.id, version_sent(), picked)
    except Declined as error:
        told = next(iter(getattr(error, "field_errors", {}).values()), error.message)
        return _page(_one(batch_id), 422, say(told, error.params))
    words = (
        ngettext("%(num)s decision is taken out.", "%(num)s decisions are taken out.", count)
        if move is service.unhold
        else ngettext("%(num)s decision is put in.", "%(num)s decisions are put in.", count)
    )
    return redirect_with(words, "decisions.batch", batch_id=batch.id)


@blueprint.route("/batches/<batch_id>/cancel", methods=["GET", "POST"])
@needs(LEAD)
def batch_cancel(batch_id: str) -> Response:
    """Close a batch without releasing it, after saying what that means."""
    context = here()
    batch, form = _one(batch_id), PressForm()
    if batch.state != "open":
        raise Refused(service.OVER)
    if form.validate_on_submit():
        with kept_on(form):
            service.cancel(context.session, context.visitor.actor(), batch.id, version_sent())
            return redirect_with(
                _("The batch is cancelled. Its decisions can go into another one."), "decisions.batches"
            )
    return render("admissions/decisions/batch_cancel.html", 422 if form.errors else 200, batch=batch, form=form)


@blueprint.get("/batches/<batch_id>/letters/<decision_id>")
@needs(LEAD)
def letter(batch_id: str, decision_id: str) -> Response:
    """One letter in one language, with what is not standard text marked, and the way to the next."""
    context = here()
    batch = _one(batch_id)
    found = queries.letter_facts(context.session, who(), batch.id)
    place = next((at for at, one in enumerate(found) if one.id == decision_id), None)
    if place is None:
        raise NotFound
    this = found[place]
    asked = request.args.get("language", "")
    locale = asked if asked in LANGUAGES else this.locale
    letter = (
        sealed_letter(context.session, this.id, locale)
        if batch.released_at is not None
        else _planned(batch, this, locale)
    )
    if letter is None:
        raise NotFound
    return render(
        "admissions/decisions/letter.html", batch=batch, this=this, letter=letter, locale=locale,
        place=place + 1, total=len(found), before=found[place - 1].id if place else None,
        after=found[place + 1].id if place + 1 < len(found) else None, own_language=language(),
    )  # fmt: skip


def _planned(batch: Batch, this: queries.LetterFacts, locale: str) -> Composed:
    """The letter as it would go out now, or as soon as the embargo is over."""
    context = here()
    at = max(clock.now(), batch.embargo_until or clock.now())
    found = releasing.letters_of(context.session, [this], decision_post.site_of(context.tenant), at, batch.window_id)
    return found[this.id][locale]


def sealed_letter(session: ScopedSession, decision_id: str, locale: str) -> Composed | None:
    """The letter as it went out; None where none has. The caller has asked whether it may be seen."""
    found = queries.sealed(session, decision_id, locale)
    if found is None:
        return None
    subject, paragraphs = found
    return Composed(locale, subject, tuple(Block(STANDARD, text) for text in paragraphs), "")


@blueprint.route("/batches/<batch_id>/release", methods=["GET", "POST"])
@needs(LEAD)
def batch_release(batch_id: str) -> Response:
    """Release the batch: whoever does it types how many decisions go out."""
    context = here()
    batch, form = _one(batch_id), ReleaseForm()
    if batch.state != "open" and request.method != "POST":
        raise Refused(service.OVER)
    if form.validate_on_submit():
        with kept_on(form):
            count = releasing.release(
                context.session, context.visitor.actor(), batch.id, version_sent(), form.expected.data,
                site=decision_post.site_of(context.tenant), post=decision_post.decisions(context.tenant),
            )  # fmt: skip
            return redirect_with(
                ngettext("%(num)s decision is released.", "%(num)s decisions are released.", count), "decisions.batch",
                batch_id=batch.id,
            )  # fmt: skip
    return render(
        "admissions/decisions/release.html", 422 if form.errors else 200, batch=batch, form=form,
        version=next_version(form, batch.version),
        early=batch.embargo_until is not None and clock.now() < batch.embargo_until,
    )  # fmt: skip


@blueprint.post("/batches/<batch_id>/resend")
@needs(LEAD)
def batch_resend(batch_id: str) -> Response:
    """Send the letters again that did not go out."""
    context = here()
    batch = _one(batch_id)
    count = releasing.resend(
        context.session, context.visitor.actor(), batch.id, post=decision_post.decisions(context.tenant)
    )
    return redirect_with(
        ngettext("%(num)s letter is on its way again.", "%(num)s letters are on their way again.", count), "decisions.batch",
        batch_id=batch.id,
    )  # fmt: skip
