"""A member's pages: what may be covered, asking, and what became of it."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from flask import Response, jsonify, make_response, redirect, request, url_for

from core.sdk import (
    N_,
    Conflict,
    Refused,
    form_has,
    gettext,
    here,
    is_id,
    kept_on,
    pounds,
    redirect_with,
    render,
    say,
    signed_in,
    whole_number,
)
from plugins.expense_approvals.claims.partners import Combined
from plugins.expense_approvals.policy.rules import Policy, Receipt
from plugins.expense_approvals.queries import budgets, claims, delegations, preapprovals
from plugins.expense_approvals.queries.preapprovals import ELIGIBLE, UNDECLARED, Asked, Chance
from plugins.expense_approvals.service import asking, declaring
from plugins.expense_approvals.service.stepping import must_own
from plugins.expense_approvals.states import AGREED, PREAPPROVAL, SUBMITTED, WAITING
from plugins.expense_approvals.views.base import (
    SHARED,
    blueprint,
    declaration,
    in_words,
    never_covered,
    partners,
    policies,
    policy_today,
    settings_of,
    titles,
    told,
)
from plugins.expense_approvals.web_forms.asking import MOST_ROWS, AnswerForm, AskForm
from plugins.expense_approvals.words import PROOFS, STATEMENTS

PROVED_BY = N_("Proof up to %(most)s: %(small)s; above that: %(large)s.")
WHO_DECIDES = N_("Somebody who approves expenses for %(partner)s decides, and you get a letter with the answer.")
BY_WHEN = N_("They have until the days of your costs. What you spend before it is agreed is not covered.")
BACK = {"claim_id": "expense_approvals.claim", "preapproval_id": "expense_approvals.asked"}
"""Where who declares it again comes back to: the page of what it was missing for, by the field that names it."""


@blueprint.get("/")
@signed_in
def home() -> Response:
    """Activities whose costs may be covered, and what the visitor has asked for. Who comes from an event is led on to it."""
    context, event_id = here(), request.args.get("event", "")
    if found := budgets.of_event(context.session, event_id):
        return make_response(redirect(url_for("expense_approvals.activity", activity_id=found), 303))
    return render(
        "expense_approvals/home.html",
        not_covered=is_id(event_id),
        activities=budgets.activities(context.session, covered_only=True),
        mine=preapprovals.mine(context.session, context.visitor.account_id or ""),
        illustrative=policy_today().illustrative,
        standing_in=bool(delegations.standing_for(context.session, context.visitor.account_id)),
        **SHARED,
    )


@blueprint.get("/for/<activity_id>")
@signed_in
def activity(activity_id: str) -> Response:
    """Whether the visitor may ask, and what the policy covers: both before anything is typed."""
    return _activity_page(activity_id)


def _activity_page(activity_id: str, problem: str = "") -> Response:
    context, policy = here(), policy_today()
    chance = preapprovals.chance(context.session, activity_id, context.visitor)
    covered = [(in_words(category.title), _covers(policy, category.key)) for category in policy.categories]
    everywhere = [in_words(rule.words) for rule in policy.rules if rule.category == "all"]
    stands = preapprovals.declared(context.session, activity_id, context.visitor.account_id)
    return render(
        "expense_approvals/activity.html", 422 if problem else 200, chance=chance, statement=STATEMENTS[declaring.STATEMENT],
        declared=stands and chance.kind != UNDECLARED, covered=covered, everywhere=everywhere, illustrative=policy.illustrative,
        problem=problem, **SHARED,
    )  # fmt: skip


def _covers(policy: Policy, category: str) -> list[str]:
    """What the rules of a category say, each thing once. Two rules about proofs of which the second asks for more above a sum are one
    sentence: each alone would sound as if it said the other again, or against it."""
    rules = [rule for rule in policy.rules if rule.category == category]
    proofs = sorted((one for one in rules if isinstance(one, Receipt)), key=lambda one: one.over)
    said = {rule.key: in_words(rule.words) for rule in rules}
    if len(proofs) == 2:
        small, large = proofs
        if (small.over, small.severity) == (0, large.severity) and large.over and large.accepts < small.accepts:
            given = {"most": pounds(large.over), "small": _proofs(small), "large": _proofs(large)}
            said[small.key] = said[large.key] = say(PROVED_BY, given)
    return list(dict.fromkeys(said.values()))


def _proofs(rule: Receipt) -> str:
    return " / ".join(say(words) for kind, words in PROOFS.items() if kind in rule.accepts)


@blueprint.post("/for/<activity_id>/declare")
@signed_in
def declare(activity_id: str) -> Response:
    """Declare not to be in paid employment on the activity's days."""
    form_has(*BACK)
    declaring.declare(here().session, activity_id, here().visitor)
    words = gettext("You have declared it.")
    for field, page in BACK.items():
        if one := request.form.get(field):
            return redirect_with(words, page, **{field: one})
    return redirect_with(words, "expense_approvals.activity", activity_id=activity_id)


@blueprint.post("/for/<activity_id>/take-back")
@signed_in
def take_back(activity_id: str) -> Response:
    """Take the declaration back."""
    declaring.take_back(here().session, activity_id, here().visitor)
    return redirect_with(
        gettext("Your declaration is taken back."), "expense_approvals.activity", activity_id=activity_id
    )


@blueprint.route("/for/<activity_id>/ask", methods=["GET", "POST"])
@signed_in
def ask(activity_id: str) -> Response:
    """Ask that costs be agreed. One button adds a row, one shows what the policy allows, one sends."""
    context, policy = here(), policy_today()
    chance = preapprovals.chance(context.session, activity_id, context.visitor)
    if chance.kind != ELIGIBLE:
        if request.method == "POST":
            raise Refused(asking.WHY_NOT[chance.kind])  # what was typed is kept, to be sent once that is mended
        return _activity_page(activity_id, say(asking.WHY_NOT[chance.kind]))
    form, wish, seen = AskForm(), request.form.get("do", ""), None
    if wish == "more" and len(form.costs.entries) < MOST_ROWS:
        form.costs.append_entry()
    form.offer(policy, context.language, chance.starts_on)
    if wish == "check" and request.accept_mimetypes.best == "application/json":
        return _estimate(form, chance)
    if wish != "more" and form.validate_on_submit():
        lines, reasons = form.lines(policy)
        if not form.errors:
            with kept_on(form):
                if wish != "check":
                    made = asking.ask(
                        context.session, activity_id, lines, reasons, context.visitor, form.form_key.data,
                        policy_on=policies(), partners=partners, days_kept=settings_of(context).days_kept,
                    )  # fmt: skip
                    return redirect_with(
                        gettext("Your costs are sent. You can see here what becomes of them."), "expense_approvals.asked",
                        preapproval_id=made,
                    )  # fmt: skip
                seen = asking.judged(context.session, lines, chance, context.visitor, policies(), partners)
    return render(
        "expense_approvals/ask.html", 422 if form.errors else 200, form=form, chance=chance, most=MOST_ROWS,
        seen=_preview(seen) if seen else None, illustrative=policy.illustrative, never=never_covered(policy), **SHARED,
    )  # fmt: skip


def _estimate(form: AskForm, chance: Chance) -> Response:
    """What the button shows, for the script that asks while somebody types: of the costs that can be read by now, in words by the number
    of the row. A form that is nobody's is told nothing."""
    form.validate()
    if form.errors.get("csrf_token"):
        return make_response(jsonify(rows={}, sum=""), 422)
    lines = form.readable(policy_today())
    if not lines:
        return make_response(jsonify(rows={}, sum=""))
    context = here()
    seen = _preview(asking.judged(context.session, lines, chance, context.visitor, policies(), partners))
    rows = {
        str(int(line.key)): " ".join((_allowed(asked, allowed), *why))
        for line, (_, _, asked, allowed, why) in zip(lines, seen.rows, strict=True)
    }
    together = gettext("All together: %(words)s", words=_allowed(seen.asked, seen.allowed))
    return make_response(jsonify(rows=rows, sum=" ".join((together, *seen.messages))))


def _allowed(asked: int, allowed: int) -> str:
    return gettext("The policy allows %(allowed)s of %(asked)s.", allowed=pounds(allowed), asked=pounds(asked))


class Preview(NamedTuple):
    """What the policy and the partners make of costs, in words: each (title, day, asked, allowed, why), sums in pence, and messages."""

    rows: list[tuple[str, date, int, int, list[str]]]
    asked: int
    allowed: int
    messages: list[str]


def _preview(seen: Combined) -> Preview:
    policy = policy_today()
    names = titles(policy)
    rows = [
        (
            names.get(one.line.category, one.line.category), one.line.incurred_on, one.claimed, one.allowed,
            told(({"code": f.code, "effect": f.effect, "rule": f.rule, "params": f.params} for f in one.found), policy),
        )
        for one in seen.evaluation.lines
    ]  # fmt: skip
    messages = [say(one.message) for one in seen.findings]
    return Preview(rows, seen.evaluation.claimed, seen.evaluation.allowed, messages)


@blueprint.get("/asked/<preapproval_id>")
@signed_in
def asked(preapproval_id: str) -> Response:
    """What one asked for and what became of it."""
    return _asked_page(preapproval_id)


def _asked_page(preapproval_id: str, problem: str = "", form: AnswerForm | None = None) -> Response:
    context, policy = here(), policy_today()
    found = preapprovals.one(context.session, preapproval_id, context.visitor)
    must_own(found, context.visitor)
    rows = [(line, told(line.found.get("found", ()), policy)) for line in preapprovals.lines(context.session, found.id)]
    return render(
        "expense_approvals/asked.html", 422 if problem or form else 200, asked=found, rows=rows,
        activity=budgets.activity(context.session, found.activity_id), steps=preapprovals.steps(context.session, found.id),
        titles=titles(policy), can=PREAPPROVAL.events_from(found.state), problem=problem,
        form=form or AnswerForm(formdata=None), decides=_decides(found),
        claim_id=claims.live(context.session, found.id) if found.state in AGREED else None,
        **declaration(found.activity_id, found.account_id, open_now=found.state in (*WAITING, *AGREED)), **SHARED,
    )  # fmt: skip


def _decides(found: Asked) -> str:
    """Who decides, by when and how one hears of it, in words; "" where nobody has to."""
    if found.state != SUBMITTED:
        return ""
    said = say(WHO_DECIDES, {"partner": here().tenant.led_by(here().language)})
    return said if found.supplements_id else f"{said} {say(BY_WHEN)}"


@blueprint.post("/asked/<preapproval_id>/answer")
@signed_in
def answer(preapproval_id: str) -> Response:
    """Answer the approver's question."""
    form = AnswerForm()
    if not form.validate():
        return _asked_page(preapproval_id, form=form)
    return _step(
        preapproval_id,
        lambda version: asking.answer(here().session, preapproval_id, version, form.words.data, here().visitor),
        gettext("Your answer is sent."),
        form,
    )


@blueprint.post("/asked/<preapproval_id>/withdraw")
@signed_in
def withdraw(preapproval_id: str) -> Response:
    """Take back what one asked for."""
    return _step(
        preapproval_id,
        lambda version: asking.withdraw(here().session, preapproval_id, version, here().visitor),
        gettext("You have withdrawn it."),
    )


def _step(preapproval_id: str, take: Callable[[int], None], words: str, form: AnswerForm | None = None) -> Response:
    try:
        take(whole_number(request.form.get("version")))
    except (Refused, Conflict) as error:
        return _asked_page(preapproval_id, say(error.message, error.params), form)
    return redirect_with(words, "expense_approvals.asked", preapproval_id=preapproval_id)
