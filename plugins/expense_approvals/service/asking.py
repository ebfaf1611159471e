"""Asking for a pre-approval, answering a question about it, and withdrawing it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

from core.sdk import (
    MOST_PENCE,
    N_,
    ExpenseClaim,
    ExpenseLimit,
    Finding,
    Invalid,
    Refused,
    ScopedSession,
    Verdict,
    Visitor,
    clock,
    new_id,
    once,
    record_audit,
    transaction,
)
from plugins.expense_approvals.claims.evaluator import PolicyOn, evaluate
from plugins.expense_approvals.claims.lines import Evaluation, Line, Trip
from plugins.expense_approvals.claims.partners import Combined, combined, lines_seen
from plugins.expense_approvals.models import Preapproval, PreapprovalLine
from plugins.expense_approvals.queries import claims, preapprovals
from plugins.expense_approvals.queries.preapprovals import ELIGIBLE, NO_MEMBER, NOT_COVERED, OVER, UNDECLARED, Chance
from plugins.expense_approvals.service import declaring
from plugins.expense_approvals.service.moving import move
from plugins.expense_approvals.service.stepping import must_be_free, must_own, note, said, take
from plugins.expense_approvals.states import AGREED, NEW, PREAPPROVAL

Partners = Callable[[ExpenseClaim], Iterable[ExpenseLimit | Finding]]
"""Asks the other plugins (`q_expense_limits`, `q_expense_check`) about what is asked for."""
MOST_LINES = 40
LATER_PROOF = frozenset({"receipt", "bank_line", "map"})
"""What a cost that is still to come cannot have yet: the claim is held to it."""
WHY_NOT = {
    NOT_COVERED: N_("The costs of this activity are not covered."),
    OVER: N_("This activity is over. Costs are agreed before they are made."),
    NO_MEMBER: N_("Only members’ costs are covered."),
    UNDECLARED: N_("First declare that you are not in paid employment on the days of this activity."),
}
"""What stands against asking, shown before anything is typed."""


def judged(
    session: ScopedSession,
    lines: Iterable[Line],
    chance: Chance,
    visitor: Visitor,
    policy_on: PolicyOn,
    partners: Partners,
    preapproval_id: str = "",
) -> Combined:
    """What the policy and the partners make of costs that are still to come: for the page as it is typed, and for asking. The
    year's miles that the person has claimed already, at whatever site, count as they will for the claim."""
    before = claims.miles_before(session, visitor.account_id)
    trip = Trip(chance.starts_on, chance.ends_on, min(clock.today(), chance.ends_on), before)
    plain = evaluate([replace(line, evidence=LATER_PROOF, agreed=True) for line in lines], trip, policy_on)
    return combined(plain, partners(_seen(plain, chance, visitor, preapproval_id)))


def _seen(evaluation: Evaluation, chance: Chance, visitor: Visitor, preapproval_id: str) -> ExpenseClaim:
    """The same as other plugins see it."""
    return ExpenseClaim(
        preapproval_id, visitor.account_id or "", chance.starts_on, chance.ends_on, lines_seen(evaluation)
    )


def ask(
    session: ScopedSession, activity_id: str, lines: list[Line], reasons: dict[str, str], visitor: Visitor, form_key: str,
    *, policy_on: PolicyOn, partners: Partners, days_kept: int,
) -> str:  # fmt: skip
    """Ask that costs be agreed; the pre-approval's id. `reasons` are the person's words by the key of a line.

    Raises NotFound, Refused (the activity, the person or a partner's check does not allow it), Invalid (`lines`).
    """
    chance = preapprovals.chance(session, activity_id, visitor)
    if chance.kind != ELIGIBLE:
        raise Refused(WHY_NOT[chance.kind])
    if not 0 < len(lines) <= MOST_LINES:
        raise Invalid({"lines": N_("Add at least one cost, and at most 40.")})
    if any(line.incurred_on < clock.today() for line in lines):
        raise Invalid({"lines": N_("A cost is agreed before it is made. Give each a day that is still to come.")})
    made = new_id()
    found = judged(session, lines, chance, visitor, policy_on, partners, made)
    if found.verdict is Verdict.DENY:
        raise Refused(next(one.message for one in found.findings if one.verdict is Verdict.DENY))
    asked_p = found.evaluation.claimed
    if not 0 < asked_p <= MOST_PENCE:
        raise Invalid({"lines": N_("The costs come to nothing, or to more than £1,000,000.")})
    with transaction(session):
        key = once(session, form_key, "expense_approvals.ask")
        if key.result is not None:
            return key.result
        now = clock.now()
        state = PREAPPROVAL.target("ask", NEW)
        session.add(
            Preapproval(
                id=made, activity_id=chance.id, account_id=visitor.account_id, submitted_by=visitor.account_id, state=state,
                asked_p=asked_p, allowed_p=found.evaluation.allowed, referred=found.verdict is Verdict.REFER,
                findings=[f"{one.plugin}:{one.code}" for one in found.findings if one.verdict is not Verdict.ALLOW],
                expires_on=chance.ends_on + timedelta(days=days_kept), asked_at=now, changed_at=now,
            )
        )  # fmt: skip
        session.flush()
        session.add_all(_rows(made, found.evaluation, reasons))
        note(session, made, 1, "ask", state, visitor, "", now)
        record_audit(
            session, actor=visitor.actor(), action="expense_approvals.ask", subject=made,
            after={"activity": chance.id, "asked_p": asked_p, "allowed_p": found.evaluation.allowed},
        )  # fmt: skip
        declaring.must_stand(session, chance.id, visitor.account_id, WHY_NOT[UNDECLARED])
        key.keep(made)
    return made


def _rows(preapproval_id: str, evaluation: Evaluation, reasons: dict[str, str]) -> list[PreapprovalLine]:
    return [
        PreapprovalLine(
            preapproval_id=preapproval_id, position=position, category=one.line.category, incurred_on=one.line.incurred_on,
            quantity=one.line.quantity, miles=one.line.miles, vehicle=one.line.vehicle, passengers=one.line.passengers,
            region=one.line.region, travel_class=one.line.travel_class, reason=reasons.get(one.line.key, "")[:300],
            asked_p=one.claimed, allowed_p=one.allowed,
            found={"found": [{"rule": f.rule, "code": f.code, "effect": f.effect, "params": dict(f.params)} for f in one.found]},
        )
        for position, one in enumerate(evaluation.lines)
    ]  # fmt: skip


def answer(session: ScopedSession, preapproval_id: str, version: int, words: str, visitor: Visitor) -> None:
    """Answer the approver's question. Raises NotFound, Invalid (`words`), Refused, Conflict."""
    asked = preapprovals.one(session, preapproval_id, visitor)._replace(version=version)
    must_own(asked, visitor)
    words = said(words, "words", N_("Write your answer."))
    with transaction(session):
        take(session, asked, "answer", visitor, words)


def withdraw(session: ScopedSession, preapproval_id: str, version: int, visitor: Visitor) -> None:
    """Take back what was asked; a budget that holds money for it has it again. Raises NotFound, Refused, Conflict."""
    asked = preapprovals.one(session, preapproval_id, visitor)._replace(version=version)
    must_own(asked, visitor)
    must_be_free(session, asked)
    budget_id = preapprovals.budget_of(session, asked.id)
    with transaction(session):
        take(session, asked, "withdraw", visitor)
        if asked.state in AGREED and budget_id is not None:
            move(session, budget_id, asked.id, "release", committed=-asked.approved_p)
