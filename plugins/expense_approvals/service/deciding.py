"""Deciding what somebody asked for: a question, agreement in full or in part, no, or taking agreement back."""

from collections.abc import Callable, Iterable, Mapping

import sqlalchemy as sa

from core.sdk import (
    N_,
    Finding,
    Forbidden,
    Invalid,
    Refused,
    ScopedSession,
    Verdict,
    Visitor,
    clock,
    transaction,
    worst,
)
from plugins.expense_approvals.limits import Limits
from plugins.expense_approvals.manifest import APPROVE_REFERRED
from plugins.expense_approvals.models import Preapproval, PreapprovalLine
from plugins.expense_approvals.queries import preapprovals
from plugins.expense_approvals.queries.preapprovals import Asked, AskedLine
from plugins.expense_approvals.separation import Task
from plugins.expense_approvals.service import declaring
from plugins.expense_approvals.service.apart import must_be_within
from plugins.expense_approvals.service.moving import move
from plugins.expense_approvals.service.stepping import Post, must_be_free, must_decide, said, take, tell

ApproverRules = Callable[[Asked, list[AskedLine]], Iterable[Finding]]
"""Asks the other plugins (`q_expense_approver_rules`) whether this person may decide this one."""
WHY = N_("Say why, in words that the person can read.")
NOTHING_LEFT = N_(
    "What this would add to is no longer there: it is paid for, it was taken back, or its last day is over. Decline this request."
)


_AGREED = (
    sa.update(PreapprovalLine)
    .where(PreapprovalLine.id == sa.bindparam("wanted"))
    .values(approved_p=sa.bindparam("pence"))
)


def agree(
    session: ScopedSession, preapproval_id: str, version: int, amounts: Mapping[str, int], words: str, visitor: Visitor,
    rules: ApproverRules, *, limits: Limits, post: Post,
) -> None:  # fmt: skip
    """Agree to `amounts` (pence by the id of a line; every line is named), at most what the policy allows. Less than was asked
    needs a reason. The activity's budget is held to the sum, and the person told, in the same transaction.

    Raises NotFound, Forbidden, Refused (no separation, a partner's rule, not in this state, no declaration that stands, not enough
    in the budget, above the visitor's limit, nothing left that it would add to), Invalid (`amounts`, `words`), Conflict.
    """
    asked = preapprovals.one(session, preapproval_id, visitor)._replace(version=version)
    must_decide(session, asked, visitor)
    held = preapprovals.lines(session, asked.id)
    if asked.supplements_id is None and max(line.incurred_on for line in held) < clock.today():
        raise Refused(N_("The days of these costs are over, and costs are agreed before they are made. Decline it."))
    hear(rules(asked, held), visitor)
    if set(amounts) != {line.id for line in held} or not all(0 <= amounts[line.id] <= line.allowed_p for line in held):
        raise Invalid({"amounts": N_("Agree to each cost from £0 up to what the policy allows.")})
    total = sum(amounts.values())
    if total == 0:
        raise Invalid({"amounts": N_("That agrees to nothing. Decline it, with a reason.")})
    event = "approve" if total == asked.asked_p else "part_approve"
    words = said(words, "words", WHY) if event == "part_approve" else words.strip()[:500]
    budget_id = preapprovals.funding(session, asked.activity_id)
    if budget_id is None:
        raise Refused(N_("The costs of this activity are no longer covered."))
    with transaction(session):
        take(session, asked, event, visitor, words, approved_p=total)
        declaring.must_stand(session, asked.activity_id, asked.account_id, declaring.GONE_OF_THEIRS)
        _hold(session, asked)
        move(session, budget_id, asked.id, "commit", committed=total)
        must_be_within(session, Task.PREAPPROVE, preapprovals.in_all(session, asked.id), visitor, limits)
        for line in held:
            session.execute(_AGREED, {"wanted": line.id, "pence": amounts[line.id]})
        tell(session, asked, event, words, post, total)


def _hold(session: ScopedSession, asked: Asked) -> None:
    """What a supplement adds to must still be agreed, or its money would be held for good: only the claim from that can use it.

    Whoever is using that up or taking it back must look again: their version is an older one now. Raises Refused.
    """
    if asked.supplements_id is None:
        return
    done = session.execute(
        sa.update(Preapproval)
        .where(preapprovals.agreed_today(asked.supplements_id))
        .values(version=Preapproval.version + 1)
        .returning(Preapproval.id)
    ).all()
    if len(done) != 1:
        raise Refused(NOTHING_LEFT)


def query(session: ScopedSession, preapproval_id: str, version: int, words: str, visitor: Visitor, post: Post) -> None:
    """Ask the person a question. Raises NotFound, Forbidden, Refused, Invalid (`words`), Conflict."""
    _step(session, preapproval_id, version, "query", words, visitor, post, N_("Write your question."))


def decline(
    session: ScopedSession, preapproval_id: str, version: int, words: str, visitor: Visitor, post: Post
) -> None:
    """Say no, with a reason. Raises NotFound, Forbidden, Refused, Invalid (`words`), Conflict."""
    _step(session, preapproval_id, version, "decline", words, visitor, post, WHY)


def revoke(session: ScopedSession, preapproval_id: str, version: int, words: str, visitor: Visitor, post: Post) -> None:
    """Take agreement back, with a reason; the budget has the money again. Raises NotFound, Forbidden, Refused, Invalid, Conflict."""
    _step(session, preapproval_id, version, "revoke", words, visitor, post, WHY)


def _step(
    session: ScopedSession,
    preapproval_id: str,
    version: int,
    event: str,
    words: str,
    visitor: Visitor,
    post: Post,
    what: str,
) -> None:
    asked = preapprovals.one(session, preapproval_id, visitor)._replace(version=version)
    must_decide(session, asked, visitor)
    must_be_free(session, asked)
    words = said(words, "words", what)
    budget_id = preapprovals.budget_of(session, asked.id)
    with transaction(session):
        take(session, asked, event, visitor, words)
        if budget_id is not None:
            move(session, budget_id, asked.id, "release", committed=-asked.approved_p)
        tell(session, asked, event, words, post, asked.approved_p)


def hear(findings: Iterable[Finding], visitor: Visitor) -> None:
    """Partners' rules about who decides: a denial refuses, a referral is for the central team."""
    findings = list(findings)
    verdict = worst(findings)
    if verdict is Verdict.DENY:
        raise Refused(next(one.message for one in findings if one.verdict is Verdict.DENY))
    if verdict is Verdict.REFER and not visitor.can(APPROVE_REFERRED):
        raise Forbidden(APPROVE_REFERRED)
