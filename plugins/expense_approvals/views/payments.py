"""Finance's pages: what is ready to be paid, batches that two people make, their files, and what the bank says."""

from collections.abc import Callable
from typing import Any

from flask import Response, request, url_for
from werkzeug.datastructures import FileStorage

from core.sdk import (
    N_,
    Column,
    Conflict,
    Invalid,
    Listing,
    RateLimitExceeded,
    Refused,
    Sheet,
    clock,
    gettext,
    here,
    in_memory,
    kept_on,
    listed,
    needs,
    ngettext,
    people_by_id,
    redirect_with,
    render,
    say,
    sealer,
    uploads_limited,
    whole_number,
)
from plugins.expense_approvals import claim_letters, letters
from plugins.expense_approvals.manifest import PAY
from plugins.expense_approvals.payment import results
from plugins.expense_approvals.payment_states import BATCH, SETTLED
from plugins.expense_approvals.queries import payments
from plugins.expense_approvals.service import bank_details, batches, payer, paying
from plugins.expense_approvals.service.batches import Tell
from plugins.expense_approvals.views.base import SHARED, manage_blueprint
from plugins.expense_approvals.views.claiming import TOO_OFTEN
from plugins.expense_approvals.web_forms.payments import PayerForm, PrepareForm, ResultsForm, StepForm
from plugins.expense_approvals.words import BATCH_LOOKS, BATCH_STATES, HELD, PAYMENT_LOOKS, PAYMENT_STATES

SHEET = Sheet(
    "payment-batches",
    (
        Column(N_("Batch"), lambda row: row.ref),
        Column(N_("State"), lambda row: gettext(BATCH_STATES[row.state])),
        Column(N_("Day of payment"), lambda row: row.day),
        Column(N_("Payments"), lambda row: row.payments),
        Column(N_("In all"), lambda row: row.total_p / 100),
    ),
    personal=False,
)
SORTS: dict[str, Any] = {
    "-prepared": lambda row: row.prepared_at,
    "day": lambda row: row.day,
    "total": lambda row: row.total_p,
}
KINDS = {"csv": N_("Bank CSV"), "bacs18": N_("Bacs Standard 18"), "pain001": N_("ISO 20022 (pain.001)")}
NO_FILE = N_("Choose the bank’s list.")
PAGES: dict[str, Any] = {
    **SHARED, "states": BATCH_STATES, "looks": BATCH_LOOKS, "payment_states": PAYMENT_STATES, "payment_looks": PAYMENT_LOOKS,
    "held": HELD, "kinds": KINDS,
}  # fmt: skip


@manage_blueprint.get("/payments/")
@needs(PAY)
def batch_list() -> Response:
    """Every batch, the newest first; and what waits for one."""
    session = here().session
    wished = Listing.read(url_for("expense_approvals_manage.batch_list"), request.args, sorts=tuple(SORTS), size=25)
    keys = {key.removeprefix("-"): by for key, by in SORTS.items()}
    found = listed(wished, SHEET, in_memory(payments.all_of_site(session), wished, keys))
    if isinstance(found, Response):
        return found
    listing, rows = found
    return render(
        "expense_approvals/manage/payments.html", listing=listing, rows=rows, waiting=payments.waiting(session).total(),
        payer=payer.current(session), **PAGES,
    )  # fmt: skip


@manage_blueprint.route("/payments/new", methods=["GET", "POST"])
@needs(PAY)
def prepare_batch() -> Response:
    """What is ready and what is held back, and preparing a batch of what is ticked."""
    context, form = here(), PrepareForm()
    session = context.session
    if form.validate_on_submit():
        with kept_on(form):
            made = paying.prepare(
                session, form.claims.data, form.day.data, context.visitor, form.form_key.data, seal=sealer(batches.PURPOSE),
                accounts=sealer(bank_details.PURPOSE), payers=sealer(payer.PURPOSE), post=claim_letters.post(context.tenant),
            )  # fmt: skip
            told = gettext("The batch is prepared. Somebody else releases it.")
            return redirect_with(told, "expense_approvals_manage.batch", payment_batch_id=made.batch_id)
    found = paying.outlook(session, context.visitor)
    if not form.is_submitted():
        form.day.data = clock.today()
        form.claims.data = [one.due.id for one in found if not one.why]
    return render(
        "expense_approvals/manage/prepare.html", 422 if form.errors else 200, form=form,
        ready=[one.due for one in found if not one.why], kept=[one for one in found if one.why],
        ticked=set(form.claims.data or ()), names=people_by_id(session, {one.due.account_id for one in found if one.due.account_id}),
        payer=payer.current(session), **PAGES,
    )  # fmt: skip


@manage_blueprint.get("/payments/<payment_batch_id>")
@needs(PAY)
def batch(payment_batch_id: str) -> Response:
    """One batch: what it pays, its files, and what can be done with it now."""
    return _page(payment_batch_id)


def _page(batch_id: str, problem: str = "") -> Response:
    session, visitor = here().session, here().visitor
    found = payments.one(session, batch_id)
    paid = payments.of_batch(session, found.id)
    people = {found.prepared_by, found.released_by, *(one.account_id for one in paid)} - {None}
    sums = {state: sum(one.pence for one in paid if one.state == state) for state in PAYMENT_STATES}
    return render(
        "expense_approvals/manage/batch.html", 422 if problem else 200, problem=problem, batch=found, paid=paid, sums=sums,
        names=people_by_id(session, {one for one in people if one}), can=BATCH.events_from(found.state),
        mine=found.prepared_by == visitor.account_id, answered=found.state == SETTLED or "settle" in BATCH.events_from(found.state),
        **PAGES,
    )  # fmt: skip


@manage_blueprint.post("/payments/<payment_batch_id>/release")
@needs(PAY)
def release_batch(payment_batch_id: str) -> Response:
    """Release what somebody else prepared."""
    return _do(
        payment_batch_id,
        lambda version: batches.release(
            here().session, payment_batch_id, version, here().visitor, seal=sealer(batches.PURPOSE)
        ),
        gettext("The batch is released. Fetch its file and give it to the bank."),
    )


@manage_blueprint.post("/payments/<payment_batch_id>/cancel")
@needs(PAY)
def cancel_batch(payment_batch_id: str) -> Response:
    """Take a batch back before its release."""
    return _do(
        payment_batch_id,
        lambda version: batches.cancel(here().session, payment_batch_id, version, here().visitor, tell=_tell()),
        gettext("The batch is cancelled. Its claims can go into another one."),
    )


def _do(batch_id: str, act: Callable[[int], object], words: str) -> Response:
    form = StepForm()
    payments.one(here().session, batch_id)
    form.validate()
    try:
        act(whole_number(form.version.data))
    except (Refused, Conflict) as error:
        return _page(batch_id, say(error.message, error.params))
    return redirect_with(words, "expense_approvals_manage.batch", payment_batch_id=batch_id)


def _tell() -> Tell:
    return paying.life(here().visitor, claim_letters.post(here().tenant))


@manage_blueprint.post("/payments/<payment_batch_id>/file/<file_kind>")
@needs(PAY)
def batch_file(payment_batch_id: str, file_kind: str) -> Response:
    """A file of a released batch, as a download: a button, because fetching it is a step of the batch."""
    try:
        file = batches.export(
            here().session, payment_batch_id, file_kind, here().visitor, seal=sealer(batches.PURPOSE), tell=_tell()
        )
    except (Refused, Conflict) as error:
        return _page(payment_batch_id, say(error.message, error.params))
    response = Response(file.content, mimetype=file.mime)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@manage_blueprint.route("/payments/<payment_batch_id>/results", methods=["GET", "POST"])
@needs(PAY)
def batch_results(payment_batch_id: str) -> Response:
    """What the bank says became of a batch, as a file: all of it is taken, or nothing."""
    session, form = here().session, ResultsForm()
    found = payments.one(session, payment_batch_id)
    if form.validate_on_submit():
        try:
            changed = _settle(found.id, found.version, request.files.get("file"))
        except results.Misread as error:
            form.form_errors += [_told(one) for one in error.problems]
            form.take({"file": N_("Nothing of this file was taken. Mend it, then send it once more.")})
        except Invalid as error:
            form.take(error.field_errors)
        except RateLimitExceeded:
            form.take({"file": TOO_OFTEN})
        except (Refused, Conflict) as error:
            form.form_errors.append(say(error.message, error.params))
        else:
            told = ngettext("One payment has changed.", "%(num)s payments have changed.", changed)
            return redirect_with(told, "expense_approvals_manage.batch", payment_batch_id=found.id)
    return render(
        "expense_approvals/manage/results.html", 422 if form.errors else 200, form=form, batch=found,
        open="settle" in BATCH.events_from(found.state) or found.state == SETTLED, **PAGES,
    )  # fmt: skip


@uploads_limited
def _settle(batch_id: str, version: int, sent: FileStorage | None) -> int:
    """Take a list in; how many payments changed. Raises RateLimitExceeded, Misread, Invalid (`file`), Refused, Conflict."""
    if sent is None or not sent.filename:
        raise Invalid({"file": NO_FILE})
    said = results.read(sent.stream.read(results.LARGEST + 1), payments.refs_of(here().session, batch_id))
    return batches.settle(
        here().session, batch_id, version, said, here().visitor, tell=_tell(), warn=letters.sent_back(here().tenant)
    )


def _told(problem: results.Problem) -> str:
    what = say(problem.message)
    return gettext("Line %(line)s: %(what)s", line=problem.line, what=what) if problem.line else what


@manage_blueprint.route("/payments/account", methods=["GET", "POST"])
@needs(PAY)
def payer_account() -> Response:
    """The account that payments are made from, by its last figures, and giving another."""
    context, form = here(), PayerForm()
    if form.validate_on_submit():
        with kept_on(form):
            payer.change(
                context.session, form.replaces.data or "", form.name.data, form.sort_code.data, form.account.data,
                form.user_number.data, context.visitor, seal=sealer(payer.PURPOSE),
            )  # fmt: skip
            told = gettext("The account is kept. The next batch is paid from it.")
            return redirect_with(told, "expense_approvals_manage.batch_list")
    own = payer.current(context.session)
    form.replaces.data = own.id if own else ""
    return render(
        "expense_approvals/manage/payer.html", 422 if form.errors else 200, form=form, own=own,
        names=people_by_id(context.session, {own.set_by} if own else set()), **PAGES,
    )  # fmt: skip
