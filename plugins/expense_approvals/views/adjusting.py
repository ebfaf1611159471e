"""What a policy that was published late leaves to pay of claims that were granted before it was known: the list of differences,
one difference, and the adjustments that people make of them."""

from typing import Any

from flask import Response, request, url_for

from core.sdk import (
    N_,
    Column,
    Listing,
    Sheet,
    gettext,
    here,
    in_memory,
    kept_on,
    listed,
    needs,
    people_by_id,
    plain_pounds,
    redirect_with,
    render,
    say,
    whole_number,
)
from plugins.expense_approvals import claim_letters, separation
from plugins.expense_approvals.manifest import APPROVE, BUDGETS, PAY
from plugins.expense_approvals.queries import adjustments
from plugins.expense_approvals.queries.adjustments import Adjusted
from plugins.expense_approvals.service import adjusting, apart
from plugins.expense_approvals.states import ADJUSTMENT, PROPOSED
from plugins.expense_approvals.views.base import SHARED, manage_blueprint, policy_today, settings_of, titles
from plugins.expense_approvals.views.deciding import told_what
from plugins.expense_approvals.views.judging import claim_rules
from plugins.expense_approvals.web_forms.manage import AdjustForm, DecideAdjustmentForm
from plugins.expense_approvals.words import ADJUSTMENT_LOOKS, ADJUSTMENT_STATES

DIFFERENCES = Sheet(
    "expenses-differences",
    (
        Column(N_("Claim"), lambda row: row.claim_id),
        Column(N_("Activity"), lambda row: row.title),
        Column(N_("Version of the policy"), lambda row: row.policy_version),
        Column(N_("Granted"), lambda row: plain_pounds(row.granted)),
        Column(N_("Still owed"), lambda row: plain_pounds(max(0, row.pence))),
        Column(N_("Stays with the person"), lambda row: plain_pounds(max(0, -row.pence))),
    ),
    personal=True,
)
DIFFERENCE_SORTS: dict[str, Any] = {
    "title": lambda row: row.title.casefold(),
    "granted": lambda row: row.granted,
    "difference": lambda row: row.pence,
}
SHEET = Sheet(
    "expenses-adjustments",
    (
        Column(N_("Claim"), lambda row: row.claim_id),
        Column(N_("Activity"), lambda row: row.title),
        Column(N_("Version of the policy"), lambda row: row.policy_version),
        Column(N_("Amount"), lambda row: plain_pounds(row.pence)),
        Column(N_("State"), lambda row: gettext(ADJUSTMENT_STATES[row.state])),
        Column(N_("Made"), lambda row: row.made_at),
        Column(N_("Decided"), lambda row: row.decided_at),
    ),
    personal=True,
)
SORTS: dict[str, Any] = {
    "made": lambda row: row.made_at,
    "title": lambda row: row.title.casefold(),
    "amount": lambda row: row.pence,
}
WISHES = ("approve", "decline")
PAGES: dict[str, Any] = {**SHARED, "states": ADJUSTMENT_STATES, "looks": ADJUSTMENT_LOOKS}


@manage_blueprint.get("/figures/differences")
@needs(BUDGETS)
def differences() -> Response:
    """Each claim with its difference to the penny. Nothing is rewritten: what was decided stays as it was decided."""
    session = here().session
    wished = Listing.read(
        url_for("expense_approvals_manage.differences"), request.args, sorts=tuple(DIFFERENCE_SORTS), size=25
    )
    found = listed(wished, DIFFERENCES, in_memory(adjustments.differences(session), wished, DIFFERENCE_SORTS))
    if isinstance(found, Response):
        return found
    listing, rows = found
    names = people_by_id(session, {row.account_id for row in rows if row.account_id})
    return render("expense_approvals/manage/differences.html", listing=listing, rows=rows, names=names, **PAGES)


@manage_blueprint.route("/figures/differences/<claim_id>", methods=["GET", "POST"])
@needs(PAY)
def difference(claim_id: str) -> Response:
    """One difference, cost by cost, and making the adjustment that pays it."""
    context, form = here(), AdjustForm()
    if form.validate_on_submit():
        number, pence = whole_number(form.policy_version.data), whole_number(form.pence.data)
        with kept_on(form):
            made = adjusting.make(context.session, claim_id, number, pence, context.visitor)
            told = gettext("The adjustment is made. Somebody else approves it.")
            return redirect_with(told, "expense_approvals_manage.adjustment", adjustment_id=made)
    found = adjustments.difference(context.session, claim_id)
    form.policy_version.data, form.pence.data = str(found.policy_version), str(found.pence)
    return render(
        "expense_approvals/manage/difference.html", 422 if form.errors else 200, form=form, found=found, titles=titles(policy_today()),
        names=people_by_id(context.session, {found.account_id} if found.account_id else set()), **PAGES,
    )  # fmt: skip


@manage_blueprint.get("/adjustments/")
@needs(APPROVE)
def adjustment_list() -> Response:
    """Every adjustment: what waits for approval first, the oldest first."""
    session = here().session
    wished = Listing.read(
        url_for("expense_approvals_manage.adjustment_list"), request.args, sorts=tuple(SORTS), size=25
    )
    found = listed(wished, SHEET, in_memory(adjustments.all_of_site(session), wished, SORTS))
    if isinstance(found, Response):
        return found
    listing, rows = found
    waits = [adjusting.waits(row) for row in rows if row.state == PROPOSED]
    limits = settings_of(here()).limits
    return render(
        "expense_approvals/manage/adjustments.html", listing=listing, rows=rows,
        names=people_by_id(session, {row.account_id for row in rows if row.account_id}),
        central=apart.nobody_left(session, waits, limits), above=apart.over_limit(session, waits, here().visitor, limits), **PAGES,
    )  # fmt: skip


@manage_blueprint.route("/adjustments/<adjustment_id>", methods=["GET", "POST"])
@needs(APPROVE)
def adjustment(adjustment_id: str) -> Response:
    """One adjustment; the button that is pressed says what is decided."""
    context, form = here(), DecideAdjustmentForm()
    session, visitor = context.session, context.visitor
    found = adjustments.one(session, adjustment_id)
    if form.validate_on_submit() and told_what(request.form.get("do", ""), WISHES, form):
        with kept_on(form):
            _decide(request.form["do"], found, form)
            return redirect_with(
                gettext("It is decided."), "expense_approvals_manage.adjustment", adjustment_id=found.id
            )
    found = adjustments.one(session, adjustment_id)
    form.version.data = str(found.version)
    waits, limits = adjusting.waits(found), settings_of(context).limits
    open_now = found.state == PROPOSED
    stop = apart.against(session, waits, visitor) if open_now else ""
    above = apart.over_limit(session, [waits], visitor, limits).get(found.id) if open_now and not stop else None
    can = () if stop else tuple(one for one in ADJUSTMENT.events_from(found.state) if not (above and one == "approve"))
    people = {found.account_id, found.made_by, found.decided_by} - {None}
    return render(
        "expense_approvals/manage/adjustment.html", 422 if form.errors else 200, form=form, found=found,
        costs=adjustments.costs(session, found.id), titles=titles(policy_today()), can=can,
        stop=say(separation.WORDS[stop]) if stop else "", above=say(above.message, above.params) if above else "",
        central=open_now and bool(apart.nobody_left(session, [waits], limits)),
        kept=[form.words.data] if form.words.data and "decline" not in can else [],
        names=people_by_id(session, {one for one in people if one}), **PAGES,
    )  # fmt: skip


def _decide(wish: str, found: Adjusted, form: DecideAdjustmentForm) -> None:
    """Do what the button says."""
    session, visitor = here().session, here().visitor
    version, words = whole_number(form.version.data), form.words.data or ""
    if wish == "decline":
        return adjusting.decline(session, found.id, version, words, visitor)
    return adjusting.approve(
        session, found.id, version, words, visitor, rules=claim_rules(visitor), post=claim_letters.post(here().tenant),
        limits=settings_of(here()).limits,
    )  # fmt: skip
