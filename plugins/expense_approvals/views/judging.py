"""An approver's pages for claims: what waits by age with what is unusual first, and one claim with what can be decided about it."""

from collections.abc import Callable
from itertools import chain
from typing import Any

from flask import Response, request, url_for

from core.sdk import (
    N_,
    Column,
    ExpenseClaim,
    ExpenseLine,
    Finding,
    Listing,
    Sheet,
    Visitor,
    call_hooks,
    clock,
    gettext,
    here,
    in_memory,
    kept_on,
    listed,
    needs,
    people_by_id,
    plain_pounds,
    pounds,
    redirect_with,
    render,
    say,
    send_file,
    store_of,
    whole_number,
)
from plugins.expense_approvals import claim_letters, separation
from plugins.expense_approvals.limits import Limits
from plugins.expense_approvals.manifest import APPROVE, APPROVE_REFERRED, MANIFEST
from plugins.expense_approvals.queries import adjustments, claims, delegations
from plugins.expense_approvals.queries.claims import Ground, Made, Spent
from plugins.expense_approvals.service import apart, judging
from plugins.expense_approvals.service.apart import Open
from plugins.expense_approvals.states import CLAIM, FIRST_APPROVED, IN_HAND, TO_DECIDE
from plugins.expense_approvals.views.base import (
    DESK,
    Room,
    manage_blueprint,
    policy_today,
    settings_of,
    titles,
    told,
    undeclared,
)
from plugins.expense_approvals.views.claiming import CLAIMS, mark
from plugins.expense_approvals.views.deciding import amounts_typed, done, told_what
from plugins.expense_approvals.web_forms.manage import JudgeForm
from plugins.expense_approvals.words import CLAIM_STAGES, CLAIM_STATES

SHEET = Sheet(
    "claims-waiting",
    (
        Column(N_("Activity"), lambda row: row.title),
        Column(N_("State"), lambda row: gettext(CLAIM_STATES[row.state])),
        Column(N_("Claimed"), lambda row: row.claimed_p / 100),
        Column(N_("The policy allows"), lambda row: row.allowed_p / 100),
        Column(N_("Sent"), lambda row: row.sent_at),
    ),
    personal=False,
)
SORTS: dict[str, Any] = {
    "sent": lambda row: (not row.referred, row.sent_at),
    "title": lambda row: row.title.casefold(),
    "amount": lambda row: row.claimed_p,
}
WISHES = ("check", "approve", "query", "reject")
TWO = N_("For this activity the person would have %(sum)s in all. Above %(most)s this site asks for two approvals.")
ALWAYS_TWO = N_("This site always asks for two approvals.")
APPROVING = ("first_approve", "approve", "part_approve")


@manage_blueprint.get("/claims/")
@needs(APPROVE)
def claim_queue() -> Response:
    """What waits: first what is unusual, then the oldest."""
    return queue_page(DESK)


def queue_page(room: Room) -> Response:
    """The same in an approver's room or in that of who stands in."""
    session = here().session
    wished = Listing.read(url_for(room.claim_queue), request.args, sorts=tuple(SORTS), size=25)
    found = listed(wished, SHEET, in_memory(claims.queue(session), wished, SORTS))
    if isinstance(found, Response):
        return found
    listing, rows = found
    names = people_by_id(session, {row.account_id for row in rows if row.account_id})
    ages = {row.id: (clock.now() - row.sent_at).days for row in rows}
    limits = settings_of(here()).limits
    hands, agreed = claims.hands(session), apart.agreed_before(session, limits)
    waits = [apart.of_claim(row, hands, row.in_all_p, agreed) for row in rows]
    return render(
        "expense_approvals/manage/claims.html", listing=listing, rows=rows, names=names, ages=ages, room=room,
        central=apart.nobody_left(session, waits, limits), above=apart.over_limit(session, waits, here().visitor, limits), **CLAIMS,
    )  # fmt: skip


@manage_blueprint.route("/claims/<claim_id>", methods=["GET", "POST"])
@needs(APPROVE)
def judge(claim_id: str) -> Response:
    """One claim; the button that is pressed says what is decided."""
    return judge_page(claim_id, here().visitor, DESK)


def judge_page(claim_id: str, visitor: Visitor, room: Room) -> Response:
    """The same in an approver's room or in that of who stands in."""
    session, form = here().session, JudgeForm()
    made = claims.one(session, claim_id, visitor)
    lines = claims.lines(session, made.id)
    typed = {line.id: _typed(line) for line in lines}
    wrong: dict[str, str] = {}
    if form.validate_on_submit() and told_what(request.form.get("do", ""), WISHES, form):
        with kept_on(form):
            step = _act(request.form["do"], made, lines, form, typed, wrong, visitor)
            if not wrong:
                return redirect_with(done(step), room.judge, claim_id=made.id)
    if wrong:
        form.form_errors.append(gettext("Mend the amounts that are marked below."))
    sha256 = claims.bound_to(session, made.id, made.revision)
    form.version.data, form.sha256.data = str(made.version), sha256
    limits = settings_of(here()).limits
    agreed = apart.agreed_before(session, limits, made.id)
    waits = apart.of_claim(made, claims.hands(session, made.id), claims.in_all(session, made.id), agreed)
    stop, silent = _stop(made, waits, visitor)
    above = apart.over_limit(session, [waits], visitor, limits).get(made.id)
    ground = claims.ground(session, made.preapproval_id)
    gone = undeclared(ground.activity_id, made.account_id) if made.state in IN_HAND else ""
    barred = {*(APPROVING if above or gone or stop else ()), *(("check",) if gone or stop else ())}
    can = () if silent else tuple(one for one in CLAIM.events_from(made.state) if one not in barred)
    fields = [f"{what}-{line.id}" for line in lines for what in ("amount", "why")]
    kept = [] if "approve" in can else [request.form[name] for name in fields if request.form.get(name)]
    if "query" not in can and form.words.data:
        kept.append(form.words.data)
    policy, proofs, steps = policy_today(), claims.proofs(session, made.id), claims.steps(session, made.id)
    for_whom = delegations.stood_in(session, steps)
    people = {made.account_id, *(step.account_id for step in steps), *chain.from_iterable(for_whom.values())} - {None}
    central = made.state in TO_DECIDE and bool(apart.nobody_left(session, [waits], limits))
    rows = [
        (
            line, told(line.found.get("found", ()), policy), *typed[line.id], wrong.get(line.id, ""),
            [one for one in proofs if one.line_id == line.id],
        )
        for line in lines
    ]  # fmt: skip
    return render(
        "expense_approvals/manage/judge.html", 422 if form.errors else 200, form=form, claim=made, ground=ground,
        rows=rows, steps=steps, names=people_by_id(session, {one for one in people if one}), titles=titles(policy), stop=stop,
        adjusted=adjustments.of_claim(session, made.id), above=say(above.message, above.params) if above else "", can=can, kept=kept, central=central, for_whom=for_whom, room=room, gone=gone,
        stage=_stage(made, waits.pence, limits), first=made.state == FIRST_APPROVED, **CLAIMS,
    )  # fmt: skip


def _stage(made: Made, in_all_p: int, limits: Limits) -> list[str]:
    """At which step a claim is and who comes next, in words; and why two people approve, where they do. Empty where nobody decides."""
    two = made.state == FIRST_APPROVED or limits.two(in_all_p)
    if (found := CLAIM_STAGES.get((made.state, two))) is None:
        return []
    if not limits.two(in_all_p):
        return [say(found)]
    why = say(TWO, {"sum": pounds(in_all_p), "most": pounds(limits.second_p)}) if limits.second_p else say(ALWAYS_TWO)
    return [say(found), why]


def _typed(line: Spent) -> tuple[str, str]:
    """The amount and the reason beside a cost: as typed, or as the first approver left them, or what the policy allows and nothing."""
    most = line.allowed_p if line.approved_p is None else line.approved_p
    return (
        request.form.get(f"amount-{line.id}", plain_pounds(most)),
        request.form.get(f"why-{line.id}", line.why),
    )


def _act(
    wish: str, made: Made, lines: list[Spent], form: JudgeForm, typed: dict[str, tuple[str, str]], wrong: dict[str, str],
    visitor: Visitor,
) -> str:  # fmt: skip
    """Do what the button says; the step that was taken. Amounts that cannot be read stand in `wrong`, in words, and then nothing is
    done."""
    session, post = here().session, claim_letters.post(here().tenant)
    version, sha256, words = whole_number(form.version.data), form.sha256.data or "", form.words.data or ""
    if wish == "check":
        judging.check(session, made.id, version, sha256, words, visitor)
        return wish
    if wish in ("query", "reject"):
        act: Callable[..., None] = getattr(judging, wish)
        act(session, made.id, version, words, visitor, post)
        return wish
    amounts = amounts_typed([line.id for line in lines], {key: amount for key, (amount, _) in typed.items()}, wrong)
    if wrong:
        return ""
    return judging.approve(
        session, made.id, version, sha256, amounts, {key: why for key, (_, why) in typed.items()}, words, visitor,
        rules=claim_rules(visitor), mark=mark(), post=post, limits=settings_of(here()).limits,
    )  # fmt: skip


def _stop(made: Made, waits: Open, visitor: Visitor) -> tuple[str, bool]:
    """What stands against this visitor checking or approving, in words ("" for nothing), and whether it stands against a question
    and a no too."""
    session = here().session
    code, silent = apart.against_each(session, waits, visitor, waits.task, separation.SPEAK)
    if code:
        return say(separation.WORDS[code]), bool(silent)
    if judging.twin(session, made, mark()) and not visitor.can(APPROVE_REFERRED):
        return say(judging.TWIN), True
    return "", False


def claim_rules(visitor: Visitor) -> judging.ClaimRules:
    """What asks the other plugins about a visitor deciding about a claim."""

    def ask(made: Made, lines: list[Spent], ground: Ground) -> list[Finding]:
        seen = tuple(
            ExpenseLine(
                line.id,
                line.category,
                line.incurred_on,
                line.claimed_p,
                line.allowed_p,
                line.quantity,
                line.miles,
                line.region,
            )
            for line in lines
        )
        claim = ExpenseClaim(made.id, made.account_id or "", ground.starts_on, ground.ends_on, seen)
        return list(call_hooks("q_expense_approver_rules", claim=claim, actor=visitor.actor()).values())

    return ask


@manage_blueprint.get("/claims/<claim_id>/proof/<receipt_id>")
@needs(APPROVE)
def proof(claim_id: str, receipt_id: str) -> Response:
    """A proof of a claim that was sent, as a download."""
    return proof_of(claim_id, receipt_id, here().visitor)


def proof_of(claim_id: str, receipt_id: str, visitor: Visitor) -> Response:
    """The same for an approver or who stands in."""
    return send_file(claims.proof(here().session, claim_id, receipt_id, visitor), store_of(MANIFEST.name))
