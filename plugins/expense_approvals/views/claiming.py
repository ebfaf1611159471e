"""A member's claims: beginning one, its costs and their proofs, sending it, and what became of it."""

from collections.abc import Callable
from typing import Any

from flask import Response, request
from werkzeug.datastructures import FileStorage

from core.sdk import (
    N_,
    Conflict,
    Invalid,
    NotFound,
    RateLimitExceeded,
    Refused,
    cleaned,
    clock,
    filesize,
    gettext,
    here,
    kept_on,
    plain_pounds,
    pounds,
    redirect_with,
    render,
    say,
    sealer,
    send_file,
    signed_in,
    store_of,
    uploads_limited,
    whole_number,
)
from plugins.expense_approvals import claim_letters
from plugins.expense_approvals.claims.proofs import PROOFS
from plugins.expense_approvals.manifest import MANIFEST
from plugins.expense_approvals.queries import adjustments, claims
from plugins.expense_approvals.queries.claims import Made, Spent
from plugins.expense_approvals.service import bank_details, claiming, receipts, sending, weighing
from plugins.expense_approvals.service.claim_steps import must_own
from plugins.expense_approvals.service.fingerprints import PROOFS_MARKED, Mark
from plugins.expense_approvals.service.weighing import Weighed
from plugins.expense_approvals.states import ADJUSTED, AGREED, CLAIM, EDITABLE, FIRST_APPROVED, IN_HAND, TO_DECIDE
from plugins.expense_approvals.views.base import (
    SHARED,
    blueprint,
    declaration,
    in_words,
    partners,
    policies,
    policy_today,
    settings_of,
    titles,
    told,
)
from plugins.expense_approvals.web_forms.asking import AnswerForm, offer
from plugins.expense_approvals.web_forms.claiming import CostForm, ProofForm, WordsForm
from plugins.expense_approvals.words import (
    ADJUSTMENT_LOOKS,
    ADJUSTMENT_STATES,
    CLAIM_EVENTS,
    CLAIM_LOOKS,
    CLAIM_NEXT,
    CLAIM_NEXT_ALWAYS,
    CLAIM_STATES,
)

TOO_OFTEN = N_("You have sent many files in a short time. Wait a quarter of an hour, then send this one again.")
NO_FILE = N_("Choose a photograph or a file.")
CLAIMS: dict[str, Any] = {
    **SHARED, "states": CLAIM_STATES, "looks": CLAIM_LOOKS, "events": CLAIM_EVENTS, "proofs": PROOFS, "filesize": filesize,
    "adjustment_states": ADJUSTMENT_STATES, "adjustment_looks": ADJUSTMENT_LOOKS,
}  # fmt: skip


def mark() -> Mark:
    """The keyed hash that files are compared by."""
    return sealer(PROOFS_MARKED).mark


@blueprint.get("/claims/")
@signed_in
def claim_list() -> Response:
    """What can be claimed, and what became of earlier claims."""
    context = here()
    account_id = context.visitor.account_id or ""
    return render(
        "expense_approvals/claims.html", open=claims.open_to(context.session, account_id),
        mine=claims.mine(context.session, account_id), **CLAIMS,
    )  # fmt: skip


@blueprint.post("/claims/from/<preapproval_id>")
@signed_in
def begin(preapproval_id: str) -> Response:
    """Begin a claim from what was agreed; where one lives already, go there."""
    try:
        made = claiming.begin(here().session, preapproval_id, here().visitor)
    except Refused as refused:
        return redirect_with(
            say(refused.message, refused.params), "expense_approvals.asked", preapproval_id=preapproval_id
        )
    return redirect_with(
        gettext("Add each cost with its proof, then send the claim."), "expense_approvals.claim", claim_id=made
    )


@blueprint.get("/claims/<claim_id>")
@signed_in
def claim(claim_id: str) -> Response:
    """One claim: its costs, what the policy allows of each and why, and what can be done next."""
    return _page(claim_id)


def _own(claim_id: str) -> Made:
    made = claims.one(here().session, claim_id, here().visitor)
    must_own(made, here().visitor)
    return made


def _weighed(made: Made) -> Weighed:
    return weighing.weighed(here().session, made, policies(), partners)


def _page(claim_id: str, problem: str = "", form: AnswerForm | None = None) -> Response:
    session, made, policy = here().session, _own(claim_id), policy_today()
    found, editable = _weighed(made), made.state in EDITABLE
    rows = []
    for line, judged in zip(found.lines, found.combined.evaluation.lines, strict=True):
        now = [{"code": f.code, "effect": f.effect, "rule": f.rule, "params": f.params} for f in judged.found]
        kept = line.found.get("found", ())
        sums = (judged.claimed, judged.allowed) if editable else (line.claimed_p, line.allowed_p)
        mine = [proof for proof in found.proofs if proof.line_id == line.id]
        hidden = made.state == FIRST_APPROVED  # one approver's word alone is none yet
        said = line._replace(approved_p=None, why="") if hidden else line
        rows.append((said, *sums, told(now if editable else kept, policy), mine))
    evaluation = found.combined.evaluation
    claimed_p, allowed_p = (evaluation.claimed, evaluation.allowed) if editable else (made.claimed_p, made.allowed_p)
    return render(
        "expense_approvals/claim.html", 422 if problem or form else 200, claim=made, ground=found.ground, rows=rows,
        editable=editable, claimed=claimed_p, allowed=allowed_p, over=found.over_p if editable else 0,
        messages=[say(one.message) for one in found.combined.findings], steps=claims.steps(session, made.id),
        adjusted=adjustments.of_claim(session, made.id, ADJUSTED),
        titles=titles(policy), can=CLAIM.events_from(made.state), problem=problem, illustrative=policy.illustrative,
        form=form or AnswerForm(formdata=None), next=_next(made), unpayable=_unpayable(made),
        **declaration(found.ground.activity_id, made.account_id, open_now=made.state in (*EDITABLE, *IN_HAND)), **CLAIMS,
    )  # fmt: skip


def _unpayable(made: Made) -> bool:
    """Whether a claim of the visitor's own is still to be paid and no bank account was given to pay it to. A statement, while it is
    to be paid."""
    to_be_paid = made.state in (*EDITABLE, *TO_DECIDE, *AGREED) and made.account_id == here().visitor.account_id
    return to_be_paid and bank_details.own(here().session, here().visitor) is None


def _next(made: Made) -> str:
    """Who comes next, in words; "" where nobody has to decide. A statement more where the site asks for two at times."""
    limits = settings_of(here()).limits
    if limits.second_p == 0 and made.state in CLAIM_NEXT_ALWAYS:
        return say(CLAIM_NEXT_ALWAYS[made.state])
    asked = made.state in TO_DECIDE and limits.second_p is not None
    two = made.state == FIRST_APPROVED or (asked and limits.two(claims.in_all(here().session, made.id)))
    found = CLAIM_NEXT.get((made.state, two))
    return say(found, {"most": pounds(limits.second_p or 0)}) if found else ""


@blueprint.route("/claims/<claim_id>/cost", methods=["GET", "POST"])
@signed_in
def new_cost(claim_id: str) -> Response:
    """Add a cost."""
    return _cost(claim_id, None)


@blueprint.route("/claims/<claim_id>/cost/<line_id>", methods=["GET", "POST"])
@signed_in
def cost(claim_id: str, line_id: str) -> Response:
    """Change a cost."""
    made = _own(claim_id)
    return _cost(claim_id, _line(made, line_id))


def _line(made: Made, line_id: str) -> Spent:
    for line in claims.lines(here().session, made.id):
        if line.id == line_id:
            return line
    raise NotFound


def _cost(claim_id: str, line: Spent | None) -> Response:
    context, made, policy = here(), _own(claim_id), policy_today()
    ground = claims.ground(context.session, made.preapproval_id)
    form = CostForm(data=_typed(line) if line else None)
    offer(form, policy, context.language, min(ground.starts_on, clock.today()))
    if form.validate_on_submit():
        given = form.cost(policy)
        if given is not None:
            with kept_on(form):
                made_id = claiming.put(
                    context.session, made.id, line.id if line else None, given, context.visitor, form.form_key.data
                )
                if line is None:
                    words = gettext("The cost is added. Now add its proof.")
                    return redirect_with(words, "expense_approvals.proof", claim_id=made.id, line_id=made_id)
                return redirect_with(gettext("The cost is changed."), "expense_approvals.claim", claim_id=made.id)
    everywhere = [in_words(rule.words) for rule in policy.rules if rule.category == "all"]
    return render(
        "expense_approvals/cost.html", 422 if form.errors else 200, form=form, claim=made, ground=ground, line=line,
        everywhere=everywhere, illustrative=policy.illustrative, **CLAIMS,
    )  # fmt: skip


def _typed(line: Spent) -> dict[str, Any]:
    """A cost as its form holds it."""
    miles = f"{line.miles // 1000}.{line.miles % 1000:03}".rstrip("0").rstrip(".") if line.miles else ""
    return {
        "category": line.category, "day": line.incurred_on, "quantity": str(line.quantity), "miles": miles,
        "amount": "" if line.typed_p is None else plain_pounds(line.typed_p), "from_postcode": line.from_postcode,
        "to_postcode": line.to_postcode, "vehicle": line.vehicle, "passengers": str(line.passengers), "region": line.region,
        "travel_class": line.travel_class, "reason": line.reason,
    }  # fmt: skip


@blueprint.post("/claims/<claim_id>/cost/<line_id>/remove")
@signed_in
def remove_cost(claim_id: str, line_id: str) -> Response:
    """Take a cost out, with its proofs."""
    return _do(
        claim_id,
        lambda: claiming.drop(here().session, claim_id, line_id, here().visitor, mark()),
        gettext("The cost is taken out."),
    )


@blueprint.route("/claims/<claim_id>/cost/<line_id>/proof", methods=["GET", "POST"])
@signed_in
def proof(claim_id: str, line_id: str) -> Response:
    """Add a proof of a cost: a photograph or a file."""
    made = _own(claim_id)
    line, form = _line(made, line_id), ProofForm()
    if form.validate_on_submit():
        try:
            _give(made, line, form.kind.data, request.files.get("file"))
        except Invalid as error:
            form.take(error.field_errors)
        except RateLimitExceeded:
            form.take({"file": TOO_OFTEN})
        except Refused as refused:
            form.form_errors.append(say(refused.message, refused.params))
        else:
            return redirect_with(gettext("The proof is added."), "expense_approvals.claim", claim_id=made.id)
    return render(
        "expense_approvals/proof.html", 422 if form.errors else 200, form=form, claim=made, line=line,
        titles=titles(policy_today()), **CLAIMS,
    )  # fmt: skip


@uploads_limited
def _give(made: Made, line: Spent, kind: str, sent: FileStorage | None) -> None:
    """Keep a file that was sent. Raises RateLimitExceeded, Invalid (`file`, `kind`), Refused, NotFound."""
    if sent is None or not sent.filename:
        raise Invalid({"file": NO_FILE})
    upload = cleaned(sent.stream.read(), str(sent.filename))
    receipts.give(here().session, made.id, line.id, kind, upload, here().visitor, store_of(MANIFEST.name), mark())


@blueprint.get("/claims/<claim_id>/proof/<receipt_id>")
@signed_in
def proof_file(claim_id: str, receipt_id: str) -> Response:
    """One's own proof, as a download."""
    made = _own(claim_id)
    return send_file(claims.proof(here().session, made.id, receipt_id, here().visitor), store_of(MANIFEST.name))


@blueprint.post("/claims/<claim_id>/proof/<receipt_id>/remove")
@signed_in
def remove_proof(claim_id: str, receipt_id: str) -> Response:
    """Take a proof back."""
    return _do(
        claim_id,
        lambda: receipts.remove(here().session, claim_id, receipt_id, here().visitor, mark()),
        gettext("The proof is taken back."),
    )


@blueprint.post("/claims/<claim_id>/send")
@signed_in
def send(claim_id: str) -> Response:
    """Send a claim."""
    return _do(
        claim_id,
        lambda: sending.submit(
            here().session, claim_id, whole_number(request.form.get("version")), here().visitor, policy_on=policies(),
            partners=partners, mark=mark(), post=claim_letters.post(here().tenant),
        ),
        gettext("Your claim is sent. You can see here what becomes of it."),
    )  # fmt: skip


@blueprint.post("/claims/<claim_id>/answer")
@signed_in
def answer_claim(claim_id: str) -> Response:
    """Answer the approver's question, and send the claim again as it is now."""
    form = AnswerForm()
    if not form.validate():
        return _page(claim_id, form=form)
    return _do(
        claim_id,
        lambda: sending.answer(
            here().session, claim_id, whole_number(request.form.get("version")), form.words.data, here().visitor,
            policy_on=policies(), partners=partners, mark=mark(), post=claim_letters.post(here().tenant),
        ),
        gettext("Your answer is sent."),
        form,
    )  # fmt: skip


@blueprint.post("/claims/<claim_id>/withdraw")
@signed_in
def withdraw_claim(claim_id: str) -> Response:
    """Withdraw a claim."""
    return _do(
        claim_id,
        lambda: claiming.withdraw(
            here().session, claim_id, whole_number(request.form.get("version")), here().visitor, mark()
        ),
        gettext("Your claim is withdrawn."),
    )


def _do(claim_id: str, act: Callable[[], object], words: str, form: AnswerForm | None = None) -> Response:
    _own(claim_id)
    try:
        act()
    except (Refused, Conflict) as error:
        return _page(claim_id, say(error.message, error.params), form)
    return redirect_with(words, "expense_approvals.claim", claim_id=claim_id)


@blueprint.route("/claims/<claim_id>/more", methods=["GET", "POST"])
@signed_in
def more(claim_id: str) -> Response:
    """Ask that what the claim comes to beyond the agreement be agreed too."""
    context, made, form = here(), _own(claim_id), WordsForm()
    found = _weighed(made)
    if form.validate_on_submit():
        with kept_on(form):
            sending.ask_for_more(
                context.session, made.id, form.words.data, context.visitor, form.form_key.data, policy_on=policies(),
                partners=partners,
            )  # fmt: skip
            words = gettext("You have asked for more. Send the claim when it is agreed.")
            return redirect_with(words, "expense_approvals.claim", claim_id=made.id)
    return render(
        "expense_approvals/more.html", 422 if form.errors else 200, form=form, claim=made, found=found, **CLAIMS
    )
