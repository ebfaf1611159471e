"""Adjustments: what a policy that was published late adds to a granted claim. One person makes one, another approves it.

The claim and its decision stay as they are. Where the policy now allows less, nothing is made: what somebody was granted in good
faith stays with them.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy.exc import IntegrityError

from core.sdk import (
    N_,
    Conflict,
    Finding,
    Forbidden,
    NotFound,
    Refused,
    ScopedSession,
    Visitor,
    clock,
    new_id,
    people_by_id,
    record_audit,
    transaction,
    update_as_seen,
)
from plugins.expense_approvals.limits import Limits
from plugins.expense_approvals.manifest import APPROVE, PAY
from plugins.expense_approvals.models import Adjustment, AdjustmentLine
from plugins.expense_approvals.queries import adjustments, claims, preapprovals
from plugins.expense_approvals.queries.adjustments import Adjusted, Difference
from plugins.expense_approvals.queries.claims import Ground, Made, Spent
from plugins.expense_approvals.separation import WORDS, Task
from plugins.expense_approvals.service.apart import Open, against, must_be_within
from plugins.expense_approvals.service.claim_steps import News, Post
from plugins.expense_approvals.service.deciding import WHY, hear
from plugins.expense_approvals.service.judging import bound
from plugins.expense_approvals.service.moving import move
from plugins.expense_approvals.service.stepping import said
from plugins.expense_approvals.states import ADJUSTMENT, NEW, PROPOSED

Rules = Callable[[Made, list[Spent], Ground], Iterable[Finding]]
"""Asks the other plugins (`q_expense_approver_rules`) whether this person may decide about the claim."""
LEFT = N_("The person has left, so nobody can be paid.")
STAYS = N_("The policy now allows less than was granted. That stays with the person: nothing is asked back.")
ANSWERED = N_("Somebody said no to this adjustment already. Another version of the policy can bring another one.")
OTHER = N_(
    "The difference is not that any more: the policy changed again. Decline this adjustment, then look at the list anew."
)


def make(session: ScopedSession, claim_id: str, policy_version: int, pence: int, visitor: Visitor) -> str:
    """Make the adjustment of a claim for a version of the policy, of the pence that were looked at; its id. Made again it is the
    same one.

    Raises Forbidden, NotFound (no difference), Refused (less would be allowed, the person has left or is the visitor, it was
    declined), Conflict (the difference is another one by now).
    """
    if not visitor.can(PAY) or visitor.account_id is None:
        raise Forbidden(PAY)
    try:
        found = adjustments.difference(session, claim_id)
    except NotFound:
        if known := adjustments.made(session, claim_id, policy_version):
            return known
        raise
    if found.account_id is None:
        raise Refused(LEFT)
    if code := against(session, Open(claim_id, Task.PREPARE, found.account_id, found.submitted_by), visitor):
        raise Refused(WORDS[code])
    if (found.policy_version, found.pence) != (policy_version, pence):
        raise Conflict
    if found.pence <= 0:
        raise Refused(STAYS)
    if found.answered:
        raise Refused(ANSWERED)
    try:
        return _write(session, found, visitor)
    except IntegrityError as error:  # somebody else made it at the same moment: the unique key says so
        known = adjustments.made(session, claim_id, policy_version)
        if known is None:
            raise Conflict from error
        return known


def _write(session: ScopedSession, found: Difference, visitor: Visitor) -> str:
    made, now = new_id(), clock.now()
    with transaction(session):
        session.add(
            Adjustment(
                id=made, claim_id=found.claim_id, sha256=found.sha256, policy_version=found.policy_version, pence=found.pence,
                state=ADJUSTMENT.target("make", NEW), made_by=visitor.account_id, made_at=now, changed_at=now,
            )
        )  # fmt: skip
        session.flush()
        session.add_all(
            AdjustmentLine(adjustment_id=made, line_id=cost.line_id, pence=cost.pence) for cost in found.costs
        )
        session.flush()
        record_audit(
            session, actor=visitor.actor(), action="expense_approvals.adjustment_make", subject=made,
            after={"claim": found.claim_id, "policy_version": found.policy_version, "pence": found.pence, "sha256": found.sha256},
        )  # fmt: skip
    return made


def approve(
    session: ScopedSession, adjustment_id: str, version: int, words: str, visitor: Visitor, *, rules: Rules, post: Post, limits: Limits
) -> None:  # fmt: skip
    """Approve an adjustment that somebody else made: the claim's budget has it as spent, in the same transaction.

    Raises NotFound, Forbidden, Refused (no separation, a partner's rule, the difference is another one by now, not enough in the
    budget, above the visitor's limit, not in this state), Conflict (also where the claim is not what was reckoned).
    """
    found = adjustments.one(session, adjustment_id)._replace(version=version)
    _must_decide(session, found, visitor)
    ADJUSTMENT.row("approve", found.state)
    made = claims.one(session, found.claim_id, visitor)
    if made.account_id is None:
        raise Refused(LEFT)
    lines = bound(session, made, found.sha256)
    hear(rules(made, lines, claims.ground(session, made.preapproval_id)), visitor)
    budget_id = preapprovals.budget_of(session, made.preapproval_id)
    if budget_id is None:
        raise Conflict
    with transaction(session):
        _take(session, found, "approve", visitor, words.strip()[:500])
        move(session, budget_id, found.id, "spend", actual=found.pence)
        _must_still_be(session, found)
        must_be_within(session, Task.ADJUST, adjustments.one(session, found.id).in_all_p, visitor, limits)
        if person := people_by_id(session, {made.account_id}).get(made.account_id):
            post(session, News("adjust", person.account_id, person.email, person.locale, made.id, found.title, words.strip()[:500], found.pence))  # fmt: skip


def decline(session: ScopedSession, adjustment_id: str, version: int, words: str, visitor: Visitor) -> None:
    """Say no to an adjustment, with a reason: for this version of the policy there is none. Raises NotFound, Forbidden, Refused,
    Invalid (`words`), Conflict."""
    found = adjustments.one(session, adjustment_id)._replace(version=version)
    _must_decide(session, found, visitor)
    words = said(words, "words", WHY)
    with transaction(session):
        _take(session, found, "decline", visitor, words)


def waits(found: Adjusted) -> Open:
    """The adjustment as what waits for somebody to decide it."""
    return Open(found.id, Task.ADJUST, found.account_id, found.submitted_by, frozenset({found.made_by}), found.in_all_p)


def _must_decide(session: ScopedSession, found: Adjusted, visitor: Visitor) -> None:
    if not visitor.can(APPROVE) or visitor.account_id is None:
        raise Forbidden(APPROVE)
    if code := against(session, waits(found), visitor):
        raise Refused(WORDS[code])


def _must_still_be(session: ScopedSession, found: Adjusted) -> None:
    """Raises Refused where the policy, as it is known now, makes another difference. Asked once the budget has moved, which locks
    it: of two adjustments of one claim the second sees the first."""
    try:
        now = adjustments.difference(session, found.claim_id, found.id)
    except NotFound:
        raise Refused(OTHER) from None
    if (now.policy_version, now.pence) != (found.policy_version, found.pence):
        raise Refused(OTHER)


def _take(session: ScopedSession, found: Adjusted, event: str, visitor: Visitor, words: str) -> None:
    """Take the step of a decision from the version that was looked at: the first statement of the transaction. Raises Refused,
    Conflict, NotFound."""
    target, now = ADJUSTMENT.target(event, found.state), clock.now()
    update_as_seen(
        session, Adjustment, Adjustment.id == found.id, found.version, states=(PROPOSED,),
        state=target, words=words, decided_by=visitor.account_id, decided_at=now, changed_at=now,
    )  # fmt: skip
    record_audit(
        session, actor=visitor.actor(), action=f"expense_approvals.adjustment_{event}", subject=found.id,
        before={"state": found.state}, after=_after(target, found, event),
    )  # fmt: skip


def _after(target: str, found: Adjusted, event: str) -> dict[str, Any]:
    return {"state": target, **({"pence": found.pence, "sha256": found.sha256} if event == "approve" else {})}
